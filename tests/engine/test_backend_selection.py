"""Which backend and device a request gets; no GPU is needed, or found, here."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from supplyshock.common.errors import DeviceError, UsageError
from supplyshock.execution import backend_selection
from supplyshock.execution.backend_selection import choose_backend, find_backend
from supplyshock.store import provenance
from supplyshock_kernels.backends import SPECS, Devices, NoDevice, Simulate
from support.command import invoke


def set_devices(monkeypatch: pytest.MonkeyPatch, find_devices: Callable[[str], Devices]) -> None:
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
    set_devices(monkeypatch, lambda kind: Devices("A100"))
    assert choose_backend("auto", "auto") == ("jax", "gpu")


def test_auto_says_when_a_gpu_lies_idle(monkeypatch, tmp_path) -> None:
    """A driver and no plugin: numba, and a line that says how to use the GPU; asked for by name, no line."""

    def absent(kind: str) -> Devices:
        raise NoDevice("no gpu")

    monkeypatch.setattr(backend_selection, "_DRIVERS", {"made up": str(tmp_path)})
    set_devices(monkeypatch, absent)
    answer = invoke("plan", "status_quo")
    assert answer.exit_code == 0
    assert "JAX finds no GPU, although a driver is installed (made up)" in answer.stderr
    assert "numba" in answer.stdout
    assert invoke("plan", "status_quo", "--backend", "numba").stderr == ""
    assert invoke("plan", "status_quo", "--device", "cpu").stderr == ""


def on(monkeypatch: pytest.MonkeyPatch, device: str, chosen_on: tuple[str, ...] | None) -> None:
    """A node whose device both JAX and the fused kernel find."""
    set_devices(monkeypatch, lambda kind: Devices(device))
    spec = replace(SPECS["cuda"], find_devices=lambda kind: Devices(device), chosen_on=chosen_on)
    monkeypatch.setitem(SPECS, "cuda", spec)


@pytest.mark.parametrize("asked", ["auto", "gpu"])
def test_auto_takes_the_fused_kernel_only_where_it_was_measured(asked, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(backend_selection, "_DRIVERS", {"made up": str(tmp_path)})
    on(monkeypatch, "NVIDIA H100", SPECS["cuda"].chosen_on)
    assert choose_backend("auto", asked) == ("jax", "gpu")
    on(monkeypatch, "NVIDIA H100", ("NVIDIA H100",))
    assert choose_backend("auto", asked) == ("cuda", "gpu")
    on(monkeypatch, "NVIDIA B200", ("NVIDIA H100",))
    assert choose_backend("auto", asked) == ("jax", "gpu")


def test_auto_does_not_take_it_where_jax_finds_no_gpu(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(backend_selection, "_DRIVERS", {"made up": str(tmp_path)})
    on(monkeypatch, "NVIDIA H100", ())

    def absent(kind: str) -> Devices:
        raise NoDevice("no gpu")

    set_devices(monkeypatch, absent)
    assert choose_backend("auto", "auto") == ("numba", "")


MINERALS = Path(__file__).parents[2] / "configs" / "minerals" / "six_minerals.yaml"
RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


def faster_on(folder: Path) -> set[str]:
    """Devices on which a committed result says that the fused kernel is right and at least twice as fast as JAX."""
    devices = set()
    for file in folder.glob("gpu-*.json"):
        result = json.loads(file.read_text(encoding="utf-8"))
        if result.get("cuda_decision", {}).get("keep"):
            devices.add(result["device"])
    return devices


def test_where_auto_takes_the_fused_kernel_a_measurement_says_so(tmp_path) -> None:
    """Decision 0054; negative control: a result that says so is seen."""
    assert set(SPECS["cuda"].chosen_on or ()) <= faster_on(RESULTS)
    assert SPECS["cuda"].chosen_on is not None
    (tmp_path / "gpu-x.json").write_text(json.dumps({"device": "X", "cuda_decision": {"keep": True}}))
    (tmp_path / "gpu-y.json").write_text(json.dumps({"device": "Y", "cuda_decision": {"keep": False}}))
    assert faster_on(tmp_path) == {"X"}


def test_without_the_package_or_a_device_one_error_says_so(monkeypatch) -> None:
    answer = invoke("run", "status_quo", "--backend", "cuda", "--out", "nowhere")
    assert answer.exit_code == 69
    assert "the backend cuda cannot be loaded" in answer.stderr or "no gpu is available" in answer.stderr
    assert "Traceback" not in answer.stderr

    def absent(kind: str) -> Devices:
        raise NoDevice("no gpu found by numba-cuda 0.30.4")

    monkeypatch.setitem(SPECS, "cuda", replace(SPECS["cuda"], find_devices=absent))
    with pytest.raises(DeviceError, match="no gpu is available.*no gpu found by numba-cuda.*use --backend numba"):
        find_backend("cuda")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("status_quo", "--precision", "float64"), "it computes in float32, not in float64"),
        ((MINERALS,), "1975 rows of state and scratch, 252,800 bytes of shared memory"),
    ],
)
def test_what_the_fused_kernel_does_not_compute_is_refused(given, said, monkeypatch) -> None:
    """Before anything is written; the shipped scenarios are not refused."""
    on(monkeypatch, "NVIDIA H100", ())
    answer = invoke("plan", *given, "--backend", "cuda")
    assert answer.exit_code == 69
    assert said in answer.stderr
    assert "use --backend numba or jax or reference" in answer.stderr
    assert invoke("plan", "status_quo", "rift", "--backend", "cuda").exit_code == 0


def test_the_toolchain_is_noted_where_it_is_installed(monkeypatch) -> None:
    installed = {"numba-cuda": "0.30.4"}
    monkeypatch.setattr(provenance, "_version", lambda name: installed.get(name, "unknown"))
    assert provenance.versions()["numba-cuda"] == "0.30.4"
    assert "cuda-core" not in provenance.versions()


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
