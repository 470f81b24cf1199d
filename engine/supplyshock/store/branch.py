"""The origin of a branch, as a run records it: the parent's parameters until a day, and the numbers of its paths."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from supplyshock_kernels.params import Array

from ..common.errors import StoreError, UsageError

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario

GROUP = "branch"
"""The group in results.zarr; the root attribute of the same name has the other facts."""
REPEAT_BITS = 42
"""A repeat of a path is numbered this far beyond it: runs have at most 1e12 paths, numbered from at most 1e12 on."""
MOST_REPEATS = 2 ** (63 - REPEAT_BITS)


@dataclass(frozen=True, eq=False)
class Branch:
    """The parent's paths that a branch continues."""

    run: str
    """Sixteen hex digits that name the parent run."""
    digest: str
    """Of the parent's scenario."""
    parent: Scenario
    """The parent's scenario, cut to the weeks before the day."""
    day: date
    where: tuple[str, ...]
    """Conditions on the parent's paths, all of which are met."""
    seed: int
    """Of the parent run."""
    of: int
    """Paths of the parent run."""
    horizon: int
    """Weeks of the parent run."""
    numbers: Array = field(repr=False)
    """(K,) uint64, ascending: the paths of the parent that meet the conditions."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON, and for the identity of the branch."""
        sha = hashlib.sha256(self.numbers.astype("<u8").tobytes()).hexdigest()
        return {
            "run": self.run,
            "scenario": self.parent.name,
            "digest": self.digest,
            "at": self.day.isoformat(),
            "where": list(self.where),
            "seed": str(self.seed),
            "paths": len(self.numbers),
            "of": self.of,
            "horizon": self.horizon,
            "numbers": sha,
        }

    def parents_of(self, paths: range) -> Array:
        """(n,) uint64 numbers of the parents: path i continues the i-th one, and after the last the first again."""
        places = np.arange(paths.start, paths.stop, dtype=np.uint64) % np.uint64(len(self.numbers))
        parents: Array = self.numbers[places.astype(np.int64)]
        return parents

    def numbers_of(self, paths: range) -> Array:
        """(n,) uint64 numbers whose random words the paths take: the parents' own; for repeats, numbers of no run."""
        repeat = np.arange(paths.start, paths.stop, dtype=np.uint64) // np.uint64(len(self.numbers))
        numbers: Array = self.parents_of(paths) + (repeat << np.uint64(REPEAT_BITS))
        return numbers


def about_branch(branch: Branch) -> str:
    """The root attribute: what `Branch.as_dict` has, and the parent's config."""
    about = {"start": branch.parent.start.isoformat(), "config": branch.parent.config}
    return json.dumps(branch.as_dict() | about, default=str)


def read_branch(tree: Any) -> Branch | None:
    """The branch that a run is, from its results; None for a run that begins on its first day.

    Raises `StoreError` for one that is damaged.
    """
    from .stored_scenarios import scenario_of_group

    if GROUP not in tree.attrs:
        return None
    try:
        about: Mapping[str, Any] = json.loads(tree.attrs[GROUP])
        day, start = date.fromisoformat(about["at"]), date.fromisoformat(about["start"])
        parent = scenario_of_group(tree, GROUP, str(about["scenario"]), start, about["config"])
        branch = Branch(
            run=str(about["run"]),
            digest=str(about["digest"]),
            parent=parent,
            day=day,
            where=tuple(map(str, about["where"])),
            seed=int(about["seed"]),
            of=int(about["of"]),
            horizon=int(about["horizon"]),
            numbers=tree[GROUP]["number"].to_numpy().astype(np.uint64),
        )
        _check(branch, about)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as e:
        fix = "supplyshock verify says what is damaged"
        raise StoreError("the parent of this branch cannot be read", got=f"{e}"[:200], fix=fix) from e
    return branch


def _check(branch: Branch, about: Mapping[str, Any]) -> None:
    """Raises `ValueError` if the numbers are not those that were written, or the parent does not end on the day."""
    if not len(branch.numbers) or branch.as_dict()["numbers"] != about["numbers"]:
        raise ValueError("the numbers of the paths are damaged")
    if branch.parent.start + timedelta(weeks=branch.parent.params.weeks) != branch.day:
        raise ValueError("the parent does not end on the day")


def branch_words(tree: Any) -> str:
    """The origin of a branch as a sentence; empty for a run that begins on its first day.

    Raises `StoreError` for one that is damaged.
    """
    if GROUP not in tree.attrs:
        return ""
    try:
        about: Mapping[str, Any] = json.loads(tree.attrs[GROUP])
        met = " and ".join(map(str, about["where"]))
        which = f"that meet {met} before that day" if met else "of that run"
        return (
            f"A branch: goes on from {about['at']} with {int(about['paths']):,} of {int(about['of']):,} paths of "
            f"{about['scenario']} {which}."
        )
    except (ValueError, KeyError, TypeError) as e:
        fix = "supplyshock verify says what is damaged"
        raise StoreError("the parent of this branch cannot be read", got=f"{e}"[:200], fix=fix) from e


def stored_branch(out: Path) -> Branch | None:
    """The branch that the run in a folder is. Raises `StoreError`."""
    from .untrusted.results import open_results

    with open_results(out, partial=True, chunks=None) as tree:
        return read_branch(tree)


def check_repeats(paths: int, branch: Branch) -> None:
    """Raises `UsageError` for more repeats of a path than there are numbers for."""
    most = len(branch.numbers) * MOST_REPEATS
    if paths > most:
        raise UsageError("too many repeats of a path", where="--paths", expected=f"at most {most:,}", got=f"{paths:,}")
