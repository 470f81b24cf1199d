"""benchmarks/gpu.py: a machine is lent for minutes, so nothing that fails may take the rest with it."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import gpu
import pytest

from supplyshock_kernels.backends import SPECS, Devices, NoDevice


def absent(kind: str) -> Devices:
    raise NoDevice(f"no {kind}")


def not_installed(kind: str) -> Devices:
    raise ImportError("numba-cuda")


def finds(monkeypatch: pytest.MonkeyPatch, backend: str, found) -> None:
    monkeypatch.setitem(SPECS, backend, replace(SPECS[backend], find_devices=found))


def test_what_one_of_the_two_finds_is_enough(monkeypatch) -> None:
    finds(monkeypatch, "jax", lambda kind: Devices("of JAX"))
    finds(monkeypatch, "cuda", not_installed)
    assert gpu.device_of("gpu").name == "of JAX"
    finds(monkeypatch, "jax", absent)
    finds(monkeypatch, "cuda", lambda kind: Devices("of numba-cuda"))
    assert gpu.device_of("gpu").name == "of numba-cuda"


@pytest.mark.parametrize("other", [absent, not_installed])
def test_without_any_there_is_no_gpu(other, monkeypatch) -> None:
    finds(monkeypatch, "jax", absent)
    finds(monkeypatch, "cuda", other)
    with pytest.raises(NoDevice, match="no gpu"):
        gpu.device_of("gpu")


def test_a_part_that_fails_is_written_and_loses_no_other(tmp_path) -> None:
    def breaks(bench: gpu.Bench) -> None:
        raise AttributeError("no such symbol")

    bench = gpu.Bench("gpu", SimpleNamespace(), tmp_path / "gpu-x.json")
    bench.part("first", breaks)
    bench.part("second", lambda bench: {"seconds": 1.0})
    found = json.loads((tmp_path / "gpu-x.json").read_text(encoding="utf-8"))
    assert found["first"] == {"failed": "AttributeError: no such symbol"}
    assert found["second"] == {"seconds": 1.0}
    assert bench.failed == ["first"]


def test_versions_are_told_where_jax_finds_no_gpu(monkeypatch) -> None:
    def missing(kind: str) -> None:
        raise NoDevice("no gpu found by JAX")

    monkeypatch.setattr(gpu.devices, "find", missing)
    found = gpu.versions(gpu.Bench("gpu", SimpleNamespace(), None))
    assert found["platform"] == "no gpu found by JAX"
    assert found["packages"]["numpy"]


def test_what_fails_while_compiling_is_text_beside_the_other_seconds() -> None:
    def breaks() -> None:
        raise RuntimeError("libNVVM is not available")

    assert gpu.tried(breaks) == "failed: RuntimeError: libNVVM is not available"
    assert gpu.tried(lambda: None) < 1
