"""The tables of a run of shipped scenarios against plain xarray and NumPy; `test_tables` has a tiny world."""

from __future__ import annotations

from math import isfinite, isnan
from typing import Any

import numpy as np
import pytest

from supplyshock.analysis.summary_tables import TITLES, Row, headline
from support.command import SCENARIOS, small_run, tree

__all__ = ["small_run", "tree"]

PARTIES = {"United States": "US", "China": "CN"}
MAY_BE_UNDEFINED = ("median first week", "unpaired se / paired se")
Found = dict[tuple[str, str, str, str], Row]


@pytest.fixture(scope="module")
def rows(tree: Any) -> Found:
    return {row[:4]: row for row in headline(tree)}


def of(rows: Found, table: str, scenario: str) -> list[Row]:
    return [r for r in rows.values() if (r.table, r.scenario) == (table, scenario)]


def outcome(tree: Any, name: str, scenario: str, **at: str) -> np.ndarray:
    return tree["outcomes"][name].sel(scenario=scenario, **at).to_numpy().astype(np.float64)


def test_every_scenario_has_the_same_figures(rows: Found) -> None:
    pairs = {f"{s} - {SCENARIOS[0]}" for s in SCENARIOS[1:]}
    for table in set(TITLES) - {"measures", "sampled"}:  # no path of this run has a weight
        columns: dict[str, list[tuple[str, str]]] = {}
        for row in rows.values():
            if row.table == table:
                columns.setdefault(row.scenario, []).append((row.item, row.statistic))
        assert set(columns) == (pairs if table == "differences" else set(SCENARIOS))
        assert len({tuple(c) for c in columns.values()}) == 1, table


def test_numbers_are_finite_where_there_is_something_to_tell(rows: Found) -> None:
    for row in rows.values():
        assert isfinite(row.value) or row.statistic in (*MAY_BE_UNDEFINED, "in week"), row  # no week of a loss
        assert isfinite(row.se) or row.statistic in (*MAY_BE_UNDEFINED, "in week"), row
        assert isnan(row.se) or row.se >= 0, row
        assert row.unit


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_odds_of_the_ends_are_shares_that_make_a_whole(scenario: str, rows: Found, tree: Any) -> None:
    end = outcome(tree, "regime_end", scenario)
    codes = [str(r) for r in tree["outcomes"]["regime"].values]
    shown = {r.item: r for r in of(rows, "regimes", scenario) if r.statistic == "at the end"}
    for regime, row in shown.items():
        assert row.value == pytest.approx(100 * np.mean(end == codes.index(regime)))
        assert row.value <= rows["regimes", scenario, regime, "ever"].value
    left_out = 100 * np.mean([codes[int(e)] not in shown for e in end])
    assert sum(r.value for r in shown.values()) == pytest.approx(100 - left_out)


@pytest.mark.parametrize("other", SCENARIOS[1:])
@pytest.mark.parametrize("country", PARTIES)
def test_differences_are_differences_of_the_losses_shown(other: str, country: str, rows: Found, tree: Any) -> None:
    base, pair, item = SCENARIOS[0], f"{other} - {SCENARIOS[0]}", f"{country}: lost output"
    for statistic, label in (("mean", item), ("CVaR95", f"{item}, worst 5 %")):
        gap = rows["losses", other, item, statistic].value - rows["losses", base, item, statistic].value
        assert rows["differences", pair, label, "difference"].value == pytest.approx(gap, rel=1e-6)
    losses = [outcome(tree, "loss_usd_bn", s, party=PARTIES[country]).sum(-1, dtype=float) for s in (other, base)]
    paired = np.std(losses[0] - losses[1], ddof=1) / np.sqrt(len(losses[0]))
    assert rows["differences", pair, item, "difference"].se == pytest.approx(paired, rel=1e-5)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_leverage(scenario: str, rows: Found, tree: Any) -> None:
    shown = of(rows, "leverage", scenario)
    compute = 100 * outcome(tree, "compute_delivered_ratio", scenario)
    assert next(r.value for r in shown if r.statistic == "mean") == pytest.approx(compute.mean(), rel=1e-5)
    supply = [r for r in shown if ": " in r.item]
    assert supply
    for row in supply:
        share = 100 * outcome(tree, "ex_china_supply_share", scenario, market=row.item.split(": ")[1])
        assert row.value == pytest.approx(share.mean(), rel=1e-5)


def test_the_highest_mover_leads_the_prices(rows: Found, tree: Any) -> None:
    top = tree["summary"]["price_ratio_quantile"].sel(quantile=0.95, method="nearest")
    highest = top.max(("scenario", "time", "bloc")).to_series().idxmax()
    assert of(rows, "prices", SCENARIOS[0])[0].item.endswith(f": {highest}")


def test_every_sector_that_stops_is_listed(rows: Found, tree: Any) -> None:
    stopped = np.isfinite(tree["outcomes"]["first_stop_week"]).any(("scenario", "path"))
    assert len({r.item for r in rows.values() if r.table == "stops"}) == int(stopped.sum())
