"""Calibration of the markets: the search and its state, what is identified, the command."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2

from supplyshock.calibration.backtest.observations import shipped_points
from supplyshock.calibration.backtest.run import known_points
from supplyshock.calibration.markets import identification as identification
from supplyshock.calibration.markets.free_parameters import (
    FreeParameter,
    choose_parameters,
    from_unit_interval,
    to_unit_interval,
)
from supplyshock.calibration.markets.identification import covariance_of, identify, jacobian, verdict
from supplyshock.calibration.markets.market_report import config_fragment, page, read_best
from supplyshock.calibration.markets.objective import Objective, Trial
from supplyshock.calibration.markets.search import SearchFile, search
from supplyshock.calibration.parameter_posterior import params_with
from supplyshock.common.errors import DataError, UsageError
from supplyshock.execution.simulation_settings import SimulationSettings
from supplyshock.scenarios.config.load import load_config
from supplyshock.scenarios.scenario import load_scenario
from support.command import invoke, said

pytest.importorskip("cma")


@pytest.fixture(scope="module")
def points():
    return known_points(shipped_points())


# --- free numbers ----------------------------------------------------------------------------------


def test_only_parameters_with_a_range_are_free():
    free = {f.name: f for f in choose_parameters(load_config("base").dataset)}
    assert {"material.eta", "material.chi", "chip.chi", "priors.use_elasticity"} <= set(free)
    assert "material.news_gain" not in free, "no target tells anything about it"
    assert all(f.low <= f.start <= f.high for f in free.values())
    back = from_unit_interval(
        list(free.values()), to_unit_interval(list(free.values()), [f.start for f in free.values()])
    )
    assert back == pytest.approx({f.name: f.start for f in free.values()})
    with pytest.raises(UsageError, match=r"material\.eta"):
        choose_parameters(load_config("base").dataset, ["material.etta"])


def test_a_trial_changes_what_a_config_would():
    trial = {"material.eta": 0.3, "chip.chi": 0.7, "priors.use_elasticity": 0.15}
    config = {"parameters": {"material.eta": 0.3, "chip.chi": 0.7}, "priors": {"use_elasticity": {"center": 0.15}}}
    mine, theirs = params_with(load_config("hindcast_2023"), trial), load_scenario("hindcast_2023", config).params
    for a, b in zip(mine, theirs, strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_array_equal(x, y)


# --- search, on a bowl whose answer is known ---------------------------------------------------------


BETWEEN = (25 * 0.7 + 3.29**2 * 0.5) / (25 + 3.29**2)
"""Best second coordinate, by the precisions of the target at .7 and of the prior at .5."""


class Bowl:
    """Two residuals that pin down the first of three coordinates well, the second badly, the third not at all."""

    def __init__(self) -> None:
        self.free = tuple(FreeParameter(n, 0.5, 0.0, 1.0) for n in ("material.a", "material.b", "material.c"))
        self.calls, self.start_values = 0, {}

    def current(self):
        return np.full(3, 0.5)

    search_start = current

    def __call__(self, x, progress=None):
        self.calls += 1
        inside = np.clip(x, 0, 1)
        seen = np.array([(inside[0] - 0.3) / 0.01, (inside[1] - 0.7) / 0.2])
        prior = 3.29 * (inside - 0.5)
        residuals = np.concatenate([seen, prior])
        return Trial(from_unit_interval(self.free, inside), seen, residuals, places=np.arange(2), observed=2)


def test_the_search_finds_the_bottom(tmp_path):
    best = search(Bowl(), generations=80, seed=3, kept=SearchFile(tmp_path, "bowl"))
    a, b, c = best.best_x
    assert a == pytest.approx(0.3, abs=0.01)
    assert b == pytest.approx(BETWEEN, abs=0.05), "between target and prior"
    assert c == pytest.approx(0.5, abs=0.1), "the prior alone"


def test_an_interrupted_search_ends_as_an_undisturbed_one(tmp_path):
    whole, first, rest = tmp_path / "whole", tmp_path / "parts", tmp_path / "parts"
    for folder in (whole, first):
        folder.mkdir()
    undisturbed = search(Bowl(), generations=12, seed=9, kept=SearchFile(whole, "k"))
    search(Bowl(), generations=5, seed=9, kept=SearchFile(first, "k"))
    again = Bowl()
    resumed = search(again, generations=12, seed=9, kept=SearchFile(rest, "k"))
    np.testing.assert_array_equal(resumed.best_x, undisturbed.best_x)
    assert again.calls == 7 * len(resumed.strategy.ask())
    with pytest.raises(DataError, match="another search"):
        search(Bowl(), generations=12, seed=9, kept=SearchFile(rest, "other"))
    (rest / "search.pickle").write_bytes(b"no")
    with pytest.raises(DataError, match="delete it"):
        search(Bowl(), generations=12, seed=9, kept=SearchFile(rest, "k"))


def test_what_is_identified_and_what_is_not():
    bowl = Bowl()
    x = np.array([0.3, BETWEEN, 0.5])
    j = jacobian(bowl, x)
    np.testing.assert_allclose(j[:, 0], [100, 0, 3.29, 0, 0], atol=1e-6)
    a, b, c = identify(bowl, bowl(x), x, covariance_of(j))
    assert a.se == pytest.approx(0.01, rel=0.01)
    assert c.se == pytest.approx(1 / 3.29), "the prior's, of which its range holds 90 %"
    assert c.sd_ratio == pytest.approx(1.0)
    assert (a.verdict, c.verdict) == ("identified", "not identified")
    assert a.rise_at_low > 800
    assert abs(c.rise_at_low) < 1e-6
    assert b.sd_ratio < 0.6
    assert verdict([float("nan"), 10.0]) == "one side"
    assert pytest.approx(chi2.ppf(0.95, 1), abs=0.005) == identification.CHI2_95
    text = config_fragment([a, replace_name(b, "priors.use_elasticity")], "a test")
    assert "material.a: 0.3 #" in text
    assert f"use_elasticity: {{center: {BETWEEN:.4g}}}" in text


def replace_name(row, name):
    return row._replace(name=name)


# --- the real thing, small -------------------------------------------------------------------------


def small(points):
    mine = [p for p in points if p.scenario == "hindcast_2025"]
    return Objective(
        mine,
        choose_parameters(load_config("base").dataset, ["material.jump"]),
        SimulationSettings(24, seed=4),
        calm_paths=8,
    )


def test_a_search_may_start_at_anothers_result(points, tmp_path):
    """Distances of parameters stay those from where they are."""
    (tmp_path / "p.csv").write_text("name,start,best\nmaterial.jump,0.9,1.1\n", encoding="utf-8")
    start_values = read_best(tmp_path / "p.csv")
    mine = [p for p in points if p.scenario == "hindcast_2025"]
    free = choose_parameters(load_config("base").dataset, ["material.jump"])
    objective = Objective(mine, free, SimulationSettings(8, seed=4), calm_paths=8, start_values=start_values)
    assert from_unit_interval(free, objective.search_start()) == {"material.jump": pytest.approx(1.1)}
    assert from_unit_interval(free, objective.current()) == {"material.jump": pytest.approx(free[0].start)}
    (tmp_path / "p.csv").write_text("name\nmaterial.jump\n", encoding="utf-8")
    with pytest.raises(DataError, match="columns name and best"):
        read_best(tmp_path / "p.csv")


def test_a_trial_is_the_same_each_time_and_on_its_own_paths(points):
    objective = small(points)
    x = objective.current()
    once, again = objective(x), objective(x)
    np.testing.assert_array_equal(once.residuals, again.residuals)
    assert once.medians[0] == pytest.approx(0.23, abs=0.08)
    other = Objective(objective.points, objective.free, replace(objective.settings, seed=5), calm_paths=8)
    assert not np.array_equal(once.residuals, other(x).residuals)
    rows = [len(r.rows) for r in objective.residuals]
    assert set(rows) == {2}, "all of 2025 are ratios, which count by distance and width"
    assert len(once.residuals) == sum(rows) + 4 + 1
    assert once.observed == sum(rows)
    np.testing.assert_array_equal(np.diff(once.places), rows[:-1])
    assert once.target_loss() == pytest.approx((once.residuals[: sum(rows)] ** 2).sum())
    (prior,) = once.residuals[-1:]
    (jump,) = objective.free
    assert prior == pytest.approx(
        3.29 * (once.values["material.jump"] - (jump.low + jump.high) / 2) / (jump.high - jump.low)
    )


def test_the_command(tmp_path):
    own = tmp_path / "own.csv"
    lines = shipped_points().read_text(encoding="utf-8").splitlines()
    own.write_text("\n".join([lines[0], *(t for t in lines if ",T5," in t)]) + "\n", encoding="utf-8")
    given = ("calibrate", "markets", "--observed", own, "--free", "material.jump", "--paths", 8, "--quiet", "--json",
             "--out", tmp_path / "out")  # fmt: skip
    done = invoke(*given, "--generations", 1)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["generations"] == 1
    assert [k["name"] for k in told["parameters"]] == ["material.jump"]
    assert "material.jump" in (tmp_path / "out" / "calibrated.yaml").read_text(encoding="utf-8")
    again = json.loads(invoke(*given, "--generations", 1).stdout)
    assert again == told, "nothing is left to do, and the answer is the same"
    names = {"fits.csv", "parameters.csv", "calibrated.yaml", "posterior.csv", "sensitivities.csv"}
    assert {Path(f).name for f in told["files"].values()} == names


def test_a_fragment_without_a_profile(tmp_path):
    own = tmp_path / "own.csv"
    lines = shipped_points().read_text(encoding="utf-8").splitlines()
    own.write_text("\n".join([lines[0], *(t for t in lines if ",T5," in t)]) + "\n", encoding="utf-8")
    done = invoke("calibrate", "markets", "--observed", own, "--free", "material.jump", "--paths", 8, "--quiet",
                  "--out", tmp_path / "out", "--generations", 1, "--no-profile")  # fmt: skip
    assert done.exit_code == 0, done.output
    text = (tmp_path / "out" / "calibrated.yaml").read_text(encoding="utf-8")
    assert "before, not profiled" in text
    assert "nan" not in text


def test_wrong_use(tmp_path):
    done = invoke("calibrate", "markets", "--out", tmp_path, "--free", "material.chii", "--quiet")
    assert done.exit_code == 2
    assert "material.chi" in said(done)
    own = tmp_path / "own.csv"
    lines = shipped_points().read_text(encoding="utf-8").splitlines()
    own.write_text("\n".join([lines[0], *(t for t in lines if t.startswith("2018,"))]) + "\n", encoding="utf-8")
    done = invoke("calibrate", "markets", "--out", tmp_path, "--observed", own, "--quiet")
    assert done.exit_code == 65
    assert "a point with a target" in said(done)


def test_the_shipped_page_is_of_todays_parameters():
    """The data set has what the search gave, to three digits, and the page is made of it."""
    configs = Path(__file__).parents[2] / "configs"
    fits_csv, parameters_csv = (
        (configs / f"calibration_{n}.csv").read_text(encoding="utf-8") for n in ("fits", "parameters")
    )
    text = (configs.parent / "docs/calibration.md").read_text(encoding="utf-8")
    said = next(line for line in text.splitlines() if "Sum of squares" in line).partition(" Sum of squares")[0]
    assert text == page(fits_csv, parameters_csv, said)
    data = load_config("base").dataset
    for row in csv.DictReader(parameters_csv.splitlines()):
        kind, _, name = row["name"].partition(".")
        now = data.prior[name].center if kind == "priors" else data.parameter[row["name"],].value
        assert now == pytest.approx(float(row["best"]), rel=6e-3), row["name"]
