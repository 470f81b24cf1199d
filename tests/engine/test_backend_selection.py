"""Which backend and device a request gets; no GPU is needed, or found, here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from supplyshock.common.errors import DeviceError, UsageError
from supplyshock.execution import backend_selection
from supplyshock.execution.backend_selection import choose_backend, find_backend
from supplyshock_kernels.backends import SPECS, Devices, NoDevice, Simulate
from support.command import invoke


def found(monkeypatch: pytest.MonkeyPatch, find_devices: Callable[[str], Devices]) -> None:
    """What JAX finds."""
    monkeypatch.setitem(SPECS, "jax", replace(SPECS["jax"], find_devices=find_devices))


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (("auto", "auto"), ("numba", "")),
        (("auto", "cpu"), ("numba", "cpu")),
        (("auto", "gpu"), ("jax", "gpu")),
        (("jax", "auto"), ("jax", "")),
        (("jax", "cpu"), ("jax", "cpu")),
        (("reference", "auto"), ("reference", "")),
    ],
)
def test_auto_without_a_driver(asked, given, monkeypatch) -> None:
    monkeypatch.setattr(backend_selection, "_DRIVERS", {})
    assert choose_backend(*asked) == given


def test_auto_takes_a_gpu_that_works(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(backend_selection, "_DRIVERS", {"made up": str(tmp_path)})
    found(monkeypatch, lambda kind: Devices("A100"))
    assert choose_backend("auto", "auto") == ("jax", "gpu")


def test_auto_says_when_a_gpu_lies_idle(monkeypatch, tmp_path) -> None:
    """A driver and no plugin: numba, and a line that says how to use the GPU; asked for by name, no line."""

    def absent(kind: str) -> Devices:
        raise NoDevice("no gpu")

    monkeypatch.setattr(backend_selection, "_DRIVERS", {"made up": str(tmp_path)})
    found(monkeypatch, absent)
    answer = invoke("plan", "status_quo")
    assert answer.exit_code == 0
    assert "a driver is here (made up), but JAX finds no GPU" in answer.stderr
    assert "numba" in answer.stdout
    assert invoke("plan", "status_quo", "--backend", "numba").stderr == ""
    assert invoke("plan", "status_quo", "--device", "cpu").stderr == ""


def test_refused() -> None:
    with pytest.raises(UsageError, match="auto or numba or jax or reference"):
        choose_backend("torch", "auto")
    with pytest.raises(DeviceError, match="processor cores: expected cpu, got gpu; use --backend jax"):
        choose_backend("numba", "gpu")
    with pytest.raises(DeviceError, match="no tpu found by JAX"):
        find_backend("jax", "tpu")


def test_a_backend_whose_packages_cannot_be_imported(monkeypatch) -> None:
    """Exit code 69, and not a defect: the kernels are imported late, after the choice."""

    def load() -> Simulate:
        raise ImportError("numba needs an older numpy")

    monkeypatch.setitem(SPECS, "numba", replace(SPECS["numba"], load=load))
    backend = find_backend("numba")
    with pytest.raises(DeviceError, match="the backend numba cannot be loaded.*needs an older numpy") as error:
        _ = backend.simulate
    assert error.value.exit_code == 69
