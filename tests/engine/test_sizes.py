"""Sizes are echoed; those out of all reason give one warning each, and ordinary ones give none."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import pytest

import supplyshock as ss
from supplyshock.scenarios.exposure.example import EXAMPLE
from supplyshock.scenarios.exposure.load import check_exposure
from supplyshock.scenarios.exposure.sizes import book_lines, book_warnings
from supplyshock.scenarios.scenario import Scenario, load_scenario
from supplyshock.scenarios.shipped import configs_dir, optional_names, shipped_names
from supplyshock.scenarios.sizes import MOST_START, size_lines, size_warnings
from supplyshock.scenarios.yaml_files.yaml_reader import parse_document
from support.command import invoke

ROOT = configs_dir().parent
BOOK = """\
inputs:
  - {market: Dy, use: 3 t/year, stock: 8 weeks, contract: {share: 50 %, fixed: 310 USD/kg until 2026-12-31}}
  - {market: leading_logic, use: 5 M USD/year}
lines:
  - {title: Motors, needs: [Dy], value_added: 37 M USD/year}
  - {title: Controls, needs: [leading_logic, Dy], value_added: 5 M USD/year}
"""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("status_quo")


def warnings_of(text: str, scenario: Scenario) -> list[str]:
    return book_warnings(check_exposure(parse_document(text, "book.yaml"), "book.yaml", scenario), scenario)


def stockpile(**keys: str) -> dict[str, Any]:
    return {"levers": {"stockpile": [{"market": "Dy", **keys}]}}


def start(ratio: float) -> dict[str, Any]:
    return {"initial": {"price_ratio": {"Dy": {"XC": ratio}}}}


# -- of a scenario


@pytest.mark.parametrize(
    ("overrides", "parts"),
    [
        (start(850), ("initial.price_ratio.Dy.XC", "850 times", "the ratio is 3.55")),
        (start(0.05), ("0.05 times",)),
        (stockpile(initial="100 kt"), ("levers.stockpile[0].initial of Dy is 100 kt", "weeks of use", "ten years")),
        (stockpile(buy="2 kt/week"), ("levers.stockpile[0].buy of Dy", "times all use outside China")),
        ({"baseline": {"price": {"Ce": "5000 USD/kg"}}}, ("the market of Ce turns over", "any mined material")),
    ],
)
def test_a_size_out_of_reason_gives_one_warning(overrides: dict[str, Any], parts: tuple[str, ...]) -> None:
    warnings = size_warnings([load_scenario("status_quo", overrides)])
    assert len(warnings) == 1 and all(part in warnings[0] for part in parts), warnings


@pytest.mark.parametrize(
    "overrides",
    [start(36), start(MOST_START), stockpile(initial="500 weeks"), stockpile(initial="300 t", buy="2 t/week")],
)
def test_ordinary_sizes_warn_of_nothing(overrides: dict[str, Any]) -> None:
    assert size_warnings([load_scenario("status_quo", overrides)]) == []


def test_shipped_scenarios_warn_of_nothing() -> None:
    assert size_warnings([load_scenario(name) for name in (*shipped_names(), *optional_names())]) == []


def test_a_size_of_several_scenarios_is_said_once() -> None:
    both = [load_scenario(name, start(850)) for name in ("status_quo", "swap_deal")]
    warnings = size_warnings(both)
    assert len(warnings) == 1 and warnings[0].startswith("status_quo, swap_deal: ")


def test_a_start_price_is_echoed_in_money(scenario: Scenario) -> None:
    """5 times 239 USD/kg, by the arithmetic of the reader; without a price of its own a config says none."""
    assert size_lines(load_scenario("status_quo", start(5))) == ["Dy outside China starts at 5 x base = 1,195 USD/kg"]
    assert size_lines(scenario) == []


def test_a_new_market_beyond_any_mine_warns(tmp_path: Path) -> None:
    """Kilograms typed for tonnes: a thousand times the turnover; the file as it ships warns of nothing."""
    text = (configs_dir() / "minerals" / "markets" / "antimony.yaml").read_text(encoding="utf-8")
    assert "value: 83000," in text
    for volume, count in (("83000", 0), ("83000000", 1)):
        folder = tmp_path / volume
        folder.mkdir()
        (folder / "antimony.yaml").write_text(text.replace("value: 83000,", f"value: {volume},"), encoding="utf-8")
        config = tmp_path / f"mine{volume}.yaml"
        config.write_text(f"base: status_quo\ndata: {folder}\n", encoding="utf-8")
        warnings = size_warnings([load_scenario(config)])
        assert len(warnings) == count and all("the market of Sb turns over 1,743 bn USD" in w for w in warnings)
        added = invoke("data", "add-market", folder / "antimony.yaml", "--out", folder / "data")
        assert f"it turns over {int(volume) * 21 * 1e-6:,.3g} bn USD a year" in added.stdout or count
        assert added.exit_code == 0 and added.stderr.count("Warning: the market of Sb turns over 1,743") == count


# -- of a book


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("use: 3 t/year", "use: 3 kg/year", ("a use of 3 kg/year of Dy costs 717 USD a year",)),
        ("use: 5 M USD/year", "use: 5 USD/year", ("a use of 5 USD/year of leading_logic",)),
        ("use: 3 t/year", "use: 30 t/year", ("1.4% of the world's Dy", "prices may follow")),
        ("37 M USD/year", "37 USD/year", ("Motors has a value added of 37 USD a year", "check the unit")),
        ("37 M USD/year", "37000 bn USD/year", ("Motors has a value added of 37,000 bn USD",)),
        ("stock: 8 weeks", "stock: 46 t", ("a stock of 46 t of Dy is 797 weeks of use", "ten years")),
        ("310 USD/kg", "310000 USD/kg", ("a fixed price of 310000 USD/kg of Dy", "times the base price")),
    ],
)
def test_a_book_out_of_reason_gets_one_warning(scenario: Scenario, old: str, new: str, parts: tuple[str, ...]) -> None:
    assert old in BOOK
    warnings = warnings_of(BOOK.replace(old, new, 1), scenario)
    assert len(warnings) == 1 and all(part in warnings[0] for part in parts), warnings


def test_ordinary_books_warn_of_nothing(scenario: Scenario) -> None:
    """The one above, the one of `--init`, and those of the pages; a line without a value added too."""
    page = (ROOT / "docs" / "exposure.md").read_text(encoding="utf-8")
    saved = re.findall(r"<!-- saved as: \w+\.yaml -->\n```yaml\n(.*?)```", page, flags=re.S)
    assert len(saved) >= 2
    for text in (BOOK, EXAMPLE, BOOK.replace("value_added: 37 M USD/year", "minimum_rate: 20 %"), *saved):
        assert warnings_of(text, scenario) == []


def test_the_sizes_of_a_book_are_echoed(scenario: Scenario) -> None:
    loaded = check_exposure(parse_document(BOOK, "book.yaml"), "book.yaml", scenario)
    lines = book_lines(loaded, scenario)
    assert lines[0].startswith(
        "Dy: use 3 t/year = 0.145 % of the world's use = 0.717 M USD a year at base prices; stock 8"
    )
    assert lines[2].startswith("Motors: value added 37 M USD a year")


# -- in commands


def test_plan_prints_sizes_and_warns_once(tmp_path: Path) -> None:
    book = tmp_path / "book.yaml"
    book.write_text(BOOK.replace("3 t/year", "3 kg/year"), encoding="utf-8")
    plain = invoke("plan", "status_quo", "swap_deal", "--paths", 64, "--book", book)
    assert plain.exit_code == 0
    assert plain.stderr.count("Warning: a use of 3 kg/year") == 1 and "Warning" not in plain.stdout
    assert "book       Dy: use 3 kg/year" in plain.stdout
    facts = json.loads(invoke("plan", "status_quo", "--paths", 64, "--book", book, "--json").stdout)
    assert len(facts["warnings"]) == 1 and len(facts["sizes"]) == 4
    sound = invoke("plan", "status_quo", "--paths", 64, "--json")
    assert json.loads(sound.stdout)["warnings"] == [] and "Warning" not in sound.stderr


def test_a_run_warns_once_and_says_so_in_json(tmp_path: Path) -> None:
    few = ("--paths", 8, "--weeks", 4, "--backend", "reference", "--json")
    odd = invoke("run", "base", *few, "--set", "initial.price_ratio.Dy.XC=850", "--out", tmp_path / "odd")
    assert odd.exit_code == 0 and odd.stderr.count("Warning: ") == 1
    assert len(json.loads(odd.stdout)["warnings"]) == 1
    sound = invoke("run", "base", *few, "--out", tmp_path / "sound")
    assert json.loads(sound.stdout)["warnings"] == [] and "Warning" not in sound.stderr
    book = tmp_path / "book.yaml"
    book.write_text(BOOK.replace("3 t/year", "3 kg/year"), encoding="utf-8")
    firm = invoke("exposure", book, "base", *few[:2], "--weeks", 20, *few[4:], "--out", tmp_path / "firm")
    assert firm.exit_code == 0 and firm.stderr.count("Warning: a use of 3 kg/year") == 1
    assert len(json.loads(firm.stdout)["warnings"]) == 1
    done = invoke("run", "stockpile_dy", *few[:-1], "--out", tmp_path / "told")
    assert "market Dy; initial 100 t = " in done.stderr
    assert "project:" not in done.stderr


FEW = ("--paths", 32, "--weeks", 4, "--backend", "reference")
ODD_START = "initial: {price_ratio: {Dy: {XC: 850}}}"
STUDY = """\
policies: [{scenario: base}, {scenario: CONFIG, title: Ours}]
measures: [{measure: "loss:US mean"}]
futures: {vary: [MORE], number: 2, paths: 32}
"""
STUDIES: dict[str, tuple[object, ...]] = {
    "sweep": ("CONFIG", "--vary", "parameters.material.eta=0.2,0.3"),
    "sensitivity": ("CONFIG", "--vary", "parameters.material.eta", "--points", 2),
    "bargain": ("CONFIG", "--grid", 2),
    "uncertainty": ("base", "CONFIG", "--draws", 2),
    "robustness": ("STUDY",),
    "losses": ("CONFIG", "--at", "0.1"),
    "slurm": ("CONFIG",),
}
"""Commands that take configs, beside those above, and words for them."""


def study_of(tmp_path: Path, config: Path, more: str) -> Path:
    file = tmp_path / f"study_of_{config.stem}.yaml"
    file.write_text(STUDY.replace("CONFIG", str(config)).replace("MORE", more), encoding="utf-8")
    return file


def answer_of(command: str, config: Path, tmp_path: Path, *more: object) -> Any:
    named = {"CONFIG": config, "STUDY": study_of(tmp_path, config, "parameters.material.eta=0.2..0.3")}
    out = () if command == "losses" else ("--out", tmp_path / f"{command}_{config.stem}")
    return invoke(command, *(named.get(str(w), w) for w in STUDIES[command]), *FEW, *out, *more)


@pytest.mark.parametrize("command", STUDIES)
def test_every_command_with_configs_warns_once(command: str, tmp_path: Path) -> None:
    """In text and in JSON; an ordinary config beside it gives no warning."""
    odd, sound = tmp_path / "odd.yaml", tmp_path / "sound.yaml"
    odd.write_text(f"base: base\n{ODD_START}\n", encoding="utf-8")
    sound.write_text("base: base\n", encoding="utf-8")
    done = answer_of(command, odd, tmp_path, "--json")
    assert done.exit_code == 0, done.stderr
    (warning,) = json.loads(done.stdout)["warnings"]
    assert done.stderr.count("Warning: ") == done.stderr.count(f"Warning: {warning}") == 1
    assert ": initial.price_ratio.Dy.XC starts at 850 times" in warning and "price      " not in done.stderr
    quiet = answer_of(command, sound, tmp_path, "--json")
    assert quiet.exit_code == 0 and json.loads(quiet.stdout)["warnings"] == [] and "Warning" not in quiet.stderr


def test_a_study_echoes_sizes(tmp_path: Path) -> None:
    config = tmp_path / "ours.yaml"
    config.write_text("base: stockpile_dy\ninitial: {price_ratio: {Dy: {XC: 5}}}\n", encoding="utf-8")
    shown = answer_of("sweep", config, tmp_path).stderr
    assert "price      ours: Dy outside China starts at 5 x base = 1,195 USD/kg" in shown
    assert re.search("lever      ours: stockpile: .*market Dy; initial 100 t = ", shown) and "Warning" not in shown


@pytest.mark.parametrize(("values", "count"), [("1..850", 1), ("1,850", 1), ("0.05,2,850", 2), ("1..35", 0)])
def test_a_sweep_warns_of_the_ends_of_what_it_varies(values: str, count: int, tmp_path: Path) -> None:
    vary = f"initial.price_ratio.Dy.XC={values}"
    done = invoke("sweep", "base", "--vary", vary, "--measure", "quote:Dy", *FEW, "--out", tmp_path / "s", "--json")
    assert done.exit_code == 0 and len(json.loads(done.stdout)["warnings"]) == done.stderr.count("Warning") == count


def test_a_robustness_study_warns_of_the_ends_of_its_futures(tmp_path: Path) -> None:
    """By the policy that has them; one that sets the key itself is not varied."""
    own = tmp_path / "own.yaml"
    own.write_text("base: base\ninitial: {price_ratio: {Dy: {XC: 2}}}\n", encoding="utf-8")
    file = study_of(tmp_path, own, "initial.price_ratio.Dy.XC=1..850")
    done = invoke("robustness", file, *FEW, "--out", tmp_path / "r", "--json")
    (warning,) = json.loads(done.stdout)["warnings"]
    assert warning.endswith("the ratio is 3.556") and "850 times" in warning


def test_gradients_warn_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the gradients, which take a minute to compile."""
    monkeypatch.setattr("supplyshock.studies.gradients.gradient_effects", lambda *args, **options: [])
    odd = tmp_path / "odd.yaml"
    odd.write_text(f"base: base\n{ODD_START}\n", encoding="utf-8")
    done = invoke("sensitivity", odd, "--json")
    assert done.exit_code == 0 and len(json.loads(done.stdout)["warnings"]) == done.stderr.count("Warning") == 1


def test_a_run_to_a_target_warns_in_json(tmp_path: Path) -> None:
    odd = ("--set", "initial.price_ratio.Dy.XC=850", "--target-se", "quote:Dy mean 50%", "--json")
    done = invoke("run", "base", "--paths", 4096, *FEW[2:], *odd, "--out", tmp_path / "run")
    assert done.exit_code == 0, done.stderr
    assert len(json.loads(done.stdout)["warnings"]) == done.stderr.count("Warning: ") == 1


# -- in Python


def book_in(tmp_path: Path) -> Path:
    file = tmp_path / "book.yaml"
    file.write_text(BOOK.replace("3 t/year", "3 kg/year"), encoding="utf-8")
    return file


HOW: dict[str, Any] = {"paths": 32, "backend": "reference"}


def calls(tmp_path: Path) -> dict[str, Any]:
    odd = ss.load_scenario("base", start(850) | {"weeks": 20})
    plain = ss.load_scenario("base", {"weeks": 20})
    changes = {**start(850), "weeks": 4}
    study = {
        "policies": [{"scenario": "base", "changes": changes}, {"scenario": "base", "title": "b", "changes": changes}],
        "measures": ["loss:US mean"],
        "futures": {"vary": ["parameters.material.eta"]},
    }
    return {
        "run_scenarios": lambda: ss.run_scenarios([odd], tmp_path / "run", **HOW, progress="quiet"),
        "book": lambda: ss.run_scenarios([plain], tmp_path / "two", book=book_in(tmp_path), **HOW, progress="quiet"),
        "exposure": lambda: ss.exposure(book_in(tmp_path), [plain], **HOW, progress="quiet"),
        "robustness": lambda: ss.robustness(study, futures=2, **HOW),
    }


@pytest.mark.parametrize("name", ["run_scenarios", "book", "exposure", "robustness"])
def test_python_warns_once_at_the_line_that_called(name: str, tmp_path: Path) -> None:
    call = calls(tmp_path)[name]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    (warning,) = caught
    assert warning.category is ss.SizeWarning and issubclass(ss.SizeWarning, UserWarning)
    assert warning.filename == __file__
    assert ("3 kg/year" if name in ("book", "exposure") else "850 times") in str(warning.message)


def test_a_user_can_silence_them(tmp_path: Path) -> None:
    """Or make an error of them, before anything is written; other filters are errors in all tests."""
    call = calls(tmp_path)["run_scenarios"]
    with pytest.raises(ss.SizeWarning):
        call()
    assert not (tmp_path / "run").exists()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ss.SizeWarning)
        assert call().complete


def test_ordinary_calls_do_not_warn(tmp_path: Path) -> None:
    """A warning would be an error here."""
    plain = ss.load_scenario("base", {"weeks": 20})
    book = tmp_path / "book.yaml"
    book.write_text(BOOK, encoding="utf-8")
    assert ss.run_scenarios([plain], tmp_path / "run", **HOW, book=book, progress="quiet").complete
