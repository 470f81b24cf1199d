"""The exposure of a firm: its file, the command, the same paths as a run, and the figures against plain arithmetic."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import supplyshock as ss
from supplyshock.analysis.exposure import tables
from supplyshock.analysis.exposure.best_stock import best_stocks
from supplyshock.analysis.exposure.tables import best_lines
from supplyshock.common.errors import ConfigError, StoreError, SupplyshockError
from supplyshock.execution.path_reuse import EarlierRun, check_same_outcomes
from supplyshock.execution.run import run_scenarios
from supplyshock.scenarios.exposure.example import EXAMPLE
from supplyshock.scenarios.exposure.firm_params import firm_of, series_of
from supplyshock.scenarios.exposure.load import check_exposure, load_exposure
from supplyshock.scenarios.yaml_files.yaml_reader import parse_document
from supplyshock_kernels.firm_outputs import FIRM_OUTCOMES
from support.command import invoke
from support.firms import one_path

WEEKS = {"weeks": 40}
SMALL = """
title: Plant
inputs:
  - {market: Dy, use: 3 t/year, stock: 2 weeks, priority: 0.2, contract: {share: 50 %, reset: 13 weeks}}
  - {market: NdFeB, use: 20 t/year, stock: 300 kg}
  - {market: leading_logic, use: 5 M USD/year, stock: 1 M USD}
lines:
  - {title: Motors, needs: [Dy, NdFeB], value_added: 120 M USD/year, minimum_rate: 60 %, restart: 1 week}
  - {title: Controls, needs: [leading_logic, Dy], value_added: 40 M USD/year}
holding_cost: 12 %/year
options:
  - {title: more Dy, inputs: {Dy: {stock: 13 weeks, bought: spot over 26 weeks}}}
  - {title: less Dy, inputs: {Dy: {substitute: {after: 10 weeks, saves: 30 %, costs: 2 M USD}}}}
  - {sweep: Dy.stock, values: [0, 2, 8]}
"""


@pytest.fixture(scope="module")
def scenario() -> ss.Scenario:
    return ss.load_scenario("breakdown", WEEKS)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "plant.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def changed(old: str, new: str) -> str:
    assert old in SMALL
    return SMALL.replace(old, new, 1)


# -- the file


def test_units_become_weeks_of_use_and_ratios(book: Path, scenario: ss.Scenario) -> None:
    firm = firm_of(load_exposure(book, scenario), scenario)
    np.testing.assert_allclose(firm.bill[0], 3000 / 52 * 239, rtol=0.02)  # USD a week, at 239 USD/kg
    np.testing.assert_allclose(firm.book, [2, 0.3 / 20 * 52, 1 / 5 * 52])
    np.testing.assert_allclose(firm.bill[2], 5e6 / 52)
    assert firm.options.at_once[:, 0].tolist() == [0, 0, 0, -2, 0, 6]
    np.testing.assert_allclose(firm.options.buy[1, 0].sum(), 11)
    np.testing.assert_allclose(firm.options.target[1, 0, [0, 13, 26]], [2, 7.5, 13])
    assert firm.options.need[2, 0, 9:11].tolist() == [1, 0.7]
    assert firm.options.once.tolist() == [0, 0, 2e6, 0, 0, 0]
    np.testing.assert_allclose(firm.lines.share[0], [[0.75, 1, 0], [0.25, 0, 1]])
    assert firm.supplies.power.tolist() == [5, 1, 1]


def test_a_fixed_price_holds_until_its_day(book: Path, scenario: ss.Scenario) -> None:
    book.write_text(changed("reset: 13 weeks", "reset: 4 weeks, fixed: 478 USD/kg until 2026-12-31"), encoding="utf-8")
    supplies = firm_of(load_exposure(book, scenario), scenario).supplies
    np.testing.assert_allclose(supplies.fixed[0], 2, rtol=0.02)
    assert supplies.fixed_until[0] == 13  # the week from 6 January


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("3 t/year", "3 t", "plant.yaml:4: inputs[0].use: expected a rate"),
        ("5 M USD/year", "5 t/year", "plant.yaml:6: inputs[2].use: expected a sum a year"),
        ("market: leading_logic", "market: leading_logik", "did you mean 'leading_logic'?"),
        ("stock: 2 weeks", "stokc: 2 weeks", "did you mean 'stock'?"),
        ("share: 50 %", "share: 150 %", "expected at most 100 %, got '150 %'"),
        ("market: NdFeB", "market: Dy", "expected each market once in `inputs`, got Dy twice"),
        ("needs: [leading_logic, Dy]", "needs: [Dy]", "got no line needs leading_logic; add leading_logic to"),
        ("needs: [leading_logic, Dy]", "needs: [leading_logic, Nd]", "lines[1].needs"),
        ("priority: 0.2", "priority: 20", "expected a number of at most 10"),
        ("sweep: Dy.stock", "sweep: Dy.use", "expected `sweep: MARKET.stock or MARKET.priority"),
        ("values: [0, 2, 8]", "values: [0, -2]", "expected a quantity of at least 0"),
        ("sweep: Dy.stock,", "sweep: Dy.priority, target: 2 weeks,", "expected `bought` and `target` beside a sweep"),
        ("values: [0, 2, 8]", "values: [0, 2, 8], target: -1 week", "expected a quantity of at least 0"),
        ("inputs: {Dy: {stock", "inputs: {Nd: {stock", "expected options of the inputs Dy, NdFeB, leading_logic"),
        ("bought: spot over 26 weeks", "bought: some day", "expected 'spot', or 'spot over 26 weeks'"),
        ("bought: spot over 26 weeks", "second_source: {share: 20 %, from: 2026-01-01}", "a date from 2026-10"),
        ("reset: 13 weeks", "fixed: 310 USD/kg until May", "expected a price and a day"),
        ("3 t/year", "300 t/year", "at most 5% of the world's use of Dy, 104 t/year, got 300 t/year (14%); the"),
        ("restart: 1 week", "restart: 1 kg", "expected a duration"),
        ("3 t/year", "3 lb/year", "unknown unit 'lb'; known here: g, kg, t or kt per day, week, month or year; or USD"),
        ("reset: 13 weeks", "reset: 11 years", "expected at most 10 years, got '11 years'"),
        ("values: [0, 2, 8]}", "values: [0]}\n  - {sweep: Dy.contract.share, values: [20 %, 120 %]}",
         "expected at most 100 %, got '120 %'"),
        ("{title: more Dy, inputs: {Dy: {stock: 13 weeks, bought: spot over 26 weeks}}}",
         "{title: slow, lines: {Motor: {minimum_rate: 10 %}}}", "options of the lines Motors, Controls, got Motor"),
    ],
)  # fmt: skip
def test_wrong_input_gets_one_line(book: Path, scenario: ss.Scenario, old: str, new: str, says: str) -> None:
    book.write_text(changed(old, new), encoding="utf-8")
    with pytest.raises(SupplyshockError) as caught:
        firm_of(load_exposure(book, scenario), scenario)
    message = str(caught.value)
    assert says in message, message
    assert message.count("\n") <= 1 and caught.value.exit_code == 65


def test_the_example_is_sound(tmp_path: Path) -> None:
    done = invoke("exposure", "--init", str(tmp_path / "plant.yaml"))
    assert done.exit_code == 0 and (tmp_path / "plant.yaml").read_text(encoding="utf-8") == EXAMPLE
    assert invoke("exposure", "--init", str(tmp_path / "plant.yaml")).exit_code == 2
    full = ss.load_scenario("status_quo")
    assert len(load_exposure(tmp_path / "plant.yaml", full).choices) == 15


def test_a_book_that_is_not_there_and_one_without_scenarios(tmp_path: Path, book: Path) -> None:
    missing = invoke("exposure", str(tmp_path / "no.yaml"), "status_quo", "--out", str(tmp_path / "x"))
    assert missing.exit_code == 65 and "--init FILE" in missing.stderr
    assert invoke("exposure", str(book), "--out", str(tmp_path / "x")).exit_code == 2
    assert invoke("exposure", str(book), "status_quo").exit_code == 2


# -- the numbers


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, scenario: ss.Scenario) -> xr.Dataset:
    folder = tmp_path_factory.mktemp("exposure")
    (folder / "plant.yaml").write_text(SMALL, encoding="utf-8")
    return ss.exposure(
        folder / "plant.yaml", [scenario, ss.load_scenario("swap_deal", WEEKS)], folder / "run", paths=600
    )


def test_the_firm_lives_on_the_paths_of_a_run(tmp_path: Path, results: xr.Dataset, scenario: ss.Scenario) -> None:
    """The stored series of an ordinary run, handed to plain Python, give the same totals."""
    ss.run_scenarios([scenario], tmp_path / "run", paths=600, save_series=30, progress="quiet")
    run = ss.open_run(tmp_path / "run")["paths"].to_dataset().isel(scenario=0)
    (tmp_path / "plant.yaml").write_text(SMALL, encoding="utf-8")
    firm = firm_of(load_exposure(tmp_path / "plant.yaml", scenario), scenario)
    rows = []
    for market in ("Dy", "NdFeB", "leading_logic"):
        one = run.sel(market=market)
        rows += [one["price_ratio"].sel(bloc="XC"), one["paid_price_ratio"], one["shortage_ratio"].sel(bloc="XC")]
    series = np.stack([row.transpose("time", "path").values for row in rows])
    for path in range(30):
        want = one_path(firm, 1, series[:, :, path].astype(float))
        for row in FIRM_OUTCOMES:
            got = float(results[row.name].isel(scenario=0, option=1, path=path))
            np.testing.assert_allclose(
                got, want[row.name], rtol=1e-3, atol=200 if row.units == "USD" else 0, err_msg=row.name
            )


def test_figures_are_those_of_the_outcomes(results: xr.Dataset) -> None:
    total, first = (results[name].transpose(..., "path").values for name in ("total_cost_usd", "first_stop_week"))
    total = total.astype(float)
    np.testing.assert_allclose(results["total_cost_usd_mean"], total.mean(-1), rtol=1e-5)
    np.testing.assert_allclose(results["stop_probability"], np.isfinite(first).mean(-1))
    assert 0 < float(results["stop_probability"].isel(scenario=0, option=0)) < 1
    difference = total - total[:, :1]
    at = results["total_cost_usd_difference"].sel(tail_weight=0.0)
    error = results["total_cost_usd_difference_se"].sel(tail_weight=0.0)
    np.testing.assert_allclose(at, difference.mean(-1), rtol=1e-4, atol=1)
    np.testing.assert_allclose(error, difference.std(-1, ddof=1) / 600**0.5, rtol=1e-3, atol=1)
    tails = results["total_cost_usd_cvar95"].values
    at = results["total_cost_usd_difference"].sel(tail_weight=1.0)
    np.testing.assert_allclose(at, tails - tails[:, :1], rtol=1e-3, atol=50)


def test_how_often_each_input_is_the_first_that_is_short(results: xr.Dataset) -> None:
    """Shares of the paths, by input, add up to how often a line is slower; the table starts with the largest."""
    binding = results["binding_input"].transpose("scenario", "option", "path").values
    shares = results["first_short_probability"]
    assert shares.dims == ("scenario", "option", "input") and shares.attrs["units"] == "1"
    for i in range(results.sizes["input"]):
        share = (binding == i).mean(-1)
        np.testing.assert_allclose(shares.isel(input=i), share)
        error = results["first_short_probability_se"].isel(input=i).values
        inside = (share > 0.1) & (share < 0.9)
        np.testing.assert_allclose(error[inside], ((share * (1 - share)) / 600)[inside] ** 0.5, rtol=0.05)
    np.testing.assert_allclose(shares.sum("input"), results["slow_probability"])
    header, lines = tables.short(results)
    most = shares.isel(option=0).max("scenario").values
    assert header[1] == str(results["input"].values[most.argmax()]) and len(lines) == results.sizes["scenario"]
    assert len(header) == 1 + (most > 0).sum()
    calm = results.assign(first_short_probability=0 * shares)
    assert tables.short(calm)[1] == [], "no table where nothing is ever short"
    row = next(tables.rows(results))
    assert row[f"first_short_probability_{header[1]}"] == float(shares.isel(scenario=0, option=0).sel(input=header[1]))


def test_the_value_of_the_book_in_a_sweep_is_the_book(results: xr.Dataset) -> None:
    same = results.isel(option=[0, 4])
    assert [str(o) for o in same["option"].values] == ["as it is", "Dy.stock 2 weeks"]
    for row in FIRM_OUTCOMES:
        x = same[row.name].values
        np.testing.assert_array_equal(x[..., 0], x[..., 1])


def test_more_stock_never_stops_a_line_more(results: xr.Dataset) -> None:
    chance = results["slow_probability"].isel(option=[3, 4, 5]).values
    assert (np.diff(chance, axis=1) <= 0).all() and (chance[:, 0] > chance[:, 2]).any()


def test_weeks_are_counted(results: xr.Dataset) -> None:
    stands = results["standing_probability"].isel(scenario=0, option=0)
    assert stands.sizes == {"line": 2, "time": 40}
    weeks = float(results["stop_weeks_mean"].isel(scenario=0, option=0))
    assert float(stands.max("line").sum()) <= weeks + 1e-6 <= float(stands.sum()) + 1e-5
    quantiles = results["stock_weeks_quantile"].isel(scenario=0, option=0)
    assert (quantiles.diff("quantile") >= 0).all() and (quantiles >= 0).all()


@pytest.mark.parametrize("options", [{"threads": 1}, {"threads": 3}])
def test_the_same_bits_for_any_block_and_thread(
    book: Path, results: xr.Dataset, scenario: ss.Scenario, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supplyshock.execution.attached_firm.ROOM", 1)
    monkeypatch.setattr("supplyshock.execution.attached_firm.STEP", 250)
    again = ss.exposure(book, [scenario], paths=600, **options)
    xr.testing.assert_identical(again.drop_attrs(), results.isel(scenario=[0]).load().drop_attrs())


def test_the_best_stock_is_the_cheapest(results: xr.Dataset) -> None:
    cheapest = {(b.scenario, b.weight): b for b in best_stocks(results)}
    assert len(cheapest) == 4
    cost = results["total_cost_usd_mean"].isel(scenario=0, option=[3, 4, 5]).values
    best = cheapest["breakdown", 0.0]
    assert best.best == ["0 weeks", "2 weeks", "8 weeks"][int(cost.argmin())]
    assert best.lowest_weight == 0.0 <= best.highest_weight
    said = {scenario: text for scenario, _, text in best_lines(results) if "on average" in text}
    weighted = [text for _, _, text in best_lines(results) if "on average" not in text]
    assert weighted and all("with 50 % weight on the worst 5 %" in text for text in weighted)
    assert not any(re.search(r"\d%", text) for _, _, text in best_lines(results))
    assert all(
        ("one beyond it may cost less" in said[b.scenario]) == b.at_end for b in best_stocks(results) if not b.weight
    )


def test_a_sweep_with_a_target_is_of_stocks_that_are_used_up(book: Path, scenario: ss.Scenario) -> None:
    """The same bits as an option by hand; beside it stands the sweep of stocks that are kept up."""
    by_hand = "{title: by hand, inputs: {Dy: {stock: 26 weeks, reorder: {target: 1 week}}}}"
    used_up = "{sweep: Dy.stock, values: [2, 26], target: 1}"
    book.write_text(changed("  - {sweep", f"  - {by_hand}\n  - {used_up}\n  - {{sweep"), encoding="utf-8")
    results = ss.exposure(book, [scenario], paths=300)
    ours = results["sweep"] == "Dy.stock, target 1 week"
    assert list(results["option"].values[ours]) == [f"Dy.stock, target 1 week {n} weeks" for n in (2, 26)]
    cost = results["total_cost_usd"]
    hand, swept = (cost.sel(option=name).values for name in ("by hand", "Dy.stock, target 1 week 26 weeks"))
    assert np.array_equal(hand, swept)
    assert {b.sweep for b in best_stocks(results)} == {"Dy.stock", "Dy.stock, target 1 week"}
    stocks = results["stock_weeks_quantile"].sel(quantile=0.5, input="Dy").isel(scenario=0, time=-1)
    assert float(stocks.sel(option="by hand")) < 2 < float(stocks.sel(option="Dy.stock 8 weeks"))


def test_advice_names_the_best_stock_of_all_sweeps_of_a_market(results: xr.Dataset) -> None:
    sweeps = ["", "", "", "Dy.stock", "Dy.stock", "Dy.stock, target 1 week"]
    costs, dims = np.array([0.0, 9, 9, 3, 1, 2]), ("scenario", "option", "tail_weight")
    shape = tuple(results.sizes[d] for d in dims)
    known = results.assign_coords(sweep=("option", sweeps)).assign(
        total_cost_usd_difference=(dims, np.broadcast_to(1e6 * costs[None, :, None], shape)),
        total_cost_usd_difference_se=(dims, np.full(shape, 1e5)),
        total_cost_usd_mean=(dims[:2], np.broadcast_to(1e6 * np.array([[5.0], [7.0]]), shape[:2])),
    )
    worst, of_stocks = tables.advice(known).split(". ")
    second = str(results["scenario_title"].values[1])
    assert worst == f"The costliest scenario is “{second}”: 7 M USD on average"
    assert of_stocks == (
        "Of the stocks of Dy tried, 2 weeks kept up at any price cost least with 50 % weight on the worst 5 %; "
        "more may cost less; of those used up down to 1 week, 8 weeks."
    )
    assert tables.advice(known.isel(option=[0, 1], scenario=[0])) == ""


def test_the_last_of_the_stocks_may_not_be_the_best_there_is(results: xr.Dataset) -> None:
    """Costs that fall along the sweep have their lowest value at its end, whatever that is."""
    falling = results.copy()
    along = xr.DataArray(np.arange(results.sizes["option"]), dims="option")
    falling["total_cost_usd_difference"] = results["total_cost_usd_difference"] * 0 - along
    assert all(b.at_end for b in best_stocks(falling))
    rising = falling.assign(total_cost_usd_difference=-falling["total_cost_usd_difference"])
    assert not any(b.at_end for b in best_stocks(rising))


# -- the command


def test_the_command_prints_at_most_80_columns_and_writes_files(tmp_path: Path, book: Path) -> None:
    words = ["exposure", str(book), "status_quo", "breakdown", "--paths", "300", "--weeks", "40"]
    done = invoke(*words, "--out", str(tmp_path / "out"))
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Plant (Status quo, 40 weeks): it stands on ")
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= 80
    for name in ("results.zarr/exposure", "exposure.csv", "exposure.png"):
        assert (tmp_path / "out" / name).exists()
    for again in (invoke(*words, "--out", str(tmp_path / "out")), invoke("exposure", str(tmp_path / "out"))):
        assert again.exit_code == 0 and again.stdout == done.stdout
    book.write_text(changed("2 weeks", "3 weeks"), encoding="utf-8")
    other = invoke(*words, "--out", str(tmp_path / "out"))
    assert other.exit_code == 2 and "contains another run (book is " in other.stderr and "--overwrite" in other.stderr
    facts = json.loads(invoke(*words, "--out", str(tmp_path / "out"), "--overwrite", "--json").stdout)
    assert len(facts["rows"]) == 12 and {b["sweep"] for b in facts["best"]} == {"Dy.stock"}


def test_the_book_goes_first(book: Path, tmp_path: Path) -> None:
    done = invoke("exposure", "status_quo", str(book), "--out", str(tmp_path / "out"))
    assert done.exit_code == 2 and "status_quo: this is a scenario: expected the book first" in done.stderr


def test_a_finished_run_is_taken_up_and_checked(tmp_path: Path, book: Path, scenario: ss.Scenario) -> None:
    ss.run_scenarios([scenario], tmp_path / "run", paths=300, seed=7, progress="quiet")
    done = invoke("exposure", str(book), "--run", str(tmp_path / "run"), "--out", str(tmp_path / "out"))
    assert done.exit_code == 0, done.stderr
    assert "300 paths of 40 weeks, seed 7" in done.stdout and "bit by bit" in done.stdout
    both = invoke("exposure", str(book), "status_quo", "--run", str(tmp_path / "run"), "--out", str(tmp_path / "o"))
    assert both.exit_code == 2


def test_a_run_with_other_outcomes_is_refused(tmp_path: Path, scenario: ss.Scenario) -> None:
    for name, seed in (("one", 7), ("two", 8)):
        ss.run_scenarios([scenario], tmp_path / name, paths=300, seed=seed, progress="quiet")
    one = EarlierRun.of(tmp_path / "one")
    check_same_outcomes(one, tmp_path / "one")
    with pytest.raises(StoreError, match="outcomes differ from those of the run"):
        check_same_outcomes(one, tmp_path / "two")


def test_wrong_arguments_of_python(book: Path, scenario: ss.Scenario) -> None:
    with pytest.raises(SupplyshockError, match="no scenario to run"):
        ss.exposure(book, [])
    with pytest.raises(SupplyshockError, match="a list of scenarios, or of names"):
        ss.exposure(book, "status_quo")
    with pytest.raises(ConfigError, match="no such file"):
        ss.exposure("none.yaml", [scenario])


def test_a_contract_in_china_pays_the_quote(tmp_path: Path, scenario: ss.Scenario) -> None:
    text = "bloc: CN\ninputs: [{market: Dy, use: 1 t/year, contract: {share: 100 %, reset: 1 week}}]\n"
    (tmp_path / "b.yaml").write_text(
        f"{text}options: [{{title: quote, inputs: {{Dy: {{contract: {{share: 0 %}}}}}}}}]\n", encoding="utf-8"
    )
    quote, paid, short = series_of(load_exposure(tmp_path / "b.yaml", scenario), scenario)
    assert quote == paid != short
    cost = ss.exposure(tmp_path / "b.yaml", [scenario], paths=50)["extra_cost_usd"].isel(scenario=0)
    np.testing.assert_array_equal(cost[:, 0], cost[:, 1])
    assert 1e3 < float(abs(cost).max()) < 1e7


def test_an_option_may_change_a_line(tmp_path: Path, scenario: ss.Scenario) -> None:
    """Its minimum rate decides who stands; what it changes of value added counts over all weeks, and is exact."""
    lines = "lines: {Motors: {minimum_rate: 0 %, restart: 0 weeks}}"
    text = changed("options:\n", f"options:\n  - {{title: slow, {lines}}}\n"
                   "  - {title: richer, lines: {Motors: {value_added: 224 M USD/year}}}\n")  # fmt: skip
    (tmp_path / "b.yaml").write_text(text, encoding="utf-8")
    firm = firm_of(load_exposure(tmp_path / "b.yaml", scenario), scenario)
    assert firm.lines.minimum[:3, 0].tolist() == [0.6, 0, 0.6] and firm.lines.minimum[:3, 1].tolist() == [0.2] * 3
    np.testing.assert_allclose(firm.options.once[:3], [0, 0, -104e6 / 52 * 40])
    outcomes = ss.exposure(tmp_path / "b.yaml", [scenario], paths=300).isel(scenario=0)
    assert outcomes["stop_probability"][0] > outcomes["stop_probability"][1]
    by = float(outcomes["total_cost_usd_difference"].isel(option=2).sel(tail_weight=0.0))
    lost = outcomes["lost_value_added_usd"]
    np.testing.assert_allclose(by, -80e6 + float((lost[:, 2] - lost[:, 0]).mean()), rtol=1e-3)
    again = one_path(firm, 2, np.ones((9, 40)) * np.array([1, 1, 0] * 3)[:, None])
    np.testing.assert_allclose(again["total_cost_usd"] - again["holding_cost_usd"], -80e6, rtol=1e-5)


# -- its schema


def test_the_schema_takes_what_the_loader_takes_and_has_its_limits(scenario: ss.Scenario) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(invoke("schema", "--book").stdout)
    check = jsonschema.Draft202012Validator(schema)
    for text in (EXAMPLE, SMALL):
        assert not list(check.iter_errors(parse_document(text, "book").value))
    wrong = [
        ("use: 3 t/year", "use: 3"), ("use: 3 t/year", "use: 3 lb/year"), ("use: 5 M USD/year", "use: 5 weeks"),
        ("stock: 2 weeks", "stock: -2"), ("stock: 2 weeks", "stokc: 2 weeks"), ("priority: 0.2", "priority: 20"),
        ("share: 50 %", "share: 1.5"), ("reset: 13 weeks", "reset: 521"), ("saves: 30 %", "saves: 0.96"),
        ("bought: spot over 26 weeks", "bought: some day"), ("sweep: Dy.stock", "sweep: Dy.use"),
        ("holding_cost: 12 %/year", "holding_cost: 12 %"), ("restart: 1 week", "restart: 1 kg"),
        ("needs: [Dy, NdFeB]", "needs: []"), ("title: Motors", f"title: {'x' * 41}"),
    ]  # fmt: skip
    for old, new in wrong:
        document = parse_document(changed(old, new), "book")
        assert list(check.iter_errors(document.value)), f"the schema takes {new}"
        with pytest.raises(ConfigError):
            check_exposure(document, "book", scenario)


# -- measures


def test_measures_of_the_firm(tmp_path: Path, results: xr.Dataset, scenario: ss.Scenario, book: Path) -> None:
    run_scenarios([scenario], tmp_path / "run", paths=600, book=book, progress="quiet")
    run = ss.open_run(tmp_path / "run")
    one = results.isel(scenario=0)
    assert float(ss.measure(run, "stands").mean()) == pytest.approx(100 * float(one["stop_probability"][0]))
    assert float(ss.measure(run, "all_costs:less Dy").mean()) == pytest.approx(float(one["total_cost_usd_mean"][2]))
    share = float((one["total_cost_usd"][:, 0] > 2e6).mean())
    assert float(ss.measure(run, "all_costs > 2 M USD").mean()) == pytest.approx(100 * share) and 0 < share < 1
    with pytest.raises(SupplyshockError, match="no such label here: expected one of as it is, more Dy"):
        ss.measure(run, "stands:more_Dy")
    with pytest.raises(SupplyshockError, match="this measure has no weekly values"):
        ss.measure(run, "all_costs at week 3")


def test_a_run_grows_until_a_figure_of_the_firm_is_known(tmp_path: Path, book: Path) -> None:
    words = ["exposure", str(book), "breakdown", "--weeks", "12", "--paths", "40000", "--out", str(tmp_path / "out")]
    done = invoke(*words, "--target-se", "all_costs mean 3%", "--json")
    assert done.exit_code == 0, done.stderr
    row = json.loads(done.stdout)["rows"][0]
    assert row["total_cost_usd_mean_se"] <= 0.03 * row["total_cost_usd_mean"]
    missed = invoke(*words[:2], "status_quo", *words[3:6], "9000", "--out", str(tmp_path / "o2"),
                    "--target-se", "all_costs mean 0.01%")  # fmt: skip
    assert missed.exit_code == 76 and "stopped at the limit of 9,000 paths" in missed.stdout


def test_the_report_says_it_first(tmp_path: Path, book: Path, scenario: ss.Scenario) -> None:
    run_scenarios([scenario], tmp_path / "run", paths=300, book=book, progress="quiet")
    done = invoke("report", str(tmp_path / "run"), "--no-stories")
    assert done.exit_code == 0, done.stderr
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert 0 < page.index('id="answer"') < page.index('id="firm"') < page.index('id="changes"')
    section = page[page.index('id="firm"') : page.index('id="changes"')]
    for words in ("it stands on", "How often it stands", "all costs", "more Dy", "Dy.stock", "Best on average",
                  "data:image/png;base64,"):  # fmt: skip
        assert words in section, words
    assert "supplyshock exposure" in invoke("show", str(tmp_path / "run")).stdout
    run_scenarios([scenario], tmp_path / "plain", paths=300, progress="quiet")
    invoke("report", str(tmp_path / "plain"), "--no-stories")
    assert 'id="firm"' not in (tmp_path / "plain" / "report.html").read_text(encoding="utf-8")
    refused = invoke("exposure", str(tmp_path / "plain"))
    assert refused.exit_code == 2 and "no firm is attached to this run" in refused.stderr
