"""Concessions and agreement: zones, frontier, Nash's point, and the square of the real model."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from supplyshock.common.errors import UsageError
from supplyshock.execution.simulation_settings import SimulationSettings
from supplyshock.reporting.plots.heatmap import heat_map
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.studies.bargain import plan_bargain, run_bargain
from supplyshock.studies.bargain_summary import bargain_headline, bargain_rows, places
from supplyshock.studies.bargaining_set import both_gain, frontier, nash, resampled
from supplyshock.studies.concessions import LEAST, choose_lists, with_concession
from supplyshock_kernels.backends.reference.simulate import simulate
from supplyshock_kernels.outputs import outcome_rows
from supplyshock_kernels.params import Grid
from support.command import invoke, is_one_clear_line, said

WEEKS, PATHS = 26, 96
HOW = SimulationSettings(PATHS, seed=2, backend="reference")
SMALL = ("--grid", 2, "--paths", 48, "--weeks", 12, "--backend", "reference", "--quiet")


@pytest.fixture(scope="module")
def base() -> Any:
    return load_scenario("status_quo", {"weeks": WEEKS})


@pytest.fixture(scope="module")
def square(base: Any) -> Any:
    return run_bargain(plan_bargain(base, grid=3), HOW)


def test_nash_divides_evenly_on_a_straight_frontier() -> None:
    x = np.linspace(0, 1, 101)
    assert nash(np.stack([x, 1 - x])) == 50
    assert nash(np.stack([1000 * x, 1 - x])) == 50  # the units of one side do not matter
    assert nash(np.stack([x, (1 - x) ** 2])) == 33  # argmax of x (1 - x)^2 is 1/3


def test_no_agreement_where_nobody_both_gain() -> None:
    assert nash(np.array([[1.0, -1.0, 0.0], [-1.0, 1.0, 5.0]])) is None


def test_the_frontier_is_what_nothing_beats() -> None:
    gain = np.array([[0.0, 1.0, 2.0, 1.0, 2.0], [3.0, 2.0, 0.0, 1.0, -1.0]])
    assert frontier(gain).tolist() == [True, True, True, False, False]
    assert frontier(np.zeros((2, 2, 2))).all()  # equals do not beat each other


@pytest.mark.parametrize("seed", range(4))
def test_the_frontier_against_its_definition(seed: int) -> None:
    """With many ties: every cell held against every other."""
    gain = np.random.default_rng(seed).integers(-3, 4, (2, 60)).astype(float)
    no_worse = (gain[:, None, :] >= gain[:, :, None]).all(0)
    better = (gain[:, None, :] > gain[:, :, None]).any(0)
    assert (frontier(gain) == ~(no_worse & better).any(1)).all()


def test_the_zone_waits_for_two_errors() -> None:
    gain = np.array([[1.0, 1.0, 1.0, 0.0], [1.0, 1.0, -3.0, 0.0]])
    se = np.array([[0.4, 0.6, 0.1, 0.0], [0.4, 0.1, 1.0, 0.0]])
    assert both_gain(gain, se).tolist() == [1, 0, -1, 0]


def test_resamples_say_how_sure_the_point_is() -> None:
    random = np.random.default_rng(1)
    sure = np.stack([np.full((32, 3), [1.0, 2.0, 3.0]), np.full((32, 3), 1.0)], axis=1)
    assert resampled(sure)[0].tolist() == [0, 0, 1]
    assert resampled(sure)[1].tolist() == [0, 0, 1]
    level = 5 + random.normal(0, 1, sure.shape)
    level -= level.mean(0) - 5  # three cells that are equal but for luck
    chosen, front = resampled(level)
    assert 0.1 < chosen.min() < chosen.max() < 0.8
    assert chosen.sum() == pytest.approx(1)
    assert (front >= chosen).all()
    assert (front > 0.3).all()


def test_a_concession_lowers_coverage_of_the_lists_named_only(base: Any) -> None:
    labels, params = base.labels, base.params
    lists = choose_lists(labels, params)
    assert lists.china == ("ree_2025_04", "magnets_2025_04", "ree_2025_10", "ree_light", "ga_ge")
    assert lists.us == ("advanced_chips",)
    before, after = params.markets, with_concession(params, labels, lists, 0.25, 1.0).markets
    material = np.arange(len(labels.market)) < params.n_materials
    assert np.allclose(after.cn_coverage[material], 0.75 * before.cn_coverage[material])
    assert np.array_equal(after.cn_coverage[~material], before.cn_coverage[~material])  # mature chips stay gated
    assert np.allclose(after.us_coverage, LEAST * before.us_coverage)
    nothing = with_concession(params, labels, lists, 0.0, 0.0).markets
    assert np.array_equal(nothing.cn_coverage, before.cn_coverage)


def test_wrong_lists_are_answered_with_the_nearest(base: Any) -> None:
    with pytest.raises(UsageError, match="did you mean 'ree_light'"):
        choose_lists(base.labels, base.params, ["ree_lite"])
    with pytest.raises(UsageError, match="--us-lists"):  # gates no market
        choose_lists(base.labels, base.params, [], ["chip_tools"])


def test_no_concession_is_no_deal_to_the_last_bit(square: Any) -> None:
    corner = square.isel(china=0, us=0)
    for name in ("gain", "gain_se", "compute_change", "hold_change"):
        assert not corner[name].to_numpy().any()


def test_the_corner_is_the_difference_of_two_simulations(base: Any, square: Any) -> None:
    lists = choose_lists(base.labels, base.params)
    r = {row.name: row for row in outcome_rows(base.params)}

    def cost(params: Any) -> np.ndarray:
        x = simulate(params, Grid(), 2, range(PATHS)).outcomes.astype(float)
        loss, bill, instead = r["loss_usd_bn"], r["price_bill_usd_bn"], r["substitution_usd_bn"]
        lost = x[loss.start : loss.stop].reshape(2, -1, PATHS).sum(1)
        return lost + x[bill.start : bill.stop] + x[instead.start : instead.stop]

    gain = cost(base.params) - cost(with_concession(base.params, base.labels, lists, 1.0, 1.0))
    corner = square.isel(china=-1, us=-1)
    assert np.allclose(corner["gain"], gain.mean(1), rtol=1e-6)
    assert np.allclose(corner["gain_se"], gain.std(1, ddof=1) / PATHS**0.5, rtol=1e-6)


def test_who_gains_from_what(square: Any) -> None:
    """China gains from chips, more than two errors; its own opening does not pay it."""
    gain, se = square["gain"].sel(party="CN"), square["gain_se"].sel(party="CN")
    assert float(gain.sel(china=0, us=1)) > 2 * float(se.sel(china=0, us=1)) > 0
    assert abs(float(gain.sel(china=1, us=0))) < 0.1 * float(gain.sel(china=0, us=1))
    compute = square["compute_change"].sel(china=0).to_numpy()
    assert (np.diff(compute) > 0).all()


def test_a_square_of_corners_has_no_middle(square: Any) -> None:
    assert [p.name for p in places(square)][2] == "both concede half"
    assert "both concede half" not in [p.name for p in places(square.isel(china=[0, -1], us=[0, -1]))]


def test_the_picture_and_the_words(square: Any, tmp_path: Path) -> None:
    assert heat_map(square, tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")
    text = bargain_headline(square)
    assert "of 9 swaps" in text
    names = [row["place"] for row in bargain_rows(square)]
    assert names[:4] == [
        "only China concedes",
        "only the United States concedes",
        "both concede half",
        "both concede all",
    ]


def test_the_command(tmp_path: Path) -> None:
    import xarray as xr

    out = tmp_path / "b"
    first = invoke("bargain", *SMALL, "--out", out, "--json")
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert told["cells"] == 4
    assert {"china", "us", "gain:US", "gain:US:se", "compute_change", "hold_change:Dy"} <= set(told["places"][0])
    with xr.open_zarr(out / "bargain.zarr", consolidated=False) as stored:
        assert dict(stored.sizes) == {"party": 2, "china": 2, "us": 2, "market": 26}
        assert [str(p) for p in stored["party"].values] == ["CN", "US"]
        assert float(stored["gain"].sel(party="CN", china=0, us=1)) == told["places"][1]["gain:CN"]
    table = list(csv.DictReader((out / "bargain.csv").read_text(encoding="utf-8").splitlines()))
    assert len(table) == 4
    assert float(table[1]["gain_CN"]) == told["places"][1]["gain:CN"]
    again = invoke("bargain", *SMALL, "--out", out)
    assert again.exit_code == 2
    assert "--overwrite" in said(again)
    assert invoke("bargain", *SMALL, "--out", out, "--overwrite", "--swap-config", "swap_deal").exit_code == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--china-lists", "ree_heavy"), "--china-lists"),
        (("--grid", "1"), "--grid"),
        (("status_qo",), "did you mean 'status_quo'?"),
    ],
)
def test_what_is_refused(args: tuple[str, ...], words: str, tmp_path: Path) -> None:
    answer = invoke("bargain", *args, "--out", tmp_path / "b", "--paths", 10)
    assert answer.exit_code in (2, 65)
    assert words in answer.stderr
    assert is_one_clear_line(answer)
    assert not (tmp_path / "b" / "bargain.zarr").exists()
