"""Forward scenarios against the record: rates, truces and acts whose answer is known, the page, the command."""

from __future__ import annotations

import json
from datetime import date
from math import exp
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import CensoredData, ecdf

from supplyshock.calibration.plausibility.durations import spells, survival, survival_interval
from supplyshock.calibration.plausibility.observed import (
    ObservedRate,
    observed_rates,
    probability,
    read_rates,
    truce_lengths,
)
from supplyshock.calibration.plausibility.simulated import simulate
from supplyshock.calibration.plausibility.statistic import STATISTICS
from supplyshock.calibration.policy.regimes import Spell
from supplyshock.common.errors import DataError
from supplyshock.execution.simulation_settings import SimulationSettings
from supplyshock.reporting.page.loss_curve import provenance_line
from supplyshock.reporting.page.plausibility import page, verdict
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.scenarios.shipped import configs_dir
from support.command import invoke

DOCS = Path(__file__).parents[2] / "docs"
SETTINGS = SimulationSettings(96, seed=2)


@pytest.fixture(scope="module")
def status_quo():
    return simulate(load_scenario("status_quo"), SETTINGS)


# --- the record --------------------------------------------------------------------------------------


def test_a_poisson_rate_has_garwoods_interval():
    none = probability(0, 20.0)
    assert (none.value, none.low) == (0, 0)
    assert none.high == pytest.approx(100 * (1 - exp(-2 * 2.9957 / 20)), rel=1e-4), "-ln .05 events"
    two = probability(2, 20.0)
    assert two.value == pytest.approx(100 * (1 - exp(-0.2)))
    assert two.low == pytest.approx(100 * (1 - exp(-2 * 0.3554 / 20)), rel=1e-3), "Garwood, 1936: .3554 and 6.2958"
    assert two.high == pytest.approx(100 * (1 - exp(-2 * 6.2958 / 20)), rel=1e-3)


def test_truces_that_run_are_counted_as_such():
    """Kaplan and Meier by hand: of lengths 10, 20+, 30 two thirds last more than 10, and none more than 30."""
    lengths, running = [10.0, 20.0, 30.0], [False, True, False]
    assert survival(lengths, running, 5) == 1
    assert survival(lengths, running, 26) == pytest.approx(2 / 3)
    assert survival(lengths, running, 31) == 0
    assert survival(lengths, [False] * 3, 26) == pytest.approx(1 / 3), "negative control: had it ended at 20"
    low, high = survival_interval(lengths, running, 26, 0.9)
    assert 0 <= low < 2 / 3 < high <= 1
    assert survival_interval([], [], 26, 0.9) == (0.0, 1.0)


@pytest.mark.filterwarnings("ignore:The confidence interval is undefined")
@pytest.mark.parametrize("weeks", [5, 10, 26, 29.9, 31, 60])
@pytest.mark.parametrize("running", [[0, 1, 0, 0, 1], [1, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]])
def test_the_interval_is_that_of_scipy(weeks, running):
    lengths, marks = [10.0, 20.0, 30.0, 30.0, 52.0], np.array(running, bool)
    curve = ecdf(CensoredData.right_censored(lengths, marks)).sf
    with np.errstate(all="ignore"):
        theirs = curve.confidence_interval(confidence_level=0.9, method="log-log")
    low, high = (float(end.evaluate(weeks)) for end in (theirs.low, theirs.high))
    expected = (0 if np.isnan(low) else low, 1 if np.isnan(high) else high)
    assert survival_interval(lengths, marks.tolist(), weeks, 0.9) == pytest.approx(expected)


def test_renewals_of_a_truce_are_one_truce():
    past = [
        Spell(date(2020, 1, 1), "calm"),
        Spell(date(2020, 1, 8), "truce", date(2020, 2, 1)),
        Spell(date(2020, 1, 22), "truce"),
        Spell(date(2020, 2, 5), "escalation"),
        Spell(date(2020, 3, 4), "truce"),
    ]
    assert truce_lengths(past, date(2020, 3, 18)) == ([4.0, 2.0], [False, True])


def test_spells_of_paths():
    """The spell of the first row does not count: it began before."""
    inside = np.array([[1, 1, 0, 1, 1], [0, 0, 0, 0, 0], [0, 1, 1, 0, 1]], bool).T
    lengths, running = spells(inside)
    assert lengths.tolist() == [2, 2, 1]
    assert running.tolist() == [True, False, True]


def test_the_record_has_every_statistic_with_a_source():
    rates = observed_rates()
    assert {s.name for s in STATISTICS} == set(rates)
    for name, r in rates.items():
        assert r.low <= r.value <= r.high, name
        assert r.source.count("[") == 1, name
    assert rates["list_closed"].events >= 3, "September 2010, April and October 2025"
    assert 1 < rates["acts_china"].value < rates["acts_us"].value < 20


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (("quote_10x", "quote_11x"), "one of"),
        (("0.134,0.113", "0.134,0.2"), "within low and high"),
        (("2009-01-01", "x"), "events"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path, change, wanted):
    text = (configs_dir() / "observed_rates.csv").read_text(encoding="utf-8")
    file = tmp_path / "rates.csv"
    file.write_text(text, encoding="utf-8")
    assert len(read_rates(file)) == text.count("\n") - 1
    file.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_rates(file)
    assert wanted in str(caught.value)


# --- simulated ---------------------------------------------------------------------------------------


def test_where_nobody_acts_nothing_happens(status_quo):
    """Negative control: no act, no list closed, no quote tenfold in the calm world; they happen in the status quo."""
    calm = simulate(load_scenario("hindcast_calm", {"weeks": 104}), SETTINGS).values
    assert [calm[k] for k in ("acts_china", "acts_us", "list_closed", "quote_10x", "plant_stops_cars")] == [0] * 5
    assert np.isnan(calm["truce_26"])
    assert 0.05 < calm["moves_sd_china"] < 0.25
    now = status_quo.values
    assert now["acts_us"] > 2
    assert 0 < now["list_closed"] < 100
    assert set(now) == {s.name for s in STATISTICS}


def test_a_stop_is_a_stop():
    """Licences of 2023 stop exports a month after the start; a stop that stands from the first day is no fall. Car
    plants stop without rare earths, and most of what that costs is physical."""
    assert simulate(load_scenario("hindcast_2023"), SETTINGS).values["exports_stop"] == 100
    stop = simulate(load_scenario("rare_earth_stop"), SETTINGS)
    assert stop.values["exports_stop"] == 0
    assert stop.values["plant_stops_cars"] > 80
    assert stop.loss > stop.substitution > 0
    assert stop.physical == pytest.approx(100 * stop.loss / (stop.loss + stop.substitution))


def test_pieces_do_not_matter(status_quo, monkeypatch):
    monkeypatch.setattr("supplyshock.calibration.plausibility.simulated.PIECE", 40)
    assert simulate(load_scenario("status_quo"), SETTINGS).values == pytest.approx(status_quo.values, nan_ok=True)


# --- the page ----------------------------------------------------------------------------------------


def test_a_number_outside_the_record_is_named(status_quo):
    calm = status_quo._replace(scenario="hindcast_calm")
    rates = dict.fromkeys((s.name for s in STATISTICS), ObservedRate(50, -1e9, 1e9, "b", "s [sourced]"))
    text = page([status_quo, calm], [], rates, [], 1)
    assert text.count("| in |") == len(STATISTICS)
    rates["acts_us"] = ObservedRate(0.1, 0.0, 0.2, "b", "s [sourced]", 1)
    told = page([status_quo, calm], [], rates, [], 1)
    assert "* too high: weeks with an action of the United States" in told
    assert "1 of the intervals rest" in told
    assert verdict(-1, rates["acts_us"]) == "too low"


def test_the_page_is_of_these_scenarios():
    """Parameters, data or equations changed since the page was made: `make backtest` makes it anew."""
    from supplyshock.calibration.plausibility.statistic import CALM
    from supplyshock.cli.plausibility import FORWARD, OTHERS

    text = (DOCS / "plausibility.md").read_text(encoding="utf-8")
    assert provenance_line([*FORWARD, CALM, *OTHERS]) in text, "stale: run `make backtest`"


def test_the_command_prints_both():
    told = json.loads(invoke("plausibility", "--paths", 16, "--json", "--quiet").stdout)
    assert set(told["observed"]) == {s.name for s in STATISTICS}
    assert [x["scenario"] for x in told["scenarios"]][:2] == ["status_quo", "swap_deal"]
    table = invoke("plausibility", "--paths", 16)
    assert table.exit_code == 0, table.output
    assert "a truce lasts 26 weeks" in table.stdout
