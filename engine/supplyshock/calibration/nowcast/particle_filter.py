"""A particle filter: paths follow the record, observations weigh them, the likely ones go on.

Every observation is forecast by the paths that all earlier ones have left before it weighs them. Observations of one
week that together would leave too few paths weigh whole paths only in part; the rest of their weight chooses among the
states of the market that they are of (a local particle filter).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student_t

from supplyshock_kernels.params import Array, Grid
from supplyshock_kernels.params.path_state import count_rows, part_of

from ...common.errors import DataError
from ...common.progress import Progress
from ...common.thread_pool import run_all
from ...execution.backend_selection import find_backend
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.scenario import Scenario
from ..backtest.observed_point import ObservedPoint
from ..backtest.simulated_view import PIECE
from ..student import FREEDOM, SCALES_IN_90_PERCENT
from .particles import Particles
from .resampling import (  # fmt: skip
    effective_share,
    normalised,
    resample,
    resample_in_place,
    tempered_share,
    weighted_quantiles,
)
from .window_means import add_weeks, window_of

FLOOR = 0.05
"""Least share of the paths that the observations of one week leave effective among whole paths."""
_ERROR = {"CN": 0.10, "XC": 0.35, "": 0.20}
"""Scale in logs where a row gives no band, by bloc: quotes outside China are thin; exports have none."""
_LEAST_ERROR = 0.02
_LEAST_RATIO = 1e-9
_RESAMPLE_BELOW = 0.5
_REACH = 100.0
"""Scales of error from the nearest path beyond which an observation is refused: a typing error, not news."""


@dataclass(frozen=True)
class Forecast:
    """The forecast of an observation, made before the observation was used."""

    point: ObservedPoint
    low: float
    """5 % quantile of the paths, without the error of the observation."""
    median: float
    high: float
    position: float
    """Share of the paths' forecasts, errors of observation included, that lie below the observed number."""
    effective: float
    """Share of the paths that count after all of the week so far, 1 / (N x sum of squared weights); where only a part
    of its likelihood weighs whole paths, the same of the states of its market under the rest."""
    whole: float
    """Power of the likelihood that weighs whole paths; the rest chooses among the states of its market."""
    log_evidence: float
    """Log of the mean likelihood."""


@dataclass(frozen=True)
class Filtered:
    """Paths on the last day."""

    particles: Particles
    """Equally likely."""
    forecasts: tuple[Forecast, ...]

    @property
    def state(self) -> Array:
        """State (R, N): R numbers of each of N paths."""
        return self.particles.state


@dataclass(frozen=True)
class FilterOptions:
    """Parts of the filter that can be switched off, so that their worth can be measured."""

    move_theta: bool = True
    """Uncertain parameters move when paths are resampled."""
    floor: float = FLOOR


def error_of(point: ObservedPoint) -> float:
    """Scale of Student's t in logs: a band of the row is one of 90 %."""
    if point.low and point.high:
        return max(math.log(point.high / point.low) / SCALES_IN_90_PERCENT, _LEAST_ERROR)
    return _ERROR[point.bloc]


class Watch(NamedTuple):
    """Who is told of the work, and who may stop it."""

    progress: Progress
    stop: threading.Event


def follow_record(
    scenario: Scenario,
    points: Sequence[ObservedPoint],
    settings: SimulationSettings,
    watch: Watch,
    start: Particles | None = None,
    options: FilterOptions = FilterOptions(),
) -> Filtered:
    """The paths of a scenario after its last week, weighed by the points; `settings.paths` is a multiple of `PIECE`.

    They begin with the scenario, or go on from ``start``, whose arrays are taken over. Points whose window ends after
    the last week are left out. Raises `Stopped`.
    """
    weeks = scenario.params.weeks
    due: dict[int, list[ObservedPoint]] = {}
    for p in points:
        due.setdefault(window_of(scenario, p).stop, []).append(p)
    particles = start or Particles(
        np.empty((count_rows(scenario.params), settings.paths), settings.precision), np.zeros(settings.paths)
    )
    simulate = _simulator(scenario, points, settings, watch)
    forecasts: list[Forecast] = []
    for week in sorted({w for w in due if particles.week < w <= weeks} | {weeks}):
        simulate(range(particles.week, week), particles)
        rng = np.random.default_rng((settings.seed, week))
        forecasts += weigh_week(scenario, due.get(week, ()), particles, rng, options)
        if effective_share(particles.log_weights) < _RESAMPLE_BELOW:
            _resample(scenario, particles, rng, options)
    particles.take(resample(particles.log_weights, particles.count, 0.5))
    return Filtered(particles, tuple(forecasts))


def _resample(scenario: Scenario, particles: Particles, rng: np.random.Generator, options: FilterOptions) -> Array:
    """(N,) the paths that go on."""
    chosen = resample(particles.log_weights, particles.count, rng.random())
    particles.take(chosen)
    if options.move_theta:
        particles.move_theta(scenario.params, rng)
    return chosen


def weigh_week(
    scenario: Scenario,
    points: Sequence[ObservedPoint],
    particles: Particles,
    rng: np.random.Generator,
    options: FilterOptions,
) -> list[Forecast]:
    """Forecasts the points of a week one after the other, and weighs the paths by each.

    Whole paths are weighed as long as ``options.floor`` of them stay effective. The point at which fewer would weighs
    them by a part of its likelihood; the rest of it, and the points that follow in this week, choose among the states
    of their own market, under which every other state of a path stays in place.
    """
    told: list[Forecast] = []
    local = False
    for p in points:
        forecast = np.log(np.maximum(np.asarray(particles.sums[p], np.float64), _LEAST_RATIO))
        log_likelihood = log_likelihood_of(p, forecast)
        before = particles.log_weights
        _check_reach(p, forecast)
        whole = 0.0 if local else tempered_share(before, log_likelihood, options.floor)
        if not local:
            particles.log_weights = before + whole * log_likelihood
        rest = (1 - whole) * log_likelihood
        effective = effective_share(particles.log_weights if whole == 1.0 else rest)
        told.append(_forecast(p, forecast, before, effective, whole, rng))
        if whole == 1.0:
            continue
        if not local:
            local, rest = True, rest[_resample(scenario, particles, rng, options)]
        names = tuple(name for name, _ in p.weights)
        particles.take_markets(scenario, names, resample_in_place(rest, rng.random()))
    for p in points:
        particles.sums.pop(p, None)
    return told


def _check_reach(p: ObservedPoint, forecast: Array) -> None:
    assert p.value is not None
    if np.abs(forecast - math.log(p.value)).min() <= _REACH * error_of(p):
        return
    got = f"{p.value:.3g}, with a scale of error of {error_of(p):.2g} in logs"
    expected = f"a number near what some path has: {math.exp(forecast.min()):.3g} to {math.exp(forecast.max()):.3g}"
    fix = "correct the number, or widen its band (low, high)"
    raise DataError("no path can have this observation", where=p.where, expected=expected, got=got, fix=fix)


def log_likelihood_of(point: ObservedPoint, forecast: Array) -> Array:
    """(n,) log density of the observed number in logs, given forecasts of its log."""
    assert point.value is not None
    scale = error_of(point)
    density: Array = student_t.logpdf((math.log(point.value) - forecast) / scale, FREEDOM) - math.log(scale)
    return density


def _forecast(
    p: ObservedPoint, forecast: Array, before: Array, effective: float, whole: float, rng: np.random.Generator
) -> Forecast:
    assert p.value is not None
    weights, log_likelihood = normalised(before), log_likelihood_of(p, forecast)
    low, median, high = weighted_quantiles(forecast, weights, (0.05, 0.5, 0.95))
    errors = error_of(p) * rng.standard_t(FREEDOM, len(forecast))
    return Forecast(
        point=p,
        low=math.exp(low),
        median=math.exp(median),
        high=math.exp(high),
        position=float(weights[forecast + errors < math.log(p.value)].sum()),
        effective=effective,
        whole=whole,
        log_evidence=float(np.log((weights * np.exp(log_likelihood)).sum() + 1e-300)),
    )


def _simulator(
    scenario: Scenario,
    points: Sequence[ObservedPoint],
    settings: SimulationSettings,
    watch: Watch,
) -> Callable[[range, Particles], None]:
    """The function that carries particles through some weeks, in place."""
    backend = find_backend(settings.backend, settings.device)
    grid = Grid(precision=settings.precision, keep=settings.paths, device=backend.kind, state=True)
    pieces = [range(s, s + PIECE) for s in range(0, settings.paths, PIECE)]

    def simulate(weeks: range, particles: Particles) -> None:
        begun = particles.week > 0
        for p in points:
            if window_of(scenario, p).start < weeks.stop:
                particles.sums.setdefault(p, np.zeros(particles.count, np.float32))

        def simulate_piece(paths: range) -> None:
            own = particles.state[:, paths.start : paths.stop] if begun else None
            simulated = backend.simulate(part_of(scenario.params, weeks, own), grid, settings.seed, paths)
            particles.state[:, paths.start : paths.stop] = simulated.state
            particles.add(add_weeks(scenario, simulated, weeks, points), paths)
            watch.progress.advance(len(paths) * len(weeks))

        run_all(simulate_piece, pieces, threads=settings.threads or backend.threads, stop=watch.stop)
        particles.week = weeks.stop

    return simulate
