"""The search: CMA-ES over the ranges, one generation after the other, resumable after each.

CMA-ES (Hansen, Ostermeier, "Completely derandomized self-adaptation in evolution strategies", 2001) from the package
``cma``: the objective has ridges (parameters that trade off against each other) and jumps (paths that tip over),
which defeat gradients and simplexes, and its ask-and-tell form lets a search stop and go on between generations.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from supplyshock_kernels.params import Array

from ...common.errors import DataError, StoreError, UsageError, reason
from ...common.progress import Progress
from ...store.atomic_files import write_whole
from .free_parameters import search_bounds
from .objective import Objective, Trial

STEP, STEP_RESTARTED = 0.25, 0.1
"""First standard deviation in units of the range: of a new search, and of one that starts at another's result."""
STATE = "search.pickle"


@dataclass(frozen=True)
class SearchFile:
    """Where a search is kept between its generations."""

    folder: Path
    key: str
    """Digest of the problem; a search of another problem is not resumed."""

    @property
    def path(self) -> Path:
        """The file of the state."""
        return self.folder / STATE


@dataclass
class Search:
    """A search between two generations."""

    key: str
    strategy: Any
    best: Trial
    best_x: Array
    generation: int


def search(
    objective: Objective,
    *,
    generations: int,
    seed: int,
    kept: SearchFile,
    progress: Progress | None = None,
    each: Callable[[Search], None] | None = None,
) -> Search:
    """Searches up to a generation, from the state in the file where there is one of the same key.

    The state is written after every generation, so an interrupted search loses the generation in hand at most, and
    goes on to the same end. Raises `UsageError` without the package ``cma``, `DataError` if the folder holds
    another search, `StoreError`, and `Stopped`.
    """
    progress = progress or Progress()
    state = _load(kept) or _begin(objective, seed, kept.key, progress)
    while state.generation < generations and not state.strategy.stop():
        candidates = state.strategy.ask()
        trials = [objective(np.asarray(x), progress) for x in candidates]
        state.strategy.tell(candidates, [t.loss for t in trials])
        first = min(range(len(trials)), key=lambda i: trials[i].loss)
        if trials[first].loss < state.best.loss:
            state.best, state.best_x = trials[first], np.asarray(candidates[first])
        state.generation += 1
        _save(kept.path, state)
        if each:
            each(state)
    return state


def generations_done(kept: SearchFile) -> int | None:
    """The state of the search that is kept there, or None. Raises as `search`."""
    state = _load(kept)
    return state.generation if state else None


def import_cma() -> Any:
    """The package ``cma``. Raises `UsageError` if it is not installed."""
    try:
        import cma as package
    except ImportError:
        fix = 'pip install "supplyshock[calibrate]"'
        raise UsageError("a search needs the package cma", expected="cma", got="not installed", fix=fix) from None
    return package


def population(free: int) -> int:
    """Trials of a generation."""
    return 4 + int(3 * np.log(free))


def _begin(objective: Objective, seed: int, key: str, progress: Progress) -> Search:
    low, high = search_bounds(objective.free)
    x = np.clip(objective.search_start(), low, high)
    options = {
        "bounds": [list(low), list(high)], "seed": seed or 2**31, "verbose": -9, "popsize": population(len(x)),
        "CMA_stds": np.ones(len(x)),
    }  # fmt: skip
    strategy = import_cma().CMAEvolutionStrategy(
        np.clip(x, low + 0.02, high - 0.02), STEP_RESTARTED if objective.start_values else STEP, options
    )
    return Search(key, strategy, objective(x, progress), x, 0)


def _load(kept: SearchFile) -> Search | None:
    import_cma()
    file = kept.path
    if not file.is_file():
        return None
    try:
        state: Search = pickle.loads(file.read_bytes())
        stored_key = state.key
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError) as error:
        raise DataError("cannot read the state of a search", where=str(file), got=reason(error),
                        fix="delete it to start again") from None  # fmt: skip
    if stored_key != kept.key:
        raise DataError("this folder contains another search", where=str(file), expected="the same targets, free "
                        "parameters, paths, seed and data", got="others", fix="choose another --out")  # fmt: skip
    return state


def _save(file: Path, state: Search) -> None:
    try:
        write_whole(file, pickle.dumps(state))
    except OSError as error:
        raise StoreError("cannot write the state of a search", where=str(file), got=reason(error)) from None
