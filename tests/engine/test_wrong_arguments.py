"""Every public function, every argument, many wrong values: one line of an error of the project, and no other kind."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import supplyshock as ss
from supplyshock.calibration.nowcast.study import NowcastOptions
from supplyshock.execution.run_request import OtherOptions, RunOptions
from supplyshock.studies.robustness.study import RobustnessOptions
from support.command import small_run, tree

__all__ = ["small_run", "tree"]

SMALL = {"paths": 8, "backend": "reference", "progress": "quiet"}
KEYWORDS = {"run_scenarios": RunOptions, "exposure": OtherOptions, "nowcast": NowcastOptions}
"""Whose keywords are in a `TypedDict`."""
FUNCTIONS = sorted(name for name in ss.__all__ if inspect.isfunction(getattr(ss, name)))
CALLED = [*(name for name in FUNCTIONS if name != "robustness"), "RunRequest"]
"""A study of robustness takes seconds with each value that is right: below it meets wrong ones alone."""
VALUES = {
    "none": None, "true": True, "three": 3, "minus": -1, "zero": 0, "huge": 10**30, "fraction": 1.5, "nan": math.nan,
    "infinite": math.inf, "empty text": "", "blank": " ", "unknown": "no such thing", "nul": "a\0b", "bytes": b"x",
    "no list": [], "list of none": [None], "list of text": ["x"], "list of numbers": [3], "nan in a list": [math.nan],
    "no mapping": {}, "mapping": {"a": 1}, "numbered": {1: 2}, "set": {3}, "object": object(), "day": date(2027, 1, 6),
    "array": np.array([1.0, math.nan]), "square": np.array([[1.0]]), "path": Path("nowhere"), "float64": np.float64(2),
}  # fmt: skip


def whole(x: object) -> bool:
    return isinstance(x, int) and not isinstance(x, bool)


def number(x: object) -> bool:
    return whole(x) or isinstance(x, float)


def text(x: object) -> bool:
    return isinstance(x, str)


def place(x: object) -> bool:
    return isinstance(x, (str, Path))


def texts(x: object) -> bool:
    return text(x) or (isinstance(x, list) and all(map(text, x)))


def flag(x: object) -> bool:
    return isinstance(x, bool)


def nothing(_: object) -> bool:
    return False


KINDS: Mapping[str, Callable[[Any], bool]] = {
    "at": lambda x: text(x) or isinstance(x, date), "backend": lambda x: text(x) or callable(x), "branch": nothing,
    "chunks": lambda x: isinstance(x, dict), "events": lambda x: x == [], "force": flag,
    "level": number, "layout": nothing, "measure": texts, "overrides": lambda x: isinstance(x, dict),
    "overwrite": flag, "partial": flag, "proposal": nothing, "quantile": number, "request": nothing,
    "run": nothing, "scenarios": lambda x: isinstance(x, (list, tuple)), "shard": nothing, "stop": nothing,
    "thresholds": lambda x: number(x) or x == [3], "where": texts,
    **dict.fromkeys(("path_or_name", "record", "book", "out", "extend", "from_run"), place),
    **dict.fromkeys(("observed", "after", "keep"), place),
    **dict.fromkeys(("paths", "seed", "save_series", "threads", "first_path", "mantissa_bits", "workers", "n",
                     "members", "weeks", "n_processes"), whole),
    **dict.fromkeys(("device", "precision", "dask", "from_scenario", "progress", "scenario", "variable", "labels",
                     "measures"), text),
}  # fmt: skip
"""What an argument may be. A value of another kind has to be refused; one of this kind may."""
NONE_TOO = {
    "at", "after", "backend", "book", "branch", "chunks", "dask", "device", "extend", "from_run", "from_scenario",
    "keep", "labels", "layout", "observed", "out", "overrides", "paths", "precision", "proposal", "save_series",
    "scenario", "seed", "shard", "stop", "thresholds", "threads", "to", "weeks", "where",
}  # fmt: skip


def may_be(name: str, argument: str, value: object) -> bool:
    if argument == "path":  # a place for open_run, a number for others
        return place(value) if name == "open_run" else whole(value)
    if value is None:
        return argument in NONE_TOO and (name, argument) not in (("run_scenarios", "out"), ("exposure", "book"))
    if name == "plan_run" and argument == "backend":
        return False
    return KINDS["at" if argument == "to" else argument](value)


def arguments_of(name: str) -> list[str]:
    parameters = inspect.signature(getattr(ss, name)).parameters
    plain = [p for p in parameters if p not in ("options", "self")]
    return [*plain, *KEYWORDS[name].__annotations__] if name in KEYWORDS else plain


@pytest.fixture(scope="module")
def scenario() -> ss.Scenario:
    return ss.load_scenario("base", {"weeks": 2})


@pytest.fixture
def good(tree: Any, small_run: Path, scenario: ss.Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The least arguments with which each function works."""
    monkeypatch.chdir(tmp_path)
    Path("plant.yaml").write_text("inputs: [{market: Dy, use: 3 t/year, stock: 8 weeks}]")
    of_run = {name: {"run": tree} for name in FUNCTIONS if "run" in arguments_of(name)}
    return of_run | {
        "measure": {"run": tree, "measure": "loss:US"},
        "nearest": {"run": tree, "quantile": 0.5},
        "rank": {"run": tree, "path": 0},
        "story": {"run": tree, "path": 0},
        "open_run": {"path": small_run},
        "load_scenario": {"path_or_name": "base"},
        "plan_run": {"request": ss.RunRequest([scenario], paths=8)},
        "run_scenarios": {"scenarios": [scenario], "out": "run", **SMALL},
        "RunRequest": {"scenarios": [scenario]},
        "exposure": {"book": "plant.yaml", "scenarios": [scenario], **SMALL},
        "nowcast": {**SMALL, "weeks": 2, "paths": 256, "members": 4},
    }


def call(name: str, arguments: dict[str, Any]) -> Any:
    """The result of a function, of a request its plan; arguments that are many go in by their places."""
    many = [arguments.pop(key) for key in ("measures", "labels") if key in arguments]
    if name == "compare" and "scenarios" in arguments:
        return ss.compare(arguments.pop("run"), arguments.pop("scenarios"), **arguments)
    if name == "fan" and many:
        return ss.fan(**arguments, market=many[0])
    if name == "to_dataframe" and many:
        return ss.to_dataframe(arguments["run"], many[0])
    made = getattr(ss, name)(**arguments)
    return ss.plan_run(made) if name == "RunRequest" else made


def error_of(name: str, arguments: dict[str, Any]) -> str:
    """What a call says is wrong: one line, or one for each problem of a config; empty where it works."""
    try:
        call(name, arguments)
    except ss.SupplyshockError as error:
        lines = str(error).splitlines()
        return str(error) if len(lines) == 1 + len(getattr(error, "problems", ())) else ""
    return ""


@pytest.mark.parametrize(("name", "argument"), [(name, a) for name in CALLED for a in arguments_of(name)])
def test_a_wrong_argument_is_one_line_of_an_error_of_the_project(
    name: str, argument: str, good: dict[str, dict[str, Any]]
) -> None:
    refused = 0
    for value in VALUES.values():
        arguments = {**good[name], argument: value}
        if argument in ("at", "where", "from_scenario"):
            arguments["from_run"] = good["open_run"]["path"]
        if value is None and argument in ("paths", "weeks"):
            continue  # the default, which takes seconds
        said = error_of(name, arguments)
        refused += bool(said)
        assert said or may_be(name, argument, value), value
        assert not said or len(said) > 20
    assert refused > 5


@pytest.mark.parametrize("name", CALLED)
def test_a_wrong_call_is_refused_with_the_nearest_keyword(name: str, good: dict[str, dict[str, Any]]) -> None:
    last = [a for a in arguments_of(name) if a != "labels"][-1]
    if name == "fan":
        with pytest.raises(ss.SupplyshockError, match="no such axis"):
            ss.fan(good[name]["run"], markt="Dy")
    else:
        with pytest.raises(ss.SupplyshockError, match=f"did you mean '{last}'"):
            getattr(ss, name)(**{**good[name], f"{last}s": 3})
    if name != "nowcast":
        with pytest.raises(ss.SupplyshockError, match="missing a required argument"):
            getattr(ss, name)()
    with pytest.raises(ss.SupplyshockError):
        getattr(ss, name)(*range(12))


@pytest.mark.parametrize("argument", ["study", "out", *RobustnessOptions.__annotations__])
def test_robustness_refuses_wrong_kinds(argument: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    policies = [{"title": "As it is"}, {"title": "Deal", "scenario": "swap_deal"}]
    study = {"policies": policies, "measures": ["loss:US mean"], "futures": {"number": 50, "paths": 40}}
    for value in (b"x", object(), np.array([1.0, math.nan]), [None]):
        with pytest.raises(ss.SupplyshockError) as refused:
            ss.robustness(**{"study": study, argument: value})
        assert len(str(refused.value).splitlines()) == 1 + len(getattr(refused.value, "problems", ()))
    assert not list(tmp_path.iterdir())


def test_a_bare_number_is_one_threshold(tree: Any) -> None:
    assert ss.exceedance(tree, "loss:US", 3).equals(ss.exceedance(tree, "loss:US", [3]))


@pytest.mark.parametrize(
    ("measure", "fix"),
    [
        ("quote:Dy > 5", "give 'quote:Dy' as the measure and 5 as the threshold"),
        ("loss:US > 2000 M USD", "give 'loss:US' as the measure and 2 as the threshold"),
        ("deal", "mean('path')"),
    ],
)
def test_a_probability_has_no_exceedance(tree: Any, measure: str, fix: str) -> None:
    for thresholds in (None, [1]):
        with pytest.raises(ss.SupplyshockError) as refused:
            ss.exceedance(tree, measure, thresholds)
        assert "already a probability" in str(refused.value) and fix in str(refused.value)


def test_errors_in_python_name_arguments_and_values_of_python(scenario: ss.Scenario, tmp_path: Path) -> None:
    def wrong(call: Callable[[], object]) -> str:
        with pytest.raises(ss.SupplyshockError) as refused:
            call()
        text = str(refused.value)
        assert "--" not in text and "null" not in text and "true" not in text
        return text

    out = tmp_path / "run"
    assert wrong(lambda: ss.run_scenarios([scenario], out, paths=-1)).startswith("paths: ")
    assert wrong(lambda: ss.run_scenarios([scenario], out, backend="x")).startswith("backend: ")
    assert wrong(lambda: ss.nowcast(to="x")).startswith("to: ")
    assert wrong(lambda: ss.nowcast(to="2024-01-01", weeks=3)).startswith("weeks: ")
    assert "got None" in wrong(lambda: ss.run_scenarios(None, out))  # type: ignore[arg-type]
    assert "got True" in wrong(lambda: ss.run_scenarios([scenario], out, paths=True))
