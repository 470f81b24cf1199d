"""Reading configs: YAML, inheritance, and errors that name file, line, key, expected and got."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from supplyshock.cli import HELP
from supplyshock.cli.command_helpers import READER_GONE
from supplyshock.common import errors
from supplyshock.execution.stopping_rule import NOT_MET
from supplyshock.scenarios import shipped
from supplyshock.scenarios.config import Config, json_schema
from supplyshock.scenarios.config.load import load_config
from supplyshock.scenarios.yaml_files.yaml_reader import MAX_BYTES, read_document
from supplyshock.scenarios.yaml_files.yaml_scalars import plain_scalar


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def make(text: str | bytes, name: str = "mine.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return make


def refused(path: Path | str, overrides: dict[str, Any] | None = None) -> errors.ConfigError:
    with pytest.raises(errors.ConfigError) as error:
        load_config(path, overrides)
    assert error.value.exit_code == 65
    return error.value


# -- YAML


@pytest.mark.parametrize(
    ("text", "value"),
    [("NO", "NO"), ("1e6", 1e6), ("yes", "yes"), ("010", 10), ("0x1f", 31), ("1_000", "1_000"), ("~", None),
     ("true", True), ("2026-07-01", "2026-07-01"), (".5", 0.5), ("-3", -3), ("12:30", "12:30"),
     (".inf", float("inf"))],
)  # fmt: skip
def test_scalars_are_yaml_1_2(text: str, value: object) -> None:
    assert plain_scalar(text) == value


def test_values_lines_and_aliases(write: Any) -> None:
    document = read_document(write("a: &x [1, {b: NO}]\nc: *x\nd: '1e6'\n"))
    assert document.value == {"a": [1, {"b": "NO"}], "c": [1, {"b": "NO"}], "d": "1e6"}
    assert document.marks[("a", 1, "b")].line == 1
    assert document.marks[("d",)].line == 3


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(8)
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("mine.yaml:1:", "an empty file")),
        ("# only a comment\n", ("an empty file",)),
        ("- 1\n- 2\n", ("mine.yaml:1:", "a mapping of keys", "a list")),
        ("just text\n", ("a mapping of keys", "text")),
        (b"\xff\xfe\x00\x01", ("UTF-8 text",)),
        ("a: b\x00c\n", ("control character",)),
        (b"\x89PNG\r\n\x1a\n\x00", ("UTF-8 text",)),
        ("start: 2026-07-01\nweeks: 10\nstart: 2026-07-08\n",
         ("mine.yaml:3:", "'start' again, first on line 1")),
        ("a: !!python/object:os.system x\n", ("mine.yaml:1:", "the tag", "remove the tag")),
        ("a: !thing x\n", ("the tag '!thing'",)),
        ("a: [1, 2\nb: 3\n", ("mine.yaml:2:", "expected YAML")),
        ("a: 1\n---\nb: 2\n", ("one document", "a second one")),
        ("? [1, 2]\n: 3\n", ("a key that is text",)),
        ("a: *nowhere\n", ("an anchor defined above",)),
        ("a: &a [*a]\n", ("an anchor defined above",)),
        (BOMB, ("values", "counting aliases")),
        ("a: " + "[" * 200 + "]" * 200, ("levels",)),
        ("a: " + "[" * 100_000, ("expected",)),
        ("a: '" + "x" * MAX_BYTES + "'", ("at most 1,000,000 bytes",)),
    ],
)  # fmt: skip
def test_unreadable_files(write: Any, text: str | bytes, parts: tuple[str, ...]) -> None:
    message = str(refused(write(text)))
    for part in parts:
        assert part in message
    assert message.count("\n") == 0


def test_alias_bomb_is_cheap(write: Any) -> None:
    begin = time.perf_counter()
    refused(write(BOMB))
    assert time.perf_counter() - begin < 2.0


def test_missing_file_names_the_nearest_shipped(tmp_path: Path) -> None:
    message = str(refused("status_qou"))
    assert "no such file" in message
    assert "did you mean 'status_quo'?" in message
    assert "breakdown" in message


def test_folder(tmp_path: Path) -> None:
    assert "a folder" in str(refused(tmp_path))


def test_shipped_name_wins_over_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "status_quo").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_config("status_quo").path.name == "status_quo.yaml"


def test_configs_of_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "_configs").mkdir()
    (tmp_path / "_configs" / "base.yaml").write_text("start: 2026-07-01\n")
    monkeypatch.setattr(shipped, "__file__", str(tmp_path / "scenarios" / "shipped.py"))
    assert shipped.shipped_names() == ("base",)
    assert shipped.default_data() == tmp_path / "_configs" / "data"


# -- keys and values

BASE = "base: base.yaml\n"


@pytest.mark.parametrize(
    ("text", "line", "parts"),
    [
        ("wekks: 10", 2, ("wekks: expected one of the keys", "an unknown key", "did you mean 'weeks'?")),
        ("run: {sed: 3}", 2, ("run.sed: ", "did you mean 'seed'?")),
        ("levers:\n  stockpile:\n    - {market: Dyy}", 4,
         ("levers.stockpile[0].market", "did you mean 'Dy'?")),
        ("levers:\n  stockpile:\n    - {market: nand}", 4, ("levers.stockpile[0].market", "material 'nand'")),
        ("levers:\n  stockpile:\n    - {market: Dy, form: x}", 4,
         ("stockpile[0].form", "did you mean 'from'?")),
        ("levers:\n  capacity:\n    - {source: mount_weld, add: 100 %, online: 2026-10-07}", 4,
         ("levers.capacity[0].source", "did you mean 'mount_weld_my'?")),
        ("policy:\n  control_levels:\n    ree_2025_4: 0.2", 4,
         ("policy.control_levels.ree_2025_4", "control list", "did you mean 'ree_2025_04'?")),
        ("policy:\n  initial_regime: truse", 3,
         ("policy.initial_regime", "calm, talks", "did you mean 'truce'?")),
        ("parameters:\n  material.etta: 1", 3, ("parameters.material.etta", "did you mean 'material.eta'?")),
        ("priors:\n  substitutions: 1", 3, ("priors.substitutions", "did you mean 'substitution'?")),
        ("weeks: 0", 2, ("weeks: expected a number of at least 1, got 0",)),
        ("weeks: 2601", 2, ("at most 2600",)),
        ("weeks: many", 2, ("expected a whole number, got 'many'",)),
        ("weeks: true", 2, ("expected a whole number, got true",)),
        ("weeks: 10.5", 2, ("expected a whole number",)),
        ("start: 1 July", 2, ("start: expected a date such as 2027-01-10, from 1678-01-01", "got '1 July'")),
        ("start: 20260701", 2, ("expected a date",)),
        ("run: {precision: flot32}", 2, ("'float32' or 'float64'", "did you mean 'float32'?")),
        ("run: 5", 2, ("run: expected a mapping of keys, got 5",)),
        ("policy: {endogenous: 1}", 2, ("policy.endogenous: expected true or false",)),
        ("policy: {control_levels: {ga_ge: 1.2}}", 2, ("control_levels.ga_ge", "at most 1")),
        ("policy: {control_levels: {ga_ge: -5 %}}", 2, ("at least 0",)),
        ("policy: {approval: .nan}", 2, ("policy.approval", "finite")),
        ("policy: {approval: 3 weeks}", 2, ("a share such as 0.2 or '20 %'", "another dimension")),
        ("policy: {expiry: {roll: 0.5, deal: 0.4}}", 2, ("policy.expiry", "sum to 1", "0.9")),
        ("parameters: {policy.expiry.roll: 0.9}", 2, ("parameters", "sum to 1")),
        ("parameters: {material.eta: .inf}", 2, ("a finite number",)),
        ("parameters: {material.eta: -1}", 2, ("a number in 0.001..10, got -1",)),
        ("parameters: {policy.approval.truce: 2}", 2, ("a number in 0..1, got 2",)),
        ("priors: {parts: {low: 9}}", 2, ("priors.parts", "low <= center <= high")),
        ("priors: {parts: five}", 2, ("priors.parts: expected a number, or center, sd, low, high",)),
        ("priors: {parts: 0}", 2, ("a center above 0",)),
        ("policy:\n  events:\n    - {date: 2026-10-06, regime: deal}", 4,
         ("policy.events[0].date", "from 2026-10-07 up to, not including, 2028-10-04")),
        ("policy:\n  events:\n    - {date: 2028-10-04, regime: deal}", 4, ("policy.events[0].date",)),
        ("policy:\n  events:\n    - {date: 2026-11-07}", 4, ("policy.events[0]", "does something")),
        ("policy:\n  events:\n    - {regime: deal}", 4, ("policy.events[0].date: expected a value",)),
        ("policy:\n  events:\n    - {date: 2026-11-07, regime: deal, hold: 0}", 4, ("hold", "above 0")),
        ("policy:\n  events:\n    - {date: 2026-11-07, regime: deal, hold: 1, until: 2026-12-08}", 4,
         ("not both",)),
        ("policy: {clock_expires: 2026-09-07}", 2, ("policy.clock_expires", "from 2026-10-07")),
        ("policy: {clock_expires: 2027-02-16, initial_regime: talks}", 2, ("only a truce has a clock",)),
        ("levers: {thrift: [{market: Dy, cut: 1.5}]}", 2, ("levers.thrift[0].cut", "at most 1")),
        ("levers: {demand: [{market: Dy, factor: -1}]}", 2, ("levers.demand[0].factor", "at least 0")),
        ("levers: {demand: [{market: Dy, factor: 1, bloc: EU}]}", 2,
         ("levers.demand[0].bloc", "'CN', 'XC' or 'both'")),
        ("levers: {quota: [{markets: [], cut: 0.1}]}", 2, ("levers.quota[0].markets", "at least 1 item")),
        ("levers: {outages: [{source: fab_tw, availability: 0, from: 2027-01-01, to: 2026-12-01}]}", 2,
         ("levers.outages[0]", "`to` after `from`")),
        ("levers: {stockpile: [{market: Dy, initial: 5 USD/kg}]}", 2, ("'300 t'", "another dimension")),
        ("levers: {stockpile: [{market: Dy, buy: -2 t/week}]}", 2, ("at least 0",)),
        ("levers: {capacity: [{source: fab_tw, add: 5 t/year, market: nand, online: 2027-01-01}]}", 2,
         ("levers.capacity[0]", "a material in `market`")),
        ("levers: {capacity: [{source: xc_ga, add: 5 t/year, market: Dy, online: 2027-01-01}]}", 2,
         ("a market that xc_ga supplies (Ga)",)),
        ("levers: {capacity: [{source: xc_ga, add: 5 t/year, online: 2027-01-01}]}", 2,
         ("`market` next to",)),
        ("levers: {substitution: {scale: 0}}", 2, ("levers.substitution.scale", "above 0")),
        ("initial: {price_ratio: {Dy: {XC: 0}}}", 2, ("initial.price_ratio.Dy.XC", "above 0")),
        ("name: a/b", 2, ("name: expected text matching",)),
    ],
)  # fmt: skip
def test_refused_values(write: Any, text: str, line: int, parts: tuple[str, ...]) -> None:
    from supplyshock.scenarios.scenario import load_scenario

    path = write(BASE + text + "\n")
    with pytest.raises(errors.ConfigError) as error:
        load_scenario(path)
    assert error.value.exit_code == 65
    (problem,) = error.value.problems
    assert str(problem).startswith(f"{path}:{line}: ")
    for part in parts:
        assert part in str(problem)


def test_all_problems_at_once_in_order(write: Any) -> None:
    path = write(BASE + "weeks: 0\nrun: {sed: 1}\nlevers: {thrift: [{market: Dx, cut: 2}]}\n")
    error = refused(path)
    assert [p.key for p in error.problems] == [
        "weeks",
        "run.sed",
        "levers.thrift[0].market",
        "levers.thrift[0].cut",
    ]
    assert "4 problems" in str(error)
    assert len(str(error).splitlines()) == 5


def test_a_good_config_is_accepted(write: Any) -> None:
    """Negative control of the refusals: the same file with nothing wrong."""
    assert load_config(write(BASE + "weeks: 1e2\n")).config.weeks == 100


# -- bases


def test_inheritance(write: Any) -> None:
    write("start: 2026-07-01\nweeks: 50\ntitle: old\nrun: {seed: 3, paths: 10}\n"
          "levers: {thrift: [{market: Dy, cut: 0.1}], quota: [{markets: [La, Ce], cut: 0.2}]}\n",
          "a.yaml")  # fmt: skip
    write("base: a.yaml\nweeks: 60\nrun: {paths: 20}\nlevers: {thrift: [{market: Tb, cut: 0.2}]}\n", "b.yaml")
    config = load_config(write("base: b.yaml\nlevers: {quota: null}\n")).config
    assert (config.weeks, config.run.seed, config.run.paths, config.title) == (60, 3, 20, "")
    assert [t.market for t in config.levers.thrift] == ["Dy", "Tb"]
    assert config.levers.quota == ()


def test_errors_name_the_file_of_the_key(write: Any) -> None:
    first = write("start: 2026-07-01\nlevers:\n  thrift:\n    - {market: Dx, cut: 0.1}\n", "a.yaml")
    second = write("base: a.yaml\nlevers:\n  thrift:\n    - {market: Ty, cut: 0.1}\n")
    error = refused(second)
    assert [p.where for p in error.problems] == [f"{first}:4", f"{second}:4"]
    assert [p.key for p in error.problems] == ["levers.thrift[0].market", "levers.thrift[1].market"]


def test_circle_of_bases(write: Any) -> None:
    write("base: b.yaml\n", "a.yaml")
    write("base: mine.yaml\n", "b.yaml")
    message = str(refused(write("base: a.yaml\n")))
    assert "bases form a circle" in message
    assert "mine.yaml -> a.yaml -> b.yaml -> mine.yaml" in message


def test_a_fragment_goes_on_any_scenario(write: Any) -> None:
    """Of several bases the last wins, and what they share counts once: no lever is there twice."""
    write("title: Fitted\nparameters: {material.eta: 0.3, material.chi: 0.5}\n", "fit.yaml")
    mine = write("base: [stockpile_dy, new_mine, fit.yaml]\nparameters: {material.chi: 0.6}\n")
    loaded = load_config(mine).config
    one, other = load_config("stockpile_dy").config, load_config("new_mine").config
    assert loaded.parameters == {"material.eta": 0.3, "material.chi": 0.6}
    assert loaded.levers.stockpile == one.levers.stockpile
    assert loaded.levers.capacity == other.levers.capacity
    assert loaded.policy.events == one.policy.events == load_config("status_quo").config.policy.events
    assert loaded.title == ""


def test_unknown_base(write: Any) -> None:
    message = str(refused(write("weeks: 3\nbase: stats_quo\n")))
    assert "mine.yaml:2" in message
    assert "did you mean 'status_quo'?" in message


def test_base_that_is_no_text(write: Any) -> None:
    assert "mine.yaml:1" in str(refused(write("base: [1]\n")))


def test_overrides_come_last() -> None:
    loaded = load_config(
        "status_quo", {"weeks": 7, "run": {"paths": 5}, "levers": {"thrift": [{"market": "Dy", "cut": 0.1}]}}
    )
    assert (loaded.config.weeks, loaded.config.run.paths, len(loaded.config.levers.thrift)) == (7, 5, 1)


def test_bad_override_is_called_one() -> None:
    (problem,) = refused("status_quo", {"run": {"pahts": 5}}).problems  # codespell:ignore pahts
    assert problem.where == "overrides"
    assert problem.fix == "did you mean 'paths'?"


def test_a_shorter_run_drops_later_dates_and_a_file_may_not(write: Any) -> None:
    assert load_config("new_mine", {"weeks": 4}).config.weeks == 4
    assert "levers.capacity[0].online" in str(refused(write("base: new_mine\nweeks: 4\n")))


def test_first_event_moves_all_dates_of_events(write: Any) -> None:
    """Also `until` and the new expiry; the resolved config has the new dates and reads back."""
    events = (
        "policy:\n  events:\n"
        "    - {date: 2026-11-04, regime: truce, until: 2026-12-02, clock_expires: 2027-11-04}\n"
        "    - {date: 2026-12-30, regime: rift}\n"
    )
    text = f"base: status_quo\n{events}  first_event: 2027-01-06\n"
    moved = load_config(write(text)).config
    assert [str(e.date) for e in moved.policy.events] == ["2027-01-06", "2027-03-03"]
    assert str(moved.policy.events[0].until) == "2027-02-03"
    assert str(moved.policy.events[0].clock_expires) == "2028-01-06"
    assert Config.model_validate(moved.plain()) == moved
    late = load_config("rift", {"start": date(2026, 12, 2), "policy": {"first_event": date(2026, 12, 2)}}).config
    assert late.policy.events[0].date == late.start
    assert load_config("status_quo", {"policy": {"first_event": date(2027, 1, 6)}}).config.policy.events == ()
    (problem,) = refused(write(text.replace("2027-01-06", "2029-01-06"))).problems[:1]
    assert problem.where.endswith(":4")
    assert "a date from" in str(problem.expected)


def test_data_folder_is_relative_to_its_file(write: Any, tmp_path: Path) -> None:
    write("start: 2026-07-01\ndata: nowhere\n", "a.yaml")
    message = str(refused(write("base: a.yaml\n")))
    assert "a.yaml:2" in message
    assert str(tmp_path / "nowhere") in message


def test_null_takes_a_known_key_to_its_default(write: Any) -> None:
    write("base: base\nrun: {seed: 5}\nweeks: 9\nparameters: {material.eta: 0.4}\n", "b.yaml")
    mine = "base: b.yaml\nrun: {seed: null, paths: 3}\nweeks:\nparameters: {material.eta: null}\n"
    config = load_config(write(mine + "levers: {stockpile: [{market: Dy, initial: null}]}\n")).config
    assert (config.run.seed, config.run.paths, config.weeks, config.parameters) == (1, 3, 104, {})
    assert config.levers.stockpile[0].initial == 0.0


COMMA = "a comma inside a number is the likely cause"


@pytest.mark.parametrize(
    ("text", "key", "parts"),
    [
        ("levrs:", "levrs", ("did you mean 'levers'?",)),
        ("run: {pathes: }", "run.pathes", ("did you mean 'paths'?",)),  # codespell:ignore pathes
        ("parameters: {material.etaa: null}", "parameters.material.etaa", ("did you mean 'material.eta'?",)),
        ("initial: {price_ratio: {Dyy: null}}", "initial.price_ratio.Dyy", ("did you mean 'Dy'?",)),
        ("initial: {price_ratio: {Dy: {XCC: null}}}", "initial.price_ratio.Dy.XCC", ("CN, XC", "'XC'?")),
        ("levers: {stockpile: [{market: Dy, initia: }]}", "levers.stockpile[0].initia", ("'initial'?",)),
        ("policy: {events: [{date: 2026-11-07, regim: ~}]}", "policy.events[0].regim", ("'regime'?",)),
        ("parameters: {material.eta: 1,3}", "parameters.3", (COMMA, "write 1.3")),
        ("initial: {price_ratio: {Dy: {XC: 1,5}}}", "initial.price_ratio.Dy.5", (COMMA, "write 1.5")),
        ("priors: {use_elasticity: 1,3}", "priors.3", (COMMA, "write 1.3")),
        ("levers: {quota: [{markets: [Dy], cut: 0,5}]}", "levers.quota[0].5", (COMMA, "write 0.5")),
        ("run: {paths: 100,000}", "run.000", (COMMA, "write 100000")),
        ("run: {paths: '1,000,000'}", "run.paths", ("write 1000000",)),
        ("parameters: {material.eta: '1,3'}", "parameters.material.eta", (COMMA, "write 1.3")),
        ("initial: {inventory: {Dy: {XC: '1,5 weeks'}}}", "initial.inventory.Dy.XC", (COMMA, "write 1.5")),
        ("run: {paths: 1_000_000}", "run.paths", ("write 1000000, without marks between thousands",)),
        ("levers: {stockpile: [{market: Dy, initial: 1 000 t}]}", "levers.stockpile[0].initial", ("write 1000,",)),
        ("levers: {stockpile: [{market: Dy, initial: 1'000 t}]}", "levers.stockpile[0].initial", ("write 1000,",)),
        ("levers: {stockpile: [{market: Dy, initial: '1.000,5 t'}]}", "levers.stockpile[0].initial",
         ("write 1000.5,",)),
        ("levers: {demand: [{market: Dy, path: {2026-11-07: null}}]}", "levers.demand[0].path", ("at least 1",)),
    ],
)  # fmt: skip
def test_null_hides_no_unknown_key(write: Any, text: str, key: str, parts: tuple[str, ...]) -> None:
    (problem,) = refused(write(f"base: base\n{text}\n")).problems
    assert (problem.where.rpartition("/")[2], problem.key) == ("mine.yaml:2", key)
    for part in parts:
        assert part in str(problem)


def test_numbers_of_numpy_are_numbers() -> None:
    change = {"weeks": np.int64(10), "parameters": {"material.eta": np.float32(0.25)}}
    config = load_config("base", change).config
    assert (config.weeks, config.parameters) == (10, {"material.eta": 0.25})
    assert "expected a key that is text, got 1" in str(refused("base", {1: None}))


def test_null_in_a_call_hides_no_unknown_key() -> None:
    (problem,) = refused("base", {"parameters": {"material.etaa": None}}).problems
    assert "did you mean 'material.eta'?" in str(problem)


@pytest.mark.parametrize(
    ("text", "key", "parts"),
    [
        ("start: 2262-04-01\nweeks: 10", "start", ("from 1678-01-01 to 2261-12-31", "got '2262-04-01'")),
        ("start: 1677-09-21", "start", ("from 1678-01-01",)),
        ("start: 2240-01-01\nweeks: 2600", "weeks", ("at most 1147 weeks from 2240-01-01", "got 2600 weeks")),
        ("start: 2260-06-01", "weeks", ("at most 82 weeks", "got 104 weeks")),
        ("start: 2026-07-01\npolicy: {clock_expires: 9999-12-31}", "policy.clock_expires", ("to 2261-12-31",)),
        ("start: 2026-07-01\nlevers: {demand: [{market: Dy, path: {2300-01-01: 2}}]}",
         "levers.demand[0].path.2300-01-01", ("to 2261-12-31",)),
        ("start: 2026-07-01\nlevers: {quota: [{markets: [Dy], cut: 0.5, to: 2262-01-01}]}", "levers.quota[0].to",
         ("to 2261-12-31",)),
    ],
)  # fmt: skip
def test_dates_that_results_cannot_hold(write: Any, text: str, key: str, parts: tuple[str, ...]) -> None:
    (problem,) = refused(write(f"{text}\n")).problems
    assert problem.key == key
    for part in parts:
        assert part in str(problem)


def test_the_last_horizon_that_results_can_hold(write: Any) -> None:
    """Negative control of the dates."""
    assert load_config(write("start: 2240-01-01\nweeks: 1147\n")).config.weeks == 1147


def test_a_longer_override_of_the_horizon_is_refused_as_well(write: Any) -> None:
    (problem,) = refused(write("start: 2261-01-01\nweeks: 2\n"), {"weeks": 2600}).problems
    assert problem.key == "weeks"


def test_values_are_shown_as_a_file_writes_them(write: Any) -> None:
    text = "base: base\nweeks: true\npolicy: {events: [{date: 2025-01-01, regime: deal}]}\nrun: {seed: [1, {a: ~}]}\n"
    got = [problem.got for problem in refused(write(text)).problems]
    assert got == ["true", "'2025-01-01'", "[1, {a: null}]"]
    (problem,) = refused("base", {"policy": {"events": [{"date": date(2025, 1, 1), "regime": "deal"}]}}).problems
    assert problem.got == "2025-01-01"


# -- the schema and the shipped files


def test_schema_describes_every_key() -> None:
    schema = json_schema()
    json.dumps(schema)
    assert schema["additionalProperties"] is False
    assert {"base", "start", "weeks", "policy", "levers", "parameters", "priors"} <= set(schema["properties"])
    for model in (schema, *schema["$defs"].values()):
        for key, value in model["properties"].items():
            assert value.get("description"), key


def test_shipped_files_fit_the_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    for name in shipped.shipped_names():
        jsonschema.validate(read_document(shipped.find_config(name)).value, json_schema())


@pytest.mark.parametrize("name", shipped.shipped_names())
def test_resolved_config_reads_back(name: str) -> None:
    config = load_config(name).config
    again = Config.model_validate(json.loads(json.dumps(config.plain())))
    assert again == config
    assert name == "base" or (config.title and config.description)


def test_importing_the_package_is_cheap() -> None:
    heavy = "('pydantic', 'pint', 'numpy', 'ruamel.yaml')"
    code = f"import sys, supplyshock.common.errors; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_exit_codes() -> None:
    codes = {
        "UsageError": 2,
        "ConfigError": 65,
        "DataError": 65,
        "DeviceError": 69,
        "CapacityError": 73,
        "StoreError": 74,
        "Interrupted": 75,
    }
    assert {name: getattr(errors, name).exit_code for name in codes} == codes
    page = (Path(__file__).parents[2] / "docs/reference/exit_codes.md").read_text(encoding="utf-8")
    for code in (0, *codes.values(), 70, NOT_MET, READER_GONE):
        assert f"\n| {code} | " in page, code
        assert code in (0, READER_GONE) or f" {code} " in " ".join(HELP.split()), code
    assert issubclass(errors.DataError, errors.ConfigError)


def test_message_has_all_parts() -> None:
    error = errors.DeviceError("no device", where="here", expected="a GPU", got="none", fix="use --device cpu")
    assert str(error) == "here: no device: expected a GPU, got none; use --device cpu"


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("weeks: 5\n  title: x\n", "check the indentation of this line and of those above"),
        ("policy:\n  events:\n  - date: 2027-01-01\n   control: 1\n", "check the indentation"),
        ("policy:\n\tevents: []\n", "indent with spaces, not with tabs"),
    ],
)
def test_wrong_indentation_says_how_to_mend_it(tmp_path: Path, text: str, fix: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(errors.ConfigError, match=fix):
        load_config(str(file))
