"""What the data set expects: trends and projects as dated inputs, their switches, and what a data set may not say."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from supplyshock.common.errors import DataError
from supplyshock.scenarios.dataset.dataset import read_dataset
from supplyshock.scenarios.lever_text import lever_lines
from supplyshock.scenarios.scenario import Scenario, load_scenario
from supplyshock.scenarios.shipped import default_data
from supplyshock_kernels.params import WEEKS_PER_YEAR, Array

START = date(2018, 3, 22)
LATE = {"source": "magnets_west", "add": "50 %", "online": "2026-12-09", "ramp": 26}


def scenario(change: dict[str, Any]) -> Scenario:
    return load_scenario("status_quo", {"outlook": {"projects": False}, "weeks": 520} | change)


def added(change: dict[str, Any], source: str = "magnets_west") -> Array:
    """(weeks,) capacity that has come."""
    s = scenario(change)
    capacity: Array = s.params.schedule.capacity[:, s.labels.source.index(source)].cumsum()
    return capacity


def data_folder(tmp_path: Path, name: str, text: str) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(default_data(), folder, ignore=shutil.ignore_patterns("raw"))
    (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


# --- trends ---------------------------------------------------------------------------------------


def test_use_departs_from_what_supply_is_built_for() -> None:
    """Europium from March 2018: lamps fall and mines grow, in straight lines of logs within a year."""
    s = load_scenario("hindcast_2018")
    eu, nd = (s.labels.market.index(m) for m in ("Eu", "Nd"))
    rate = {2018: np.log(0.882 / 1.143), 2019: np.log(0.882 / 1.174)}
    for week in (0, 20, 60):
        day = START.toordinal() + 7 * week + 3
        turn = date(2019, 1, 1).toordinal()
        logs = rate[2018] * (min(day, turn) - START.toordinal()) + rate[2019] * max(day - turn, 0)
        np.testing.assert_allclose(s.params.schedule.demand[week, eu], np.exp(logs / 365.25), rtol=1e-12)
    assert (s.params.schedule.demand[:, nd] == 1).all()
    assert (s.params.schedule.recipe == 1).all()


def test_growth_that_supply_follows_changes_nothing(tmp_path: Path) -> None:
    """Use and supply that grow alike, a run of other years, and a config without trends."""
    rows = "market,field,year,value,unit,mark,source\n" + "".join(
        f"Nd,{field},2019,1.3,1,expert judgement,2019\n" for field in ("use_ratio", "supply_ratio")
    )
    folder = str(data_folder(tmp_path, "trends", rows))
    for name, change in (
        ("hindcast_2018", {"data": folder}),
        ("hindcast_2023", {}),
        ("hindcast_2018", {"outlook": {"trends": False}}),
    ):
        np.testing.assert_allclose(load_scenario(name, change).params.schedule.demand, 1.0, rtol=1e-12)


# --- projects -------------------------------------------------------------------------------------


def test_capacity_comes_late_or_never() -> None:
    """What is expected of a lever whose delay is exponential, and that in a fifth of cases never comes: the mean of
    400,000 drawn delays, within five standard errors (false alarms below 1e-4 over the three weeks)."""
    mean, weeks = 30.0, np.array([20, 60, 200])
    expected = added({"levers": {"capacity": [LATE | {"delay": mean, "never": 0.2}]}})
    rng = np.random.default_rng(5)
    delay = np.floor(rng.exponential(mean, 400_000))
    first = (date(2026, 12, 9) - date(2026, 10, 7)).days // 7
    for week in weeks:
        drawn = 0.5 * np.clip((week - first - delay + 1) / 26, 0, 1) * (rng.random(len(delay)) > 0.2)
        assert abs(expected[week] - drawn.mean()) < 5 * drawn.std() / len(delay) ** 0.5
    assert expected[-1] == pytest.approx(0.5 * 0.8, rel=1e-5)


def test_capacity_on_time_is_the_ramp() -> None:
    np.testing.assert_allclose(added({"levers": {"capacity": [LATE]}})[[8, 9, 21, 34, 60]], np.array(
        [0, 0.5 / 26, 0.25, 0.5, 0.5]
    ))  # fmt: skip
    assert not added({"levers": {"capacity": [LATE | {"never": 1}]}}).any()
    assert not added({"levers": {"capacity": [LATE | {"delay": 1e9}]}}).max() > 1e-6


def test_projects_are_levers_of_the_data_set() -> None:
    """A project adds what the same lever would; one that starts before the first day is in the baseline."""
    shipped = {p.name: p for p in scenario({"outlook": {"projects": True}}).projects}
    ga = [p for p in shipped.values() if p.source == "xc_ga"]
    levers = [
        {
            "source": p.source,
            "add": f"{p.tonnage.value} t/year",
            "market": p.market,
            "online": str(p.online),
            "ramp": p.ramp,
            "delay": p.delay,
            "never": p.never,
        }
        for p in ga
    ]
    with_projects = added({"outlook": {"projects": True}}, "xc_ga")
    np.testing.assert_allclose(with_projects, added({"levers": {"capacity": levers}}, "xc_ga"))
    s = scenario({})
    k, i = s.params.markets, s.labels.market.index("Ga")
    base = k.tonnage[i] * 1000 * WEEKS_PER_YEAR * s.params.sources.basket[s.labels.source.index("xc_ga"), i]
    assert with_projects[-1] == pytest.approx(sum(p.tonnage.value * (1 - p.never) for p in ga) / base, rel=1e-3)
    later = load_scenario(
        "status_quo", {"start": "2027-01-02", "policy": {"clock_expires": None}, "initial": {"states": None}}
    )
    assert {p.name for p in later.projects} == {n for n, p in shipped.items() if p.online > date(2027, 1, 2)}
    assert 0 < len(later.projects) < len(shipped)
    assert not load_scenario("hindcast_2018").projects[0].online < START


def test_projects_are_told_with_the_levers() -> None:
    lines = lever_lines(load_scenario("status_quo"))
    (line,) = (x for x in lines if "MP Materials 10X" in x)
    assert line.startswith("project: ")
    assert "online 2028-01-01; ramp 104 weeks; delay 52 weeks; never 30 %" in line
    assert "= 7,000 t" in line
    assert lever_lines(scenario({})) == []


HEAD = "project,supplier,market,value,unit,online,ramp_weeks,delay_weeks,never,mark,source\n"
TREND = "market,field,year,value,unit,mark,source\n"


@pytest.mark.parametrize(
    ("name", "text", "parts"),
    [
        ("trends", TREND + "Eu,use_ratio,2018,.9,1,derived,2018\n", ("supply_ratio for Eu in 2018 as well",)),
        ("trends", TREND + "Eu,use_growth,2018,.9,1,derived,2018\n", ("a known field", "use_growth")),
        ("trends", TREND + "Eu,use_ratio,18,.9,1,derived,2018\n", ("a known year",)),
        ("projects", HEAD + "A,magnets_west,Nd,1,t/yr,2027-01-01,0,0,0,sourced,2026\n", ("magnets_west supplies",)),
        ("projects", HEAD + "A,fab_us,dram_hbm,1,t/yr,2027-01-01,0,0,0,sourced,2026\n", ("fab_us supplies",)),
        ("projects", HEAD + "A,nowhere,Nd,1,t/yr,2027-01-01,0,0,0,sourced,2026\n", ("a known supplier",)),
        ("projects", HEAD + "A,other_xc,Nd,1,t/yr,2027,0,0,0,sourced,2026\n", ("a date such as",)),
        ("projects", HEAD + "A,other_xc,Nd,1,t/yr,2027-01-01,0,-1,2,sourced,2026\n", ("0..10000", "0..1")),
        ("projects", HEAD + 2 * "A,other_xc,Nd,1,t/yr,2027-01-01,0,0,0,sourced,2026\n", ("each project once",)),
    ],
)
def test_a_data_set_is_refused(tmp_path: Path, name: str, text: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(DataError) as error:
        read_dataset(data_folder(tmp_path, name, text))
    assert error.value.exit_code == 65
    assert all(part in str(error.value) for part in parts), str(error.value)


def test_both_tables_may_be_absent(tmp_path: Path) -> None:
    folder = data_folder(tmp_path, "trends", TREND)
    for name in ("trends", "projects"):
        (folder / f"{name}.csv").unlink()
    data = read_dataset(folder)
    assert not data.trend
    assert data.projects == ()
