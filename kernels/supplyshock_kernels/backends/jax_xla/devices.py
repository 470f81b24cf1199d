"""Which devices to run on, and how many paths a program of theirs computes."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import jax

from .. import NoDevice

KINDS = ("cpu", "gpu", "tpu")
CPU_WIDTH, GPU_WIDTH, LEAST = 256, 65_536, 128
"""Paths of a program: at most, and at least."""

_BYTES_PER_PATH = 24_000
"""Of a program and of what waits to be copied: four times what XLA plans for an H100 (docs/decisions/0007-jax.md)."""
_SHARE = 0.6
"""of a device's memory."""

_lock = threading.Lock()
_narrowed: dict[tuple[str, str], int] = {}
"""Width by (kind of device, precision) where the usual one does not fit."""
_busy: Counter[Any] = Counter()
_calls: Counter[Any] = Counter()


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


@contextmanager
def borrowed(devices: tuple[Any, ...]) -> Iterator[Any]:
    """The least busy of the devices, so that calls from several threads fill all of them."""
    with _lock:
        device = min(devices, key=lambda d: (_busy[d], _calls[d]))
        _busy[device] += 1
        _calls[device] += 1
    try:
        yield device
    finally:
        with _lock:
            _busy[device] -= 1


def width_of(device: Any, precision: str) -> int:
    """Paths of a program: a power of two, the same for all devices of a kind while this process lives."""
    return _narrowed.get((device.device_kind, precision)) or _usual(device, precision)


def narrow(device: Any, precision: str, width: int) -> None:
    """From now on devices of this kind compute at most so many paths at once."""
    with _lock:
        _narrowed[device.device_kind, precision] = min(width, width_of(device, precision))


def _usual(device: Any, precision: str) -> int:
    if device.platform == "cpu":
        return CPU_WIDTH
    stats = device.memory_stats() or {}
    room = _SHARE * stats.get("bytes_limit", 8e9) / _BYTES_PER_PATH / (2 if precision == "float64" else 1)
    width = GPU_WIDTH
    while width > max(room, LEAST):
        width //= 2
    return width
