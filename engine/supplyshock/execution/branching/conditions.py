"""Finds the paths of a parent run that meet conditions: on their weeks before the day, and on no later one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from supplyshock_kernels.params import Array, Grid

from ...analysis.measures.kernel_reader import KernelMeasure, kernel_measures
from ...common.errors import Interrupted, UsageError
from ...common.progress import Progress
from ...common.signals import stop_on_signal
from ...common.thread_pool import Stopped, run_all
from ..backend_selection import Backend
from .parent import Parent
from .simulate import PIECE

if TYPE_CHECKING:
    from ...scenarios.scenario import Scenario

_CHANGE = re.compile(r"\s*(?:regime\s*[=:]\s*)?(?P<old>\w+)\s*->\s*(?P<new>\w+)(?:\s+now)?\s*")
JUST = 4
"""Weeks in which a regime has just changed."""
_IS = re.compile(r"(\w+)\s*=\s*([\w-]+)")


def conditions(texts: Sequence[str], before: Scenario) -> list[KernelMeasure]:
    """Measures that are true or false of the weeks before the day.

    ``regime=rift`` is ``regime:rift``, ``now`` is the last week before the day, and ``truce -> escalation`` is a change
    of the regime in the last `JUST` weeks that still stands. Raises `UsageError`.
    """
    asked = [(text, plain) for text in texts for plain in _plain(text, before.weeks)]
    try:
        found = kernel_measures([plain for _, plain in asked], before)
    except UsageError as e:
        raise UsageError(f"not a condition on the weeks before {_end(before)}: {e}", where="--where") from e
    for (text, _), condition in zip(asked, found, strict=True):
        if not condition.measure.is_event:
            raise UsageError(
                "a number, not a condition",
                where=f"--where {text!r}",
                expected="an event such as regime=rift or rift, or a threshold such as 'quote:Dy now > 2'",
                fix="add > or < and a number",
            )
    return found


def _plain(text: str, weeks: int) -> list[str]:
    """Measures that are all true where a condition is met."""
    last = weeks - 1
    if change := _CHANGE.fullmatch(text):
        if not last:
            raise UsageError(
                "a change of regime needs an earlier week", where=f"--where {text!r}", fix="give a later --at"
            )
        before = f"from week {max(last - JUST, 0)} to week {last - 1}"
        return [f"regime:{change['old']} {before}", f"regime:{change['new']} at week {last}"]
    return [_IS.sub(r"\1:\2", re.sub(r"\bnow\b", f"at week {last}", text))]


def _end(before: Scenario) -> str:
    from datetime import timedelta

    return str(before.start + timedelta(weeks=before.weeks))


class _Search:
    """Simulates the weeks before the day piece by piece, from any thread."""

    def __init__(self, parent: Parent, texts: Sequence[str], backend: Backend, progress: Progress) -> None:
        self.parent, self.before, self.backend, self.progress = parent, parent.before, backend, progress
        self.conditions = conditions(texts, self.before)
        self.grid = Grid(precision=str(parent.identity["precision"]), device=backend.kind)
        self.found: dict[int, Array] = {}

    def __call__(self, paths: range) -> None:
        """Numbers of the paths that meet all conditions."""
        series = any(c.needs_series for c in self.conditions)
        grid = self.grid._replace(keep=paths.stop if series else 0)
        observed = self.backend.simulate(self.before.params, grid, int(self.parent.identity["seed"]), paths)
        met = np.ones(len(paths), bool)
        for condition in self.conditions:
            met &= condition.of(observed) > 0
        self.found[paths.start] = np.arange(paths.start, paths.stop, dtype=np.uint64)[met]
        self.progress.advance(len(paths))


def find_paths(
    parent: Parent, texts: Sequence[str], backend: Backend, threads: int | None, progress: Progress
) -> Array:
    """(K,) uint64 numbers, ascending, of the parent's paths that meet all conditions. Raises as `conditions` does."""
    paths = parent.paths
    if not texts:
        return np.arange(paths.start, paths.stop, dtype=np.uint64)
    search = _Search(parent, texts, backend, progress)
    pieces = [range(a, min(a + PIECE, paths.stop)) for a in range(paths.start, paths.stop, PIECE)]
    progress.start(len(paths), 0)
    try:
        with stop_on_signal() as stop:
            run_all(search, pieces, threads=threads or backend.threads, stop=stop)
    except Stopped:
        raise Interrupted("interrupted; nothing was written yet", fix="give the same command again") from None
    return np.concatenate([search.found[piece.start] for piece in pieces])
