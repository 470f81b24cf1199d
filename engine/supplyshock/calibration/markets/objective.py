"""How far simulated medians lie from the targets, as residuals in standard deviations.

Residuals are of three kinds: the targets T1 to T7, what a calm decade may not do (drift), and the distance of every
parameter from where it was judged to be. Their squares are minus twice a log posterior under normal errors, so the
curvature at the best point says what is identified. Paths are the same for every trial.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from supplyshock_kernels.outputs import series_rows
from supplyshock_kernels.params import Array, Grid, Params

from ...common.progress import Progress
from ...common.thread_pool import run_all
from ...execution.backend_selection import find_backend
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.config.load import load_config
from ...scenarios.scenario import build_scenario
from ..backtest.observation_operators import GAUGES
from ..backtest.observations import ObservedPoint
from ..backtest.run import simulate_view
from ..parameter_posterior import changed
from .free_parameters import FreeParameter, from_unit_interval, to_unit_interval

CALM, CALM_WEEKS = "hindcast_calm", 520
DRIFT, DRIFT_SD = 0.03, 0.004
"""Log drift of a calm median that costs nothing, and what counts as one standard deviation beyond it."""
PLAIN_SD = 0.05
"""Log standard deviation of a target without a band."""
LEAST = 0.02
"""Smallest ratio or loss in logs."""
NINETY = 3.29
"""A band of a target is read as a 90 % interval of a normal: so many standard deviations wide."""


@dataclass(frozen=True)
class Residual:
    """One moment: its name, the target, and how a simulated median becomes a number of standard deviations."""

    point: ObservedPoint

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.point.target} {self.point.label}, {self.point.first}"

    def of(self, median: float) -> float:
        """Signed distance; one-sided where the target has one end only, or where zero is an end."""
        p = self.point
        if p.low is not None and p.high is None:
            return min(float(np.log(max(median, LEAST) / p.low)) / PLAIN_SD, 0.0)
        if p.low == 0.0 and p.high:
            return max((median - p.high) / (p.high / NINETY), 0.0)
        assert p.value is not None
        if self._logs:
            sd = np.log(p.high / p.low) / NINETY if p.low and p.high else PLAIN_SD
            return float(np.log(max(median, LEAST) / p.value) / sd)
        sd = (p.high - p.low) / NINETY if p.low is not None and p.high is not None else PLAIN_SD * p.value
        centre = (p.low + p.high) / 2.0 if p.low is not None and p.high is not None else p.value
        return float((median - centre) / sd)

    @property
    def _logs(self) -> bool:
        return GAUGES[self.point.measure].log or self.point.measure == "loss"


@dataclass(frozen=True)
class Trial:
    """What one set of values gave."""

    values: dict[str, float]
    medians: Array
    """(P,) of the targets."""
    residuals: Array
    """(P + 4 + F,) targets, drift (up and down in China, outside), parameters."""

    @property
    def loss(self) -> float:
        """Sum of squares."""
        return float((self.residuals**2).sum())

    def target_loss(self) -> float:
        """The part of the targets alone."""
        return float((self.residuals[: len(self.medians)] ** 2).sum())


class Objective:
    """Simulates the scenarios of the targets under trial values, always on the same paths."""

    def __init__(
        self,
        points: Sequence[ObservedPoint],
        free: Sequence[FreeParameter],
        how: SimulationSettings,
        calm_paths: int | None = None,
        begin: Mapping[str, float] | None = None,
    ) -> None:
        """`points` with a target count; `how.paths` a scenario, `calm_paths` for the calm decade; a search starts at
        the values of `begin`, or where the parameters are.

        Raises `ConfigError` and `DataError`.
        """
        self.free, self.how, self.begin = tuple(free), how, dict(begin or {})
        self.points = tuple(p for p in points if p.target)
        self.moments = tuple(Residual(p) for p in self.points)
        self.worlds = {s: load_config(s) for s in dict.fromkeys(p.scenario for p in self.points)}
        self.shown = {s: build_scenario(loaded) for s, loaded in self.worlds.items()}
        self.calm = load_config(CALM, {"weeks": CALM_WEEKS})
        self.calm_paths = 4 * how.paths if calm_paths is None else calm_paths
        self.backend = find_backend(how.backend, how.device)
        self.threads = how.threads or self.backend.threads
        self.stop = threading.Event()

    def paths(self) -> int:
        """Paths of one trial, for a progress bar."""
        return len(self.worlds) * self.how.paths + self.calm_paths

    def first(self) -> Array:
        """Where a search starts."""
        return to_unit_interval(self.free, [self.begin.get(f.name, f.start) for f in self.free])

    def start(self) -> Array:
        """Where the parameters are now, as coordinates."""
        return to_unit_interval(self.free, [f.start for f in self.free])

    def __call__(self, x: Array, told: Progress | None = None) -> Trial:
        """The trial at coordinates `x`. Raises `Stopped` once `stop` is set."""
        told = told or Progress()
        trial = from_unit_interval(self.free, x)
        found: dict[str, float] = {}
        for name, loaded in self.worlds.items():
            scenario = replace(self.shown[name], params=changed(loaded, trial))
            mine = [p for p in self.points if p.scenario == name]
            view = simulate_view(scenario, mine, self.how, told, self.stop)
            for p in mine:
                gauge = GAUGES[p.measure]
                found[p.where] = float(np.median(gauge.read(view, p, gauge.quantity)))
        medians = np.array([found[p.where] for p in self.points])
        targets = [m.of(x) for m, x in zip(self.moments, medians, strict=True)]
        judged = [(trial[f.name] - f.start) / f.half for f in self.free]
        drift = [max(d - DRIFT, 0.0) / DRIFT_SD for d in self._drift(changed(self.calm, trial), told)]
        return Trial(trial, medians, np.array([*targets, *drift, *judged]))

    def _drift(self, params: Params, told: Progress) -> tuple[float, ...]:
        """Largest drift up and down of half-yearly means of median log quotes, China and outside: the first months too,
        in which a world that does not start at rest moves."""
        row = next(r for r in series_rows(params) if r.name == "price_ratio")
        grid = Grid(precision=self.how.precision, keep=self.calm_paths, device=self.backend.kind)
        parts: dict[int, Array] = {}

        def piece(paths: range) -> None:
            seen = self.backend.simulate(params, grid, self.how.seed, paths)
            parts[paths.start] = seen.series[row.start : row.stop].copy()
            told.advance(len(paths))

        pieces = [range(s, min(s + 256, self.calm_paths)) for s in range(0, self.calm_paths, 256)]
        run_all(piece, pieces, threads=self.threads, stop=self.stop)
        price = np.concatenate([parts[p.start] for p in pieces], axis=-1)
        median = np.log(np.median(price, axis=-1)).reshape(*row.shape, -1, 26).mean(-1)
        return tuple(float(side) for b in (0, 1) for side in (median[:, b].max(), -median[:, b].min()))
