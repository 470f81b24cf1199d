"""A book in another currency is the book that somebody converts by hand, and its answer is in that currency."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import supplyshock as ss
from supplyshock.analysis.exposure import captions, tables
from supplyshock.analysis.exposure.figures import exposure_of
from supplyshock.common.errors import ConfigError, StoreError, SupplyshockError, UsageError
from supplyshock.execution.repair import repair_run
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.run_request import request_of_run
from supplyshock.reporting.plots.exposure import caption
from supplyshock.scenarios import units
from supplyshock.scenarios.currency import DOLLARS, Currency, recorded_currency
from supplyshock.scenarios.exposure.book import Book
from supplyshock.scenarios.exposure.firm_params import firm_of
from supplyshock.scenarios.exposure.load import check_exposure
from supplyshock.scenarios.exposure.sizes import book_lines, book_warnings
from supplyshock.scenarios.yaml_files.yaml_reader import parse_document
from supplyshock.store.status import manifest_of
from supplyshock.store.stored_book import stored_book
from support import killed_run, synthetic
from support.command import invoke
from support.firms import TINY_BOOK

Digests = Callable[[Path], dict[str, str]]
RATE = "1.16"
KEY = f"currency: {{name: EUR, usd: {RATE}}}\n"
BOOK = """\
title: Plant
inputs:
  - {market: Dy, use: 3 t/year, stock: 2 weeks, contract: {share: 50 %, fixed: 310 EUR/kg until 2026-12-31}}
  - {market: leading_logic, use: 4.3 M EUR/year, stock: 700 k EUR, reorder: {target: 0.9 MEUR}}
lines:
  - {title: Motors, needs: [Dy, leading_logic], value_added: 97 M EUR/year, minimum_rate: 60 %}
options:
  - {title: less Dy, inputs: {Dy: {substitute: {after: 10 weeks, saves: 30 %, costs: 1.7 M EUR}}}}
  - {title: cheaper, inputs: {Dy: {contract: {share: 50 %, fixed: 300 EUR/kg until 2027-01-31}}}}
  - {title: richer, lines: {Motors: {value_added: 0.131 bn EUR per year}}}
  - {sweep: leading_logic.stock, values: [0, 500 k USD, 1.3 M EUR]}
"""
IN_EUR = KEY + BOOK
EUR = Currency("EUR", float(RATE))


def by_hand(text: str, name: str = "EUR", rate: str = RATE) -> str:
    """The book in USD: each number before the currency times the rate, as on paper."""
    money = re.compile(rf"([\d.]+) ((?:k|M|bn)? ?){name}\b")
    in_usd = money.sub(lambda m: f"{Decimal(m[1]) * Decimal(rate):f} {m[2]}USD", text)
    assert name not in in_usd and in_usd != text
    return in_usd


def checked(text: str, scenario: ss.Scenario) -> Any:
    return check_exposure(parse_document(text, "book.yaml"), "book.yaml", scenario)


def arrays(firm: Any) -> Iterator[Any]:
    """All of a firm, one by one."""
    for part in firm:
        yield from arrays(part) if isinstance(part, tuple) else [part]


def changed(old: str, new: str) -> str:
    assert old in IN_EUR
    return IN_EUR.replace(old, new, 1)


@pytest.fixture(scope="module")
def scenario() -> ss.Scenario:
    return ss.load_scenario("breakdown", {"weeks": 26})


# -- the same firm


@pytest.mark.parametrize(("name", "rate"), [("EUR", RATE), ("JPY", "0.00671"), ("XAG", "33.3")])
def test_the_arrays_are_those_of_the_book_converted_by_hand(scenario: ss.Scenario, name: str, rate: str) -> None:
    """Every number of the firm, to the last bit. With another rate or the plain numbers it is another firm."""

    def firm(text: str) -> list[Any]:
        return [*arrays(firm_of(checked(text, scenario), scenario))]

    text = BOOK.replace("EUR", name)
    mine = firm(f"currency: {{name: {name}, usd: {rate}}}\n{text}")
    for x, y in zip(mine, firm(by_hand(text, name, rate)), strict=True):
        np.testing.assert_array_equal(x, y)
    for other in (f"currency: {{name: {name}, usd: {rate}1}}\n{text}", text.replace(name, "USD")):
        assert any((x != y).any() for x, y in zip(mine, firm(other), strict=True))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, scenario: ss.Scenario) -> tuple[xr.Dataset, xr.Dataset]:
    """Of the book in EUR and of the one converted by hand."""
    folder = tmp_path_factory.mktemp("currency")
    results = []
    for name, text in (("eur", IN_EUR), ("usd", by_hand(BOOK))):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        results.append(ss.exposure(folder / f"{name}.yaml", [scenario], folder / name, paths=400).load())
    return results[0], results[1]


def test_the_figures_are_those_of_the_book_converted_by_hand(results: tuple[xr.Dataset, xr.Dataset]) -> None:
    """All data are in USD and have the same bits; titles of a sweep, and the record of the book, are as written."""
    mine, hand = results
    assert float(abs(mine["total_cost_usd"]).max()) > 1e6
    assert set(mine.data_vars) == set(hand.data_vars)
    for name in mine.data_vars:
        np.testing.assert_array_equal(mine[name].values, hand[name].values, err_msg=str(name))
        assert mine[name].attrs == hand[name].attrs
    assert mine["total_cost_usd"].attrs["units"] == "USD"
    assert str(mine["option"].values[-1]) == "leading_logic.stock 1.3 M EUR"
    more = {"book_currency": "EUR", "book_currency_usd": 1.16}
    assert mine.attrs == hand.attrs | more | {"book": IN_EUR} and not more.keys() & hand.attrs.keys()


@given(
    number=st.decimals(min_value="0.001", max_value=100_000, places=3),
    rate=st.floats(min_value=1e-6, max_value=1e4),
    unit=st.sampled_from([
        ("M {}", "money"), ("{}", "money"), ("k{}", "money"), ("{}/kg", "price"), ("{} per t", "price"),
        ("bn {}/year", "income"), ("M{} / month", "income"),
    ]),
)  # fmt: skip
def test_a_text_in_a_currency_is_the_rate_times_the_text_in_usd(
    number: Decimal, rate: float, unit: tuple[str, units.Dimension]
) -> None:
    """Within rounding of the product in floats, and exactly where the product is written in decimals."""
    form, dimension = unit
    mine = units.parse(f"{number} {form.format('EUR')}", dimension, currency=Currency("EUR", rate))
    dollars = units.parse(f"{number} {form.format('USD')}", dimension, currency=Currency("EUR", rate))
    assert dollars == units.parse(f"{number} {form.format('USD')}", dimension), "dollars stay dollars"
    assert mine == (pytest.approx(rate * dollars[0], rel=1e-14), dimension)
    product = number * Decimal(repr(rate))
    assert mine == units.parse(f"{product:f} {form.format('USD')}", dimension)


# -- in a run


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For the tiny world: its chip is bought in EUR."""
    path = tmp_path_factory.mktemp("tiny") / "book.yaml"
    assert "1 M USD/year" in TINY_BOOK
    path.write_text(KEY + TINY_BOOK.replace("1 M USD/year", "0.7 M EUR/year"), encoding="utf-8")
    return path


def test_the_text_in_a_store_makes_the_same_firm(tiny: Path, tmp_path: Path, digests: Digests) -> None:
    """Resumed, asked for again, and repaired from the run alone; another rate is another run."""
    scenarios = synthetic.two_scenarios()

    def run(book: Path) -> Any:
        return run_scenarios(scenarios, tmp_path / "run", **killed_run.SIZE, backend=synthetic.simulate, book=book)

    run(tiny)
    before = digests(tmp_path / "run/results.zarr")
    assert run(tiny).blocks_computed == 0
    again = stored_book(tmp_path / "run", scenarios[0])
    assert again.digest == Book.read(tiny, scenarios[0]).digest == manifest_of(tmp_path / "run").identity["book"]
    assert again.firm(scenarios[0]).lines.value[0, 0] == units.parse("0.812 M USD/year", "income")[0]
    file = next(p for p in sorted((tmp_path / "run/results.zarr/exposure/total_cost_usd/c").rglob("*")) if p.is_file())
    file.write_bytes(file.read_bytes()[::-1])
    repair_run(tmp_path / "run", backend=synthetic.simulate)
    assert digests(tmp_path / "run/results.zarr") == before
    other = tmp_path / "other.yaml"
    other.write_text(tiny.read_text(encoding="utf-8").replace("1.16", "1.17"), encoding="utf-8")
    with pytest.raises(UsageError, match="contains another run"):
        run(other)


def test_a_branch_and_the_paths_of_a_run_take_it_along(tmp_path: Path, scenario: ss.Scenario) -> None:
    for name, text in (("eur", IN_EUR), ("usd", by_hand(BOOK))):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    run_scenarios([scenario], tmp_path / "run", paths=200, save_series=200, seed=3, progress="quiet")
    whole = invoke("exposure", tmp_path / "eur.yaml", "--run", tmp_path / "run", "--out", tmp_path / "whole")
    assert whole.exit_code == 0 and "bit by bit" in whole.stdout and "M EUR on average" in whole.stdout
    costs = {}
    for name in ("eur", "usd"):
        branch = {"from_run": tmp_path / "run", "at": "2026-11-25", "book": tmp_path / f"{name}.yaml"}
        run_scenarios([scenario], tmp_path / name, **branch, progress="quiet")
        costs[name] = ss.open_run(tmp_path / name)["exposure"]["total_cost_usd"].values
    np.testing.assert_array_equal(costs["eur"], costs["usd"])
    request = request_of_run(tmp_path / "eur", manifest_of(tmp_path / "eur"))
    assert isinstance(request.book, Book) and request.book.loaded.exposure.money == EUR


def test_a_book_without_the_key_has_the_record_that_it_had(scenario: ss.Scenario) -> None:
    """The digest was read off before the key was there."""
    text = "inputs: [{market: Dy, use: 3 t/year}]\nlines: [{title: A, needs: [Dy], value_added: 1 M USD/year}]\n"
    book = Book.of_text(text, "book", scenario)
    assert set(book.about) == {"title", "bloc", "tail_weight", "book"} and book.digest == "e5f7218704de29e5"
    assert Book.of_text(KEY + text, "book", scenario).digest != book.digest


# -- errors

TELL = "give the book its rate in dollars: `currency: {name: EUR, usd: RATE}`"


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("97 M EUR/year", "97 M EUR/yeaar", ("book.yaml:7: lines[0].value_added", "'120 M EUR/year'",
                                            "got '97 M EUR/yeaar'", "did you mean 'year'?")),
        ("97 M EUR/year", "97 M EUR", ("got '97 M EUR'; 'M EUR' has another dimension",)),
        ("97 M EUR/year", "97 M GBP/year", ("got '97 M GBP/year'; write EUR, which the book names", "or USD")),
        ("97 M EUR/year", "97 MGBP/year", ("got '97 MGBP/year'; write EUR, which",)),
        ("97 M EUR/year", "97 M €/year", ("got '97 M €/year'; write EUR",)),
        ("97 M EUR/year", "97 M eur/year", ("got '97 M eur/year'; write EUR",)),
        ("97 M EUR/year", "97 xEUR/year", ("unknown unit 'xEUR'; did you mean 'EUR'?",)),
        ("97 M EUR/year", "-97 M EUR/year", ("expected at least 0 M EUR/year, got '-97 M EUR/year'",)),
        ("97 M EUR/year", "1e400 EUR/year", ("give a finite number",)),
        ("97 M EUR/year", "1e99999999999999999999 EUR/year", ("give a finite number",)),
        ("costs: 1.7 M EUR", "costs: 1700000", ("expected a sum such as '2 M EUR', got 1700000; add EUR or USD",)),
        ("310 EUR/kg", "310 GBP/kg", ("book.yaml:4: inputs[0].contract.fixed", "got '310 GBP/kg until 2026-12-31'")),
        ("310 EUR/kg", "310", ("a price such as '70 EUR/kg'", "a bare number is ambiguous")),
        ("310 EUR/kg until 2026-12-31", "310 EUR/kg", ("'310 EUR/kg until 2027-01-01'",)),
        ("300 EUR/kg", "300 GBP/kg", ("book.yaml:10: options[1].inputs.Dy.contract.fixed", "write EUR, which")),
        ("0.131 bn EUR per", "0.131 bn GBP per", ("book.yaml:11: options[2].lines.Motors.value_added", "write EUR")),
        ("1.3 M EUR]", "1.3 M GBP]", ("book.yaml:12: options[3].values", "got '1.3 M GBP'; write EUR, which")),
        ("3 t/year", "3 M EUR/year", ("inputs[0].use: expected a rate", "got 3 M EUR/year")),
        ("4.3 M EUR/year", "4 t/year", ("expected a sum a year such as '120 M EUR/year', got 4 t/year",)),
        ("4.3 M EUR/year", "9000 bn EUR/year", ("at most 5% of the world's use", "M EUR/year, got 9000 bn EUR/year")),
        ("stock: 2 weeks", "stock: 2 M EUR", ("inputs[0].stock", "'M EUR' has another dimension")),
        (KEY, "currency: EUR\n", ("book.yaml:1: currency: expected a name and a rate, `{name: EUR, usd: RATE}`",
                                  "got 'EUR'; give its rate")),
        (KEY, "currency: USD\n", ("leave `currency` out",)),
        (KEY, "currency: {name: USD, usd: 1}\n", ("currency.name: expected a currency other than USD", "leave")),
        (KEY, "currency: {name: euro, usd: 1.16}\n", ("three capital letters, such as EUR, got 'euro'; write EUR",)),
        (KEY, "currency: {name: EURO, usd: 1.16}\n", ("three capital letters",)),
        (KEY, "currency: {name: 978, usd: 1.16}\n", ("three capital letters, such as EUR, got 978",)),
        (KEY, "currency: {name: EUR}\n", ("currency.usd: expected a value for this key",)),
        (KEY, "currency: {name: EUR, usd: 0}\n", ("currency.usd: expected a number of at least 1e-06, got 0",)),
        (KEY, "currency: {name: EUR, usd: -1.16}\n", ("currency.usd: expected a number of at least",)),
        (KEY, "currency: {name: EUR, usd: 20000}\n", ("currency.usd: expected a number of at most",)),
        (KEY, "currency: {name: EUR, usd: .inf}\n", ("currency.usd: expected a finite number",)),
        (KEY, "currency: {name: EUR, usd: '1,16'}\n", ("expected a number, got '1,16'", "write 1.16")),
        (KEY, "currency: {name: EUR, usd: 1.16, on: today}\n", ("currency.on: expected one of the keys name, usd",)),
    ],
)  # fmt: skip
def test_a_wrong_book_gets_one_true_problem(scenario: ss.Scenario, old: str, new: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError) as caught:
        firm_of(checked(changed(old, new), scenario), scenario)
    assert len(caught.value.problems) == 1 and caught.value.exit_code == 65, str(caught.value)
    for part in parts:
        assert part in str(caught.value), str(caught.value)


def test_the_book_itself_is_sound_and_takes_what_is_small(scenario: ss.Scenario) -> None:
    for text in (IN_EUR, changed("1.7 M EUR", "0"), changed("1.7 M EUR", "1e-999999999999999999999 EUR")):
        firm_of(checked(text, scenario), scenario)


@pytest.mark.parametrize("key", ["", "currency:\n"])
def test_money_without_the_key_is_told_of_it(scenario: ss.Scenario, key: str) -> None:
    """Every such text, at its line, as it is written."""
    with pytest.raises(ConfigError) as caught:
        checked(key + BOOK, scenario)
    problems = [str(p) for p in caught.value.problems]
    assert len(problems) == 8 and all(p.endswith(TELL) for p in problems), "the sweep comes after the rest"
    for part in ("got '310 EUR/kg until 2026-12-31'", "got '0.9 MEUR'", "got '0.131 bn EUR per year'"):
        assert any(part in p for p in problems), part
    signs = BOOK.replace("M EUR", "M €")
    with pytest.raises(ConfigError, match=re.escape(f"got '97 M €/year'; write EUR, and {TELL}")):
        checked(signs, scenario)


def test_a_wrong_currency_is_the_only_problem(scenario: ss.Scenario) -> None:
    """Whether the rest is right depends on it."""
    with pytest.raises(ConfigError) as caught:
        checked(IN_EUR.replace("1.16", "-1").replace("market: Dy", "market: Dyy"), scenario)
    assert [p.key for p in caught.value.problems] == ["currency.usd"]


def test_a_config_has_no_such_key_and_says_to_convert() -> None:
    with pytest.raises(ConfigError, match=r"got '200 EUR/kg'; USD is the only currency; convert first"):
        ss.load_scenario("status_quo", {"baseline": {"price": {"Dy": "200 EUR/kg"}}})
    with pytest.raises(ConfigError, match="unknown key"):
        ss.load_scenario("status_quo", {"currency": {"name": "EUR", "usd": 1.16}})


def test_a_rate_the_other_way_round_gets_a_warning(scenario: ss.Scenario) -> None:
    """150 JPY are a dollar, so one JPY is not 150 dollars."""
    warnings = book_warnings(checked(IN_EUR.replace("1.16", "150").replace("EUR", "JPY"), scenario), scenario)
    assert (
        warnings[0].startswith("1 JPY is 150 USD by the book's `currency`, expected 5 at most")
        and "0.00667" in warnings[0]
    )
    assert book_warnings(checked(IN_EUR, scenario), scenario) == []


def test_warnings_are_in_the_currency(scenario: ss.Scenario) -> None:
    odd = changed("97 M EUR", "97 EUR").replace("4.3 M EUR", "4.3 EUR").replace("500 k USD", "1 week")
    warnings = "\n".join(book_warnings(checked(odd.replace("310 EUR", "310000 EUR"), scenario), scenario))
    for part in ("costs 4 EUR a year at base prices, expected 8,621 or more; check the unit (EUR, k EUR, M EUR)",
                 "check the unit (EUR/kg)", "a value added of 97 EUR a year"):  # fmt: skip
        assert part in warnings, warnings
    assert "USD" not in warnings


# -- what people read


def test_the_answer_is_in_the_currency(results: tuple[xr.Dataset, xr.Dataset]) -> None:
    """Every figure is that in USD over the rate, and the rate is said once."""
    mine, hand = results
    texts = [tables.lead(mine), captions.money_caption(mine), *_cells(mine)]
    assert not [text for text in texts if "USD" in text and text != texts[1]]
    assert texts[1].count("1 EUR is 1.16 USD, as the book says.") == texts[1].count("USD") == 1
    assert caption(mine) == f"{caption(hand)} 1 EUR is 1.16 USD, as the book says."
    cost = float(hand["total_cost_usd_mean"][0, 0]) / 1.16e6
    assert f"All costs over base prices: {cost:,.3g} M EUR on average" in texts[0]
    assert tables.money(mine)[1][2][1].split()[0] == f"{cost:.{len(tables.money(mine)[1][2][1].split()[0]) - 2}f}"
    base = float(hand["base_price_usd_per_kg"][0, 0])
    assert f"the base price of {base / 1.16:.0f}" in texts[1] and f"the base price of {base:.0f}" not in texts[1]
    assert [t.replace("EUR", "USD") for t in _headers(mine)] == _headers(hand) != _headers(mine)


def _headers(results: xr.Dataset) -> list[str]:
    sweep = tables.curve(results, 0, "leading_logic.stock")
    return [*tables.money(results)[0], *tables.options(results, 0)[0], *sweep[0]]


def _cells(results: xr.Dataset) -> list[str]:
    """All but the first of a sweep, which are as written."""
    rows = [*tables.money(results)[1], *tables.options(results, 0)[1]]
    sweep = tables.curve(results, 0, "leading_logic.stock")[1]
    return [*_headers(results), *(cell for row in rows for cell in row), *(cell for row in sweep for cell in row[1:])]


def test_costs_of_a_small_currency_are_in_billions(results: tuple[xr.Dataset, xr.Dataset]) -> None:
    hand = results[1]
    for rate, unit in ((0.0067, "bn JPY"), (0.00073, "bn JPY"), (0.14, "M JPY"), (3.3, "M JPY")):
        mine = hand.assign_attrs(Currency("JPY", rate).record)
        assert tables.money(mine)[0][0] == f"as it is, {unit}"
        size = {"bn": 1e9, "M": 1e6}[unit.split()[0]] * rate
        assert f"{float(hand['total_cost_usd_mean'][0, 0]) / size:,.3g} {unit} on average" in tables.lead(mine)


@pytest.mark.parametrize(
    ("rate", "words"), [(1.16, "1 EUR is 1.16 USD"), (6.1e-05, "1 EUR is 0.000061 USD"), (2.0, "1 EUR is 2 USD")]
)
def test_a_rate_is_said_as_it_is_written(rate: float, words: str) -> None:
    assert Currency("EUR", rate).rate == words


def test_the_command_says_it_in_the_currency_and_json_in_usd(tmp_path: Path) -> None:
    book = tmp_path / "book.yaml"
    book.write_text(IN_EUR, encoding="utf-8")
    words = ["exposure", book, "breakdown", "--paths", 300, "--weeks", 26, "--out", tmp_path / "out"]
    done = invoke(*words)
    assert done.exit_code == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if str(tmp_path) not in line]
    assert max(map(len, lines)) <= 80
    assert " ".join(lines).count("1 EUR is 1.16 USD, as the book says.") == 1 and "as it is, M EUR" in done.stdout
    assert [line for line in lines if "USD" in line and "1 EUR is" not in line and "500 k USD" not in line] == []
    for part in ("book       currency: 1 EUR is 1.16 USD", "leading_logic: use 4.3 M EUR/year = ", "= 4.3 M EUR a year",
                 "Motors: value added 97 M EUR a year"):  # fmt: skip
        assert part in done.stderr, done.stderr
    facts = json.loads(invoke("exposure", tmp_path / "out", "--json").stdout)
    assert facts["book_currency"] == "EUR" and facts["book_currency_usd"] == 1.16
    header = (tmp_path / "out/exposure.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert list(facts["rows"][0]) == header
    mean = exposure_of(ss.open_run(tmp_path / "out"))["total_cost_usd_mean"][0, 0]
    assert facts["rows"][0]["total_cost_usd_mean"] == float(mean)
    run = ss.open_run(tmp_path / "out")
    assert float(ss.measure(run, "all_costs").mean()) == pytest.approx(float(mean)), "measures are in USD"
    with pytest.raises(SupplyshockError, match="in USD, got 'M EUR'"):
        ss.measure(run, "all_costs > 2 M EUR")
    invoke("report", tmp_path / "out", "--no-stories", "-o", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    section = page[page.index('id="firm"') : page.index('id="changes"')]
    for part in ("What it costs, M EUR.", "1 EUR is 1.16 USD, as the book says.", "M EUR on average"):
        assert part in section, part
    assert "M USD" not in section


def test_sizes_without_the_key_are_in_usd(scenario: ss.Scenario) -> None:
    lines = book_lines(checked(by_hand(BOOK), scenario), scenario)
    assert len(lines) == 3 and not any("EUR" in line or "currency" in line for line in lines)


# -- what is stored


@pytest.mark.parametrize(
    ("name", "usd"), [("EUR", 0.0), ("EUR", "1.16"), ("EUR", None), ("EUR", True), ("\x1b[2J", 1.16), (7, 1.16)]
)
def test_a_strange_record_is_refused(name: Any, usd: Any) -> None:
    with pytest.raises(StoreError, match="the currency of the book cannot be read"):
        recorded_currency({"book_currency": name, "book_currency_usd": usd})


def test_a_record_is_read_back() -> None:
    assert recorded_currency(EUR.record) == EUR and recorded_currency({}) == DOLLARS and DOLLARS.record == {}


# -- the schema


def test_the_schema_has_the_key_and_takes_three_letters(scenario: ss.Scenario) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    check = jsonschema.Draft202012Validator(json.loads(invoke("schema", "--book").stdout))
    assert not list(check.iter_errors(parse_document(IN_EUR, "book").value))
    wrong = [
        (KEY, "currency: {name: euro, usd: 1.16}\n"), (KEY, "currency: {name: USD, usd: 1.16}\n"),
        (KEY, "currency: {name: EUR, usd: 0}\n"), (KEY, "currency: {name: EUR, usd: 10001}\n"),
        (KEY, "currency: {name: EUR}\n"), (KEY, "currency: {name: EUR, usd: 1.16, on: today}\n"),
        (KEY, "currency: EUR\n"), ("97 M EUR/year", "97 M EURO/year"), ("97 M EUR/year", "97 M EUR"),
        ("97 M EUR/year", "97 M eur/year"), ("1.7 M EUR", "1.7 m EUR"), ("700 k EUR", "700 k EUR/year"),
    ]  # fmt: skip
    for old, new in wrong:
        document = parse_document(changed(old, new), "book")
        assert list(check.iter_errors(document.value)), f"the schema takes {new}"
        with pytest.raises(ConfigError):
            check_exposure(document, "book", scenario)
