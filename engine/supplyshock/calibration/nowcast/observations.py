"""The observations of a record: its own table, and dated ratios of the back-test that fall into its time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from ...analysis.base_prices import usd_per_kg
from ...common.errors import DataError
from ...scenarios.scenario import Scenario, load_scenario
from ...scenarios.shipped import configs_dir
from ..backtest.observations import read_points, shipped_points
from ..backtest.observed_point import ObservedPoint
from .window_means import MEASURES, window_of

EPISODES = ("2023", "2025")
"""Episodes of configs/observed.csv that lie in the record."""
PRICED = ("quote", "paid")
RATIO = "1"
"""Unit of a price or a flow over that of the data set."""


def shipped_record() -> Path:
    """The observations that ship for the record since October 2022."""
    return configs_dir() / "observed_record.csv"


def record_points(file: Path | None, scenario: Scenario) -> list[ObservedPoint]:
    """The points of a table that belong to a scenario; of the shipped table with those of the back-test, as
    far as the weeks of the scenario go.

    Raises `DataError` (65) for a point that cannot weigh paths.
    """
    known = {"market": scenario.labels.market, "chip": scenario.labels.chip}
    own = [p for p in read_points(file or shipped_record(), known) if p.scenario == scenario.name]
    if not own:
        expected = f"rows whose `scenario` is {scenario.name!r}"
        got = "none"
        raise DataError(
            "no observed point for this record", where=str(file or shipped_record()), expected=expected, got=got
        )
    if file is not None:
        for p in own:
            check_point(p, scenario)
        return [in_ratios(p, base_prices(scenario)) for p in own]
    named = {_window(p) for p in own}
    taken = own + [p for p in _of_episodes(scenario, known) if _window(p) not in named]
    return [p for p in taken if window_of(scenario, p).stop <= scenario.weeks]


def check_point(p: ObservedPoint, scenario: Scenario) -> None:
    """Raises `DataError` (65) for another measure, no value, or a window outside the record."""
    if p.measure not in MEASURES:
        raise DataError(
            "this observation cannot weight paths",
            where=p.where,
            expected=f"one of {', '.join(MEASURES)}",
            got=p.measure,
        )
    if p.value is None:
        raise DataError("this observation cannot weight paths", where=p.where, expected="a value", got="a bound alone")
    if p.low is not None and p.high is not None and not 0 < p.low < p.high:
        raise DataError(
            "this observation cannot weight paths", where=p.where, expected="0 < low < high", got=f"{p.low} to {p.high}"
        )
    days = (p.first - scenario.start).days, (p.end - scenario.start).days
    if days[0] < 0 or days[1] > 7 * scenario.weeks:
        last = scenario.start + timedelta(weeks=scenario.weeks)
        within = f"a window within the {scenario.weeks} weeks from {scenario.start} to {last}"
        raise DataError(
            "this observation cannot weight paths", where=p.where, expected=within, got=f"{p.first} to {p.end}"
        )


def in_ratios(p: ObservedPoint, base: Mapping[str, float]) -> ObservedPoint:
    """A price in USD/kg over the base price; a ratio as it is. Raises `DataError` (65) for another unit."""
    if p.unit == RATIO or p.measure not in (*PRICED, "exports"):
        return p
    price = base.get(p.market)
    if p.unit != "USD/kg" or p.measure == "exports" or price is None:
        expected = f"unit {RATIO}, a ratio to the price of the data set" + (", or USD/kg" if price else "")
        raise DataError("this observation cannot weight paths", where=p.where, expected=expected, got=p.unit)
    value, low, high = (None if x is None else x / price for x in (p.value, p.low, p.high))
    return replace(p, value=value, low=low, high=high, unit=RATIO)


def _window(p: ObservedPoint) -> tuple[object, ...]:
    """The identity of an observation: a row of the record's own table replaces a row with the same number and time."""
    return p.measure, p.market, p.bloc, p.first, p.end


def _of_episodes(scenario: Scenario, known: dict[str, tuple[str, ...]]) -> Iterable[ObservedPoint]:
    """Ratios of prices count from the prices of their episode's config, and are taken over to those of the record."""
    own, priced = base_prices(scenario), {}
    for p in read_points(shipped_points(), known):
        if p.episode not in EPISODES or p.value is None or p.measure not in MEASURES:
            continue
        factor = 1.0
        if p.measure in PRICED:
            if p.scenario not in priced:
                priced[p.scenario] = base_prices(load_scenario(p.scenario))
            factor = priced[p.scenario][p.market] / own[p.market]
        low, high = (None if x is None else x * factor for x in (p.low, p.high))
        yield replace(p, scenario=scenario.name, value=p.value * factor, low=low, high=high)


def base_prices(scenario: Scenario) -> dict[str, float]:
    """USD/kg at a ratio of 1, by material."""
    k = scenario.params.markets
    return usd_per_kg(scenario.labels.market, k.value, k.tonnage)
