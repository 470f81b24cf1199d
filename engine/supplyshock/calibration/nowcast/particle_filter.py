"""A bootstrap particle filter: paths follow the record, observations weigh them, the likely ones go on.

Every observation is forecast by the paths that all earlier ones have left before it weighs them.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t

from supplyshock_kernels.params import Array, Grid, Params
from supplyshock_kernels.params.path_state import part_of

from ...common.progress import Progress
from ...common.thread_pool import run_all
from ...execution.backend_selection import find_backend
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.scenario import Scenario
from ..backtest.observation_operators import OPERATORS, SimulatedView
from ..backtest.observed_point import ObservedPoint
from ..backtest.simulated_view import PIECE, read_series, start_values
from ..student import FREEDOM, SDS_IN_90_PERCENT

_ERROR = {"CN": 0.10, "XC": 0.35, "": 0.20}
"""Standard deviation in logs where a row gives no band, by bloc: quotes outside China are thin; exports have none."""

Series = dict[tuple[str, str, str], Array]


@dataclass(frozen=True)
class Forecast:
    """An observation as it was forecast before it was used."""

    point: ObservedPoint
    low: float
    """5 % quantile of the paths, without the error of the observation."""
    median: float
    high: float
    position: float
    """Share of the paths' forecasts, errors of observation included, that lie below the observed number."""
    effective: float
    """Share of the paths that count after it has weighed them: 1 / (N x sum of squared weights)."""
    log_evidence: float
    """Log of the mean likelihood."""


@dataclass(frozen=True)
class Filtered:
    """Paths on the last day."""

    state: Array
    """(R, N) equally likely."""
    forecasts: tuple[Forecast, ...]


def error_of(point: ObservedPoint) -> float:
    """Standard deviation in logs: a band of the row is one of 90 %."""
    if point.low and point.high:
        return max(math.log(point.high / point.low) / SDS_IN_90_PERCENT, 0.02)
    return _ERROR[point.bloc]


def follow_record(
    scenario: Scenario,
    points: Sequence[ObservedPoint],
    settings: SimulationSettings,
    progress: Progress,
    stop: threading.Event,
) -> Filtered:
    """The paths of a scenario after its last week, weighed by the points; `settings.paths` is a multiple of `PIECE`.

    Points whose window ends after the last week are left out. Raises `Stopped`.
    """
    due: dict[int, list[ObservedPoint]] = {}
    for p in points:
        due.setdefault(_week_after(scenario, p), []).append(p)
    weeks = scenario.params.weeks
    stops = sorted({w for w in due if 0 < w <= weeks} | {weeks})
    simulate = _simulator(scenario, points, settings, progress, stop)
    state: Array | None = None
    history: Series = {}
    log_weights, forecasts, done = np.zeros(settings.paths), [], 0
    for week in stops:
        state, series = simulate(range(done, week), state)
        history = {k: np.concatenate([history[k], x]) if history else x for k, x in series.items()}
        done = week
        for p in due.get(week, ()):
            forecast, log_weights = _weigh(p, _view(scenario, history), log_weights, settings.seed)
            forecasts.append(forecast)
        last = week == weeks
        if last or 1 / _sum_of_squares(log_weights) < settings.paths / 2:
            kept = resample(log_weights, settings.paths, np.random.default_rng((settings.seed, week)).random())
            state, history = state[:, kept], {k: x[:, kept] for k, x in history.items()}
            log_weights = np.zeros(settings.paths)
    assert state is not None
    return Filtered(state, tuple(forecasts))


def _week_after(scenario: Scenario, p: ObservedPoint) -> int:
    """Number of weeks that hold the window of a point."""
    return math.ceil((p.end - scenario.start).days / 7)


def _simulator(
    scenario: Scenario,
    points: Sequence[ObservedPoint],
    settings: SimulationSettings,
    progress: Progress,
    stop: threading.Event,
) -> Callable[[range, Array | None], tuple[Array, Series]]:
    backend = find_backend(settings.backend, settings.device)
    grid = Grid(precision=settings.precision, keep=settings.paths, device=backend.kind, state=True)
    quantities = {OPERATORS[p.measure].quantity for p in points}
    pieces = [range(s, s + PIECE) for s in range(0, settings.paths, PIECE)]

    def simulate(weeks: range, state: Array | None) -> tuple[Array, Series]:
        parts: dict[int, tuple[Array, Series]] = {}

        def simulate_piece(paths: range) -> None:
            own = None if state is None else state[:, paths.start : paths.stop]
            params: Params = part_of(scenario.params, weeks, own)
            simulated = backend.simulate(params, grid, settings.seed, paths)
            parts[paths.start] = simulated.state, read_series(scenario, simulated, quantities, points)
            progress.advance(len(paths) * len(weeks))

        run_all(simulate_piece, pieces, threads=settings.threads or backend.threads, stop=stop)
        done = [parts[p.start] for p in pieces]
        series = {key: np.concatenate([d[1][key] for d in done], axis=1).astype(np.float32) for key in done[0][1]}
        return np.concatenate([d[0] for d in done], axis=1), series

    return simulate


def _view(scenario: Scenario, history: Series) -> SimulatedView:
    return SimulatedView(scenario.start, history, start_values(scenario, history), {}, scenario.labels.names)


def _weigh(point: ObservedPoint, view: SimulatedView, log_weights: Array, seed: int) -> tuple[Forecast, Array]:
    assert point.value is not None
    forecast = np.log(np.maximum(np.asarray(OPERATORS[point.measure].read(view, point), np.float64), 1e-9))
    sd, weights = error_of(point), _normalised(log_weights)
    z = (math.log(point.value) - forecast) / sd
    log_likelihood = student_t.logpdf(z, FREEDOM) - math.log(sd)
    after = log_weights + log_likelihood
    low, median, high = weighted_quantiles(forecast, weights, (0.05, 0.5, 0.95))
    errors = sd * np.random.default_rng((seed, len(forecast))).standard_t(FREEDOM, len(forecast))
    told = Forecast(
        point=point,
        low=math.exp(low),
        median=math.exp(median),
        high=math.exp(high),
        position=float(weights[forecast + errors < math.log(point.value)].sum()),
        effective=1 / _sum_of_squares(after) / len(after),
        log_evidence=float(np.log((weights * np.exp(log_likelihood)).sum() + 1e-300)),
    )
    return told, after


def _normalised(log_weights: Array) -> Array:
    weights = np.exp(log_weights - log_weights.max())
    normalised: Array = weights / weights.sum()
    return normalised


def _sum_of_squares(log_weights: Array) -> float:
    return float((_normalised(log_weights) ** 2).sum())


def weighted_quantiles(x: Array, weights: Array, at: Sequence[float]) -> list[float]:
    """The least values that at least the given shares of the weight do not exceed."""
    order = np.argsort(x, kind="stable")
    cumulated = np.cumsum(weights[order])
    places = np.searchsorted(cumulated, np.asarray(at) * cumulated[-1])
    return [float(v) for v in x[order][np.minimum(places, len(x) - 1)]]


def resample(log_weights: Array, count: int, u: float) -> Array:
    """Systematic resampling: ``count`` paths by number, each as often as its weight says, to within one.

    ``u`` in [0, 1) decides where it begins.
    """
    cumulated = np.cumsum(_normalised(log_weights))
    at = (np.arange(count) + u) / count * cumulated[-1]
    chosen: Array = np.minimum(np.searchsorted(cumulated, at, side="right"), len(cumulated) - 1)
    return chosen
