"""Checks of what a run is asked for, before anything is made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from supplyshock_kernels import backends
from supplyshock_kernels.backends import NAMES, NoDevice, Simulate

from ..common.errors import DeviceError, UsageError

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario

MAX_PATHS = 10**12


class Backend(NamedTuple):
    """What computes, and where."""

    simulate: Simulate
    name: str
    kind: str
    """cpu, gpu, tpu, or empty: the best there is (`Grid.device`)."""
    device: str
    """the device's name, or "cpu"."""
    devices: int = 1
    """how many of them there are to fill."""

    def width(self, precision: str) -> int:
        """Paths computed side by side where that may change their last bits; 0 where it may not."""
        return backends.width(self.name, self.kind, precision)


def find_backend(backend: str | Simulate, device: str = "auto") -> Backend:
    """A backend, from a name (or "auto") or a callable, and a kind of device (or "auto").

    Raises `UsageError` for an unknown name and `DeviceError` for a backend or a device that is not there.
    """
    if not isinstance(backend, str):
        return Backend(backend, getattr(backend, "__name__", "custom"), "", "cpu")
    name, kind = choose_backend(backend, device)
    try:
        said, many = backends.device_name(name, kind), backends.device_count(name, kind)
        return Backend(backends.get(name), name, kind, said, many)
    except NoDevice as e:
        raise DeviceError(
            f"no {device} to compute on", where="--device", expected=device, got=f"{e} (driver: {driver()})", fix=FIX
        ) from e
    except ImportError as e:
        raise DeviceError(f"the backend {name} cannot be loaded", got=str(e)) from e


FIX = 'use --device cpu, or install the plugin: pip install "supplyshock[cuda12]"'


def choose_backend(backend: str, device: str) -> tuple[str, str]:
    """(backend, kind of device) with "auto" settled: JAX where a GPU is, else numba.

    Raises `UsageError` for an unknown name and `DeviceError` for numba on a GPU.
    """
    if backend not in ("auto", *NAMES):
        names = " or ".join(("auto", *NAMES))
        raise UsageError("unknown backend", where="--backend", expected=names, got=repr(backend))
    kind = "" if device == "auto" else device
    if backend == "auto":
        backend = "jax" if kind in ("gpu", "tpu") or (kind == "" and _gpu_works()) else "numba"
        kind = "gpu" if backend == "jax" and not kind else kind
    if backend != "jax" and kind not in ("", "cpu"):
        raise DeviceError(
            f"the {backend} backend computes on processor cores",
            where="--device",
            expected="cpu",
            got=device,
            fix="use --backend jax",
        )
    return backend, kind


def driver() -> str:
    """The graphics driver that the system shows, or "none"; a matter of microseconds."""
    for name, sign in _DRIVERS.items():
        if Path(sign).exists():
            return name
    return "none"


_DRIVERS = {"NVIDIA": "/proc/driver/nvidia/version", "NVIDIA (device file)": "/dev/nvidia0", "AMD": "/dev/kfd"}


def _gpu_works() -> bool:
    """Whether JAX finds a GPU; without a driver JAX is not even imported."""
    if driver() == "none":
        return False
    try:
        backends.device_name("jax", "gpu")
    except (NoDevice, ImportError):
        return False
    return True


def check_numbers(*, paths: object, seed: object, save_series: object, precision: str, threads: object) -> None:
    """Raises `UsageError` for a number of paths, a seed and so on that no run can have."""
    _check_integer("paths", paths, 1, MAX_PATHS)
    _check_integer("seed", seed, 0, 2**64 - 1)
    _check_integer("save-series", save_series, 0, MAX_PATHS)
    if threads is not None:
        _check_integer("threads", threads, 1, 4096)
    if precision not in ("float32", "float64"):
        raise UsageError("unknown precision", where="--precision", expected="float32 or float64", got=precision)


def _check_integer(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        expected = f"a whole number from {low:,} to {high:,}"
        raise UsageError("out of range", where=f"--{name}", expected=expected, got=f"{value!r:.40}")


def check_scenarios(scenarios: Sequence[Scenario]) -> None:
    """Raises `UsageError` unless the scenarios have different names and the same weeks, start and labels."""
    if not scenarios:
        raise UsageError("no scenario to run", expected="one or more")
    names = [s.name for s in scenarios]
    for name in names:
        if names.count(name) > 1:
            raise UsageError("two scenarios of one run share a name", got=repr(name), fix="rename one")
    first = scenarios[0]
    for other in scenarios[1:]:
        for field in ("start", "weeks", "labels"):
            if getattr(other, field) != getattr(first, field):
                raise UsageError(
                    f"scenarios of one run need the same {field}",
                    where=other.name,
                    expected=f"that of {first.name}, {getattr(first, field)!r:.60}",
                    got=f"{getattr(other, field)!r:.60}",
                    fix="run it apart, into a folder of its own",
                )
