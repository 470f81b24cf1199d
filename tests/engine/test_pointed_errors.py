"""Errors point at the key, option or file that is wrong, add nothing, and say what is meant instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from supplyshock.analysis.measures import resolve, scenario_vocabulary
from supplyshock.common.errors import ConfigError, DataError, UsageError
from supplyshock.scenarios.dataset.dataset import Dataset, read_dataset
from supplyshock.scenarios.exposure.load import check_exposure
from supplyshock.scenarios.new_market.market_file import read_market_file
from supplyshock.scenarios.scenario import Scenario, load_scenario
from supplyshock.scenarios.shipped import configs_dir, default_data
from supplyshock.scenarios.yaml_files.yaml_reader import parse_document
from support.command import invoke, said

BOOK = """\
inputs:
  - {market: Dy, use: 3 t/year, contract: {share: 50 %}}
  - {market: Nd, use: 10 t/year}
  - {market: NdFeB, use: 20 t/year}
lines:
  - {title: Motors, needs: [Dy, Nd, NdFeB], minimum_rate: 20 %}
options:
  - {title: more, inputs: {Dy: {stock: 8 weeks}}}
"""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("status_quo", {"weeks": 40})


@pytest.fixture(scope="module")
def data() -> Dataset:
    return read_dataset(default_data())


def problem_of(scenario: Scenario, old: str, new: str) -> str:
    """The one problem of a book with a change."""
    assert old in BOOK
    with pytest.raises(ConfigError) as caught:
        check_exposure(parse_document(BOOK.replace(old, new, 1), "book.yaml"), "book.yaml", scenario)
    assert len(caught.value.problems) == 1, str(caught.value)
    return str(caught.value.problems[0])


def test_the_book_itself_is_sound(scenario: Scenario) -> None:
    check_exposure(parse_document(BOOK, "book.yaml"), "book.yaml", scenario)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("[Dy, Nd, NdFeB]", "[Dy, Nd]", ("book.yaml:4: inputs[2].market", "no line needs NdFeB", "remove the input")),
        ("[Dy, Nd, NdFeB]", "[Dy, Tb, Nd]", ("book.yaml:6: lines[0].needs", "got Tb", "no line needs NdFeB")),
        ("[Dy, Nd, NdFeB]", "[Dy, Nd, NdFeB, Tb]", ("book.yaml:6: lines[0].needs", "got Tb", "add it to `inputs`")),
        ("lines:\n", "lines:\n  - {title: Motors, needs: [Dy]}\n", ("book.yaml:7: lines[1].title", "Motors twice")),
        ("market: Nd,", "market: Dy,", ("book.yaml:3: inputs[1].market", "Dy twice")),
        ("inputs: {Dy:", "inputs: {Tb:", ("book.yaml:8: options[0].inputs.Tb", "options of the inputs Dy, Nd, NdFeB")),
        ("minimum_rate: 20 %", "minimum_rate: 20", ("lines[0].minimum_rate", "got 20", "'20 %' or 0.2")),
        ("market: NdFeB", "market: tungsten", ("inputs[2].market", "Tungsten (W)", "minerals/six_minerals")),
        ("market: NdFeB", "market: W", ("Tungsten (W)", "minerals/six_minerals")),
    ],
)
def test_a_book_has_one_problem_at_its_own_line(scenario: Scenario, old: str, new: str, parts: tuple[str, ...]) -> None:
    text = problem_of(scenario, old, new)
    assert all(part in text for part in parts), text


def test_a_list_of_one_wrong_item_is_not_too_short(scenario: Scenario) -> None:
    """An empty list is, and says so."""
    for text, problem in (
        ("[{market: Dy, use: 3 t/year, contract: {share: 150 %}}]", "inputs[0].contract.share: expected at most 100 %"),
        ("[]", "inputs: expected at least 1 item(s), got []"),
    ):
        with pytest.raises(ConfigError) as caught:
            check_exposure(parse_document(f"inputs: {text}", "book.yaml"), "book.yaml", scenario)
        assert len(caught.value.problems) == 1 and problem in str(caught.value)


def test_a_percentage_is_a_factor() -> None:
    demand = {"market": "Dy", "factor": "120 %"}
    scenario = load_scenario("status_quo", {"levers": {"demand": [demand]}})
    same = load_scenario("status_quo", {"levers": {"demand": [{**demand, "factor": 1.2}]}})
    other = load_scenario("status_quo", {"levers": {"demand": [{**demand, "factor": 1.3}]}})
    assert scenario.digest == same.digest != other.digest


@pytest.mark.parametrize("value", ["price_ratio.Dy.XC=5", "weeks=-3", "levers.demand=[{market: Dy, factor: 1000}]"])
def test_a_wrong_set_is_blamed_on_the_option(value: str) -> None:
    answer = invoke("plan", "status_quo", "--set", value)
    assert answer.exit_code == 65
    assert "--set over " in said(answer) and "1 problem\n  --set: " in said(answer) and "overrides" not in said(answer)


@pytest.mark.parametrize("command", [("nowcast",), ("hindcast", "2023"), ("losses",)])
def test_every_command_with_set_says_so(command: tuple[str, ...]) -> None:
    answer = invoke(*command, "--set", "wheeks=3", "--paths", 64)
    assert answer.exit_code == 65 and "--set: wheeks: expected" in said(answer) and "overrides" not in said(answer)


def test_weeks_that_do_not_fit_are_blamed_on_their_option() -> None:
    """A start in the last years that results can hold leaves few weeks."""
    answer = invoke("plan", "base", "--set", "start=2261-10-07", "--set", "initial.states=null", "--weeks", 104)
    assert answer.exit_code == 65 and "--weeks: weeks: expected a horizon that ends by" in said(answer), said(answer)


def test_a_set_of_an_inner_key_names_its_section() -> None:
    assert "did you mean 'initial.price_ratio'?" in said(invoke("plan", "status_quo", "--set", "price_ratio.Dy.XC=5"))


def test_a_wrong_file_is_blamed_on_the_file(tmp_path: Path) -> None:
    """And so it is beside an override that is right; a call of Python says that overrides are wrong."""
    config = tmp_path / "mine.yaml"
    config.write_text("base: status_quo\nwheeks: 3\n", encoding="utf-8")
    answer = said(invoke("plan", config, "--set", "weeks=52"))
    assert f"{config}: 1 problem\n  {config}:2: wheeks" in answer and "--set" not in answer
    with pytest.raises(ConfigError, match="^overrides of .*status_quo.yaml: 1 problem\n  overrides: wheeks"):
        load_scenario("status_quo", {"wheeks": 3})


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("value: 83000,", "value: -2.6,", "figures.world_volume"),
        ("share: {value: 0.", "share: {value: 1.", "sources[0].share"),
    ],
)
def test_a_wrong_value_of_a_market_is_blamed_on_its_file(
    tmp_path: Path, data: Dataset, old: str, new: str, key: str
) -> None:
    """Before a row of a table is made of it; the shipped files are sound."""
    text = (configs_dir() / "minerals" / "markets" / "antimony.yaml").read_text(encoding="utf-8")
    path = tmp_path / "antimony.yaml"
    path.write_text(text, encoding="utf-8")
    read_market_file(path, data)
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_market_file(path, data)
    assert [(p.where.partition(":")[0], p.key) for p in caught.value.problems] == [(str(path), key)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("quote:Dy at 30.06.2027", ("YYYY-MM-DD", "got 30.06.2027")),
        ("quote:Dy before 6/30/2027", ("YYYY-MM-DD", "got 6/30/2027")),
        ("quote:Dy at June 2027", ("'June 2027' is no date", "from 2027-06-01 to 2027-06-30")),
        ("quote:Dy peak before Feb. 2028", ("'Feb. 2028' is no date", "from 2028-02-01 to 2028-02-29")),
        ("quote:second source of Tb at 40 %", ('put it in quotes: quote:"second source of Tb at 40 %"',)),
        ("quote:second source in 12 weeks", ("put it in quotes",)),
        ("quote:Dy from 2027-07-01 to 2027-06-01", ("the span ends before it begins",)),
        ("quote:Dy from week 9 to week 3", ("the span ends before it begins",)),
        ("quote:Dy from 2020-07-01 to 2020-08-01", ("the time is outside the run",)),
        ("price:Dy", ("did you mean 'quote'?", "paid")),
        ("loss:EU", ("loss_abroad:EU",)),
        ("loss:JP", ("loss_abroad:JP",)),
    ],
)
def test_a_measure_says_what_is_meant(scenario: Scenario, text: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(text, scenario_vocabulary(scenario))
    assert all(part in str(caught.value) for part in parts), str(caught.value)
    assert "did you mean 'at'" not in str(caught.value)


def test_other_wrong_words_keep_their_hints(scenario: Scenario) -> None:
    with pytest.raises(UsageError, match="did you mean 'loss'"):
        resolve("losse:US", scenario_vocabulary(scenario))
    with pytest.raises(UsageError) as caught:
        resolve("loss:mars", scenario_vocabulary(scenario))
    assert "loss_abroad" not in str(caught.value)


def test_a_config_in_the_place_of_a_book_is_called_one(tmp_path: Path) -> None:
    config, out = tmp_path / "mine.yaml", tmp_path / "out"
    config.write_text("base: status_quo\nlevers: {}\n", encoding="utf-8")
    for words in ((config,), (config, "status_quo")):
        answer = invoke("exposure", *words, "--out", out)
        assert answer.exit_code == 65 and f"{config}: this is a config: expected a book" in said(answer)
    answer = invoke("exposure", "status_quo", "--out", out)
    assert answer.exit_code == 2 and "missing BOOK.yaml" in said(answer) and "the config status_quo" in said(answer)
    config.write_text(BOOK, encoding="utf-8")
    assert "missing CONFIG" in said(invoke("exposure", config, "--out", out))


def test_a_duration_in_place_of_weeks_is_written_in_weeks() -> None:
    for text, fix in (("2 years", "; write 104"), ("18 months", "; write 78"), ("10 days", "got '10 days'")):
        with pytest.raises(ConfigError) as caught:
            load_scenario("base", {"weeks": text})
        assert str(caught.value).endswith(fix) and "a whole number" in str(caught.value)


def test_a_file_in_the_place_of_a_run_has_no_finished_blocks(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("", encoding="utf-8")
    answer = invoke("run", "base", "--paths", 64, "--weeks", 4, "--backend", "reference", "--out", tmp_path / "run")
    assert answer.exit_code == 74 and "Not a directory" in said(answer) and "resumes" not in said(answer)
