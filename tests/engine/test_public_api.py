"""The public names: each resolves, has a numpydoc docstring, and its examples run on one small run."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import supplyshock as ss
from supplyshock.calibration.nowcast.study import NowcastOptions
from supplyshock.cli.run_options import make_request
from supplyshock.execution.run_request import OtherOptions, RunOptions
from supplyshock.studies.robustness.study import RobustnessOptions
from support.command import small_run, tree

__all__ = ["small_run", "tree"]

FUNCTIONS = sorted(name for name in ss.__all__ if inspect.isfunction(getattr(ss, name)))


def sections(name: str) -> dict[str, str]:
    """The numpydoc sections of a docstring, by their headings."""
    parts = re.split(r"^(\w[\w ]+)\n-{3,}\n", inspect.getdoc(getattr(ss, name)) or "", flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_name_resolves_and_no_other_does() -> None:
    for name in ss.__all__:
        assert getattr(ss, name) is not None
    assert set(dir(ss)) == set(ss.__all__)
    assert len(ss.__all__) == len(set(ss.__all__)) > 15
    with pytest.raises(AttributeError, match="no attribute 'open_runs'"):
        _ = ss.open_runs  # type: ignore[attr-defined]


def test_a_star_import_has_every_name() -> None:
    names: dict[str, Any] = {}
    exec("from supplyshock import *", names)
    assert set(ss.__all__) <= set(names)


@pytest.mark.parametrize("name", sorted(set(ss.__all__) - {"__version__"}))
def test_a_docstring_begins_with_one_sentence(name: str) -> None:
    first = (inspect.getdoc(getattr(ss, name)) or "").partition("\n")[0]
    assert re.fullmatch(r"[A-Z].*[.;:]?.*", first)
    assert len(first) <= 116


def parameters_of(function: Any) -> list[str]:
    """Names of the parameters, with those of the ``TypedDict`` that ``**options`` unpacks."""
    parameters = inspect.signature(function).parameters.values()
    names = [p.name for p in parameters if p.name != "options"]
    kinds = {"Unpack[RunOptions]": RunOptions, "Unpack[OtherOptions]": OtherOptions,
             "Unpack[NowcastOptions]": NowcastOptions,
             "Unpack[RobustnessOptions]": RobustnessOptions}  # fmt: skip
    return names + [name for p in parameters if p.annotation in kinds for name in kinds[p.annotation].__annotations__]


def options_referred_to(name: str) -> list[str]:
    """Parameters of a function whose documentation refers for its options to that of another."""
    (text,) = re.findall(r"^\*\*options : optional\n((?: .*\n?)+)", sections(name)["Parameters"], flags=re.MULTILINE)
    other = re.match(r"\s+Those of `(\w+)`, all but `(\w+)`", text)
    assert other is not None, "it names the function"
    documented = re.findall(r"^(\w+) : \S.*$", sections(other[1])["Parameters"], flags=re.MULTILINE)
    own = [p for p in inspect.signature(getattr(ss, other[1])).parameters if p != "options"]
    left_out = {*own, other[2]}
    assert left_out <= {*documented}
    assert {*re.findall(r"`(\w+)`", text)} - {other[1], "out"} <= {*documented}, "what it names is there"
    return [p for p in documented if p not in left_out]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_documents_parameters_returns_and_errors(name: str) -> None:
    documentation = sections(name)
    assert {"Parameters", "Returns", "Raises", "Examples"} <= set(documentation)
    documented = re.findall(r"^\*{0,2}(\w+) : \S.*$", documentation["Parameters"], flags=re.MULTILINE)  # with types
    if "options" in documented:
        documented = [*documented[: documented.index("options")], *options_referred_to(name)]
    assert sorted(documented) == sorted(parameters_of(getattr(ss, name)))
    errors = importlib.import_module("supplyshock.common.errors")
    for error in re.findall(r"^(\w+)$", documentation["Raises"], flags=re.MULTILINE):
        assert issubclass(getattr(errors, error), ss.SupplyshockError)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_documented_defaults_are_those_of_the_signature(name: str) -> None:
    text = sections(name)["Parameters"]
    documented = dict(re.findall(r"^(\w+) : .*, (optional|default .+)$", text, flags=re.MULTILINE))
    for parameter in inspect.signature(getattr(ss, name)).parameters.values():
        default = parameter.default
        if default in (inspect.Parameter.empty, None):
            expected = None if default is inspect.Parameter.empty else "optional"
            assert documented.get(parameter.name) == expected, parameter
        else:
            assert ast.literal_eval(documented[parameter.name].removeprefix("default ")) == default, parameter


GOOD: dict[str, dict[str, Any]] = {
    "compare": {}, "cvar": {}, "exceedance": {}, "fan": {}, "measure": {"measure": "loss:US"}, "typical": {},
    "worst": {}, "nearest": {"quantile": 0.5}, "rank": {"path": 0}, "story": {"path": 0}, "to_dataframe": {},
}  # fmt: skip
WRONG = [
    *((name, "run", 3) for name in GOOD),
    *((name, "measure", b"x") for name in ("compare", "cvar", "exceedance", "measure", "typical", "worst", "story")),
    *((name, "scenario", 3) for name in GOOD if name != "compare"),
    ("cvar", "level", "95"), ("exceedance", "thresholds", "3"), ("nearest", "quantile", None), ("rank", "path", "0"),
    ("worst", "n", 3.5), ("story", "path", True), ("fan", "variable", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "argument", "value"), WRONG)
def test_a_wrong_argument_is_an_error_of_the_project(name: str, argument: str, value: object, tree: Any) -> None:
    arguments = {"run": tree, **GOOD[name], argument: value}
    with pytest.raises(ss.SupplyshockError, match=rf"{name}\({argument}=...\): a wrong argument: expected"):
        getattr(ss, name)(**arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scenarios": "status_quo"}, "expected a list of scenarios, got 'status_quo'"),
        ({"scenarios": ["status_quo"]}, "load each with load_scenario"),
        ({"pathes": 3}, "did you mean 'paths'?"),  # codespell:ignore pathes
        ({"paths": "3"}, "expected a whole number"),
        ({"progress": "none"}, "expected auto, bar, lines, quiet, got 'none'"),
        ({"progress": 3}, "expected auto, bar, lines, quiet"),
        ({"workers": None}, "expected a whole number, got None"),
        ({"shard": "1/2"}, "expected a Shard"),
        ({"backend": 3}, "expected a name, or a function"),
        ({"out": 3}, "expected a path"),
    ],
)
def test_a_run_is_refused_with_an_error_of_the_project(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    arguments = {"scenarios": [ss.load_scenario("base")], "out": tmp_path / "run", "paths": 1, **change}
    with pytest.raises(ss.SupplyshockError, match=re.escape(message)):
        ss.run_scenarios(**arguments)
    assert not (tmp_path / "run").exists()


def test_python_and_the_command_line_have_the_same_defaults() -> None:
    scenario = ss.load_scenario("base", {"run": {"seed": 9, "paths": 77}})
    mine = ss.RunRequest([scenario])
    options = dict.fromkeys(("paths", "seed", "save_series", "backend", "device", "precision"), None)
    theirs = make_request(["base"], {**options, "weeks": None, "changes": ("run.seed=9", "run.paths=77")})
    names = [*options, "threads", "first_path", "mantissa_bits"]
    assert [getattr(mine, n) for n in names] == [getattr(theirs, n) for n in names]
    assert (mine.seed, mine.paths, mine.save_series, mine.backend) == (9, 77, 1000, "auto")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_examples_run(name: str, small_run: Path, tree: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    function = getattr(ss, name)
    globs = {"folder": small_run, **{n: getattr(ss, n) for n in ss.__all__}, "run": tree}
    examples = doctest.DocTestFinder(recurse=False).find(function, name, globs=globs)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    tried = sum(runner.run(example).attempted for example in examples)
    assert runner.summarize(verbose=False).failed == 0
    assert tried
