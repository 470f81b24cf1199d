"""A run whose model gives numbers that are not finite: they are counted, told, and make no number of anything else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from supplyshock.analysis.nonfinite import nonfinite_counts
from supplyshock.analysis.open_run import open_run
from supplyshock.execution.run import run_scenarios
from supplyshock.scenarios.dataset.csv_table import Rule
from supplyshock.scenarios.scenario import load_scenario
from support.command import invoke

WILD = {"weeks": 12, "parameters": {"industry.multiplier": 3e38, "source.tools_growth.fab_tw": 1e30}}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scenarios, of which the second leaves what the equations can take."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("supplyshock.scenarios.model_inputs.consistency.parameter_rule", lambda _: Rule())
        wild = load_scenario("status_quo", {**WILD, "name": "wild"})
    out = tmp_path_factory.mktemp("wild") / "run"
    tame = load_scenario("status_quo", {"weeks": 12})
    with np.errstate(all="ignore"):
        run_scenarios([tame, wild], out, paths=200, seed=1, save_series=200, backend="numba", progress="quiet")
    return out


def test_the_store_counts_them_by_quantity(run: Path) -> None:
    tree = open_run(run)
    (name,) = counts = nonfinite_counts(tree)
    assert name == "wild"
    series = tree["paths"].sel(scenario="wild")
    for quantity in tree["summary"]["quantity"].values:
        values = series[str(quantity)].to_numpy()
        left_out = ~(np.abs(values) < 2.0**12)
        assert counts["wild"].get(str(quantity), 0) == left_out.sum()
        weeks = left_out.any(0)
        summary = tree["summary"].sel(scenario="wild")
        for ending in ("mean", "se"):
            np.testing.assert_array_equal(np.isnan(summary[f"{quantity}_{ending}"].to_numpy()), weeks)
        for ending in ("quantile", "quantile_se"):
            np.testing.assert_array_equal(np.isnan(summary[f"{quantity}_{ending}"].to_numpy()).all(0), weeks)
    assert counts["wild"]["loss_usd_bn"] > 0
    assert np.isfinite(tree["summary"]["price_ratio_mean"].sel(scenario="status_quo")).all()


def test_no_mean_is_the_least_integer(run: Path) -> None:
    for variable in open_run(run)["summary"].data_vars.values():
        if variable.dtype.kind == "f":
            assert not (np.abs(variable.to_numpy()) > 1e9).any()


@pytest.mark.parametrize("options", [(), ("--json",), ("--csv",), ("status_quo",)])
def test_show_prints_what_there_is(run: Path, options: tuple[str, ...]) -> None:
    shown = invoke("show", run, *options)
    assert (shown.exit_code, shown.stderr) == (0, "")
    if "--json" in options:
        counts: Any = json.loads(shown.stdout)["nonfinite_values"]
        assert counts == nonfinite_counts(open_run(run))
    if not options:
        (note,) = [line for line in shown.stdout.splitlines() if "not finite" in line]
        assert note.startswith("wild: weekly values that are not finite, or too large: ")
        assert " of loss_usd_bn" in note


@pytest.mark.parametrize("command", [("show", "--measure", "loss:CN"), ("compare", "--measure", "loss:CN")])
def test_a_measure_of_them_is_refused_with_the_reason(run: Path, command: tuple[str, ...]) -> None:
    name, *options = command
    result = invoke(name, run, *options)
    assert result.exit_code == 74
    assert "loss:CN: values are missing" in result.stderr
    assert "the model gave numbers that are not finite" in result.stderr
