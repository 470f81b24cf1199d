"""Reading functions against answers known by hand, and against plain NumPy on a run; their examples run too."""

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import supplyshock as ss
from supplyshock.analysis import accessor
from supplyshock.analysis.comparison import compare_rows
from supplyshock.analysis.measures import REGISTRY
from supplyshock.analysis.run_groups import scenarios_of, select_scenarios
from supplyshock.common.errors import UsageError
from support import synthetic
from support.command import SCENARIOS, small_run, tree

__all__ = ["small_run", "tree"]

EXAMPLES = ("comparison", "fan_quantiles", "dataframe", "measures.store_reader", "open_run", "ranking", "tail_risk")


@pytest.fixture
def hand() -> xr.Dataset:
    """Two scenarios, five paths, two parties and two sectors: small enough to add up by hand."""
    base = np.zeros((5, 2, 2))
    base[:, 1, 0] = [0, 1, 2, 3, 4]  # US cars
    base[:, 1, 1] = [0, 0, 0, 0, 10]  # US magnets
    base[:, 0, 0] = 7  # CN cars
    other = base.copy()
    other[:, 1, 0] += [1, -1, 0, 0, -2]
    labels = {"scenario": ["a", "b"], "party": ["CN", "US"], "sector": ["cars", "magnets"], "bloc": ["CN", "XC"]}
    dims = ("scenario", "path", "party", "sector")
    loss = xr.Variable(dims, np.stack([base, other]).astype("f4"), {"units": "1e9 USD", "long_name": "lost"})
    stops = np.array([[np.nan, 3, 1, np.nan, 2]] * 2)
    stop = xr.Variable(("scenario", "path", "bloc", "sector"), np.stack([np.stack([stops] * 2, -1)] * 2, -1))
    return xr.Dataset({"loss_usd_bn": loss, "first_stop_week": stop}, labels)


def test_a_measure_sums_the_axes_without_a_label(hand: xr.Dataset) -> None:
    def of(by: str) -> list[float]:
        return list(ss.measure(hand, by, "a").to_numpy())

    assert of("loss") == [7, 8, 9, 10, 21]
    assert of("loss:US") == [0, 1, 2, 3, 14]
    assert of("loss:US,magnets") == of("loss:magnets,US") == [0, 0, 0, 0, 10]
    assert of("loss_usd_bn:cars") == [7, 8, 9, 10, 11]
    both = ss.measure(hand, "loss:US")
    assert both.dims == ("scenario", "path")
    assert list(both.sel(scenario="b")) == [1, 0, 2, 3, 12]
    assert (both.units, both.long_name) == ("1e9 USD", "lost: party US, all of sector")


def test_exceedance_and_tail_of_known_numbers(hand: xr.Dataset) -> None:
    table = ss.exceedance(hand, "loss:US", [0, 2.5, 14], scenario="a")
    assert list(table["probability"]) == [0.8, 0.4, 0.0]
    assert (table["se"] > 0).all()  # what was never seen still has an error
    tail = ss.cvar(hand, "loss:US", 0.8)
    assert list(tail["cvar"]) == pytest.approx([14, 12])
    exceedance = ss.exceedance(hand, "first_stop_week:cars,XC", [1.5], scenario="a")
    assert exceedance["probability"].item() == pytest.approx(0.4)  # weeks 3 and 2; never is not above


def test_differences_are_paired(hand: xr.Dataset) -> None:
    table = ss.compare(hand, measure="loss:US")
    line = table.loc[("b - a", "loss:US")]
    d = np.array([1, -1, 0, 0, -2])
    assert line["difference"] == pytest.approx(d.mean())
    assert line["se"] == pytest.approx(d.std(ddof=1) / np.sqrt(5))
    assert (line["lower"], line["higher"]) == pytest.approx((40, 20))
    back = ss.compare(hand, "b", "a", measure=["loss:US"])
    assert back.loc[("a - b", "loss:US"), "difference"] == pytest.approx(-d.mean())
    shuffled = hand.copy()
    shuffled["loss_usd_bn"] = hand["loss_usd_bn"].copy()
    shuffled["loss_usd_bn"][1] = hand["loss_usd_bn"][1, ::-1]
    wrong = ss.compare(shuffled, measure="loss:US")  # other luck: the same mean, a larger error
    assert wrong.loc[("b - a", "loss:US"), "difference"] == pytest.approx(d.mean())
    assert wrong.loc[("b - a", "loss:US"), "se"] > 3 * line["se"]


def test_ranks(hand: xr.Dataset) -> None:
    assert list(ss.worst(hand, 2).index) == [4, 3]
    assert list(ss.worst(hand, 2)["percentile"]) == [90, 70]
    place = ss.rank(hand, 1, "loss:CN")
    assert (place.value, place.below, place.equal, place.percentile) == (7, 0, 5, 50)
    assert ss.nearest(hand, 0.8) == 3
    assert ss.typical(hand) == 2
    assert list(ss.worst(hand, 9, "first_stop_week:cars,XC").index) == [1, 4, 2]


def test_a_dataset_without_scenarios_is_read_too(hand: xr.Dataset) -> None:
    alone = hand.sel(scenario="a")
    assert list(ss.to_dataframe(alone, "loss:US")["loss:US"]) == [0, 1, 2, 3, 14]
    assert ss.cvar(alone, "loss:US", 0.8)["cvar"].item() == pytest.approx(14)
    assert scenarios_of(alone) == []


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda d: ss.measure(d, "los:US"), "did you mean 'loss'"),
        (lambda d: ss.measure(d, "loss:USA"), "did you mean 'US'"),
        (lambda d: ss.measure(d, "loss:US,CN"), "two labels for one axis"),
        (lambda d: ss.measure(d, "first_stop_week:cars"), "needs a bloc"),
        (lambda d: ss.measure(d, "loss", "c"), "no such scenario"),
        (lambda d: ss.cvar(d, "first_stop_week:cars,XC"), "never happens on 2 of 5 paths"),
        (lambda d: ss.cvar(d, level=95), "between 0 and 1"),
        (lambda d: ss.compare(d, "a"), "nothing to compare"),
        (lambda d: ss.rank(d, 5), "no such path"),
        (lambda d: ss.rank(d, 0, "first_stop_week:cars,XC"), "never happens on this path"),
        (lambda d: ss.nearest(d, 95), "from 0 to 1"),
        (lambda d: ss.worst(d, 0), "1 or more"),
        (lambda d: ss.fan(d, "price"), "no such weekly quantity"),
    ],
)
def test_wrong_names_are_answered_with_the_nearest(hand: xr.Dataset, call: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        call(hand)


def test_fans_are_lazy_and_those_of_the_summary(tree: Any) -> None:
    fan = tree.supplyshock.fan("loss_usd_bn", party="US", scenario="breakdown")
    assert not fan.variable._in_memory
    quantile, se = (
        tree["summary"][f"loss_usd_bn_{ending}"].sel(scenario="breakdown", party="US").load()
        for ending in ("quantile", "quantile_se")
    )
    xr.testing.assert_identical(fan.load(), quantile.assign_coords(se=se))
    with pytest.raises(UsageError, match="did you mean 'Dy'"):
        tree.supplyshock.fan(market="Dyy")


def test_compare_is_what_show_says(tree: Any) -> None:
    from supplyshock.analysis.summary_tables import headline

    shown = {r[1:4]: r.value for r in headline(tree) if r.table == "differences"}
    rows = compare_rows(tree)
    assert {r[1:4]: r.value for r in rows} == pytest.approx(shown, nan_ok=True)


def test_a_choice_of_scenarios_is_a_run_of_its_own(tree: Any) -> None:
    part = select_scenarios(tree, ["breakdown", "swap_deal"])
    assert scenarios_of(part) == part.attrs["scenarios"] == ["breakdown", "swap_deal"]
    assert "pairs" not in part.children
    for name in ("swap_deal", "breakdown"):
        by_sector = tree["outcomes"]["loss_usd_bn"].sel(scenario=name, party="US").transpose("sector", "path")
        np.testing.assert_array_equal(ss.measure(part, "loss:US", name), sum(by_sector.to_numpy().astype("f8")))
    with pytest.raises(UsageError, match="twice"):
        select_scenarios(tree, ["swap_deal", "swap_deal"])


def test_every_measure_of_a_run_can_be_read(tree: Any) -> None:
    for row in REGISTRY.values():
        values = ss.measure(tree, row.example, SCENARIOS[0])
        timed = not row.outcomes or " at " in row.example
        assert values.sizes == {"path": 10 if timed else 300}
        assert np.isfinite(values).all() or row.never


def test_the_accessor_has_every_function(tree: Any) -> None:
    public = {"fan", "measure", "exceedance", "cvar", "compare", "worst", "nearest", "typical", "rank", "to_dataframe"}
    for name in public:
        assert getattr(ss, name) is (accessor.read_measure if name == "measure" else getattr(accessor, name))
        assert callable(getattr(tree.supplyshock, name))
    np.testing.assert_array_equal(
        tree.supplyshock.measure("loss:CN", "breakdown"), ss.measure(tree, "loss:CN", "breakdown")
    )


def test_plain_xarray_has_the_accessor_once_its_module_is_imported(small_run: Any) -> None:
    code = (
        "import sys, supplyshock.analysis.accessor, xarray as xr\n"
        f"run = xr.open_datatree({str(small_run / 'results.zarr')!r}, engine='zarr')\n"
        "print(run.supplyshock.scenarios, len(run.supplyshock.worst(3)))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split("]")[1].strip() == "3", done.stderr


def test_importing_the_package_is_light() -> None:
    code = "import sys, supplyshock; print([m for m in ('numpy', 'xarray', 'pandas', 'numba') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["supplyshock.analysis.accessor", *EXAMPLES])
def test_examples_in_docstrings(name: str, tree: Any, small_run: Path) -> None:
    module = importlib.import_module(
        name if name == "supplyshock.analysis.accessor" else f"supplyshock.analysis.{name}"
    )
    names = {**{name: getattr(ss, name) for name in ss.__all__}, "run": tree, "folder": small_run}
    tests = [t for t in doctest.DocTestFinder().find(module, globs=names) if t.examples]
    assert tests
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in tests:
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


def test_a_tiny_world_is_read_block_by_block(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """3,000 paths in pieces of a chunk give what they give in one piece."""
    from supplyshock.analysis import path_values

    scenarios = [synthetic.scenario(), synthetic.scenario("rift", 0.5)]
    ss.run_scenarios(scenarios, tmp_path / "run", paths=3000, backend=synthetic.simulate, progress="quiet")
    run = ss.open_run(tmp_path / "run")
    whole = ss.compare(run, measure=["loss:US", "quote:Dy", "stop:cars"])
    monkeypatch.setattr(path_values, "AT_LEAST", 1)
    assert ss.compare(run, measure=["loss:US", "quote:Dy", "stop:cars"]).equals(whole)
    assert whole.loc[("rift - status_quo", "quote:Dy"), "difference"] == pytest.approx(0.5, abs=1e-6)
    assert whole.loc[("rift - status_quo", "loss:US"), "difference"] == pytest.approx(1.0, abs=1e-6)
