"""The objective of the calibration: residuals of simulations from observations, in standard deviations.

Residuals are of three kinds: the observed points, what a calm decade may not do (drift), and the distance of every
parameter from the middle of its prior range. Observed ratios count by their whole distribution, other targets by their
medians. The squares are minus twice a log posterior under normal errors, so the
curvature at the best point says what is identified. Paths are the same for every trial.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from supplyshock_kernels.outputs import series_rows
from supplyshock_kernels.params import Array, Grid, Params

from ...common.progress import Progress
from ...common.thread_pool import run_all
from ...execution.backend_selection import find_backend
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.config.load import load_config
from ...scenarios.display_names import DisplayNames
from ...scenarios.scenario import build_scenario
from ..backtest.observation_operators import OPERATORS, point_label
from ..backtest.observed_point import ObservedPoint
from ..backtest.simulated_view import simulate_view
from ..parameter_posterior import params_with
from ..student import SDS_IN_90_PERCENT, signed_residual
from .free_parameters import FreeParameter, from_unit_interval, to_unit_interval

CALM, CALM_WEEKS = "hindcast_calm", 520
DRIFT, DRIFT_SD = 0.05, 0.01
"""Log drift of a calm median that costs nothing, and the standard deviation beyond it."""
DRIFTS = ("up in China", "down in China", "up outside", "down outside")
"""Sides of the drift, in the order of their residuals."""
SD_WITHOUT_BAND = 0.05
"""Log standard deviation of a target without a band."""
SMALLEST_RATIO = 0.02
"""Smallest ratio or loss in logs."""


@dataclass(frozen=True)
class Residual:
    """An observed point, and the distance of the simulated distribution from it."""

    point: ObservedPoint
    names: DisplayNames = field(default_factory=DisplayNames)
    """What people read in place of ids."""
    weight: float = 1.0
    """Weight on the score of a point that shares its curve with others."""

    @property
    def name(self) -> str:
        """The name in tables."""
        target = f"{self.point.target} " if self.point.target else ""
        return f"{target}{point_label(self.point, self.names)}, {self.point.first}"

    @property
    def rows(self) -> tuple[str, ...]:
        """Names of its residuals."""
        return (self.name, f"{self.name}, width") if self.is_scored else (self.name,)

    @property
    def is_scored(self) -> bool:
        """A ratio, whose whole distribution counts: the other points count by their medians."""
        return OPERATORS[self.point.measure].log and self.point.value is not None

    def values(self, samples: Array) -> tuple[float, ...]:
        """Signed residuals of the simulated numbers, (n,); the squares of `rows` add up.

        For a ratio: twice its negative log score under a Student's t in logs about the median of the simulation, whose
        scale is the 5-95 % range over 3.29, up to a constant. A band that is wide without need costs as much as one
        that misses.
        """
        if not self.is_scored:
            return (signed_residual(self.value(float(np.median(samples)))),)
        assert self.point.value is not None
        low, median, high = np.quantile(np.log(np.maximum(samples, SMALLEST_RATIO)), (0.05, 0.5, 0.95))
        sd = float(np.hypot((high - low) / SDS_IN_90_PERCENT, SD_WITHOUT_BAND))
        z = float(median - np.log(max(self.point.value, SMALLEST_RATIO))) / sd
        width, root = np.sqrt(2.0 * np.log(sd / SD_WITHOUT_BAND)), np.sqrt(self.weight)
        return float(root * signed_residual(z)), float(root * width)

    def value(self, median: float) -> float:
        """Signed distance of a median in standard deviations; one-sided where the target has one end only, or where
        zero is an end."""
        p = self.point
        if p.low is not None and p.high is None:
            return min(float(np.log(max(median, SMALLEST_RATIO) / p.low)) / SD_WITHOUT_BAND, 0.0)
        if p.low == 0.0 and p.high:
            return max((median - p.high) / (p.high / SDS_IN_90_PERCENT), 0.0)
        assert p.value is not None
        if OPERATORS[p.measure].log or p.measure == "loss":
            sd = np.log(p.high / p.low) / SDS_IN_90_PERCENT if p.low and p.high else SD_WITHOUT_BAND
            return float(np.log(max(median, SMALLEST_RATIO) / p.value) / sd)
        sd = (
            (p.high - p.low) / SDS_IN_90_PERCENT
            if p.low is not None and p.high is not None
            else SD_WITHOUT_BAND * p.value
        )
        centre = (p.low + p.high) / 2.0 if p.low is not None and p.high is not None else p.value
        return float((median - centre) / sd)


def fitted_points(points: Sequence[ObservedPoint]) -> list[ObservedPoint]:
    """Points that count: targets, and every observed ratio."""
    return [p for p in points if p.target or (OPERATORS[p.measure].log and p.value is not None)]


def curve_weights(points: Sequence[ObservedPoint]) -> list[float]:
    """One over the root of the number of points on the same curve, since they are not independent."""
    curves = [(p.scenario, p.market, p.bloc, OPERATORS[p.measure].quantity) for p in points]
    return [curves.count(c) ** -0.5 for c in curves]


@dataclass(frozen=True)
class Trial:
    """The result of one set of values."""

    values: dict[str, float]
    medians: Array
    """(P,) of the points."""
    residuals: Array
    """(Q + 4 + F,) points, drift (up and down in China, outside), parameters."""
    places: Array
    """(P,) int64: the first residual of each point."""
    observed: int
    """Q: residuals of the points."""

    @property
    def loss(self) -> float:
        """Sum of the squared residuals."""
        return float((self.residuals**2).sum())

    def target_loss(self) -> float:
        """The part of the points alone."""
        return float((self.residuals[: self.observed] ** 2).sum())


class Objective:
    """Simulates the scenarios of the targets under trial values, always on the same paths."""

    def __init__(
        self,
        points: Sequence[ObservedPoint],
        free: Sequence[FreeParameter],
        settings: SimulationSettings,
        calm_paths: int | None = None,
        start_values: Mapping[str, float] | None = None,
    ) -> None:
        """Only `fitted_points` count. A trial simulates `settings.paths` paths a scenario, and `calm_paths` for
        the calm decade. A search starts at `start_values`, by default at the values of today.

        Raises `ConfigError` and `DataError`.
        """
        self.free, self.settings, self.start_values = tuple(free), settings, dict(start_values or {})
        self.points = tuple(fitted_points(points))
        self.configs = {s: load_config(s) for s in dict.fromkeys(p.scenario for p in self.points)}
        self.scenarios = {s: build_scenario(loaded) for s, loaded in self.configs.items()}
        self.residuals = tuple(
            Residual(p, self.scenarios[p.scenario].labels.names, weight)
            for p, weight in zip(self.points, curve_weights(self.points), strict=True)
        )
        self.calm = load_config(CALM, {"weeks": CALM_WEEKS, "outlook": {"trends": False}})
        self.calm_paths = 2 * settings.paths if calm_paths is None else calm_paths
        self.backend = find_backend(settings.backend, settings.device)
        self.threads = settings.threads or self.backend.threads
        self.stop = threading.Event()

    def paths(self) -> int:
        """Paths of one trial, for a progress bar."""
        return len(self.configs) * self.settings.paths + self.calm_paths

    def search_start(self) -> Array:
        """Where a search starts."""
        return to_unit_interval(self.free, [self.start_values.get(f.name, f.start) for f in self.free])

    def current(self) -> Array:
        """Where the parameters are now, as coordinates."""
        return to_unit_interval(self.free, [f.start for f in self.free])

    def __call__(self, x: Array, progress: Progress | None = None) -> Trial:
        """The trial at coordinates `x`. Raises `Stopped` once `stop` is set."""
        progress = progress or Progress()
        trial = from_unit_interval(self.free, x)
        by_point: dict[str, Array] = {}
        for name, loaded in self.configs.items():
            scenario = replace(self.scenarios[name], params=params_with(loaded, trial))
            points = [p for p in self.points if p.scenario == name]
            view = simulate_view(scenario, points, self.settings, progress, self.stop)
            by_point |= {p.where: np.asarray(OPERATORS[p.measure].read(view, p), np.float64) for p in points}
        medians = np.array([np.median(by_point[p.where]) for p in self.points])
        targets = [r.values(by_point[r.point.where]) for r in self.residuals]
        counts = [len(t) for t in targets]
        prior = [(trial[f.name] - f.centre) / f.prior_sd for f in self.free]
        drift = [max(d - DRIFT, 0.0) / DRIFT_SD for d in self._drift(params_with(self.calm, trial), progress)]
        residuals = np.array([*(x for t in targets for x in t), *drift, *prior])
        return Trial(trial, medians, residuals, np.cumsum([0, *counts[:-1]]), sum(counts))

    def _drift(self, params: Params, progress: Progress) -> tuple[float, ...]:
        """Largest drift up and down of half-yearly means of median log quotes, China and outside: the first months too,
        in which a world that does not start at rest moves."""
        row = next(r for r in series_rows(params) if r.name == "price_ratio")
        grid = Grid(precision=self.settings.precision, keep=self.calm_paths, device=self.backend.kind)
        parts: dict[int, Array] = {}

        def simulate_piece(paths: range) -> None:
            simulated = self.backend.simulate(params, grid, self.settings.seed, paths)
            parts[paths.start] = simulated.series[row.start : row.stop].copy()
            progress.advance(len(paths))

        pieces = [range(s, min(s + 256, self.calm_paths)) for s in range(0, self.calm_paths, 256)]
        run_all(simulate_piece, pieces, threads=self.threads, stop=self.stop)
        price = np.concatenate([parts[p.start] for p in pieces], axis=-1)
        median = np.log(np.median(price, axis=-1)).reshape(*row.shape, -1, 26).mean(-1)
        return tuple(float(side) for b in (0, 1) for side in (median[:, b].max(), -median[:, b].min()))
