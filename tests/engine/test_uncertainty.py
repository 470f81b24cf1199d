"""Means and differences under draws of the calibrated parameters, and the command."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from supplyshock.analysis.measures import kernel_measures
from supplyshock.calibration.parameter_posterior import check_applies, read_posterior, shipped_posterior
from supplyshock.common.errors import DataError, UsageError
from supplyshock.common.progress import Progress
from supplyshock.execution.simulation_settings import SimulationSettings
from supplyshock.scenarios.config.load import load_config
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.scenarios.shipped import default_data
from supplyshock.studies.parameter_spread import noise, spread
from supplyshock.studies.uncertainty import plan_uncertainty, run_uncertainty
from supplyshock.studies.uncertainty_summary import keepers, rows, uncertainty_finding
from supplyshock_kernels.backends.reference.simulate import simulate
from supplyshock_kernels.params import Grid
from support.command import invoke, is_one_clear_line, said

LAW = read_posterior(shipped_posterior())
OUTCOMES = ("bill:US", "bill:CN", "quote:Dy", "deal")
PATHS, WEEKS, SEED, DRAWS = 256, 12, 7, 3
SMALL = ("--weeks", WEEKS, "--paths", 40, "--backend", "reference", "--draws", 2)


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The status quo with every parameter of the posterior set to what it is."""
    data, lines = load_config("base").dataset, ["base: status_quo", "title: Held", "parameters:"]
    lines += [f"  {n}: {data.parameter[n,].value}" for n in LAW.names if not n.startswith("priors.")]
    lines += ["priors:", f"  use_elasticity: {{center: {data.prior['use_elasticity'].center}}}"]
    path = tmp_path_factory.mktemp("fixed") / "held.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def study(*configs: object, draws: int = DRAWS, **how: Any) -> xr.Dataset:
    plan = plan_uncertainty(
        [str(c) for c in configs], measures=OUTCOMES, draws=draws, seed=SEED, overrides={"weeks": WEEKS}
    )
    return run_uncertainty(plan, SimulationSettings(**{"paths": PATHS, "seed": SEED, "backend": "reference", **how}))


@pytest.fixture(scope="module")
def results(fixed: Path) -> xr.Dataset:
    """Status quo, the deal, and the config that nothing is drawn for."""
    return study("status_quo", "swap_deal", fixed)


def by_hand(name: str, values: dict[str, float]) -> np.ndarray:
    """(PATHS, K) outcomes of a scenario whose parameters are given as a config gives them."""
    priors = {k.removeprefix("priors."): {"center": v} for k, v in values.items() if k.startswith("priors.")}
    parameters = {k: v for k, v in values.items() if not k.startswith("priors.")}
    scenario = load_scenario(name, {"weeks": WEEKS, "parameters": parameters, "priors": priors})
    observed = simulate(scenario.params, Grid(), SEED, range(PATHS))
    return np.stack([m.of(observed) for m in kernel_measures(OUTCOMES, scenario)], axis=1)


def test_every_draw_is_the_scenario_with_those_parameters_simulated_alone(results: xr.Dataset) -> None:
    """Means, differences under the same draw and their errors, against runs of configs that set the values."""
    for d, values in enumerate([{}, *LAW.draw(DRAWS, SEED)]):
        base, deal = by_hand("status_quo", values), by_hand("swap_deal", values)
        mean, gap, gap_se = (
            (results["today"], results["difference_today"], results["difference_today_se"])
            if not d
            else (results["mean"][d - 1], results["difference"][d - 1], results["difference_se"][d - 1])
        )
        np.testing.assert_allclose(mean[:2], [base.mean(0), deal.mean(0)], rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(gap[1], (deal - base).mean(0), rtol=1e-6, atol=1e-9)
        error = (deal - base).std(0, ddof=1) / np.sqrt(PATHS)
        np.testing.assert_allclose(gap_se[1], error, rtol=1e-6 if not d else 0.45)  # 32 groups know it to 13 %
    assert (results["value"].values == [list(v.values()) for v in LAW.draw(DRAWS, SEED)]).all()


def test_what_a_config_sets_has_no_spread(results: xr.Dataset) -> None:
    held, drawn = results.sel(scenario="held"), results.sel(scenario="status_quo")
    assert held["kept"].all()
    assert not drawn["kept"].any()
    for name in ("draws_sd", "noise", "parameter_sd"):
        assert (held[name] == 0).all(), name
    assert (held["mean"] == held["today"]).all()
    assert (held["today"] == drawn["today"]).all()
    assert (drawn["parameter_sd"][:3] > 0).all()
    assert (np.ptp(drawn["mean"].values[:, :3], axis=0) > 0).all()
    assert (held["difference_today"] == 0).all()
    assert (held["same_sign"][:3] == 0).all()  # it differs under each draw, and not today
    assert list(keepers(results)) == ["Held sets every one of these parameters itself: no draw changes it"]


def test_an_override_is_kept_by_all() -> None:
    plan = plan_uncertainty(["status_quo"], draws=4, overrides={"parameters": {"material.eta": 0.31}})
    at = LAW.names.index("material.eta")
    assert plan.kept[0].nonzero()[0].tolist() == [at]
    assert {float(row[0].material.eta) for row in plan.drawn} == {0.31}
    assert len({float(row[0].material.chi) for row in plan.drawn}) > 1


def test_figures_over_the_draws(results: xr.Dataset) -> None:
    for name, before in (("mean", ""), ("difference", "difference_")):
        x = results[name].values
        np.testing.assert_allclose(results[f"{before}draws_mean"], x.mean(0))
        np.testing.assert_allclose(results[f"{before}draws_sd"], x.std(0, ddof=1))
        np.testing.assert_allclose(results[f"{before}draws_quantile"][1], np.median(x, axis=0))
        total = results[f"{before}parameter_sd"] ** 2 + results[f"{before}noise"] ** 2
        assert (total >= results[f"{before}draws_sd"] ** 2 * (1 - 1e-9)).all()
    signs = np.sign(results["difference"].values) == np.sign(results["difference_today"].values)
    assert (results["same_sign"].values == signs.sum(0)).all()


def test_threads_and_calls_change_no_bit() -> None:
    one = study("status_quo", "swap_deal", draws=2, paths=50, threads=1)
    assert one.identical(study("status_quo", "swap_deal", draws=2, paths=50, threads=3, call=13))
    assert not one["mean"].identical(study("status_quo", "swap_deal", draws=2, paths=50, seed=SEED + 1)["mean"])


def test_more_draws_keep_the_first_ones() -> None:
    few, many = (plan_uncertainty(["base"], draws=n, seed=3).values for n in (2, 5))
    assert (many[:2] == few).all()


def test_progress_is_of_the_whole_study(fixed: Path) -> None:
    class Told(Progress):
        starts: list[int] = []  # noqa: RUF012
        done = 0

        def start(self, total: int, done: int, of: str = "paths") -> None:
            self.starts.append(total)

        def advance(self, paths: int) -> None:
            self.done += paths

    told = Told()
    plan = plan_uncertainty(["status_quo", str(fixed)], draws=2, overrides={"weeks": 2})
    run_uncertainty(plan, SimulationSettings(20, backend="reference"), told)
    assert told.starts == [3 * 2 * 20]
    assert told.done == 3 * 2 * 20


# --- noise ---------------------------------------------------------------------------------------


def test_noise_is_taken_off() -> None:
    """Draws whose true means have an sd of 2, and luck of 3 a draw; luck that all share counts for nothing.

    961 degrees of freedom know the noise to 2.3 %, 31 the sd over draws to 13 %: false alarms below 1e-4.
    """
    random = np.random.default_rng(5)
    luck, shared = random.normal(0, 3 * np.sqrt(32), (32, 32)), random.normal(0, 500, (1, 32))
    true = random.normal(0, 2, (32, 1))
    for size in (0, 1):
        groups = (size * true + luck + shared)[..., None]
        one = spread(groups.mean(1), groups)
        assert one.noise[0] == pytest.approx(3, rel=0.1)
        assert one.sd[0] == pytest.approx(np.hypot(3, 2 * size), rel=0.5)
        assert one.parameter_sd[0] == pytest.approx(np.sqrt(max(one.sd[0] ** 2 - one.noise[0] ** 2, 0)))
    assert noise(np.zeros((4, 8, 1)))[0] == 0
    assert np.isnan(noise(np.zeros((4, 1, 1)))[0])


def test_noise_is_what_other_paths_would_change() -> None:
    """The draws' means less their average, over 14 seeds of the paths, move by the noise that each run states.

    The ratio of two sds, one with at least 13 degrees of freedom: outside of 0.5 to 2 once in 500 such tests.
    """
    plan = plan_uncertainty(["status_quo"], measures=["bill:CN"], draws=5, seed=SEED, overrides={"weeks": 6})
    runs = [run_uncertainty(plan, SimulationSettings(64, seed=s, backend="reference")) for s in range(14)]
    means = np.stack([r["mean"].values[:, 0, 0] for r in runs])
    moved = means - means.mean(1, keepdims=True)
    seen = np.sqrt(moved.var(0, ddof=1).sum() / 4)
    stated = np.sqrt(np.mean([float(r["noise"].item()) ** 2 for r in runs]))
    assert 0.5 < seen / stated < 2


# --- the command ---------------------------------------------------------------------------------


def test_the_command(tmp_path: Path) -> None:
    out = tmp_path / "u"
    call = ("uncertainty", "status_quo", "swap_deal", *SMALL, "--out", out, "--set", "parameters.material.eta=0.3")
    made = invoke(*call, "--json")
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert told["draws"] == 2
    assert told["kept"] == {"status_quo": ["material.eta"], "swap_deal": ["material.eta"]}
    assert len(told["rows"]) == 12
    assert told["rows"][0]["difference_today"] is None
    table = list(csv.DictReader((out / "uncertainty.csv").read_text(encoding="utf-8").splitlines()))
    assert [float(r["today"]) for r in table] == [r["today"] for r in told["rows"]]
    assert [r["same_sign"] for r in table[:2]] == ["", str(told["rows"][1]["same_sign"])]
    assert (out / "uncertainty.png").read_bytes().startswith(b"\x89PNG")
    with xr.open_zarr(out / "uncertainty.zarr", consolidated=True) as stored:
        sizes = {"scenario": 2, "draw": 2, "outcome": 6, "parameter": len(LAW.names), "quantile": 3}
        assert dict(stored.sizes) == sizes
        assert stored.attrs["paths"] == 40 and stored.attrs["seed"] == "1"
        assert float(stored["today"].sel(scenario="swap_deal", outcome="bill:CN")) == float(table[7]["today"])
        assert [str(s) for s in stored["scenario_title"].values] == ["Status quo", "Swap deal"]
        read = stored.load()
        assert len(list(rows(read))) == 12
        assert uncertainty_finding(read).startswith("Lost output, United States, 5 to 95 % of the draws: Status quo ")
    again = invoke(*call)
    assert again.exit_code == 2 and "--overwrite" in said(again) and is_one_clear_line(again)
    text = invoke(*call, "--overwrite", "--measure", "deal", "--measure", "unmet:Nd")
    assert text.exit_code == 0, text.output
    first, *rest = text.stdout.splitlines()
    left = f"2 draws of {len(LAW.names) - 1} market parameters"
    assert first.startswith(f"How far means move with what the calibration leaves open: {left}")
    assert "swap_deal - status_quo" in text.stdout and "of 2" in text.stdout
    assert (
        "no difference" in text.stdout
    )  # of unmet use: no path starts short of neodymium, and twelve weeks are too short to run out
    assert any("that every path draws itself" in line for line in rest)
    assert any("the form of the equations" in line for line in rest)
    assert "Status quo keeps what it sets itself: material.eta" in rest


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("status_quo", "status_quo"), 2, "share a name"),
        (("status_quo", "hindcast_2010"), 2, "the same start"),
        (("status_quo", "--measure", "deal", "--measure", "deal"), 2, "named twice"),
        (("status_quo", "--measure", "losses:US"), 2, "no such measure"),
        (("status_quo", "--measure", "all_costs > 20 M USD"), 2, "supplyshock exposure BOOK.yaml CONFIG... --set"),
        (("no_such_config",), 65, "no_such_config"),
    ],
)
def test_wrong_use_is_told_before_anything_is_computed(
    args: tuple[str, ...], code: int, message: str, tmp_path: Path
) -> None:
    answer = invoke("uncertainty", *args, "--out", tmp_path / "u")
    assert answer.exit_code == code, answer.output
    assert message in said(answer)
    assert is_one_clear_line(answer)
    assert not (tmp_path / "u").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("status_quo", "--draws", "1", "--out", "x"), "expected a whole number from 2 to 1,000"),
        (("status_quo", "--out", "s3://bucket/u"), "needs a path"),
        (("status_quo",), "--out"),
        (("--out", "x"), "CONFIG"),
    ],
)
def test_options_are_checked(args: tuple[str, ...], message: str) -> None:
    answer = invoke("uncertainty", *args)
    assert answer.exit_code == 2
    assert message in answer.stderr


def test_one_draw_has_no_spread() -> None:
    with pytest.raises(UsageError, match="from 2 to 1,000"):
        plan_uncertainty(["status_quo"], draws=1)


def test_the_shipped_posterior_is_of_the_shipped_data() -> None:
    for name in ("base", "status_quo", "hindcast_2010", "hindcast_2021"):
        check_applies(LAW, load_config(name))


def test_data_with_other_best_values_are_refused(tmp_path: Path) -> None:
    """Draws around the shipped best values would move a parameter that somebody chose otherwise."""
    shutil.copytree(default_data(), tmp_path / "data", ignore=shutil.ignore_patterns("raw"))
    table = tmp_path / "data" / "parameters.csv"
    text = table.read_text(encoding="utf-8")
    best = f"{LAW.best[LAW.names.index('material.eta')]:.3g}"
    assert f"\nmaterial.eta,{best}," in text
    table.write_text(text.replace(f"\nmaterial.eta,{best},", "\nmaterial.eta,0.25,"), encoding="utf-8")
    mine = tmp_path / "mine.yaml"
    mine.write_text("base: status_quo\ndata: data\n", encoding="utf-8")
    with pytest.raises(DataError, match=f"about {best}"):
        check_applies(LAW, load_config(mine))
    for command in (("uncertainty", mine), ("hindcast", "2023", "--draws", "2", "--set", f"data={tmp_path / 'data'}")):
        answer = invoke(*command, "--paths", 40, "--out", tmp_path / "u")
        assert answer.exit_code == 65, answer.output
        assert "material.eta" in said(answer) and "set the parameter in the config" in said(answer)
    check_applies(LAW, load_config(mine, {"parameters": {"material.eta": 0.25}}))
