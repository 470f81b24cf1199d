"""Policies against many futures: against runs by hand, regret and shares in closed form, errors, and the command."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.stats import binom

import supplyshock as ss
from supplyshock.analysis.measures import kernel_measures
from supplyshock.analysis.measures.fitted_measure import Level
from supplyshock.analysis.prim import Box
from supplyshock.analysis.scenario_discovery import Discovery
from supplyshock.calibration.parameter_posterior import read_posterior, shipped_posterior
from supplyshock.cli.command_helpers import print_json
from supplyshock.cli.robustness import _facts
from supplyshock.common.errors import ConfigError, UsageError
from supplyshock.reporting.plots.robustness import chart
from supplyshock.scenarios.config.load import load_config
from supplyshock.scenarios.parameter_words import PRIORS, WORDS, parameter_words
from supplyshock.studies.robustness.boxes import box_facts, box_words, described_policy, policies_with_box, restrictions
from supplyshock.studies.robustness.futures import draw_futures, posterior_values
from supplyshock.studies.robustness.outcomes import judge, summarise
from supplyshock.studies.robustness.plan import Criterion, plan_robustness
from supplyshock.studies.robustness.results import _boxes
from supplyshock.studies.robustness.simulate import Estimates, contributions
from supplyshock.studies.robustness.tables import lead
from supplyshock_kernels.backends.reference.simulate import simulate
from supplyshock_kernels.params import Grid
from support.command import invoke, is_one_clear_line, said

DATA = load_config("base").dataset
STOCK = {"title": "Stock", "changes": {"levers": {"stockpile": [{"market": "Dy", "initial": "100 t"}]}}}
POLICIES = [{"title": "As it is"}, STOCK, {"scenario": "swap_deal"}]
MEASURES = ["loss:US mean", "loss:US cvar90", {"measure": "short:Dy", "satisfied": "< 20 %"}]
PATHS, FUTURES, WEEKS = 40, 50, 12


def study(**keys: Any) -> dict[str, Any]:
    """The keys of a small study."""
    own = {"policies": POLICIES, "measures": MEASURES, "futures": {"vary": ["calibrated", "priors.parts=3..8"]}}
    return {**own, **keys}


@pytest.fixture(scope="module")
def results() -> xr.Dataset:
    """The small study over a few weeks."""
    policies = [{**p, "changes": {**p.get("changes", {}), "weeks": WEEKS}} for p in POLICIES]
    return ss.robustness(study(policies=policies), futures=FUTURES, paths=PATHS, seed=3, backend="reference")


def test_a_future_is_the_scenario_with_its_parameters_on_paths_of_its_own(results: xr.Dataset) -> None:
    """Future 2, the deal, against the reference backend with the values set as a config sets them."""
    values = dict(zip(results["parameter"].values, results["parameter_value"].values[1], strict=True))
    parameters = {k.removeprefix("parameters."): float(v) for k, v in values.items() if k.startswith("parameters.")}
    priors = {
        "parts": float(values["priors.parts"]),
        "use_elasticity": {"center": float(values["priors.use_elasticity"])},
    }
    scenario = ss.load_scenario("swap_deal", {"weeks": WEEKS, "parameters": parameters, "priors": priors})
    observed = simulate(scenario.params, Grid(), 3, range(PATHS, 2 * PATHS))
    loss, late = (m.of(observed) for m in kernel_measures(["loss:US", "short:Dy"], scenario))
    assert results["value"].values[1, 2, 0] == pytest.approx(loss.mean(), rel=1e-6, abs=1e-9)
    assert results["value"].values[1, 2, 2] == pytest.approx(late.mean())
    assert results["value_se"].values[1, 2, 0] == pytest.approx(loss.std(ddof=1) / np.sqrt(PATHS), rel=1e-5)


def test_regret_is_against_the_best_policy_of_the_same_future(results: xr.Dataset) -> None:
    value, regret = results["value"].values, results["regret"].values
    assert regret == pytest.approx(value - value.min(1, keepdims=True))
    assert results["regret_max"].values == pytest.approx(regret.max(0))
    assert results["mean"].values == pytest.approx(value.mean(0))
    assert results["p90"].values == pytest.approx(np.quantile(value, 0.9, axis=0))
    assert results["holds_share"].values[:, 2] == pytest.approx((value[:, :, 2] < 20).mean(0))
    assert (results["holds_share"].values[:, :2] == 1).all()


def test_calibrated_values_have_the_moments_of_the_posterior() -> None:
    """Of 4,000 points, means within 4 errors and correlations within .08 where clipping is rare (31 parameters)."""
    posterior = read_posterior(shipped_posterior())
    futures = draw_futures(["calibrated"], DATA, 4000, 1)
    drawn = np.array([list(d.values()) for d in posterior.draw(4000, 2)])
    error = np.sqrt(2 / 4000) * drawn.std(0)
    assert (np.abs(futures.values.mean(0) - drawn.mean(0)) < 4 * error).all()
    assert np.abs(np.corrcoef(futures.values.T) - np.corrcoef(drawn.T)).max() < 0.08
    middle = posterior_values(posterior, np.full((1, len(posterior.names)), 0.5))
    assert middle[0] == pytest.approx(posterior.best)


def test_groups_hold_each_parameter_once_and_a_key_of_its_own_comes_first() -> None:
    futures = draw_futures(["calibrated", "priors", "judged", "parameters.chip.leakage=0.2..0.3"], DATA, 60, 1)
    keys = [f.key for f in futures.factors]
    assert len(keys) == len(set(keys)) > 50
    own = futures.values[:, keys.index("parameters.chip.leakage")]
    assert 0.2 <= own.min() < own.max() <= 0.3
    assert "parameters.chip.leakage" not in futures.calibrated
    assert "priors.use_elasticity" in futures.calibrated
    changes = futures.changes(0, {"priors.parts"})
    assert "priors.use_elasticity.center" in changes and "priors.parts" not in changes


def test_what_a_policy_sets_itself_no_future_changes() -> None:
    own = {"title": "Own", "changes": {"parameters": {"material.eta": 0.21}, "priors": {"parts": 4}}}
    plan = plan_robustness(study(policies=[{"title": "A"}, own]), futures=60)
    assert {"parameters.material.eta", "priors.parts"} <= plan.kept[1]
    assert "priors.parts" not in plan.kept[0]
    future = plan.futures.changes(5, plan.kept[1])
    assert not {"parameters.material.eta", "priors.parts"} & set(future)
    assert len(future) == len(plan.futures.factors) - 2


def criterion(**keys: Any) -> Criterion:
    plan = plan_robustness(study(measures=["loss:US mean"]), futures=2)
    return Criterion(**{**vars(plan.criteria[0]), **keys})


def noisy(n: int, gap: float, sd: float, seed: int = 0) -> Estimates:
    """Two policies, the second worse by `gap` in every future, with independent noise on each half of the paths."""
    random = np.random.default_rng(seed)
    halves = np.array([0.0, gap])[None, None, :, None] + np.sqrt(2) * sd * random.standard_normal((2, n, 2, 1))
    return Estimates(halves.mean(0), np.broadcast_to(sd**2 * np.eye(2), (n, 1, 2, 2)), halves)


def test_noise_makes_regret_where_there_is_none_and_the_floor_says_so() -> None:
    """Equal policies: mean regret sd/sqrt(pi) by noise alone, its floor 0; a best policy, yet hardly ever surely."""
    n, sd = 4000, 1.0
    j = judge(noisy(n, 0.0, sd), criterion(), 0)
    error = 1 / np.sqrt(n)
    assert j.regret.mean(0) == pytest.approx([sd / np.sqrt(np.pi)] * 2, abs=5 * error)
    assert j.regret_floor.mean(0) == pytest.approx([0, 0], abs=5 * error)
    assert j.best.mean(0) == pytest.approx([0.5, 0.5], abs=5 * 0.5 * error)
    assert j.surely_best.mean() == pytest.approx(0.0228, abs=5 * np.sqrt(0.0228 / n))


def test_a_true_gap_is_between_the_floor_and_the_mean_regret() -> None:
    gap = 0.7
    figures = summarise(judge(noisy(4000, gap, 1.0), criterion(), 0), criterion()).value
    assert figures["regret_floor"][1] < gap < figures["regret_mean"][1]


def test_more_is_better_turns_regret_and_the_worst_around() -> None:
    estimates = noisy(200, 5.0, 0.1)
    figures = summarise(judge(estimates, criterion(higher=True), 0), criterion(higher=True))
    assert figures.value["regret_mean"][0] == pytest.approx(5, abs=0.1)
    assert figures.value["worst"][1] == pytest.approx(estimates.value[:, 1, 0].min())
    assert figures.value["mean"][1] == pytest.approx(estimates.value[:, 1, 0].mean())
    assert set(figures.chosen.values()) == {1}
    assert figures.beats[1, 0] == 1 and figures.beats[0, 1] == 0


def test_errors_over_futures_are_those_of_drawing_futures_again() -> None:
    """The error of a mean is sd / sqrt(n), within 5 errors of 500 resamples; that of a share is binomial."""
    rule = criterion(satisfied=Level("<", 0.0))
    j = judge(noisy(300, 0.0, 1.0, seed=5), rule, 0)
    se = summarise(j, rule).se
    slack = 5 / np.sqrt(2 * 500)
    assert se["mean"][0] == pytest.approx(j.value[:, 0].std() / np.sqrt(300), rel=slack)
    share = j.holds[:, 0].mean()
    assert se["holds_share"][0] == pytest.approx(np.sqrt(share * (1 - share) / 300), rel=slack)
    near = j.open.mean()  # |z| < 2
    assert binom.interval(0.9999, 600, 0.9545)[0] <= 600 * near <= binom.interval(0.9999, 600, 0.9545)[1]


@pytest.mark.parametrize(("statistic", "expected"), [("mean", 49.5), ("cvar90", 94.5), ("p90", 89)])
def test_contributions_average_to_the_statistic(statistic: str, expected: float) -> None:
    x = np.random.default_rng(1).permutation(np.arange(100.0))
    parts = contributions(x, criterion(statistic=statistic))
    assert parts.mean() == pytest.approx(expected)
    if statistic == "p90":  # half the width of ranks 87 to 93
        assert parts.std() / 10 == pytest.approx(3, rel=0.02)


def with_box(results: xr.Dataset) -> xr.Dataset:
    """The results with a box of two parameters for the second policy."""
    k = results.sizes["parameter"]
    keys = list(results["parameter"].values)
    parts, orders = keys.index("priors.parts"), keys.index("parameters.material.tau_orders")
    box = Box.whole(k).with_end(parts, False, 6.0).with_end(orders, True, 15.0)
    chances = np.full(k, np.nan)
    chances[[parts, orders]] = 1e-9, 1e-4
    one = Discovery(0.3, box, 0.01, 0.7, 0.8, 0.05, 0.06, 0.75, 0.65, chances, np.full(k, 0.5))
    plan = type("P", (), {"titles": results["policy"].values, "futures": type("F", (), {"factors": keys})})
    return results.assign(_boxes(plan, {1: one}))  # type: ignore[arg-type]


def test_a_box_is_told_in_words_with_units(
    results: xr.Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = with_box(results)
    assert policies_with_box(results) == [1]
    assert box_words(results, 1) == (
        "harm of one missing chip to a product above 6 and time in which buyers close a gap in stock below 15 weeks"
    )
    assert [r.quasi_p for r in restrictions(results, 1)] == [1e-9, 1e-4]
    assert "Stock fails in 30 % of futures; with harm of" in lead(results)
    assert "it fails in 80 %, and 70 % of its failures lie there." in lead(results)
    assert described_policy(results) == 1
    facts = box_facts(results)
    assert facts[1]["box"]["priors.parts"] == {"low": 6.0, "high": None, "unit": "", "quasi_p": 1e-9, "repeated": 0.5}
    assert facts[0]["box"] == {}
    print_json(_facts(results, {}))
    told = json.loads(capsys.readouterr().out)
    assert told["boxes"][1]["density"] == 0.8 and told["boxes"][0]["density"] is None
    assert chart(results, tmp_path / "box.png").stat().st_size > 20_000


def test_every_parameter_in_words_is_one_of_the_data_set() -> None:
    assert {key for key in WORDS if (key,) not in DATA.parameter} == set()
    assert set(PRIORS) == set(DATA.prior)
    named = draw_futures(["calibrated", "priors", "judged"], DATA, 50, 1).names
    assert len(named) == len(set(named))
    assert all("." not in name for name in named)
    assert parameter_words("levers.stockpile.0.initial") == "levers.stockpile.0.initial"


WRONG = {
    "one policy": (study(policies=POLICIES[:1]), ConfigError, "2 to 50 policies"),
    "unknown parameter": (study(futures={"vary": ["priors.partz"]}), ConfigError, "did you mean 'priors.parts'"),
    "unknown key": (study(futures={"vary": ["levers.nothing=1..2"]}), ConfigError, "nothing"),
    "unknown measure": (study(measures=["los:US mean"]), ConfigError, "did you mean 'loss'"),
    "no unit": (study(measures=[{"measure": "loss:US", "satisfied": "< 10"}]), ConfigError, "write < 10 bn USD"),
    "other unit": (study(measures=[{"measure": "loss:US", "satisfied": "< 10 weeks"}]), ConfigError, "in bn USD"),
    "regret above": (study(measures=[{"measure": "loss:US", "regret": "> 1 bn USD"}]), ConfigError, "less regret"),
    "same title": (study(policies=[STOCK, STOCK]), ConfigError, "a title of its own"),
    "no such policy": (study(discover=["Stok"]), ConfigError, "did you mean 'Stock'"),
    "scenario": (study(policies=[{"scenario": "swap_del"}, STOCK]), ConfigError, "did you mean 'swap_deal'"),
    "change": (study(policies=[STOCK, {"title": "x", "changes": {"levrs": {}}}]), ConfigError, "policies[1].changes"),
    "few futures": (study(futures={"number": 49}), UsageError, "50 futures or more"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_study_is_one_clear_error(name: str) -> None:
    keys, kind, text = WRONG[name]
    with pytest.raises(kind) as failure:
        plan_robustness(keys)
    assert text in str(failure.value)


def test_without_a_threshold_few_futures_will_do() -> None:
    plan = plan_robustness(study(measures=["loss:US"]), futures=2)
    assert not plan.has_threshold


def test_the_command_writes_results_table_and_picture(tmp_path: Path) -> None:
    file, out = tmp_path / "robust.yaml", tmp_path / "out"
    file.write_text(json.dumps(study()), encoding="utf-8")
    options = ("--futures", 50, "--paths", 32, "--weeks", WEEKS, "--backend", "reference", "--out", out)
    done = invoke("robustness", file, *options)
    assert done.exit_code == 0, done.output
    text = done.stdout
    assert text.index("futures") < 80
    assert max(map(len, text.split("\n  results")[0].splitlines())) <= 80
    assert "Where a policy fails" in text
    results = xr.open_zarr(out / "robustness.zarr")
    assert results.sizes == {**results.sizes, "policy": 3, "outcome": 3, "future": 50}
    rows = list(csv.DictReader((out / "robustness.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 9
    assert float(rows[0]["mean"]) == pytest.approx(float(results["mean"][0, 0]))
    assert (out / "robustness.png").stat().st_size > 20_000
    again = invoke("robustness", file, *options)
    assert again.exit_code == 2
    assert is_one_clear_line(again) and "--overwrite" in said(again)


def test_the_example_is_a_study(tmp_path: Path) -> None:
    path = tmp_path / "robust.yaml"
    invoke("robustness", "--init", path)
    plan = plan_robustness(path)
    assert len(plan.titles) == 4 and plan.has_threshold
    again = invoke("robustness", "--init", path)
    assert again.exit_code == 2
    assert is_one_clear_line(again) and "not changed" in said(again)
