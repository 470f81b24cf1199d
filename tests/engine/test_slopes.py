"""Gradients by name: what a step is, what is refused, and the table and picture of the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

from supplyshock.cli import main
from supplyshock.common.errors import UsageError
from supplyshock.execution.simulation_settings import SimulationSettings
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.studies.gradients import DEFAULT, find_directions, gradient_effects
from supplyshock.studies.gradients.directions import known_names
from supplyshock.studies.gradients.effects import cvar_parts, mean_parts

WEEKS = 16


@pytest.fixture(scope="module")
def scenario():
    return load_scenario("rift", {"weeks": WEEKS})


def call(*args: object):
    return CliRunner().invoke(main, [str(a) for a in args])


def test_every_default_is_known(scenario) -> None:
    assert set(DEFAULT) <= set(known_names(scenario))
    assert [d.name for d in find_directions(scenario)] == list(DEFAULT)


def test_what_a_step_is(scenario) -> None:
    parts, stock, recycled, alpha = find_directions(
        scenario, ["theta.parts", "stockpile.Dy", "recycling.Tb", "material.alpha"]
    )
    i, dy, tb = (
        scenario.labels.parameter.index("parts"),
        scenario.labels.market.index("Dy"),
        scenario.labels.market.index("Tb"),
    )
    assert parts.entries["priors", "center"].nonzero()[0].tolist() == [i]
    assert parts.entries["priors", "high"][i] == scenario.params.priors.high[i]
    stored, each = stock.entries["initial", "stockpile"], recycled.entries["schedule", "recycled"]
    assert (stock.step, stored.nonzero()[0].tolist(), stock.scale * stored[dy]) == ("+1 week of use", [dy], 1)
    assert each.shape == (WEEKS, 26)
    assert np.all(recycled.scale * each[:, tb] == 0.01)
    assert float(alpha.entries["material", "alpha"]) == scenario.params.material.alpha


def test_steps_of_levers(scenario) -> None:
    """A hundredth of a direction is what its step says."""
    p, labels = scenario.params, scenario.labels
    names = ["capacity.cn_ionic", "availability.fab_tw", "hurdle.mount_weld_my", "demand.Dy"]
    directions = {d.name: d for d in find_directions(scenario, names)}
    j, m = labels.source.index("cn_ionic"), labels.market.index("Dy")
    assert {d.scale for d in directions.values()} == {0.01}
    added = directions["capacity.cn_ionic"].entries["schedule", "capacity"]
    assert (added.sum(), added[0, j]) == (1, 1)
    output = directions["availability.fab_tw"].entries["schedule", "availability"]
    assert np.array_equal(output.sum(0) > 0, np.array(labels.source) == "fab_tw")
    hurdle = directions["hurdle.mount_weld_my"].entries["sources", "hurdle"]
    assert np.array_equal(hurdle, np.where(np.array(labels.source) == "mount_weld_my", p.sources.hurdle, 0))
    demand = directions["demand.Dy"].entries["schedule", "demand"]
    assert np.array_equal(demand[:, m], p.schedule.demand[:, m])
    assert demand.sum() == p.schedule.demand[:, m].sum()


def test_a_deeper_quota_is_fewer_tonnes() -> None:
    """One point of a market's baseline exports over the weeks of each half-year; no name without a quota."""
    under = load_scenario("hindcast_2010", {"weeks": 60})
    (deeper,) = find_directions(under, ["quota.Dy"])
    k, m = under.params.markets, under.labels.market.index("Dy")
    tonnes = (k.use[m, 1] - k.supply[m, 1]) * k.tonnage[m]
    assert deeper.entries["schedule", "quota"][:, m].sum() == 60
    less = deeper.entries["schedule", "quota_grant"]
    assert np.flatnonzero(less).tolist() == np.flatnonzero(under.params.schedule.quota_grant).tolist()
    assert less.sum() == pytest.approx(-60 * tonnes)
    with pytest.raises(UsageError, match="no parameter or lever of this name"):
        find_directions(load_scenario("status_quo"), ["quota.Dy"])


def test_an_unknown_name(scenario) -> None:
    with pytest.raises(UsageError, match=r"theta\.partz.*theta\.parts"):
        find_directions(scenario, ["theta.partz"])


def test_estimators_on_a_known_law() -> None:
    """Loss ``a X`` with X normal of mean m: along a the mean changes by m and CVaR by its multiple of the spread;
    along m, by the score ``X - m`` alone, both change by a. Five standard errors: false alarms below 1e-6 each."""
    rng, a, m, tail = np.random.default_rng(5), 2.0, 1.0, 0.1
    x = rng.normal(m, 1, 400_000)
    ratio = stats.norm.pdf(stats.norm.ppf(1 - tail)) / tail
    none = np.zeros_like(x)
    for slope, score, mean, cvar in ((x, none, m, m + ratio), (none, x - m, a, a)):
        for estimate, true in ((mean_parts(a * x, slope, score), mean), (cvar_parts(a * x, slope, score, tail), cvar)):
            assert abs(estimate.mean() - true) < 5 * estimate.std() / np.sqrt(len(x)) + 0.01


def test_answers_and_the_command(tmp_path: Path, scenario) -> None:
    """One program for all steps; the loss is linear in the multiplier, so 1 % more of it is 1 % more loss."""
    (answer,) = gradient_effects(
        scenario, find_directions(scenario, ["industry.multiplier"]), SimulationSettings(300, seed=3), measure="loss:CN"
    )
    pathwise = 0.01 * answer.value
    assert answer.mean == pytest.approx(pathwise, abs=6 * answer.mean_se + 1e-9)
    assert answer.mean_se > 0
    small = ("--weeks", WEEKS, "--paths", 300, "--seed", 3)
    options = (*small, "--measure", "loss:CN", "--parameter", "industry.multiplier")
    told = call("sensitivity", "rift", *options, "--json", "--figure", tmp_path / "t.png")
    assert told.exit_code == 0, told.output
    first = json.loads(told.stdout)["answers"][0]
    assert first["mean"] == pytest.approx(answer.mean)
    assert (tmp_path / "t.png").read_bytes()[:4] == b"\x89PNG"
    shown = call("sensitivity", "rift", *options)
    assert "industry.multiplier" in shown.stdout
    assert "±" in shown.stdout
    logic = (
        "--measure",
        "bill:CN",
        "--parameter",
        "demand.Y",
        "--parameter",
        "recycling.Dy",
    )
    first = json.loads(call("sensitivity", "rift", *small, *logic, "--json").stdout)["answers"]
    demand, recycling = sorted(first, key=lambda a: a["name"])
    assert demand["mean"] > 5 * demand["mean_se"] > 0  # more use, dearer use
    assert demand["elasticity"] == pytest.approx(100 * demand["mean"] / demand["value"])
    assert recycling["elasticity"] is None
    assert (demand["title"], demand["unit"]) == ("price bill, China", "bn USD")


def test_wrong_use() -> None:
    refused = call("sensitivity", "status_quo", "--parameter", "stockpile.Xx")
    assert (refused.exit_code, "stockpile." in refused.stderr) == (2, True)
    refused = call("sensitivity", "status_quo", "--measure", "unmet:Dyy")
    assert (refused.exit_code, "did you mean 'Dy'" in refused.stderr) == (2, True)
    for name in ("shortage:Dy", "loss:US,ev_auto", "unmet", "loss:US > 5", "loss:US at week 3"):
        refused = call("sensitivity", "status_quo", "--measure", name)
        assert (refused.exit_code, "has no gradient" in refused.stderr) == (2, True), name
    assert call("sensitivity", "status_quo", "--paths", 1).exit_code == 2
    assert call("sensitivity", "no_such", "--parameter", "theta.parts").exit_code == 65
