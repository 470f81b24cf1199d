"""Simulates paths of scenarios that have weeks in common: these weeks once, then each scenario from where they end.

The first scenario that asks for some paths has their common weeks simulated, and the others go on from there. What is
kept for them is dropped after the last has asked, or when there is too much of it; then it is made again.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from supplyshock_kernels.outputs import Observed, outcome_rows, series_rows
from supplyshock_kernels.params import Grid
from supplyshock_kernels.params.path_state import count_rows
from supplyshock_kernels.paused import Paused

from ..store.common_weeks import CommonWeeks, Stem
from ..store.partition import Layout, Plan
from .backend_selection import Backend
from .run_request import RunRequest, book_of

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario

WORTH = 0.05
"""Share of the weeks that common ones have to spare: sums of more than two scenarios are then read once more."""


def find_common_weeks(request: RunRequest, backend: Backend) -> CommonWeeks | None:
    """The weeks that scenarios have in common; None where they are few, or none that a run can share.

    Paths of a branch or of importance sampling are simulated in calls of their own, and those of a firm in small ones.
    """
    if backend.spec.load_pausing is None or request.branch or request.proposal or book_of(request):
        return None
    common = CommonWeeks.of([s.params for s in request.scenarios])
    every = len(request.scenarios) * common.weeks
    return common if every - common.simulated >= WORTH * every else None


def shared_bytes(request: RunRequest, common: CommonWeeks, layout: Layout, bins: int) -> int:
    """Memory of paths that a thread keeps for other scenarios: states, running totals, series, weekly statistics."""
    params = request.scenarios[0].params
    numbers = count_rows(params) + outcome_rows(params)[-1].stop
    size = 4 if request.precision == "float32" else 8
    paths = min(layout.unit, request.paths)
    calls, series_paths = ceil(paths / layout.call), min(paths, request.save_series)
    stop = max(s.stop for s in common.all_stems)
    weekly = 2 * calls * stop * bins + 4 * series_paths * params.weeks * series_rows(params)[-1].stop
    return common.depth * (paths * numbers * size + weekly)


class _Key(NamedTuple):
    stem: Stem
    paths: range
    grid: Grid


class _PausedPaths:
    """Paths that have stopped after the weeks of a stem, or are about to."""

    def __init__(self, users: int) -> None:
        self.lock = threading.Lock()
        """Held while they are simulated: who needs them then waits rather than simulate them again."""
        self.paused: Paused | None = None
        self.users = users
        """Scenarios and stems that have not asked for them yet."""


class SharedWeeks:
    """The common weeks of the scenarios of a run, from any thread."""

    def __init__(self, plan: Plan, scenarios: Sequence[Scenario], backend: Backend) -> None:
        """Of a plan whose scenarios have weeks in common; simulates nothing."""
        assert plan.common is not None
        self.common, self.seed, self.pausing = plan.common, plan.seed, backend.pausing
        self.params = [s.params for s in scenarios]
        self.simulate = backend.simulate
        self.room = plan.threads * plan.layout.unit * plan.common.depth
        """Most paths that are kept: those of the blocks in hand."""
        self.spared = 0
        """Weeks of paths that were there when a scenario or a stem asked for them."""
        self._kept: dict[_Key, _PausedPaths] = {}
        self._lock = threading.Lock()
        stems = self.common.all_stems
        self._users = {s: self.common.stems.count(s) + sum(t.parent == s for t in stems) for s in stems}

    def observe(self, scenario: int, paths: range, grid: Grid) -> Observed:
        """What the backend gives for the paths of a scenario, to the last bit."""
        params, stem = self.params[scenario], self.common.stems[scenario]
        if stem is None:
            return self.simulate(params, grid, self.seed, paths)
        return self.pausing.go_on(params, grid, self.seed, paths, self._paused(_Key(stem, paths, grid)))

    def _paused(self, key: _Key) -> Paused:
        stem, paths, grid = key
        with self._lock:
            entry = self._kept.setdefault(key, _PausedPaths(self._users[stem]))
        with entry.lock:
            paused = entry.paused
            if paused is None:
                since = self._paused(_Key(stem.parent, paths, grid)) if stem.parent else None
                params = self.params[stem.scenarios[0]]
                paused = entry.paused = self.pausing.pause(params, grid, self.seed, paths, stem.stop, since)
                spared = 0
            else:
                spared = len(paths) * (stem.stop - stem.start)
        with self._lock:
            self.spared += spared
            entry.users -= 1
            if not entry.users:
                self._kept.pop(key, None)
            while sum(len(k.paths) for k in self._kept) > self.room:
                self._kept.pop(next(iter(self._kept)))
        return paused

    def forget(self) -> None:
        """Drops what is kept."""
        with self._lock:
            self._kept.clear()
