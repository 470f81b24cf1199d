"""Stories: what is said of a path made by hand, and that it is said of nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import supplyshock as ss
from supplyshock.analysis.run_groups import scenarios_of
from supplyshock.reporting.story.events import listing, runs
from supplyshock.reporting.story.narrative import events_of, story
from supplyshock.reporting.story.replay import ReplayedPath
from supplyshock.reporting.story.unstored_trace import UnstoredTrace
from supplyshock.scenarios.scenario import load_scenario
from support.command import small_run, tree

__all__ = ["small_run", "tree"]

WEEKS = 40
TALKS, ESCALATION, TRUCE, DEAL = 1, 2, 3, 4


@pytest.fixture(scope="module")
def world() -> Any:
    return load_scenario("status_quo", {"weeks": WEEKS})


@pytest.fixture
def quiet(world: Any) -> ReplayedPath:
    """A path on which nothing moves: the truce of the start holds, and its clock is off."""
    p, names = world.params, world.labels
    p = p._replace(initial=p.initial._replace(clock=np.float64(1e6)))
    axes = {axis: list(names.of(axis)) for axis in ("market", "bloc", "party", "sector", "list", "chip")}
    axes["time"] = np.datetime64("2026-07-01", "ns") + 7 * np.arange(WEEKS) * np.timedelta64(1, "D")

    def full(dims: tuple[str, ...], value: Any) -> Any:
        shape = tuple(len(axes[d]) for d in dims)
        return dims, np.broadcast_to(np.asarray(value, np.float32), shape).copy()

    series = {
        "price_ratio": full(("time", "market", "bloc"), 1),
        "paid_price_ratio": full(("time", "market"), 1),
        "shortage_ratio": full(("time", "market", "bloc"), 0),
        "lead_time_weeks": full(("time", "chip"), p.markets.lead[p.n_materials :]),
        "loss_usd_bn": full(("time", "party"), 0),
        "control_level": full(("time", "list"), p.initial.control),
        "regime": full(("time",), TRUCE),
    }
    totals = {
        "loss_usd_bn": full(("party", "sector"), 0),
        "first_stop_week": full(("bloc", "sector"), np.nan),
        "stop_weeks": full(("bloc", "sector"), 0),
    }

    def of_zeros(*dims: str) -> xr.DataArray:
        coords = {"time": axes["time"]} | {d: list(names.of(d)) for d in dims}
        return xr.DataArray(np.zeros([len(c) for c in coords.values()]), coords, ("time", *dims))

    stops = of_zeros("bloc", "sector").astype(bool)
    unstored = UnstoredTrace(of_zeros() + 1e6, of_zeros("source"), of_zeros(), stops)

    def made(table: dict[str, Any]) -> xr.Dataset:
        used = {d for dims, _ in table.values() for d in dims}
        return xr.Dataset(table, {d: axes[d] for d in used})

    return ReplayedPath("status_quo", 0, made(series), made(totals), unstored, p, 0, world.labels.names)


def told(path: ReplayedPath, kind: str) -> list[tuple[int, str]]:
    return [(e.week, e.text) for e in events_of(path) if e.kind == kind]


def test_of_a_quiet_path_nothing_is_told_but_its_ends(quiet: ReplayedPath) -> None:
    assert [e.kind for e in events_of(quiet)] == ["start", "end"]
    assert "a truce; closed: Sc, Y, Sm, Gd, Tb, Dy, Lu 95 %" in events_of(quiet)[0].text
    assert told(quiet, "end") == [(39, "the end, in a truce; lost in all: United States nothing, China nothing")]


def test_regimes(quiet: ReplayedPath) -> None:
    regime = quiet.series["regime"]
    regime[5:9], regime[9:20], regime[20:30], regime[30:] = ESCALATION, TRUCE, DEAL, TALKS
    assert told(quiet, "regime") == [
        (5, "the truce breaks; escalation begins"),
        (9, "a truce ends escalation"),
        (20, "a deal ends the truce"),
        (30, "talks follow the deal"),
    ]


def clocked(quiet: ReplayedPath, left: Any) -> ReplayedPath:
    """With the clock of the first truce at its usual start, and what is left of it after each week."""
    p = quiet.params
    quiet.unstored.clock[:] = left  # type: ignore[union-attr]
    return replace(quiet, params=p._replace(initial=p.initial._replace(clock=np.float64(18.857))))


def test_a_truce_that_rolls_over_has_a_second_clock(quiet: ReplayedPath) -> None:
    left = np.maximum(18.857 - 1 - np.arange(WEEKS), 0)
    left[18:32], left[32:] = 13 - np.arange(14), 1e6
    quiet = clocked(quiet, left)
    quiet.series["regime"][32:] = ESCALATION
    assert told(quiet, "regime") == [
        (18, "the truce is extended, to run to 10 Feb 2027"),
        (32, "the truce runs out; escalation begins"),
    ]


def test_without_the_clock_nothing_is_said_of_it(quiet: ReplayedPath) -> None:
    quiet = replace(clocked(quiet, np.zeros(WEEKS)), unstored=None)
    quiet.series["regime"][18:] = ESCALATION
    assert told(quiet, "regime") == [(18, "the truce ends; escalation begins")]


def test_accidents_borders_and_the_strait(quiet: ReplayedPath) -> None:
    assert quiet.unstored is not None
    lost = quiet.unstored.outage
    lost.loc[{"source": "mm_ionic"}][8:20] = 0.6 * 0.9 ** np.arange(12)
    lost.loc[{"source": "mount_weld_my"}][30:] = 0.3
    lost.loc[{"source": "xc_ge"}][4:] = 0.09  # too small to be told
    quiet.unstored.strait[25:28] = [0.8, 0.4, 0.04]
    assert told(quiet, "accident") == [
        (8, "Myanmar's border closes: 60 % of its ore is cut off, recovery after 12 weeks"),
        (25, "a crisis in the Taiwan Strait stops 80 % of Taiwan's fabs, recovery after 2 weeks"),
        (30, "an accident takes 30 % of the output of Mount Weld and its Malaysian plants, no recovery by the end"),
    ]
    weights = {e.text[:7]: e.weight for e in events_of(quiet) if e.kind == "accident"}
    assert weights["a crisi"] > weights["Myanmar"] > weights["an acci"]


@pytest.mark.parametrize(
    ("week", "new", "text"),
    [
        (18, ESCALATION, "the truce runs out; escalation begins"),
        (19, DEAL, "a deal follows as the truce runs out"),
        (15, ESCALATION, "the truce breaks; escalation begins"),
    ],
)
def test_the_clock_of_the_first_truce(quiet: ReplayedPath, week: int, new: int, text: str) -> None:
    """It runs to week 18.9: resolved in weeks 17 to 19."""
    quiet = clocked(quiet, np.maximum(18.857 - 1 - np.arange(WEEKS), 0))
    quiet.series["regime"][week:] = new
    assert told(quiet, "regime")[0][1] == text
    assert "a truce with a clock to 10 Nov 2026" in events_of(quiet)[0].text


def test_what_a_scenario_sets_is_said_so(quiet: ReplayedPath) -> None:
    quiet.series["regime"][7:] = ESCALATION
    forced = quiet.params.schedule.regime.copy()
    forced[7] = ESCALATION
    p = quiet.params._replace(schedule=quiet.params.schedule._replace(regime=forced))
    assert told(replace(quiet, params=p), "regime")[0][1].endswith("(set by the scenario)")


def test_licences_and_quotas_that_a_scenario_sets(quiet: ReplayedPath) -> None:
    """Markets with one value over the same weeks are one event; what is free is told of by nobody."""
    p, markets = quiet.params, [str(m) for m in quiet.series["market"].values]
    schedule = p.schedule
    all_of, of, quota = schedule.approval.copy(), schedule.approval_of.copy(), schedule.quota.copy()
    all_of[2:5], all_of[5] = 0.5, 0.25
    for market in ("Tb", "Dy"):
        of[7:33, markets.index(market)] = 0.0
    quota[10:, markets.index("Ga")] = 0.6
    forced = p._replace(schedule=schedule._replace(approval=all_of, approval_of=of, quota=quota))
    assert told(quiet, "licence") == told(quiet, "quota") == []
    there = replace(quiet, params=forced)
    assert told(there, "licence") == [
        (2, "China approves 50 % of licences for 3 weeks (set by the scenario)"),
        (5, "China approves 25 % of licences for 1 week (set by the scenario)"),
        (7, "China refuses all licences for terbium and dysprosium for 26 weeks (set by the scenario)"),
    ]
    cut = "an export quota of China cuts shipments of gallium by 60 %"
    assert told(there, "quota") == [(10, f"{cut} for {WEEKS - 10} weeks (set by the scenario)")]


def test_control_lists(quiet: ReplayedPath) -> None:
    level = quiet.series["control_level"]
    level.loc[{"list": "ree_2025_10"}][19:] = 0.54
    level.loc[{"list": "us_tariffs"}][25:] = 0.2
    level.loc[{"list": "chip_tools"}][25:] = 0.3
    level.loc[{"list": "ga_ge"}][30:] = 0.55  # too small to tell
    assert told(quiet, "control") == [
        (19, "China lists Eu, Ho, Er, Tm, Yb (5 % to 54 % closed)"),
        (25, "the US eases chip tools (70 % to 30 % closed) and tariffs (45 % to 20 %)"),
    ]


def test_prices_with_quote_and_paid(quiet: ReplayedPath) -> None:
    quote = quiet.series["price_ratio"].loc[{"market": "Dy", "bloc": "XC"}]
    paid = quiet.series["paid_price_ratio"].loc[{"market": "Dy"}]
    quote[10:] = 4.1
    paid[10:] = 1.3
    quote[20:] = 12.0
    quote[30] = 24.0
    assert told(quiet, "price") == [
        (10, "dysprosium quote 4.1x outside China (paid 1.3x)"),
        (20, "dysprosium quote 12x outside China (paid 1.3x)"),
        (30, "dysprosium peaks at 24x outside China (paid 1.3x)"),
    ]
    assert "still high: dysprosium 12x" in told(quiet, "end")[0][1]


def test_shortages_of_one_bloc_go_together(quiet: ReplayedPath) -> None:
    short = quiet.series["shortage_ratio"]
    short.loc[{"market": "Dy", "bloc": "XC"}][12:20] = 0.3
    short.loc[{"market": "Tb", "bloc": "XC"}][14:22] = 0.4
    short.loc[{"market": "Nd", "bloc": "XC"}][30:31] = 0.9  # a week
    short.loc[{"market": "La", "bloc": "XC"}] = 0.04  # below the threshold
    assert told(quiet, "shortage") == [
        (12, "terbium and dysprosium run short outside China for 10 weeks (up to 40 % unmet)")
    ]


def test_stops_are_told_by_bloc_with_their_length(quiet: ReplayedPath) -> None:
    stops = quiet.stops
    assert stops is not None
    stops.loc[{"bloc": "XC", "sector": "ev_auto"}][33:38] = True
    stops.loc[{"bloc": "XC", "sector": "wind_motors"}][34:39] = True
    stops.loc[{"bloc": "CN", "sector": "computing_dc"}][36:] = True
    assert told(quiet, "stop") == [
        (33, "cars and wind turbines and motors stop outside China for 5 weeks".replace("cars and", "cars, and")),
        (36, "computing stops in China for 4 weeks, to the end"),
    ]


def test_losses_and_lead_times(quiet: ReplayedPath) -> None:
    quiet.series["loss_usd_bn"].loc[{"party": "US"}][20] = 3.1
    quiet.outcomes["loss_usd_bn"].loc[{"party": "US", "sector": "ev_auto"}] = 3.1
    quiet.series["lead_time_weeks"].loc[{"chip": "mature_logic"}][25] = 26
    assert told(quiet, "loss") == [(20, "the US loses 3.1 bn USD of output in this week, its worst")]
    assert told(quiet, "chips") == [(25, "mature logic chips take 26 weeks to come (normally 13)")]
    assert "United States 3.1 bn USD (cars 3.1), China nothing" in told(quiet, "end")[0][1]


def test_a_story_fits_a_screen_and_keeps_the_heaviest(tree: Any) -> None:
    path = int(ss.worst(tree, 1, "loss:US", scenario="breakdown").index[0])
    one = story(tree, path, scenario="breakdown")
    assert len(str(one).split("\n")) <= 40
    kept, left = one.main_events(), [e for e in one.events if e not in one.main_events()]
    assert left
    assert min(e.weight for e in kept) >= max(e.weight for e in left)
    assert [e.kind for e in kept][:: len(kept) - 1] == ["start", "end"]
    assert [e.week for e in kept] == sorted(e.week for e in kept)
    assert len(one.lines(None)) >= len(one.lines())
    assert len(one.text(None)) > len(one.text())
    table = one.to_dataframe()
    assert len(table) == len(one.events)
    assert str(table["date"].iloc[-1].date()) == "2027-09-29"
    assert one.rank.below == 299


def test_stretches_of_weeks() -> None:
    flags = np.array([0, 1, 1, 0, 1, 0, 0, 1], bool)
    assert list(runs(flags)) == [(1, 2), (4, 4), (7, 7)]
    assert list(runs(flags, gap=1)) == [(1, 4), (7, 7)]
    assert list(runs(flags, gap=2)) == [(1, 7)]
    assert list(runs(~np.ones(3, bool))) == []


def test_lists_of_names() -> None:
    assert listing(["a"]) == "a"
    assert listing(["a", "b", "c", "d"]) == "a, b, c and d"
    assert listing(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    assert listing(["a and b", "c"]) == "a and b, and c"


def test_a_group_alone_has_no_story(small_run: Path) -> None:
    tree = ss.open_run(small_run)  # gives the accessor its stories
    with pytest.raises(ss.SupplyshockError, match="whole run"):
        tree["outcomes"].to_dataset().supplyshock.story(3)
    assert scenarios_of(tree["outcomes"].to_dataset())
