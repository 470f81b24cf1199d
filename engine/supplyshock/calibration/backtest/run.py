"""Runs the scenarios of an episode and scores them against the observed points."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from supplyshock_kernels.params import Array, Params

from ...analysis.base_prices import base_words, usd_per_kg
from ...common.errors import DataError, Interrupted, did_you_mean
from ...common.progress import Progress
from ...common.signals import stop_on_signal
from ...common.thread_pool import Stopped
from ...execution.request_checks import check_numbers
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.dataset.csv_table import read_rows
from ...scenarios.scenario import Scenario, load_scenario
from ...scenarios.shipped import find_config, optional_names
from .null_distribution import PathCounts, path_counts
from .observation_operators import OPERATORS, PUBLISHED, SimulatedView, curve, point_label
from .observations import read_points
from .observed_point import ObservedPoint
from .scores import BANDS, log_crps, no_change, pit, random_walk
from .simulated_view import pooled_view

FAN = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class ScoredPoint:
    """A point against the simulation. CRPS is in logs; NaN if the point is not a ratio."""

    point: ObservedPoint
    label: str
    """For people."""
    horizon: float | None
    """Weeks from the first week of the scenario to the middle of the point; None for a moment of a window."""
    mean: float
    median: float
    bands: Mapping[int, tuple[float, float]]
    """Ends of the central band, by its probability in percent."""
    pit: float | None
    """Share of paths below the observed number, ties by half; None if only a bound is known."""
    hit: bool | None
    """The median lies in the point's own band; None without one."""
    crps: float
    crps_no_change: float
    crps_walk: float

    @property
    def low(self) -> float:
        """5 % quantile."""
        return self.bands[90][0]

    @property
    def high(self) -> float:
        """95 % quantile."""
        return self.bands[90][1]

    @property
    def kind(self) -> str:
        """The group in which it is judged."""
        return OPERATORS[self.point.measure].kind_in(self.point.bloc)

    @property
    def inside(self) -> bool | None:
        """The observed number lies in the 90 % band; None if nobody observed one."""
        return self.lies_in(90)

    def lies_in(self, percent: int) -> bool | None:
        """The same for another band; None for a bound, and for a loss that another model published."""
        value, (low, high) = self.point.value, self.bands[percent]
        return None if value is None or self.kind == PUBLISHED else low <= value <= high


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
    counts: tuple[PathCounts, ...] = ()
    """Of each scenario with observed numbers."""


def episodes(points: Iterable[ObservedPoint]) -> dict[str, tuple[ObservedPoint, ...]]:
    """Points by episode, in their order."""
    by_episode: dict[str, list[ObservedPoint]] = {}
    for point in points:
        by_episode.setdefault(point.episode, []).append(point)
    return {name: tuple(own_points) for name, own_points in by_episode.items()}


def known_points(file: Path) -> tuple[ObservedPoint, ...]:
    """The points of a file, checked against the markets of the default data set and of the sets that scenarios name."""
    labels = [load_scenario(name).labels for name in ("base", *_of_optional_sets(file))]
    return read_points(file, {axis: {m for ls in labels for m in getattr(ls, axis)} for axis in ("market", "chip")})


def _of_optional_sets(file: Path) -> list[str]:
    """Scenarios in the table that ship with a data set of their own."""
    rows = read_rows(file.parent, file.stem, ("scenario",), []).rows
    return sorted({row["scenario"] for _, row in rows} & set(optional_names()))


def choose_episodes(name: str, points: Sequence[ObservedPoint], file: Path) -> tuple[ObservedPoint, ...]:
    """The points of an episode, or of the config of that name or path.

    Raises `ConfigError` if there is no such episode or config, `DataError` if nothing was observed for it.
    """
    by_episode = episodes(points)
    if name in by_episode:
        return by_episode[name]
    path = find_config(name)
    stem = path.stem
    own_points = tuple(p for p in points if Path(p.scenario).stem == stem)
    if not own_points:
        scenarios = sorted({p.scenario for p in points})
        expected = f"a row whose `scenario` is {stem!r}"
        fix = did_you_mean(stem, scenarios) or f"episodes there: {', '.join(by_episode)}"
        raise DataError("no observed point for this scenario", where=str(file), expected=expected, got="none", fix=fix)
    return tuple(replace(p, scenario=str(path)) for p in own_points)


def run_episode(
    name: str,
    points: Sequence[ObservedPoint],
    settings: SimulationSettings,
    progress: Progress | None = None,
    load: Callable[[str], Scenario] = load_scenario,
    draw: Callable[[str], Sequence[Params]] | None = None,
) -> Episode:
    """Simulates the scenarios of the points and scores every point.

    `draw` gives sets of parameters of a scenario, among which its paths are divided.

    Raises `ConfigError` and `DataError` (65), `UsageError`, `DeviceError`, and `Interrupted` after a signal.
    """
    check_numbers(
        paths=settings.paths, seed=settings.seed, save_series=0, precision=settings.precision, threads=settings.threads
    )
    progress = progress or Progress()
    scenarios = {s: load(s) for s in dict.fromkeys(p.scenario for p in points)}
    _check_dates(scenarios, points)
    rows: list[ScoredPoint] = []
    fans: list[CurveFan] = []
    counts: list[PathCounts | None] = []
    try:
        with stop_on_signal() as stop:
            progress.start(len(scenarios) * settings.paths, 0, f"paths of {Path(name).stem}")
            for key, scenario in scenarios.items():
                own_points = [p for p in points if p.scenario == key]
                view = pooled_view(scenario, own_points, settings, draw(key) if draw else (), progress, stop)
                rows += score(view, own_points, settings.seed)
                fans += _fans(scenario, view, own_points)
                counts.append(path_counts(view, own_points))
    except Stopped:
        raise Interrupted("interrupted; nothing is kept", fix="run the same command again to start over") from None
    finally:
        progress.close()
    return Episode(
        name=name,
        titles={s.name: s.title for s in scenarios.values()},
        digests={s.name: s.digest for s in scenarios.values()},
        paths=settings.paths,
        seed=settings.seed,
        rows=tuple(rows),
        fans=tuple(fans),
        counts=tuple(c for c in counts if c is not None),
    )


def _check_dates(scenarios: Mapping[str, Scenario], points: Sequence[ObservedPoint]) -> None:
    for p in points:
        scenario = scenarios[p.scenario]
        weeks = (p.first - scenario.start).days // 7
        within = f"within the {scenario.weeks} weeks from {scenario.start} of {scenario.name}"
        if weeks >= scenario.weeks:
            raise DataError("`from` is out of range", where=p.where, expected=f"a date {within}", got=str(p.first))
        if p.end <= scenario.start:
            raise DataError("`to` is out of range", where=p.where, expected=f"a date {within}", got=str(p.end))


def score(view: SimulatedView, points: Sequence[ObservedPoint], seed: int) -> list[ScoredPoint]:
    """Every point against the paths of a view and against two naive forecasts."""
    still, walk = no_change(view), random_walk(view, seed)
    return [_scored(p, view, still, walk) for p in points]


def _scored(p: ObservedPoint, view: SimulatedView, still: SimulatedView, walk: SimulatedView) -> ScoredPoint:
    operator = OPERATORS[p.measure]
    x = np.asarray(operator.read(view, p), np.float64)
    bands = {k: (float(np.quantile(x, low)), float(np.quantile(x, high))) for k, (low, high) in BANDS.items()}
    median = float(np.median(x))
    ends = (p.low if p.low is not None else -np.inf, p.high if p.high is not None else np.inf)
    scores = [np.nan] * 3
    if operator.log and p.value is not None:
        scores = [log_crps(operator.read(v, p), p.value) for v in (view, still, walk)]
    return ScoredPoint(
        point=p,
        label=point_label(p, view.names),
        horizon=((p.first - view.start) + (p.end - p.first) / 2).days / 7 if operator.dated else None,
        mean=float(x.mean()),
        median=median,
        bands=bands,
        pit=None if p.value is None else pit(x, p.value),
        hit=None if p.low is None and p.high is None else bool(ends[0] <= median <= ends[1]),
        crps=scores[0],
        crps_no_change=scores[1],
        crps_walk=scores[2],
    )


def _at_one(scenario: Scenario, point: ObservedPoint) -> str:
    """The base price in the episode: `` (1 = 56 USD/kg)``; empty for other curves and for sums."""
    if not OPERATORS[point.measure].quantity.endswith("price_ratio"):
        return ""
    k = scenario.params.markets
    price = usd_per_kg(scenario.labels.market, k.value, k.tonnage).get(point.market)
    return "" if price is None else f" ({base_words([price])})"


def _fans(scenario: Scenario, view: SimulatedView, points: Sequence[ObservedPoint]) -> list[CurveFan]:
    """A fan for every curve with a point on it."""
    curves: dict[tuple[str, str, str], list[ObservedPoint]] = {}
    for p in points:
        if OPERATORS[p.measure].curve:
            curves.setdefault((p.measure, p.market, p.bloc), []).append(p)
    return [
        CurveFan(
            scenario.name,
            point_label(own_points[0], view.names, symbols=False) + _at_one(scenario, own_points[0]),
            scenario.start,
            np.quantile(curve(view, own_points[0], OPERATORS[own_points[0].measure].quantity), FAN, axis=1),
            tuple(own_points),
        )
        for own_points in curves.values()
    ]
