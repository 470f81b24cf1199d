"""Which devices to run on, and how many paths they take at once."""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import Any

import jax

from .. import NoDevice

KINDS = ("cpu", "gpu", "tpu")
CPU_WIDTH, GPU_WIDTH, LEAST = 256, 32_768, 128
"""Paths of a device in one call: at most, and at least."""

_BYTES_PER_PATH = 24_000
"""Of the carry of a scan, its copy and the largest temporaries: about three thousand rows in float32."""
_SHARE = 0.6
"""of a device's memory."""


@cache
def find(kind: str) -> tuple[Any, ...]:
    """The local devices of a kind, or of the best kind there is. Raises NoDevice."""
    if kind not in ("", *KINDS):
        raise NoDevice(f"device: expected one of {', '.join(KINDS)}, got {kind!r}")
    try:
        return tuple(jax.local_devices(backend=kind or None))
    except RuntimeError as error:
        present = ", ".join(str(d) for d in jax.local_devices())
        raise NoDevice(f"no {kind} found by JAX {jax.__version__}; present: {present}") from error


def name(kind: str) -> str:
    """The name of the devices of a kind, whatever their number; "cpu" for processor cores."""
    first = find(kind)[0]
    return "cpu" if first.platform == "cpu" else str(first.device_kind)


_calls = count()


def in_turn(devices: tuple[Any, ...]) -> tuple[Any, ...]:
    """The devices, another one first at every call: calls side by side fill all of them.

    A call of the engine is no wider than one device takes at once, so a fixed order would leave the others idle.
    """
    first = next(_calls) % len(devices)
    return devices[first:] + devices[:first]


def width_of(device: Any, precision: str) -> int:
    """Paths of one call: a power of two that should fit the device's memory."""
    if device.platform == "cpu":
        return CPU_WIDTH
    stats = device.memory_stats() or {}
    room = _SHARE * stats.get("bytes_limit", 8e9) / _BYTES_PER_PATH / (2 if precision == "float64" else 1)
    width = GPU_WIDTH
    while width > max(room, LEAST):
        width //= 2
    return width
