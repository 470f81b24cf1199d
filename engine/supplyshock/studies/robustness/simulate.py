"""Simulates every policy in every future and keeps statistics with their Monte Carlo errors.

In a future all policies have the same parameters and the same random numbers, so that their differences are paired.
Another future has other paths: noise is independent from future to future, and averages over futures are sure of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from supplyshock_kernels.params import Array, Grid

from ...analysis import risk_measures
from ...common.errors import Interrupted
from ...common.progress import Progress
from ...common.signals import stop_on_signal
from ...common.thread_pool import Stopped, run_all
from ...execution.backend_selection import find_backend
from ...execution.request_checks import check_numbers
from ...execution.simulation_settings import SimulationSettings
from ..measures import PIECE, MeasureColumns
from .plan import Criterion, RobustnessPlan


class Estimates(NamedTuple):
    """Statistics of N futures, P policies and K criteria."""

    value: Array
    """(N, P, K)."""
    covariance: Array
    """(N, K, P, P) of the Monte Carlo errors of a future's policies."""
    halves: Array
    """(2, N, P, K) the statistics on the even and on the odd paths."""


def contributions(values: Array, criterion: Criterion) -> Array:
    """The contribution of each path (n,) to a statistic: their mean is the statistic, their spread gives its error.

    For a quantile, this is its value plus the first-order effect of the path.
    """
    if criterion.statistic == "mean":
        return np.asarray(values, np.float64)
    if criterion.statistic.startswith("cvar"):
        return risk_measures.cvar_influence(values, criterion.level)
    estimate = risk_measures.quantile(values, criterion.level)
    above = (values > estimate.value).astype(np.float64)
    sd = above.std()
    scale = estimate.se * np.sqrt(len(values)) / sd if sd > 0 else 0.0
    return np.asarray(estimate.value + (above - above.mean()) * scale)


def simulate_futures(plan: RobustnessPlan, settings: SimulationSettings, progress: Progress) -> Estimates:
    """Simulates all. Memory grows with futures x policies squared, not with paths.

    Raises `UsageError`, `DeviceError`, `ConfigError` for a value that cannot be, and `Interrupted` after a signal.
    """
    check_numbers(
        paths=settings.paths, seed=settings.seed, save_series=0, precision=settings.precision, threads=settings.threads
    )
    work = _Work(plan, settings, progress)
    number = len(plan.futures.values)
    try:
        with stop_on_signal() as stop:
            work.warm_up()
            progress.start(number * len(plan.titles) * plan.paths, 0)
            run_all(work, iter(range(number)), threads=settings.threads or work.backend.threads, stop=stop)
    except Stopped:
        raise Interrupted("interrupted; no results were kept", fix="repeat the command to start again") from None
    finally:
        progress.close()
    return work.estimates


class _Work:
    """Simulates one future after the other, from any thread."""

    def __init__(self, plan: RobustnessPlan, settings: SimulationSettings, progress: Progress) -> None:
        self.plan, self.settings, self.progress = plan, settings, progress
        self.backend = find_backend(settings.backend, settings.device)
        self.simulate = self.backend.simulate
        self.columns = MeasureColumns(plan.columns)
        names = [m.name for m in plan.columns]
        self.column_of = [names.index(c.measure.name) for c in plan.criteria]
        n, p, k = len(plan.futures.values), len(plan.titles), len(plan.criteria)
        series = self.columns.needs_series
        self.call = min(settings.call, PIECE) if series else settings.call
        self.grid = Grid(precision=settings.precision, device=self.backend.kind, keep=n * plan.paths if series else 0)
        self.estimates = Estimates(np.empty((n, p, k)), np.empty((n, k, p, p)), np.empty((2, n, p, k)))

    def warm_up(self) -> None:
        """Loads or compiles the backend on one path."""
        self.simulate(self.plan.templates[0].base.params, self.grid, self.settings.seed, range(1))

    def __call__(self, future: int) -> None:
        policies = range(len(self.plan.titles))
        values = np.stack([self._values(future, policy) for policy in policies])  # (P, paths, columns)
        for k, criterion in enumerate(self.plan.criteria):
            parts = np.stack([contributions(v, criterion) for v in values[:, :, self.column_of[k]]])
            self.estimates.value[future, :, k] = parts.mean(1)
            self.estimates.covariance[future, k] = np.cov(parts) / parts.shape[1]
            self.estimates.halves[:, future, :, k] = parts[:, ::2].mean(1), parts[:, 1::2].mean(1)

    def _values(self, future: int, policy: int) -> Array:
        """Values (paths, columns) of the measures for one policy in one future."""
        plan = self.plan
        scenario = plan.templates[policy].scenario(plan.futures.changes(future, plan.kept[policy]))
        first, end = future * plan.paths, (future + 1) * plan.paths
        pieces = []
        for start in range(first, end, self.call):
            paths = range(start, min(start + self.call, end))
            pieces.append(self.columns(self.simulate(scenario.params, self.grid, self.settings.seed, paths)))
            self.progress.advance(len(paths))
        return np.concatenate(pieces)
