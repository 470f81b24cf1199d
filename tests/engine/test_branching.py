"""Branches: paths that go on from the states of a finished run, all of them or those that meet a condition."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from supplyshock.analysis.open_run import open_run
from supplyshock.common.errors import Interrupted, UsageError
from supplyshock.common.progress import Progress
from supplyshock.execution.branching.conditions import conditions
from supplyshock.execution.branching.parent import BranchChoice, Parent
from supplyshock.execution.branching.request import OF_EVENTS
from supplyshock.execution.merge import merge_runs
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.shard import Shard
from supplyshock.reporting.story.replay import replay_path
from supplyshock.scenarios.config.policy import Event
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.store.branch import REPEAT_BITS, Branch
from supplyshock.store.proposal import PERIOD, Proposal
from supplyshock.store.verify import verify_run
from supplyshock_kernels.params import REGIMES
from support.command import invoke, is_one_clear_line, said

WEEKS, SPLIT, DAY = 20, 8, "2026-12-02"
PATHS, KEPT = 600, 40
SHORT = {"weeks": WEEKS}
BROKEN = "regime=escalation"


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("parent") / "run"
    given: dict[str, Any] = {"paths": PATHS, "seed": 3, "save_series": PATHS, "progress": "quiet"}
    run_scenarios([load_scenario(name, SHORT) for name in ("status_quo", "breakdown")], out, **given)
    return out


def branch(parent: Path, out: Path, *names: str, changes: Any = SHORT, **more: Any) -> xr.DataTree:
    scenarios = [load_scenario(name, changes) for name in names or ("status_quo",)]
    given: dict[str, Any] = {"save_series": KEPT, "progress": "quiet", "at": DAY, **more}
    run_scenarios(scenarios, out, from_run=parent, **given)
    return open_run(out)


def same_weeks(branched: xr.DataTree, whole: xr.DataTree, scenario: str, parents: Any, weeks: int = SPLIT) -> bool:
    """Whether each path has the bits of its parent to the end."""
    equal = True
    for name in map(str, whole["paths"].to_dataset().data_vars):
        x = whole["paths"][name].sel(scenario=scenario).to_numpy()[np.asarray(parents)][:, weeks:]
        equal &= np.array_equal(branched["paths"][name].sel(scenario=scenario).to_numpy()[: len(x)], x, equal_nan=True)
    return equal


@pytest.mark.parametrize(("day", "weeks"), [("2026-10-14", 1), (DAY, SPLIT), ("2027-02-17", 19)])
def test_the_own_config_gives_the_parents_bits(parent: Path, tmp_path: Path, day: str, weeks: int) -> None:
    """The test that matters most: nothing is lost or shifted at the day, whichever it is."""
    branched, whole = branch(parent, tmp_path / "b", at=day), open_run(parent)
    assert branched["paths"].sizes["time"] == WEEKS - weeks
    assert str(branched["paths"]["time"].to_numpy()[0])[:10] == day
    assert same_weeks(branched, whole, "status_quo", range(KEPT), weeks)
    assert not same_weeks(branched, whole, "status_quo", range(1, KEPT + 1), weeks)  # negative control
    for name in ("regime_end", "ex_china_supply_share"):
        ends = [t["outcomes"][name].sel(scenario="status_quo") for t in (branched, whole)]
        np.testing.assert_array_equal(*ends)
    np.testing.assert_array_equal(branched["branch"]["parent"], np.arange(PATHS))


def test_outcomes_count_from_the_day(parent: Path, tmp_path: Path) -> None:
    branched, whole = branch(parent, tmp_path / "b"), open_run(parent)
    price = whole["paths"]["price_ratio"].sel(scenario="status_quo").isel(time=slice(SPLIT, None))
    peak = branched["outcomes"]["peak_price_ratio"].sel(scenario="status_quo")
    np.testing.assert_array_equal(peak, price.max("time"))
    week = branched["outcomes"]["peak_week"].sel(scenario="status_quo")
    np.testing.assert_array_equal(week, price.argmax("time"))


def test_a_condition_takes_the_paths_that_meet_it(parent: Path, tmp_path: Path) -> None:
    where = (BROKEN, "quote:Dy now > 4")
    branched, whole = branch(parent, tmp_path / "b", "status_quo", "breakdown", where=where), open_run(parent)
    weekly = whole["paths"].to_dataset().sel(scenario="status_quo").isel(time=SPLIT - 1)
    met = (weekly["regime"] == 2) & (weekly["price_ratio"].sel(market="Dy", bloc="XC") > 4)
    expected = np.flatnonzero(met)
    assert 20 < len(expected) < PATHS / 2
    parents = branched["branch"]["parent"].to_numpy()
    np.testing.assert_array_equal(parents, expected)
    assert same_weeks(branched, whole, "status_quo", parents[:KEPT])
    # another config goes on from the same states, not from those of the parent's scenario of its name
    assert not same_weeks(branched, whole, "breakdown", parents[:KEPT])
    assert branched.attrs["branch"]


def test_the_second_scenario_of_the_parent(parent: Path, tmp_path: Path) -> None:
    branched = branch(parent, tmp_path / "b", "breakdown", from_scenario="breakdown")
    assert same_weeks(branched, open_run(parent), "breakdown", range(KEPT))


def test_repeats_begin_alike_and_go_apart(parent: Path, tmp_path: Path) -> None:
    branched = branch(parent, tmp_path / "b", where=BROKEN, paths=700, save_series=700)
    parents = branched["branch"]["parent"].to_numpy()
    count = len(np.unique(parents))
    assert count < 300
    np.testing.assert_array_equal(parents[count : 2 * count], parents[:count])
    assert same_weeks(branched, open_run(parent), "status_quo", parents[:count])
    quote = branched["paths"]["price_ratio"].sel(scenario="status_quo", market="Nd", bloc="XC")
    price = np.log(quote.to_numpy())
    first, again = price[:count], price[count : 2 * count]
    assert (first[:, -1] != again[:, -1]).all()
    # a week after the day they are still as near as one week's news, far nearer than two paths are
    assert np.abs(first - again)[:, 0].mean() < 0.2 * np.abs(first - np.roll(first, 1, 0))[:, 0].mean()
    numbers = Branch(*[None] * 7, 0, np.array([4, 9], np.uint64)).numbers_of(range(1, 4))  # type: ignore[arg-type]
    assert numbers.tolist() == [9, 4 + 2**REPEAT_BITS, 9 + 2**REPEAT_BITS]


def test_a_lever_from_the_day_on(parent: Path, tmp_path: Path) -> None:
    """Purchases begin on the day; what a config says of the first day does not apply."""
    buy = {"levers": {"stockpile": [{"market": "Dy", "initial": "500 t", "buy": "4 t/week", "from": DAY}]}}
    lever = branch(parent, tmp_path / "lever", changes=SHORT | buy)
    start = {"levers": {"stockpile": [{"market": "Dy", "initial": "500 t"}]}}
    at_start = branch(parent, tmp_path / "start", changes=SHORT | start)
    whole = open_run(parent)
    assert same_weeks(at_start, whole, "status_quo", range(KEPT))
    peaks = [t["outcomes"]["peak_price_ratio"].sel(market="Dy", bloc="XC").mean() for t in (lever, at_start)]
    assert float(peaks[0]) > float(peaks[1])
    longer = branch(parent, tmp_path / "longer", changes={"weeks": WEEKS + 6})
    assert longer["paths"].sizes["time"] == WEEKS + 6 - SPLIT


def test_events_of_the_past_are_refused_and_can_be_moved(parent: Path, tmp_path: Path) -> None:
    """A scenario whose events lie before the day would be the parent again, without a word."""
    with pytest.raises(UsageError, match="its events lie before") as e:
        branch(parent, tmp_path / "b", "status_quo", "rift")
    assert (e.value.where, e.value.expected) == ("rift", f"an event on {DAY} or later")
    assert f"policy.first_event={DAY}" in str(e.value.fix)
    moved = branch(parent, tmp_path / "b", "rift", changes=SHORT | {"policy": {"first_event": DAY}})
    assert (moved["paths"]["regime"].isel(time=0) == REGIMES.index("rift")).all()
    # its own events of the past are those of the parent; a config without events has none to lose
    again = branch(parent, tmp_path / "own", "breakdown", from_scenario="breakdown")
    assert same_weeks(again, open_run(parent), "breakdown", range(KEPT))


EVENTS: dict[str, Any] = {
    "regime": "rift",
    "control": {"ga_ge": 0.9},
    "approval": 0.2,
    "approval_of": {"Dy": 0.2},
    "clock_expires": "2026-12-16",
    "clock_weeks": 9,
    "announce": {"ga_ge": 1},
}


def with_event(kind: str, day: str) -> dict[str, Any]:
    """Changes of a config: an event that does one thing."""
    return SHORT | {"policy": {"events": [{"date": day, kind: EVENTS[kind]}]}}


@pytest.mark.parametrize("kind", sorted(Event.model_fields.keys() - {"date", "hold", "until"}))
def test_an_event_of_any_kind_that_is_past_is_refused(kind: str, parent: Path, tmp_path: Path) -> None:
    """Whatever an event can do. Negative control: on the day it is taken."""
    with pytest.raises(UsageError, match="its events lie before"):
        branch(parent, tmp_path / "b", changes=with_event(kind, "2026-11-25"))
    branched = branch(parent, tmp_path / "b", changes=with_event(kind, DAY))
    assert not same_weeks(branched, open_run(parent), "status_quo", range(KEPT))


def test_every_field_of_events_is_set_by_one() -> None:
    neutral = load_scenario("status_quo", SHORT).params.schedule
    events = [load_scenario("status_quo", with_event(kind, DAY)).params.schedule for kind in EVENTS]
    changed = {name for name in neutral._fields for e in events if (getattr(e, name) != getattr(neutral, name)).any()}
    assert changed == set(OF_EVENTS)


class _StopsAfterOne(Progress):
    def __init__(self, stop: Any) -> None:
        self.stop = stop

    def advance(self, paths: int) -> None:
        self.stop.set()


def test_resumed_without_its_parent(parent: Path, tmp_path: Path, digests: Callable[[Path], dict[str, str]]) -> None:
    """Stopped after a block, and gone on with once the parent is gone: the same bytes. So are shards, and a merge."""
    given: dict[str, Any] = {"where": "quote:Dy > 1", "paths": 5000, "threads": 1}
    branch(parent, tmp_path / "whole", **given)
    stop, moved = threading.Event(), tmp_path / "moved"
    shutil.copytree(parent, moved)
    with pytest.raises(Interrupted):
        branch(moved, tmp_path / "b", stop=stop, **given | {"progress": _StopsAfterOne(stop)})
    shutil.rmtree(moved)
    branch(moved, tmp_path / "b", **given)
    for i in (1, 2):
        shard = Shard(i, 2)
        scenarios = [load_scenario("status_quo", SHORT)]
        more: dict[str, Any] = given | {"save_series": KEPT, "progress": "quiet", "at": DAY, "shard": shard}
        run_scenarios(scenarios, tmp_path / "shards", from_run=parent, **more)
    whole = digests(tmp_path / "whole" / "results.zarr")
    assert digests(tmp_path / "b" / "results.zarr") == whole
    assert digests(tmp_path / "shards" / "results.zarr") == whole
    with pytest.raises(UsageError, match="contains another run"):
        branch(parent, tmp_path / "b", **given | {"where": "quote:Dy > 2"})
    branch(parent, tmp_path / "low", **given | {"paths": 2048})
    branch(parent, tmp_path / "high", **given | {"paths": 2952, "first_path": 2048, "save_series": 0})
    merge_runs([tmp_path / "low", tmp_path / "high"], tmp_path / "merged", progress="quiet")
    merged = open_run(tmp_path / "merged")
    xr.testing.assert_identical(merged["outcomes"].to_dataset(), open_run(tmp_path / "whole")["outcomes"].to_dataset())


def test_replayed_and_repaired_without_its_parent(parent: Path, tmp_path: Path) -> None:
    moved, out = tmp_path / "moved", tmp_path / "b"
    shutil.copytree(parent, moved)
    tree = branch(moved, out, where=BROKEN, paths=300)
    shutil.rmtree(moved)
    for path in (0, 7, 299):  # the last is a repeat
        assert replay_path(tree, path).n_compared > 100
    assert not verify_run(out).damaged
    chunk = next(p for p in (out / "results.zarr/outcomes/peak_price_ratio/c").rglob("*") if p.is_file())
    before = chunk.read_bytes()
    chunk.write_bytes(b"\0" * len(before))
    assert verify_run(out).damaged
    result = invoke("verify", out, "--repair")
    assert result.exit_code == 0, said(result)
    assert chunk.read_bytes() == before


def test_processes_of_a_pool(parent: Path, tmp_path: Path, digests: Callable[[Path], dict[str, str]]) -> None:
    branch(parent, tmp_path / "one", where=BROKEN, paths=4000)
    branch(parent, tmp_path / "two", where=BROKEN, paths=4000, workers=2, threads=2)
    assert digests(tmp_path / "one" / "results.zarr") == digests(tmp_path / "two" / "results.zarr")


def test_conditions_see_no_later_week(parent: Path) -> None:
    before = Parent.of(BranchChoice(parent, DAY)).before
    assert before.weeks == SPLIT
    now = conditions(["quote:Dy now > 2"], before)[0].measure.window
    assert now is not None
    assert (now.first, now.end) == (SPLIT - 1, SPLIT)
    for text, problem in {
        f"quote:Dy at week {SPLIT} > 2": "outside the run",
        "quote:Dy": "a number, not a condition",
        "kwote:Dy > 2": "no such measure",
        "regime=war": "no such label",
        "truce -> war": "no such label",
        "truce -> ": "no such threshold",
    }.items():
        with pytest.raises(UsageError, match=problem):
            conditions([text], before)


def test_a_truce_that_has_just_broken(parent: Path, tmp_path: Path) -> None:
    """One condition: the regime of the last week, and another one in the four weeks before. `show` says it."""
    text = "truce -> escalation"
    branched, whole = branch(parent, tmp_path / "b", where=text), open_run(parent)
    regime = whole["paths"]["regime"].sel(scenario="status_quo").transpose("path", "time").to_numpy()[:, :SPLIT]
    truce, broken = REGIMES.index("truce"), REGIMES.index("escalation")
    just = (regime[:, SPLIT - 1] == broken) & (regime[:, SPLIT - 5 : SPLIT - 1] == truce).any(1)
    assert 5 < just.sum() < (regime[:, SPLIT - 1] == broken).sum()
    np.testing.assert_array_equal(branched["branch"]["number"].to_numpy(), np.flatnonzero(just))
    said = f"goes on from {DAY} with {just.sum()} of {PATHS} paths of status_quo that meet {text} before that day."
    for shown in (invoke("show", tmp_path / "b"), invoke("show", tmp_path / "b", "--full")):
        assert said in " ".join(shown.stdout.split())
    assert "A branch" not in invoke("show", parent).stdout


WRONG: dict[str, tuple[list[str], str]] = {
    "no day": ([], "missing option --at"),
    "a day within a week": (["--at", "2026-12-03"], "2026-12-02 or 2026-12-09"),
    "a day before": (["--at", "2026-10-07"], "outside the run"),
    "a day after": (["--at", "2027-03-03"], "outside the run"),
    "no date": (["--at", "January"], "no such day"),
    "no such scenario": (["--at", DAY, "--from-scenario", "breakdwn"], "breakdown"),
    "a condition no path meets": (["--at", DAY, "--where", "quote:Dy > 1e9"], "no path of the run meets"),
    "other precision": (["--at", DAY, "--precision", "float64"], "another precision"),
    "an end before the day": (["--at", DAY, "--weeks", "8"], "ends before the branch begins"),
    "another first day": (["--at", DAY, "--set", "start=2026-10-14", "--set", "initial.states=null"], "first day"),
    "importance sampling": (["--at", DAY, "--importance-sample", "loss:US mean"], "no --importance-sample"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_inputs(case: str, parent: Path, tmp_path: Path) -> None:
    options, problem = WRONG[case]
    result = invoke("run", "status_quo", "--from-run", parent, *options, "--out", tmp_path / "b", "--quiet")
    assert is_one_clear_line(result)
    assert problem in said(result)
    assert not (tmp_path / "b").exists()


def test_wrong_parents(parent: Path, tmp_path: Path) -> None:
    result = invoke("run", "status_quo", "--at", DAY, "--out", tmp_path / "b")
    assert "--from-run" in said(result)
    result = invoke("run", "status_quo", "--from-run", tmp_path, "--at", DAY, "--out", tmp_path / "b")
    assert "no run here" in said(result)
    branch(parent, tmp_path / "b")
    with pytest.raises(UsageError, match="a branch cannot continue a branch"):
        branch(tmp_path / "b", tmp_path / "c", at="2027-01-06")
    tilted = tmp_path / "tilted"
    proposal = Proposal.of({"factors": {"rift": 2.0}})
    scenario = load_scenario("status_quo", {"weeks": 2})
    run_scenarios([scenario], tilted, paths=PERIOD, proposal=proposal, save_series=0, progress="quiet")
    with pytest.raises(UsageError, match="lose the weights"):
        branch(tilted, tmp_path / "c", at="2026-10-14")


def test_few_paths_are_said(parent: Path, tmp_path: Path) -> None:
    options = ("--from-run", parent, "--at", DAY, "--where", "rift", "--out", tmp_path / "b")
    result = invoke("run", "status_quo", *options)
    assert result.exit_code == 0, said(result)
    count = open_run(tmp_path / "b")["outcomes"].sizes["path"]
    assert count < 100
    assert f"{count} of {PATHS} paths" in result.stderr
    assert f"of 50 % has a standard error of {50 / count**0.5:.0f} points" in result.stderr
    assert open_run(tmp_path / "b")["paths"].sizes["time"] == 104 - SPLIT  # the config says longer than the parent
