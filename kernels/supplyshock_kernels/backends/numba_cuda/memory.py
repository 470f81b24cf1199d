"""Memory of a device and of the host that calls work in, one call at a time, kept from call to call.

It is no thread's own: a thread ends outside the context of the device, where nothing can be freed.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...params import Array
from .devices import cuda_module

_lock = threading.Lock()
_idle: dict[int, list[Room]] = {}


class Room:
    """Arrays by name, a stream, and memory of the host that a GPU writes without help."""

    def __init__(self) -> None:
        self.stream = cuda_module().stream()
        self._arrays: dict[str, Any] = {}
        self._pinned: Any = None

    @property
    def held(self) -> int:
        """Bytes on the device."""
        return sum(a.size * a.dtype.itemsize for a in self._arrays.values())

    def array(self, name: str, shape: tuple[int, ...], kind: Any = np.float32) -> Any:
        """An array of the device, whatever is in it; the next of this name takes its place."""
        size = int(np.prod(shape))
        flat = self._arrays.get(name)
        if flat is None or flat.size < size:
            flat = None
            self._arrays.pop(name, None)  # freed first: both would not fit
            flat = self._arrays[name] = cuda_module().device_array(max(size, 1), kind)
        return flat[:size].reshape(shape)

    def fetched(self, array: Any) -> Array:
        """The array on the host, when all work before it is done; the next call of this overwrites it."""
        size = array.size * array.dtype.itemsize
        if self._pinned is None or self._pinned.size < size:
            self._pinned = cuda_module().pinned_array(size, np.uint8)
        view: Array = self._pinned[:size].view(array.dtype).reshape(array.shape)
        array.copy_to_host(view, stream=self.stream)
        self.stream.synchronize()
        return view


@contextmanager
def borrowed_room(device: int) -> Iterator[Room]:
    """A room of the current device, for one call. After an error it is given up, and its memory with it."""
    with _lock:
        if device not in _idle:
            _idle[device] = []
        room = _idle[device].pop() if _idle[device] else None
    if room is None:
        room = Room()
        atexit.unregister(_empty)
        atexit.register(_empty)  # anew, behind the finalizers of what has been made: it runs before them
    yield room
    with _lock:
        _idle[device].append(room)


def _empty() -> None:
    """Gives everything back as the process ends, in a context that stays: what numba-cuda frees later needs one."""
    for device, rooms in _idle.items():
        cuda_module().current_context(device)
        rooms.clear()
