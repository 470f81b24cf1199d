"""What parameters leave open in the figures of a firm and of a measure: equal to runs under each draw by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import supplyshock as ss
from supplyshock.analysis.exposure.best_stock import CHEAPEST_ON_AVERAGE, best_stocks
from supplyshock.analysis.exposure.parameter_errors import (
    BEST_FILE,
    BestDraws,
    Choice,
    best_as_csv,
    count_choices,
    read_best,
    with_parameter_errors,
)
from supplyshock.analysis.summary_tables.measures import measure_rows
from supplyshock.analysis.summary_tables.parameter_errors import FILE, Key, digests_of, read_spread
from supplyshock.calibration.parameter_posterior import drawn_params, read_posterior, shipped_posterior
from supplyshock.cli.uncertainty import write_spread
from supplyshock.common.errors import DataError
from supplyshock.common.number_format import number
from supplyshock.scenarios.config.load import load_config
from supplyshock.scenarios.scenario import build_scenario
from supplyshock.studies.figure_spread import FigureSpread
from support.command import invoke, is_one_clear_line, said

BOOK = """
title: Plant
inputs: [{market: Dy, use: 3 t/year, stock: 2 weeks}]
lines: [{title: Motors, needs: [Dy], value_added: 9 M USD/year}]
holding_cost: 12 %/year
options:
  - {title: more Dy, inputs: {Dy: {stock: 13 weeks, bought: spot over 26 weeks}}}
  - {sweep: Dy.stock, values: [0, 2, 26]}
"""
WEEKS, PATHS, DRAWS = {"weeks": 30}, 60, 3
HOW: dict[str, Any] = {"paths": PATHS, "seed": 1, "backend": "reference", "progress": "quiet"}
DATED, TOTAL = "quote:Dy peak before 2027-01-06", "extra_cost"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "plant.yaml"
    path.write_text(BOOK, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, book: Path) -> Path:
    """A run with a book and what parameters leave open of it."""
    out = tmp_path_factory.mktemp("firm") / "run"
    ss.run_scenarios([ss.load_scenario("status_quo", WEEKS)], out, book=book, save_series=20, **HOW)
    words = ("--draws", DRAWS, "--paths", PATHS, "--backend", "reference", "--measure", DATED, "--measure", TOTAL)
    done = invoke("uncertainty", "--run", out, *words)
    assert done.exit_code == 0, done.output
    for word in (FILE, BEST_FILE, f"supplyshock exposure {out}", f"supplyshock show {out} --measure"):
        assert word in done.stdout
    return out


@pytest.fixture(scope="module")
def by_hand(book: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, xr.Dataset]]:
    """A run of its own under each draw, and the firm's figures."""
    loaded = load_config("status_quo", WEEKS)
    made = []
    for i, params in enumerate(drawn_params(loaded, read_posterior(shipped_posterior()).draw(DRAWS, 1))):
        out = tmp_path_factory.mktemp("draw") / str(i)
        scenario = replace(build_scenario(loaded), params=params)
        made.append((out, ss.exposure(book, [scenario], out, save_series=PATHS, **HOW)))
    return made


@pytest.fixture(scope="module")
def figures(run: Path, book: Path) -> xr.Dataset:
    """The figures of the run as Python gives them."""
    return ss.exposure(book, [ss.load_scenario("status_quo", WEEKS)], run, save_series=20, **HOW)


@pytest.mark.parametrize("name", ["slow_probability", "total_cost_usd_mean", "extra_cost_usd_cvar95",
                                  "lost_value_added_usd_mean"])  # fmt: skip
def test_a_figure_has_the_spread_of_runs_by_hand(
    name: str, figures: xr.Dataset, by_hand: Sequence[tuple[Path, xr.Dataset]]
) -> None:
    values = np.array([one[name].sel(scenario="status_quo").values for _, one in by_hand])
    spread = figures[f"{name}_parameter_sd"].sel(scenario="status_quo").values
    np.testing.assert_allclose(spread, values.std(0, ddof=1), rtol=1e-3, atol=1e-12)
    assert spread.max() > 0 and figures[f"{name}_parameter_sd"].attrs["units"] == figures[name].attrs["units"]


@pytest.mark.parametrize(("name", "axis"), [("total_cost_usd_difference", "tail_weight"),
                                            ("first_short_probability", "input")])  # fmt: skip
def test_so_has_one_of_three_dimensions(
    name: str, axis: str, figures: xr.Dataset, by_hand: Sequence[tuple[Path, xr.Dataset]]
) -> None:
    values = np.array([one[name].sel(scenario="status_quo").values for _, one in by_hand])
    spread = figures[f"{name}_parameter_sd"].sel(scenario="status_quo")
    assert spread.dims == ("option", axis)
    np.testing.assert_allclose(spread.values, values.std(0, ddof=1), rtol=1e-3, atol=1e-12)


def test_the_best_stock_is_counted_over_the_draws(
    figures: xr.Dataset, by_hand: Sequence[tuple[Path, xr.Dataset]], run: Path
) -> None:
    chosen = [next(best_stocks(one)).best for _, one in by_hand]  # on average
    best = next(best_stocks(figures))
    assert dict(best.wins) == {value: chosen.count(value) for value in chosen} and best.draws == DRAWS
    assert [n for _, n in best.wins] == sorted((n for _, n in best.wins), reverse=True)
    assert (figures[CHEAPEST_ON_AVERAGE].sum("option") == DRAWS).all()
    printed = " ".join(invoke("exposure", run).stdout.split())
    assert f"it costs least in {dict(best.wins).get(best.best, 0)} of {DRAWS} draws" in printed


def test_errors_hold_both_and_files_have_each(figures: xr.Dataset, run: Path) -> None:
    shown = invoke("exposure", run).stdout
    assert "± one error of paths and parameters" in shown and "what the calibration" in shown
    one = figures.sel(scenario="status_quo", option="as it is")
    se, sd = (float(one[f"total_cost_usd_mean_{end}"]) / 1e6 for end in ("se", "parameter_sd"))
    both = number(float(one["total_cost_usd_mean"]) / 1e6, float(np.hypot(se, sd)))
    assert both in shown and both != number(float(one["total_cost_usd_mean"]) / 1e6, se)
    rows = json.loads(invoke("exposure", run, "--json").stdout)["rows"]
    first = next(r for r in rows if (r["scenario"], r["option"]) == ("status_quo", "as it is"))
    assert first["total_cost_usd_mean_parameter_sd"] == pytest.approx(1e6 * sd)
    assert {"first_short_probability_Dy_parameter_sd", "total_cost_usd_difference_parameter_sd"} <= first.keys()
    page = run.parent / "page.html"
    assert invoke("report", run, "--output", page).exit_code == 0
    assert "± holds the number of paths and what the calibration" in page.read_text(encoding="utf-8")


def test_a_measure_has_the_spread_of_runs_by_hand(run: Path, by_hand: Sequence[tuple[Path, xr.Dataset]]) -> None:
    """Of all paths under each draw, though the run itself kept the weeks of a third."""
    every = [{(r.item, r.statistic): r.value for r in measure_rows(ss.open_run(out), [DATED, TOTAL])}
             for out, _ in by_hand]  # fmt: skip
    answer = json.loads(invoke("show", run, "--measure", DATED, "--measure", TOTAL, "--json").stdout)
    mine = [r for r in answer["rows"] if r["scenario"] == "status_quo" and r["statistic"] in ("mean", "P95")]
    assert len(mine) == 4
    for row in mine:
        name = row["item"].partition(" (")[0]
        values = [next(v for (i, s), v in one.items() if i.startswith(name) and s == row["statistic"]) for one in every]
        assert row["parameter_sd"] == pytest.approx(np.std(values, ddof=1), rel=1e-3)
    shown = invoke("show", run, "--measure", TOTAL).stdout
    mean = next(r for r in mine if r["item"].startswith(TOTAL) and r["statistic"] == "mean")
    assert number(mean["value"], float(np.hypot(mean["se"], mean["parameter_sd"]))) in " ".join(shown.split())
    assert "paths and parameters together" in shown
    other = invoke("show", run, "--measure", TOTAL, "--measure", "quote:Dy").stdout
    assert "Monte Carlo standard error" in other and "together" not in other  # one has no spread


def test_figures_of_other_scenarios_get_none(figures: xr.Dataset, run: Path, tmp_path: Path) -> None:
    digests = digests_of(ss.open_run(run))
    added = [n for n in figures.data_vars if str(n).endswith("_parameter_sd") or str(n).startswith("cheapest_")]
    bare = figures.drop_vars(added)
    assert with_parameter_errors(bare, digests, run).equals(figures)
    assert with_parameter_errors(bare, digests, None) is bare
    assert with_parameter_errors(bare, digests, tmp_path).equals(bare)
    other = with_parameter_errors(bare, dict.fromkeys(digests, "0" * 64), run)
    assert "stop_probability_parameter_sd" not in other and not other[CHEAPEST_ON_AVERAGE].any()


def test_without_a_spread_the_command_that_adds_it_is_named(book: Path, tmp_path: Path) -> None:
    words = ("status_quo", "--weeks", 20, "--paths", 20, "--backend", "reference", "--out", tmp_path / "run")
    printed = " ".join(invoke("exposure", book, *words).stdout.split())
    assert "± leaves out what the calibration of the markets leaves open. To add it:" in printed
    assert f"supplyshock uncertainty --run {tmp_path / 'run'}" in printed and "± one Monte Carlo error" in printed


def test_earlier_measures_stay(tmp_path: Path) -> None:
    measure, figure = Key("d", "measures", TOTAL, "mean"), Key("d", "firm", "as it is", "slow_probability")
    for sds in ({measure: 1.0, figure: 2.0}, {figure: 3.0}):
        write_spread(tmp_path, FigureSpread(sds, BestDraws(0, {}), 2, has_firm=True))
    assert read_spread(tmp_path / FILE) == {measure: 1.0, figure: 3.0}
    assert not (tmp_path / BEST_FILE).exists()


def test_a_damaged_spread_is_replaced_and_nothing_computed_is_lost(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("not a table", encoding="utf-8")
    figure = Key("d", "firm", "as it is", "slow_probability")
    write_spread(tmp_path, FigureSpread({figure: 3.0}, BestDraws(0, {}), 2, has_firm=True))
    assert read_spread(tmp_path / FILE) == {figure: 3.0}


@pytest.mark.parametrize("text", ["quote:Xx", "extra_costs", "regime at week 3"])
def test_a_wrong_measure_is_refused_before_anything_runs(text: str, run: Path) -> None:
    before = (run / FILE).read_bytes()
    answer = invoke("uncertainty", "--run", run, "--measure", text)
    assert answer.exit_code == 2 and is_one_clear_line(answer) and text.split()[0] in said(answer)
    assert (run / FILE).read_bytes() == before


def test_counts_of_best_stocks_survive_their_file(tmp_path: Path) -> None:
    a, b = Choice("d", "stock 2, or more", CHEAPEST_ON_AVERAGE), Choice("d", "stock 4", CHEAPEST_ON_AVERAGE)
    best = count_choices([[a], [b], [a]])
    assert best == BestDraws(3, {a: 2, b: 1})
    (tmp_path / BEST_FILE).write_text(best_as_csv(best), encoding="utf-8")
    assert read_best(tmp_path / BEST_FILE) == best
    assert read_best(tmp_path / "nothing.csv") == BestDraws(0, {})


@pytest.mark.parametrize("line", ["d,o,c,4,3", "d,o,c,0,3", "d,o,c,x,3", "d,o,3", "d,o,c,1,3\nd,o,e,1,4"])
def test_a_table_that_is_none_is_refused(line: str, tmp_path: Path) -> None:
    (tmp_path / BEST_FILE).write_text(f"digest,option,by,wins,draws\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match="not a table of best stocks"):
        read_best(tmp_path / BEST_FILE)
