"""Loops over paths. A backend is ``simulate(params, grid, seed, paths, versus=None) -> Observed``.

The result for a path depends only on (params, seed, path index): never on the
block it came in, nor on tiles, threads or order. ``tests/support/conformance.py``
holds every backend to that.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from ..outputs import Observed

Simulate = Callable[..., Observed]
"""``(params, grid, seed, paths, versus=None)``: with another policy, also how much likelier each path is under it."""

_MODULES = {"numba": "numba_cpu", "jax": "jax_xla", "reference": "reference"}
NAMES = tuple(_MODULES)


class NoDevice(RuntimeError):
    """The device asked for is not there; the message says what is."""


def get(name: str) -> Simulate:
    """The backend of a name. Raises KeyError for an unknown one."""
    simulate: Simulate = import_module(f".{_MODULES[name]}", __name__).simulate
    return simulate


def device_name(name: str, kind: str = "") -> str:
    """What a backend would run on: "cpu", or the name of the device, the same for one of them and for eight.

    ``kind`` is cpu, gpu, tpu, or empty for the best there is. Raises NoDevice.
    """
    if name == "jax":
        found: str = import_module(".jax_xla.devices", __name__).name(kind)
        return found
    if kind not in ("", "cpu"):
        raise NoDevice(f"the {name} backend computes on processor cores")
    return "cpu"


def device_count(name: str, kind: str = "") -> int:
    """How many such devices calls from several threads would fill. Raises NoDevice."""
    return len(import_module(".jax_xla.devices", __name__).find(kind)) if name == "jax" else 1


def width(name: str, kind: str = "", precision: str = "float32") -> int:
    """Paths that are computed side by side where that may change their last bits; 0 where it may not."""
    if name != "jax":
        return 0
    devices = import_module(".jax_xla.devices", __name__)
    wide: int = devices.width_of(devices.find(kind)[0], precision)
    return wide
