"""Which devices to run on, and how many paths they take at once."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax

KINDS = ("cpu", "gpu", "tpu")
WIDTHS = tuple(2**k for k in range(7, 17))
"""Paths of a device in one call; a program is compiled for each that is used."""

_CPU_WIDTH = 1024
_BYTES_PER_PATH = 24_000
"""Of the carry of a scan, its copy and the largest temporaries: about three thousand rows in float32."""
_SHARE = 0.6
"""of a device's memory."""


class NoDevice(RuntimeError):
    """The device asked for is not there; the message says what is."""


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


def most_paths(device: Any, precision: str) -> int:
    """The largest width that should fit the device."""
    if device.platform == "cpu":
        return _CPU_WIDTH
    stats = device.memory_stats() or {}
    room = _SHARE * stats.get("bytes_limit", 8e9)
    per_path = _BYTES_PER_PATH * (2 if precision == "float64" else 1)
    return max([w for w in WIDTHS if w * per_path <= room], default=WIDTHS[0])


def width_for(paths: int, most: int) -> int:
    """The smallest width that holds the paths, no larger than ``most``."""
    return min([w for w in WIDTHS if w >= paths], default=most) if paths <= most else most
