"""Simulates many scenarios on common random numbers and keeps a few means of each, with exact sums.

A sweep of hundreds of scenarios does not need stored outcomes. Every block of paths is reduced to sums at once. Sums
are integers (`exact_sum`), so the results do not depend on blocks, threads or order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from math import ceil
from typing import NamedTuple

import numpy as np

from supplyshock_kernels.outputs import FIXED_POINT, Observed
from supplyshock_kernels.params import Array, Grid, Params

from ..common.interruption import interruptible
from ..common.progress import Progress
from ..common.thread_pool import run_all
from ..execution.backend_selection import Backend, find_backend
from ..execution.paired_differences import SUMMABLE, exact_sum
from ..execution.request_checks import check_numbers
from ..execution.simulation_settings import SimulationSettings
from .measures import PIECE

Measure = Callable[[Observed], Array]
"""From the result for n paths to K numbers per path (n, K), float64.

One with a true attribute `needs_series` gets the weekly series of every path, a few hundred paths at a time.
"""

FINER = 2.0**20
"""Sums count in units of ``1 / (FIXED_POINT FINER)``; coarser units would lose squares of small differences."""
GROUPS = 32
"""Groups of paths, filled in turn; their means give the Monte Carlo error of a choice between scenarios."""


class ScenarioMeans(NamedTuple):
    """Means of K measures in N scenarios; differences are to the first scenario, path by path.

    A measure that is not a finite number on some path of a scenario is NaN there.
    """

    mean: Array
    """(N, K)"""
    se: Array
    """(N, K) standard error."""
    difference: Array
    """(N, K); the first row is 0."""
    difference_se: Array
    """(N, K) of the paired difference."""
    groups: Array
    """(N, GROUPS, K) mean difference in each group of paths; NaN for a group without a path."""


class Sums:
    """Exact sums over the paths of one scenario."""

    def __init__(self, k: int) -> None:
        """Starts at zero, for `k` measures."""
        self.count = np.zeros(GROUPS, np.int64)
        zero = np.zeros(k, object)
        self.total, self.square, self.gap_square, self.missing = zero.copy(), zero.copy(), zero.copy(), zero.copy()
        self.gap = np.zeros((GROUPS, k), object)

    def add(self, x: Array, first: Array, start: int) -> None:
        """Adds the paths from `start`: measures (n, K) of this scenario and of the first one."""
        with np.errstate(invalid="ignore"):  # values that are not finite are counted below
            gap = x - first
        self.total += _exact(x)
        self.square += _exact(x * x)
        self.gap_square += _exact(gap * gap)
        self.missing += (~(gap * gap * FINER < SUMMABLE)).sum(0)
        for group in range(GROUPS):
            group_gap = gap[(group - start) % GROUPS :: GROUPS]
            self.count[group] += len(group_gap)
            self.gap[group] += _exact(group_gap)

    def means(self) -> tuple[Array, ...]:
        """Mean, error, mean difference and its error (K,), and group means (GROUPS, K)."""
        n = int(self.count.sum())
        undefined = self.missing > 0
        out = [*_mean_se(n, self.total, self.square), *_mean_se(n, self.gap.sum(0), self.gap_square)]
        with np.errstate(invalid="ignore", divide="ignore"):
            groups = _float(self.gap) / self.count[:, None]
        return tuple(np.where(undefined, np.nan, x) for x in (*out, groups))


def _exact(x: Array) -> Array:
    """Sum over the first axis as integers, whatever the order."""
    return exact_sum(x * FINER)


def _float(total: Array) -> Array:
    return np.asarray(total / (FIXED_POINT * FINER), np.float64)


def _mean_se(n: int, total: Array, square: Array) -> tuple[Array, Array]:
    mean, second = _float(total) / n, _float(square) / n
    if n < 2:
        return mean, np.full_like(mean, np.nan)
    return mean, np.sqrt(np.maximum(second - mean**2, 0.0) / (n - 1))


class _Piece(NamedTuple):
    scenario: int
    paths: range


def simulate_many(
    scenarios: Sequence[Params], measure: Measure, settings: SimulationSettings, progress: Progress | None = None
) -> ScenarioMeans:
    """Simulates every scenario on the paths 0 to `settings.paths` and returns means and differences to the first.

    Memory grows with scenarios x K, not with paths. Raises `UsageError` for numbers out of range,
    `DeviceError`, and `Interrupted` after a signal, which discards all sums.
    """
    check_numbers(
        paths=settings.paths, seed=settings.seed, save_series=0, precision=settings.precision, threads=settings.threads
    )
    backend = find_backend(settings.backend, settings.device)
    progress = progress or Progress()
    work = _Work(scenarios, measure, settings, backend, progress)
    threads = settings.threads or backend.threads
    with interruptible(progress) as stop:
        work.warm_up()
        progress.start(len(scenarios) * settings.paths, 0)
        run_all(work, work.pieces(), threads=threads, stop=stop)
    return ScenarioMeans(*(np.stack(column) for column in zip(*(s.means() for s in work.sums), strict=True)))


class _Work:
    """Simulates and adds one piece after the other, from any thread."""

    def __init__(
        self,
        scenarios: Sequence[Params],
        measure: Measure,
        settings: SimulationSettings,
        backend: Backend,
        progress: Progress,
    ) -> None:
        self.scenarios, self.measure, self.settings, self.progress = scenarios, measure, settings, progress
        self.simulate = backend.simulate
        series = bool(getattr(measure, "needs_series", False))
        self.call = min(settings.call, PIECE) if series else settings.call
        self.grid = Grid(precision=settings.precision, device=backend.kind, keep=settings.paths if series else 0)
        self.sums = [Sums(0) for _ in scenarios]
        self._first: dict[range, tuple[Array, int]] = {}
        self._adding, self._asking = threading.Lock(), threading.Lock()

    def warm_up(self) -> None:
        """Loads or compiles the backend on one path, and counts the measures."""
        k = self._measured(0, range(1)).shape[1]
        self.sums = [Sums(k) for _ in self.scenarios]

    def pieces(self) -> Iterator[_Piece]:
        """Every scenario on a block of paths before the next block."""
        calls = ceil(self.settings.paths / self.call)
        size = ceil(self.settings.paths / calls)
        for start in range(0, self.settings.paths, size):
            block = range(start, min(start + size, self.settings.paths))
            yield from (_Piece(i, block) for i in range(len(self.scenarios)))

    def _measured(self, scenario: int, paths: range) -> Array:
        observed = self.simulate(self.scenarios[scenario], self.grid, self.settings.seed, paths)
        return np.asarray(self.measure(observed), np.float64)

    def first(self, paths: range) -> Array:
        """Measures of the first scenario on a block: the first thread computes them, the last one drops them."""
        with self._asking:
            values, left = self._first.pop(paths, (None, len(self.scenarios)))
            if values is None:
                values = self._measured(0, paths)
            if left > 1:
                self._first[paths] = values, left - 1
            return values

    def __call__(self, piece: _Piece) -> None:
        first = self.first(piece.paths)
        x = self._measured(piece.scenario, piece.paths) if piece.scenario else first
        with self._adding:
            self.sums[piece.scenario].add(x, first, piece.paths.start)
        self.progress.advance(len(piece.paths))
