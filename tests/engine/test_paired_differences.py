"""Differences path by path."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from supplyshock.analysis.open_run import open_run
from supplyshock.execution.paired_differences import Sums, exact_sum
from supplyshock.execution.run import run_scenarios
from supplyshock_kernels.outputs import NOT, OUTCOMES, PATHS
from support import synthetic


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pairs") / "run"
    scenarios = [
        synthetic.scenario(),
        synthetic.scenario("swap_deal", 0.25),
        synthetic.scenario("rift", -0.5),
    ]
    run_scenarios(scenarios, out, paths=3000, backend=synthetic.simulate, progress="quiet")
    return out


def test_differences_are_those_of_the_outcomes(run: Path) -> None:
    tree = open_run(run)
    assert list(tree.pairs.pair.values) == ["swap_deal - status_quo", "rift - status_quo"]
    for name, axis in ((o.name, o.paired_over) for o in OUTCOMES if o.paired == PATHS):
        difference = tree.outcomes[name].astype("f8").diff("scenario", label="lower")
        base = tree.outcomes[name].astype("f8").isel(scenario=0)
        for i in range(2):
            difference = tree.outcomes[name].astype("f8").isel(scenario=i + 1) - base
            summed = difference.sum(axis) if axis else difference
            np.testing.assert_array_equal(tree.pairs[name].isel(pair=i), summed.astype("f4"))


def test_means_and_errors(run: Path) -> None:
    tree = open_run(run)
    for o in OUTCOMES:
        if o.paired == NOT:
            assert f"{o.name}_mean" not in tree.pairs
            continue
        values = tree.outcomes[o.name].astype("f8")
        difference = (values.isel(scenario=2) - values.isel(scenario=0)).values
        mean, se = (tree.pairs[f"{o.name}_{e}"].isel(pair=1).values for e in ("mean", "se"))
        np.testing.assert_allclose(mean, difference.mean(0), atol=2e-6)
        np.testing.assert_allclose(se, difference.std(0, ddof=1) / np.sqrt(3000), atol=5e-5)


def test_one_scenario_has_no_pairs(tmp_path: Path) -> None:
    run_scenarios([synthetic.scenario()], tmp_path / "r", paths=10, backend=synthetic.simulate, progress="quiet")
    assert "pairs" not in open_run(tmp_path / "r")


def test_exact_sum_is_exact_for_large_and_small() -> None:
    x = np.array([1e12, -1e12, 1e-6, 3.25, 1e9, -0.5])[:, None] * np.ones(2)
    expected = sum(Fraction(round(v * 2**20)) for v in x[:, 0])
    assert list(exact_sum(x)) == [expected] * 2


def test_sums_have_no_order_and_missing_values_no_mean() -> None:
    rng = np.random.default_rng(0)
    blocks = [rng.normal(size=(100, 3)) * 1e3 for _ in range(4)]
    blocks[2][7, 1] = np.nan

    def total(order: list[int]) -> Sums:
        sums = Sums()
        for i in order:
            part = Sums(count=100)
            part.update("x", blocks[i])
            sums.merge(part)
        return sums

    a, b = total([0, 1, 2, 3]), total([3, 1, 0, 2])
    assert (a.total["x"] == b.total["x"]).all()
    assert (a.square["x"] == b.square["x"]).all()
    mean, se = a.mean_se("x")
    assert np.isnan([mean[1], se[1]]).all()
    assert np.isfinite([mean[0], se[0], mean[2], se[2]]).all()
