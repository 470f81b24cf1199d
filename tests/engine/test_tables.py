"""The numbers of `show`, against the same numbers computed from whole arrays."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from supplyshock.analysis import path_values
from supplyshock.analysis.open_run import open_run
from supplyshock.analysis.risk_measures import cvar
from supplyshock.analysis.summary_tables import TITLES, Row, headline
from supplyshock.analysis.summary_tables.prices import movers
from support import synthetic

PATHS = 3000
Found = dict[tuple[str, str, str, str], Row]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> xr.DataTree:
    from supplyshock.execution.run import run_scenarios

    out = tmp_path_factory.mktemp("tables") / "run"
    scenarios = [
        synthetic.scenario(),
        synthetic.scenario("swap_deal", 0.25),
        synthetic.scenario("rift", -0.2),
    ]
    run_scenarios(scenarios, out, paths=PATHS, backend=synthetic.simulate, progress="quiet")
    return open_run(out)


@pytest.fixture(scope="module")
def table_rows(tree: xr.DataTree) -> Found:
    rows = headline(tree)
    keyed = {row[:4]: row for row in rows}
    assert len(keyed) == len(rows)  # no figure twice
    return keyed


def values(tree: xr.DataTree, name: str, scenario: str) -> xr.DataArray:
    return tree["outcomes"][name].sel(scenario=scenario).astype("f8").load()


def test_every_table_is_there_in_reading_order(table_rows: Found) -> None:
    assert list(dict.fromkeys(row.table for row in table_rows.values())) == [
        t for t in TITLES if t not in ("measures", "sampled")
    ]
    assert {row.scenario for row in table_rows.values() if row.table == "differences"} == {
        "swap_deal - status_quo",
        "rift - status_quo",
    }


def test_every_figure_has_an_error_but_gains_and_dates(table_rows: Found) -> None:
    for row in table_rows.values():
        if row.statistic in ("unpaired se / paired se", "in week"):
            assert math.isnan(row.se)
        else:
            assert row.se >= 0, row


@pytest.mark.parametrize("scenario", ["status_quo", "swap_deal", "rift"])
def test_losses(tree: xr.DataTree, table_rows: Found, scenario: str) -> None:
    for party, country in (("US", "United States"), ("CN", "China")):
        x = values(tree, "loss_usd_bn", scenario).sel(party=party).sum("sector").to_numpy()
        item = f"{country}: lost output"
        mean = table_rows["losses", scenario, item, "mean"]
        assert mean.value == pytest.approx(x.mean(), rel=1e-6)
        assert mean.se == pytest.approx(x.std(ddof=1) / math.sqrt(PATHS), rel=1e-5)
        assert table_rows["losses", scenario, item, "P95"].value == pytest.approx(
            np.quantile(x, 0.95, method="inverted_cdf")
        )
        worst = np.sort(x)[-PATHS // 20 :].mean()
        assert table_rows["losses", scenario, item, "CVaR95"].value == pytest.approx(worst, rel=1e-6)
        assert table_rows["losses", scenario, item, "CVaR95"].se == pytest.approx(cvar(x).se, rel=1e-5)
        bill = values(tree, "price_bill_usd_bn", scenario).sel(party=party)
        assert table_rows["losses", scenario, f"{country}: price bill", "mean"].value == pytest.approx(
            float(bill.mean()), rel=1e-6
        )


def test_odds(tree: xr.DataTree, table_rows: Found) -> None:
    weeks = values(tree, "weeks_in_regime", "rift")
    for regime in ("deal", "rift", "truce"):
        ever = float((weeks.sel(regime=regime) > 0).mean()) * 100
        assert table_rows["regimes", "rift", regime, "ever"].value == pytest.approx(ever)
    # synthetic regimes are any number up to ten: whole ones count
    end = values(tree, "regime_end", "rift").to_numpy().astype(int)
    assert table_rows["regimes", "rift", "deal", "at the end"].value == pytest.approx((end == 4).mean() * 100)


def test_differences_agree_with_the_pairs_of_the_store(tree: xr.DataTree, table_rows: Found) -> None:
    pair = "swap_deal - status_quo"
    pairs = tree["pairs"].to_dataset().sel(pair=pair)
    for party, country in (("US", "United States"), ("CN", "China")):
        row = table_rows["differences", pair, f"{country}: price bill", "difference"]
        assert row.value == pytest.approx(float(pairs["price_bill_usd_bn_mean"].sel(party=party)), abs=2e-6)
        assert row.se == pytest.approx(float(pairs["price_bill_usd_bn_se"].sel(party=party)), abs=5e-5)
        loss = pairs["loss_usd_bn"].sel(party=party).astype("f8").to_numpy()
        row = table_rows["differences", pair, f"{country}: lost output", "difference"]
        assert row.value == pytest.approx(loss.mean(), abs=1e-5)
        assert row.se == pytest.approx(loss.std(ddof=1) / math.sqrt(PATHS), abs=1e-5)
    gain = table_rows["differences", pair, "China: price bill", "unpaired se / paired se"].value
    assert gain > 100  # the synthetic scenarios differ by a constant


def test_prices(tree: xr.DataTree, table_rows: Found) -> None:
    for market, bloc in movers(tree):
        where = {"CN": "in China", "XC": "outside China"}[bloc]
        x = values(tree, "peak_price_ratio", "swap_deal").sel(market=market, bloc=bloc)
        row = table_rows["prices", "swap_deal", f"quote {where}: {market}", "P95"]
        assert row.value == pytest.approx(np.quantile(x, 0.95, method="inverted_cdf"))
        if bloc == "XC":
            paid = values(tree, "peak_paid_price_ratio", "swap_deal").sel(market=market)
            row = table_rows["prices", "swap_deal", f"paid {where}: {market}", "P50"]
            assert row.value == pytest.approx(np.quantile(paid, 0.5, method="inverted_cdf"))


def test_stops(tree: xr.DataTree, table_rows: Found) -> None:
    x = values(tree, "first_stop_week", "status_quo").sel(bloc="XC", sector="cars").to_numpy()
    happened = np.floor(x[np.isfinite(x)])
    item = "cars outside China"
    assert table_rows["stops", "status_quo", item, "stops"].value == pytest.approx(100 * len(happened) / PATHS)
    assert table_rows["stops", "status_quo", item, "median first week"].value == np.quantile(
        happened, 0.5, method="inverted_cdf"
    )


def test_weekly(tree: xr.DataTree, table_rows: Found) -> None:
    share = tree["summary"]["regime_probability"].sel(scenario="rift", regime="escalation")
    highest = table_rows["weekly", "rift", "probability of escalation", "highest"].value
    assert highest == pytest.approx(float(share.max()) * 100)
    week = table_rows["weekly", "rift", "probability of escalation", "in week"].value
    assert week == int(share.to_numpy().argmax())


def test_reading_piece_by_piece_changes_nothing(
    tree: xr.DataTree, table_rows: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(path_values, "AT_LEAST", 1)
    sizes = [len(b) for b in path_values.value_blocks(tree["outcomes"]["loss_usd_bn"].isel(scenario=0))]
    assert sizes == [1024, 1024, PATHS - 2048]
    again = {row[:4]: row for row in headline(tree)}
    for key, row in table_rows.items():
        assert again[key][4:6] == pytest.approx(row[4:6], nan_ok=True)


def test_a_tree_in_memory_will_do(table_rows: Found, tree: xr.DataTree) -> None:
    """No encoding, other orders of dimensions: names decide."""
    turned = tree.load().copy(deep=True)
    outcomes = turned["outcomes"].to_dataset().drop_encoding()
    outcomes["first_stop_week"] = outcomes["first_stop_week"].transpose("sector", "bloc", "path", "scenario")
    outcomes["loss_usd_bn"] = outcomes["loss_usd_bn"].transpose("sector", "party", "scenario", "path")
    turned["outcomes"] = xr.DataTree(outcomes)
    again = {row[:4]: row for row in headline(turned)}
    for key, row in table_rows.items():
        assert again[key][4:6] == pytest.approx(row[4:6], nan_ok=True)


def test_one_scenario_has_no_differences(tmp_path: Path) -> None:
    from supplyshock.execution.run import run_scenarios

    out = tmp_path / "one"
    run_scenarios([synthetic.scenario()], out, paths=1, backend=synthetic.simulate, progress="quiet")
    rows = headline(open_run(out))
    assert rows
    assert not [row for row in rows if row.table == "differences"]


@pytest.mark.parametrize(
    ("value", "se", "text"),
    [
        (21.555, 0.314, "21.6 ±0.3"),
        (5.3026, 0.1399, "5.30 ±0.14"),
        (377.5, 4.95, "378 ±5"),
        (1234567.0, 2345.0, "1,235,000 ±2,000"),
        (1.35894, 0.001, "1.359 ±0.001"),
        (100.0, 0.0007, "100.0 ±<0.1"),
        (0.0, 0.0, "0"),
        (0.0, 0.02, "0.00 ±0.02"),
        (-0.004, 0.2, "0.0 ±0.2"),
        (-16.25, 0.29, "-16.2 ±0.3"),
        (0.0012, 0.0004, "0.0012 ±0.0004"),
        (3.14159, math.nan, "3.14"),
        (math.nan, 1.0, "–"),
    ],
)
def test_digits(value: float, se: float, text: str) -> None:
    from supplyshock.common.number_format import number

    assert number(value, se) == text


def test_dates() -> None:
    from datetime import date

    from supplyshock.common.number_format import day

    assert day(date(2026, 7, 1), 64.0, 0.5) == "22 Sep 2027 ±1w"
    assert day(date(2026, 7, 1), 0.0, math.nan) == "1 Jul 2026"
    assert day(date(2026, 7, 1), math.nan, math.nan) == "–"
