"""Runs the scenarios of an episode and holds them against the observed points."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from supplyshock_kernels.outputs import Observed, outcome_rows, series_rows
from supplyshock_kernels.params import Array, Grid, Params

from ...common.errors import DataError, Interrupted, did_you_mean
from ...common.progress import Progress
from ...common.signals import stop_on_signal
from ...common.thread_pool import Stopped, run_all
from ...execution.backend_selection import find_backend
from ...execution.request_checks import check_numbers
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.scenario import Scenario, load_scenario
from ...scenarios.shipped import find_config
from .observation_operators import GAUGES, SimulatedView, curve
from .observations import ObservedPoint, read_points
from .scores import BAND, log_crps, no_change, random_walk

PIECE = 256
"""Paths of one call: their weekly series are in memory."""
FAN = (0.05, 0.25, 0.5, 0.75, 0.95)
_PER_WEEK = ("market", "bloc", "chip")


@dataclass(frozen=True)
class ScoredPoint:
    """A point against the simulation. CRPS is of logs, NaN for what is not a ratio."""

    point: ObservedPoint
    median: float
    low: float
    """5 % quantile."""
    high: float
    """95 % quantile."""
    inside: bool | None
    """The observed number lies in the band; None where only a bound was observed."""
    hit: bool | None
    """The median lies in the point's own band; None without one."""
    crps: float
    crps_no_change: float
    crps_walk: float


@dataclass(frozen=True)
class CurveFan:
    """Weekly quantiles of one curve and the points on it."""

    scenario: str
    label: str
    start: date
    quantiles: Array
    """(len(FAN), T)"""
    points: tuple[ObservedPoint, ...]


@dataclass(frozen=True)
class Episode:
    """One episode, simulated and scored."""

    name: str
    titles: Mapping[str, str]
    """By scenario."""
    digests: Mapping[str, str]
    paths: int
    seed: int
    rows: tuple[ScoredPoint, ...]
    fans: tuple[CurveFan, ...]


def episodes(points: Iterable[ObservedPoint]) -> dict[str, tuple[ObservedPoint, ...]]:
    """Points by episode, in their order."""
    found: dict[str, list[ObservedPoint]] = {}
    for point in points:
        found.setdefault(point.episode, []).append(point)
    return {name: tuple(mine) for name, mine in found.items()}


def known_points(file: Path) -> tuple[ObservedPoint, ...]:
    """The points of a file, checked against the markets of the default data set."""
    labels = load_scenario("base").labels
    return read_points(file, {"market": labels.market, "chip": labels.chip})


def choose_episodes(name: str, points: Sequence[ObservedPoint], file: Path) -> tuple[ObservedPoint, ...]:
    """The points of an episode, or of the config of that name or path.

    Raises `ConfigError` where there is no such episode or config, `DataError` where nothing was observed for it.
    """
    by_episode = episodes(points)
    if name in by_episode:
        return by_episode[name]
    path = find_config(name)
    stem = path.stem
    mine = tuple(p for p in points if p.scenario == stem)
    if not mine:
        seen = sorted({p.scenario for p in points})
        expected = f"a row whose `scenario` is {stem!r}"
        fix = did_you_mean(stem, seen) or f"episodes there: {', '.join(by_episode)}"
        raise DataError("no observed point for this scenario", where=str(file), expected=expected, got="none", fix=fix)
    return tuple(replace(p, scenario=str(path)) for p in mine)


def simulate_view(
    scenario: Scenario, points: Sequence[ObservedPoint], how: SimulationSettings, told: Progress, stop: threading.Event
) -> SimulatedView:
    """Weekly series and totals that the points need, of every path. Raises `Stopped`."""
    params, backend = scenario.params, find_backend(how.backend, how.device)
    wanted = {quantity for p in points if (quantity := GAUGES[p.measure].quantity)}
    grid = Grid(precision=how.precision, keep=how.paths, device=backend.kind)
    parts: dict[int, tuple[dict[tuple[str, str, str], Array], dict[tuple[str, str], Array]]] = {}

    def piece(paths: range) -> None:
        seen = backend.simulate(params, grid, how.seed, paths)
        parts[paths.start] = _series(scenario, seen, wanted, points), _totals(scenario, seen)
        told.advance(len(paths))

    starts = range(0, how.paths, PIECE)
    pieces = [range(s, min(s + PIECE, how.paths)) for s in starts]
    run_all(piece, pieces, threads=how.threads or backend.threads, stop=stop)
    done = [parts[s] for s in starts]
    series = {key: np.concatenate([d[0][key] for d in done], axis=1) for key in done[0][0]}
    totals = {key: np.concatenate([d[1][key] for d in done]) for key in done[0][1]}
    return SimulatedView(scenario.start, series, _begin(scenario, series), totals)


def pooled_view(
    scenario: Scenario,
    points: Sequence[ObservedPoint],
    how: SimulationSettings,
    sets: Sequence[Params],
    told: Progress,
    stop: threading.Event,
) -> SimulatedView:
    """All paths of a scenario, divided among sets of parameters, each with luck of its own; its own without any."""
    if not sets:
        return simulate_view(scenario, points, how, told, stop)
    count = min(len(sets), how.paths)
    shares = [how.paths // count + (k < how.paths % count) for k in range(count)]
    views = [
        simulate_view(replace(scenario, params=p), points, replace(how, paths=n, seed=how.seed + 1000 * k), told, stop)
        for k, (p, n) in enumerate(zip(sets, shares, strict=False))
    ]
    first = views[0]
    series = {key: np.concatenate([v.series[key] for v in views], axis=1) for key in first.series}
    totals = {key: np.concatenate([v.totals[key] for v in views]) for key in first.totals}
    return SimulatedView(first.start, series, first.begin, totals)


def _series(
    scenario: Scenario, seen: Observed, wanted: set[str], points: Sequence[ObservedPoint]
) -> dict[tuple[str, str, str], Array]:
    markets = {m for p in points for m, _ in p.weights}
    found: dict[tuple[str, str, str], Array] = {}
    for row in series_rows(scenario.params):
        if row.name not in wanted or not set(row.axes) <= set(_PER_WEEK):
            continue
        x = seen.series[row.start : row.stop].reshape(*row.shape, *seen.series.shape[1:])
        for i, market in enumerate(scenario.labels.of(row.axes[0])):
            if market not in markets:
                continue
            blocs = scenario.labels.bloc if "bloc" in row.axes else ("",)
            for b, bloc in enumerate(blocs):
                found[row.name, market, bloc] = np.array(x[i, b] if bloc else x[i], np.float64)
    return found


def _totals(scenario: Scenario, seen: Observed) -> dict[tuple[str, str], Array]:
    labels = scenario.labels
    rows = {
        r.name: np.asarray(seen.outcomes[r.start : r.stop], np.float64).reshape(*r.shape, -1)
        for r in outcome_rows(scenario.params)
    }
    found = {("weeks_in_regime", r): rows["weeks_in_regime"][i] for i, r in enumerate(labels.regime)}
    relax = labels.kind.index("relax")
    for i, party in enumerate(labels.party):
        found["loss_usd_bn", party] = rows["loss_usd_bn"][i].sum(0)
        found["actions", party] = np.delete(rows["actions"][i], relax, axis=0).sum(0)
        found["relaxations", party] = rows["actions"][i, relax]
    return found


def _begin(scenario: Scenario, series: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], float]:
    """Where each weekly series starts."""
    params, labels = scenario.params, scenario.labels
    return {key: _first(params, labels.market.index(key[1]), key) for key in series}


def _first(params: Params, m: int, key: tuple[str, str, str]) -> float:
    quantity, _, bloc = key
    b = 0 if bloc == "CN" else 1
    if quantity in ("price_ratio", "paid_price_ratio"):
        return float(np.exp(params.initial.log_price[m, b]))
    if quantity == "inventory_weeks":
        return float(params.markets.cover[m, b] * params.initial.inventory[m, b])
    return float(params.markets.lead[m]) if quantity == "lead_time_weeks" else 1.0


def run_episode(
    name: str,
    points: Sequence[ObservedPoint],
    how: SimulationSettings,
    told: Progress | None = None,
    load: Callable[[str], Scenario] = load_scenario,
    draw: Callable[[str], Sequence[Params]] | None = None,
) -> Episode:
    """Simulates the scenarios of the points and scores every point.

    `draw` gives sets of parameters of a scenario, among which its paths are divided.

    Raises `ConfigError` and `DataError` (65), `UsageError`, `DeviceError`, and `Interrupted` after a signal.
    """
    check_numbers(paths=how.paths, seed=how.seed, save_series=0, precision=how.precision, threads=how.threads)
    told = told or Progress()
    scenarios = {s: load(s) for s in dict.fromkeys(p.scenario for p in points)}
    _check_dates(scenarios, points)
    rows: list[ScoredPoint] = []
    fans: list[CurveFan] = []
    try:
        with stop_on_signal() as stop:
            told.start(len(scenarios) * how.paths, 0)
            for key, scenario in scenarios.items():
                mine = [p for p in points if p.scenario == key]
                view = pooled_view(scenario, mine, how, draw(key) if draw else (), told, stop)
                rows += score(view, mine, how.seed)
                fans += _fans(scenario, view, mine)
    except Stopped:
        raise Interrupted("interrupted; nothing is kept", fix="give the same command again to start anew") from None
    finally:
        told.close()
    return Episode(
        name=name,
        titles={s.name: s.title for s in scenarios.values()},
        digests={s.name: s.digest for s in scenarios.values()},
        paths=how.paths,
        seed=how.seed,
        rows=tuple(rows),
        fans=tuple(fans),
    )


def _check_dates(scenarios: Mapping[str, Scenario], points: Sequence[ObservedPoint]) -> None:
    for p in points:
        scenario = scenarios[p.scenario]
        weeks = (p.first - scenario.start).days // 7
        within = f"within the {scenario.weeks} weeks from {scenario.start} of {scenario.name}"
        if weeks >= scenario.weeks:
            raise DataError("from", where=p.where, expected=f"a date {within}", got=str(p.first))
        if p.end <= scenario.start:
            raise DataError("to", where=p.where, expected=f"a date {within}", got=str(p.end))


def score(view: SimulatedView, points: Sequence[ObservedPoint], seed: int) -> list[ScoredPoint]:
    """Every point against the paths of a view and against two naive forecasts."""
    still, walk = no_change(view), random_walk(view, seed)
    return [_scored(p, view, still, walk) for p in points]


def _scored(p: ObservedPoint, view: SimulatedView, still: SimulatedView, walk: SimulatedView) -> ScoredPoint:
    gauge = GAUGES[p.measure]
    x = np.asarray(gauge.read(view, p, gauge.quantity), np.float64)
    low, median, high = (float(q) for q in np.quantile(x, (BAND[0], 0.5, BAND[1])))
    ends = (p.low if p.low is not None else -np.inf, p.high if p.high is not None else np.inf)
    scores = [np.nan] * 3
    if gauge.log and p.value is not None:
        scores = [log_crps(gauge.read(v, p, gauge.quantity), p.value) for v in (view, still, walk)]
    return ScoredPoint(
        point=p,
        median=median,
        low=low,
        high=high,
        inside=None if p.value is None else low <= p.value <= high,
        hit=None if p.low is None and p.high is None else bool(ends[0] <= median <= ends[1]),
        crps=scores[0],
        crps_no_change=scores[1],
        crps_walk=scores[2],
    )


def _fans(scenario: Scenario, view: SimulatedView, points: Sequence[ObservedPoint]) -> list[CurveFan]:
    """A fan for every curve with a point on it."""
    curves: dict[tuple[str, str, str], list[ObservedPoint]] = {}
    for p in points:
        if GAUGES[p.measure].curve:
            curves.setdefault((p.measure, p.market, p.bloc), []).append(p)
    return [
        CurveFan(
            scenario.name,
            mine[0].label,
            scenario.start,
            np.quantile(curve(view, mine[0], GAUGES[mine[0].measure].quantity), FAN, axis=1),
            tuple(mine),
        )
        for mine in curves.values()
    ]
