"""Chooses the backend and the device of a run, from what the user asks for and what is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from supplyshock_kernels import backends
from supplyshock_kernels.backends import SPECS, BackendSpec, NoDevice, Simulate
from supplyshock_kernels.paused import Pausing

from ..common.errors import DeviceError, UsageError
from ..common.machine_limits import usable_cores

FIX = 'use --device cpu, or install the plugin: pip install "supplyshock[cuda12]"'
CALLABLE_CALL = backends.MAX_CALL
"""Most paths of one call of a backend that is given as a function."""
_DRIVERS = {"NVIDIA": "/proc/driver/nvidia/version", "NVIDIA (device file)": "/dev/nvidia0", "AMD": "/dev/kfd"}
Loaded = TypeVar("Loaded")


@dataclass(frozen=True)
class Backend:
    """What computes, and where."""

    spec: BackendSpec
    kind: str
    """cpu, gpu, tpu, or empty: the best there is (`Grid.device`)."""
    device: str
    """the device's name, or "cpu"."""
    devices: int = 1
    """how many of them there are to fill."""

    @property
    def name(self) -> str:
        """Name of the backend."""
        return self.spec.name

    @cached_property
    def simulate(self) -> Simulate:
        """Simulates a range of paths; the kernels are imported when it is first asked for.

        Raises `DeviceError` for a backend whose packages cannot be imported.
        """
        return self._load(self.spec.load)

    @cached_property
    def pausing(self) -> Pausing:
        """Stops paths and continues them, where `spec.load_pausing` is there. Raises as `simulate` does."""
        assert self.spec.load_pausing is not None
        return self._load(self.spec.load_pausing)

    def _load(self, load: Callable[[], Loaded]) -> Loaded:
        try:
            return load()
        except ImportError as e:
            raise _not_loaded(self.name, e) from e

    @property
    def threads(self) -> int:
        """Threads that keep it busy: all cores, or a few for each device."""
        if self.spec.threads_per_device is None:
            return usable_cores()
        fewest, most = (n * self.devices for n in self.spec.threads_per_device)
        return max(fewest, min(most, usable_cores()))

    @property
    def call_size(self) -> int:
        """Most paths of one kernel call."""
        return self.spec.call_size(self.device)

    def width(self, precision: str) -> int:
        """Paths computed side by side where that may change their last bits; 0 if it may not."""
        return self.spec.width_of(self.kind, precision)


def find_backend(backend: str | Simulate, device: str = "auto") -> Backend:
    """A backend, from a name (or "auto") or a callable, and a kind of device (or "auto").

    Raises `UsageError` for an unknown name and `DeviceError` for a backend or a device that is not there.
    """
    if not isinstance(backend, str):
        return Backend(callable_spec(backend), "", "cpu")
    name, kind = choose_backend(backend, device)
    spec = SPECS[name]
    try:
        devices = spec.find_devices(kind)
    except NoDevice as e:
        wanted = kind or " or ".join(spec.device_kinds)
        fix = FIX if "cpu" in spec.device_kinds else f"use --backend {backends.DEFAULT}, which runs on the CPU"
        raise DeviceError(
            f"no {wanted} is available", where="--device", expected=wanted, got=f"{e} (driver: {driver()})", fix=fix
        ) from e
    except ImportError as e:
        raise _not_loaded(name, e) from e
    return Backend(spec, kind, devices.name, devices.number)


def _not_loaded(name: str, error: ImportError) -> DeviceError:
    return DeviceError(f"the backend {name} cannot be loaded", where="--backend", got=str(error))


def assumed_backend(backend: str, device: str = "auto") -> Backend:
    """The backend that another machine would use: this one need not have the device.

    Raises `UsageError` for an unknown name and `DeviceError` for a kind of device that the backend does not know.
    """
    name, kind = choose_backend(backend, device)
    accelerators = SPECS[name].accelerators
    return Backend(SPECS[name], kind, kind or (accelerators[0] if accelerators else "cpu"))


def recorded_backend(name: str, device: str, simulate: Simulate) -> Backend:
    """The backend that a run names, computed by `simulate`."""
    spec = SPECS.get(name) or callable_spec(simulate, name)
    return Backend(replace(spec, load=lambda: simulate, load_pausing=None), "", device)


def callable_spec(simulate: Simulate, name: str = "") -> BackendSpec:
    """The spec of a callable that computes on processor cores."""
    return BackendSpec(
        name=name or getattr(simulate, "__name__", "custom"), load=lambda: simulate, max_call=CALLABLE_CALL
    )


def choose_backend(backend: str, device: str) -> tuple[str, str]:
    """(backend, kind of device) with "auto" resolved: the first backend whose accelerator is here, else the default.

    Raises `UsageError` for an unknown name and `DeviceError` for a kind of device that the backend does not know.
    """
    if backend not in ("auto", *SPECS):
        names = " or ".join(("auto", *SPECS))
        raise UsageError("unknown backend", where="--backend", expected=names, got=repr(backend))
    kind = "" if device == "auto" else device
    if backend == "auto":
        return _automatic(kind)
    known = SPECS[backend].device_kinds
    if kind and kind not in known:
        others = " or ".join(_with_accelerator(kind))
        raise DeviceError(
            f"the {backend} backend computes on {'processor cores' if known == ('cpu',) else ' and '.join(known)}",
            where="--device",
            expected=" or ".join(known),
            got=device,
            fix=f"use --backend {others}" if others else f"use --device {known[0]}",
        )
    return backend, kind


def _automatic(kind: str) -> tuple[str, str]:
    if kind == "cpu":
        return backends.DEFAULT, kind
    candidates = [name for name, spec in SPECS.items() if (kind or "gpu") in spec.accelerators]
    measured = next((name for name in candidates if _is_measured(name, kind or "gpu")), None)
    if measured:
        return measured, kind or "gpu"
    others = [name for name in candidates if SPECS[name].chosen_on is None]
    if kind:
        return next(iter(others), backends.DEFAULT), kind
    accelerated = next((name for name in others if _device_of(name, "gpu")), None)
    return (accelerated, "gpu") if accelerated else (backends.DEFAULT, "")


def _with_accelerator(kind: str) -> Iterator[str]:
    """Names of the backends that compute on such a device."""
    return (name for name, spec in SPECS.items() if kind in spec.accelerators)


def _is_measured(name: str, kind: str) -> bool:
    """Whether the device that is here is one on which a backend was measured to be the fastest."""
    chosen_on = SPECS[name].chosen_on
    return bool(chosen_on) and _device_of(name, kind) in (chosen_on or ())


def _device_of(name: str, kind: str) -> str:
    """The device that a backend finds, or an empty string; without a driver the backend is not even imported."""
    if driver() == "none":
        return ""
    try:
        return SPECS[name].find_devices(kind).name
    except (NoDevice, ImportError):
        return ""


def driver() -> str:
    """The graphics driver that the system shows, or "none"; a matter of microseconds."""
    for name, sign in _DRIVERS.items():
        if Path(sign).exists():
            return name
    return "none"
