"""A run is planned once, named once and given its backend once; no list of parameters is long; no imports go round."""

from __future__ import annotations

import ast
import doctest
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from types import FrameType
from typing import Any

import grimp
import pytest

import supplyshock as ss
import supplyshock_kernels
from supplyshock.common.errors import UsageError
from supplyshock.execution.importance_sampling import pilot as pilots
from support import synthetic
from support.command import invoke

ENGINE, KERNELS = Path(ss.__file__).parent, Path(supplyshock_kernels.__file__).parent
ONCE = {
    "plan": ("execution/plan.py", "plan_run"),
    "identity": ("store/provenance.py", "identity"),
    "backend": ("execution/backend_selection.py", "choose_backend"),
}
MOST_PARAMETERS = 6


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """How often each function of `ONCE` is called in this thread, by whatever name it was imported."""
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            for what, (file, name) in ONCE.items():
                if frame.f_code.co_name == name and frame.f_code.co_filename.endswith(f"supplyshock/{file}"):
                    calls[what] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(before)


WALK = {"plan": 1, "identity": 1, "backend": 1}
SMALL = ("status_quo", "--weeks", 4, "--paths", 64, "--backend", "reference", "--seed", 5, "--quiet")


def by_command(out: Path, *more: object) -> None:
    done = invoke("run", *SMALL, "--out", out, *more)
    assert done.exit_code == 0, done.output


def by_python(out: Path, *more: object) -> None:
    scenario = ss.load_scenario("status_quo", {"weeks": 4})
    ss.run_scenarios([scenario], out, paths=64, seed=5, save_series=64, backend="reference", progress="quiet")


@pytest.mark.parametrize("run", [by_command, by_python])
def test_each_is_worked_out_once(run: Callable[..., None], tmp_path: Path) -> None:
    """In a fresh run, and when the same call resumes it."""
    for _ in ("fresh", "there already"):
        with counted() as calls:
            run(tmp_path / "run")
        assert calls == WALK


@pytest.mark.parametrize("more", [("--overwrite",), ("--workers", 2), ("--shard", "1/2"), ("--dry-run",)])
def test_once_however_the_run_is_carried_out(more: tuple[object, ...], tmp_path: Path) -> None:
    """With several workers in the process of the command; a dry run has no identity."""
    by_command(tmp_path / "run")
    with counted() as calls:
        by_command(tmp_path / "run", *more)
    assert calls == {k: n for k, n in WALK.items() if k != "identity" or more != ("--dry-run",)}


def test_a_pilot_and_stages_have_one_backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pilots, "PATHS", 256)
    with counted() as calls:
        by_command(tmp_path / "run", "--importance-sample", "quote:Nd >1.5", "--backend", "numba")
    assert calls == WALK | {"plan": 2}, "before the pilot, to see that the run fits, and for the run"
    with counted() as calls:
        by_command(tmp_path / "stages", "--target-se", "quote:Dy mean 50%")
    assert calls == WALK


def test_merged_and_repaired_runs_are_planned_once(tmp_path: Path) -> None:
    by_command(tmp_path / "a", "--save-series", 0)
    by_command(tmp_path / "b", "--save-series", 0, "--first-path", 64)
    with counted() as calls:
        assert invoke("merge", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "c", "--quiet").exit_code == 0
    assert calls == {"plan": 1, "identity": 1}, "the runs say which backend it was"
    next(p for p in (tmp_path / "a/results.zarr/outcomes/theta/c").rglob("*") if p.is_file()).unlink()
    with counted() as calls:
        assert invoke("verify", tmp_path / "a", "--repair", "--quiet").exit_code == 0
    assert calls == WALK


# --- shapes of the code --------------------------------------------------------------------------------


def functions(file: Path) -> Iterator[tuple[str, list[ast.arg]]]:
    """(name, arguments) of all functions but commands: to them click hands every option."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not is_command(node):
            yield node.name, [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(re.match(r"(click|\w+)\.command\(", ast.unparse(each)) for each in node.decorator_list)


def is_counted(argument: ast.arg) -> bool:
    """Neither the object itself nor the run request."""
    kind = ast.unparse(argument.annotation) if argument.annotation else ""
    return argument.arg not in ("self", "cls") and kind != "RunRequest"


def test_no_public_function_has_many_parameters() -> None:
    counts = {
        f"{file.relative_to(root.parent)}: {name}": sum(map(is_counted, arguments))
        for root in (ENGINE, KERNELS)
        for file in root.rglob("*.py")
        for name, arguments in functions(file)
        if not name.startswith("_")
    }
    assert len(counts) > 1000
    assert {name: n for name, n in counts.items() if n > MOST_PARAMETERS} == {}


def test_no_imports_go_round() -> None:
    """In the engine and the kernels, neither inside functions nor for types alone."""
    graph = grimp.build_graph("supplyshock", "supplyshock_kernels", cache_dir=None)
    assert "supplyshock.execution.process_pool" in graph.modules
    order = TopologicalSorter({m: graph.find_modules_directly_imported_by(m) for m in graph.modules})
    assert len(list(order.static_order())) == len(graph.modules)  # raises CycleError, which names the circle


def test_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of what Python users call."""
    monkeypatch.chdir(tmp_path)
    for function in (ss.run_scenarios, ss.plan_run, ss.RunRequest):
        tests = doctest.DocTestFinder().find(function, function.__name__, globs={})
        (test,) = (each for each in tests if each.examples)
        assert len(test.examples) >= 3
        assert doctest.DocTestRunner().run(test).failed == 0


def test_python_options_are_those_of_the_request_and_the_control() -> None:
    """A field that is added to one of them is a keyword of `run_scenarios` too, and a wrong keyword is refused."""
    from dataclasses import fields

    from supplyshock.execution.run_request import OF_BRANCH, RunControl, RunOptions, RunRequest

    names = {f.name for f in (*fields(RunRequest), *fields(RunControl))}
    assert set(RunOptions.__annotations__) == (names - {"scenarios", "n_processes", "branch"}) | set(OF_BRANCH)
    documented = str(ss.run_scenarios.__doc__)
    assert [name for name in RunOptions.__annotations__ if f"    {name} : " not in documented] == []
    with pytest.raises(UsageError, match="sed"):
        ss.run_scenarios([synthetic.scenario()], "never", paths=10, sed=1)  # type: ignore[call-arg]
