"""What the engine knows of a backend is in its spec: no module compares a backend's name, and a new one just runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import supplyshock
from supplyshock.execution.backend_selection import choose_backend, find_backend
from supplyshock.execution.plan import plan_run
from supplyshock.execution.run import run_scenarios
from supplyshock.execution.run_request import RunRequest
from supplyshock_kernels import backends
from supplyshock_kernels.backends import NAMES, PACKAGES, SPECS, BackendSpec, Devices
from support import synthetic

ENGINE = Path(supplyshock.__file__).parent


def compared(source: str) -> Iterator[tuple[int, str]]:
    """(line, literal) of every comparison with a literal name of a backend, `match` included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare | ast.MatchValue):
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and part.value in NAMES:
                    yield part.lineno, part.value


def test_no_engine_module_compares_the_name_of_a_backend() -> None:
    files = sorted(ENGINE.rglob("*.py"))
    assert len(files) > 250
    named = [f"{f.relative_to(ENGINE)}:{line} {name}" for f in files for line, name in compared(f.read_text())]
    assert named == []


@pytest.mark.parametrize(
    "source",
    [
        'x == "jax"',
        'y if "numba" != name else z',
        '(backend, device) == ("jax", "cpu")',
        'name in ("auto", "reference")',
        'match name:\n    case "jax":\n        pass',
    ],
)
def test_a_comparison_is_seen(source: str) -> None:
    assert list(compared(source))


def test_packages_declare_their_specs() -> None:
    assert [SPECS[name].name for name in NAMES] == list(NAMES)
    assert len(NAMES) == len(PACKAGES)
    folder = Path(backends.__file__).parent
    packages = {p.parent.name for p in folder.glob("*/__init__.py") if "SPEC = " in p.read_text()}
    assert packages == set(PACKAGES), "each package that has a spec is listed"
    assert [spec.load().__module__.split(".")[-2] for spec in SPECS.values()] == list(PACKAGES)


def test_a_new_backend_needs_nothing_but_its_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls, threads and the kind of device follow from it, and "auto" finds its accelerator."""
    spec = BackendSpec(
        name="quantum",
        load=lambda: synthetic.simulate,
        device_kinds=("cpu", "qpu"),
        find_devices=lambda kind: Devices("Q1", 3) if kind == "qpu" else Devices("cpu"),
        max_call_accelerator=2048,
        threads_per_device=(2, 2),
    )
    monkeypatch.setitem(SPECS, "quantum", spec)
    assert choose_backend("auto", "qpu") == ("quantum", "qpu")
    request = RunRequest([synthetic.scenario()], 100_000, backend="quantum", device="qpu")
    plan = plan_run(request)
    assert (plan.backend, plan.device, plan.threads) == ("quantum", "Q1", 6)
    assert plan.layout.chunk <= plan.layout.call <= max(2048, plan.layout.chunk)
    report = run_scenarios(
        [synthetic.scenario()], tmp_path / "run", paths=500, backend="quantum", device="cpu", progress="quiet"
    )
    assert (report.backend, report.device, report.complete) == ("quantum", "cpu", True)
    assert find_backend("quantum").width("float32") == 0
