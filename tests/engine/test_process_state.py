"""Nothing that belongs to the whole process is changed by the library: other threads, and the user, would see it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import supplyshock
import supplyshock_kernels

PACKAGES = [Path(str(package.__file__)).parent for package in (supplyshock, supplyshock_kernels)]
SETTERS = {
    "catch_warnings", "simplefilter", "filterwarnings", "config.set", "config.update", "setlocale", "signal.signal",
    "basicConfig", "putenv", "unsetenv", "environ.update", "environ.setdefault", "environ.pop", "chdir", "umask",
    "seterr", "set_num_threads", "set_start_method", "setrecursionlimit", "rcParams.update", "matplotlib.use",
    "random.seed", "setrlimit", "set_threshold", "dump_traceback_later",
}  # fmt: skip
STATE = {"environ", "rcParams", "showwarning", "stdout", "stderr", "CPU_FEATURES", "CACHE_DIR"}
"""What must not be assigned to."""

ALLOWED = {
    "cli/__init__.py: set_threshold": "the process is the command's own",
    "cli/__init__.py: environ": "likewise",
    "cli/command_helpers.py: catch_warnings": "likewise",
    "cli/command_helpers.py: showwarning": "likewise",
    "execution/worker_main.py: showwarning": "the process is a worker of the pool",
    "execution/worker_main.py: signal.signal": "likewise",
    "common/signals.py: signal.signal": "in the main thread alone, and put back",
    "backends/jax_xla/program_cache.py: config.update": "once, if the user chose no cache (docs/reference/places.md)",
    "backends/numba_cpu/compile_options.py: CPU_FEATURES": "numba reads it once, when it is first used",
}


def changes(package: Path) -> Iterator[str]:
    """``file: setter`` for every change of such state in the sources of a package."""
    for file in sorted(package.rglob("*.py")):
        name = "/".join(file.relative_to(package).parts[-3:])
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                yield from (f"{name}: {s}" for s in SETTERS if called == s or called.endswith(f".{s}"))
            elif isinstance(node, (ast.Assign, ast.AugAssign, ast.Delete)):
                targets = node.targets if isinstance(node, (ast.Assign, ast.Delete)) else [node.target]
                for target in targets:
                    inner = target.value if isinstance(target, ast.Subscript) else target
                    if isinstance(inner, ast.Attribute) and inner.attr in STATE and not is_own(inner):
                        yield f"{name}: {inner.attr}"


def is_own(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def test_no_state_of_the_process_is_changed_but_for_reasons_given() -> None:
    assert {change for package in PACKAGES for change in changes(package)} == set(ALLOWED)


@pytest.mark.parametrize("line", ["zarr.config.set({})", "os.environ['A'] = '1'", "warnings.showwarning = f"])
def test_a_change_would_be_noticed(line: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(line)
    assert len(list(changes(tmp_path))) == 1
