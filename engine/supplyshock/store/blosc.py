"""blosc from one buffer into another: the bytes of numcodecs, without the interpreter and without new memory.

numcodecs makes a new object for each chunk and copies what it has packed, and that copy holds the interpreter. The
same function of its library takes the buffers of its caller: half the processor time.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numcodecs.blosc
import numpy as np
from numcodecs import Blosc

from supplyshock_kernels.params import Array

OVERHEAD = 16
"""Bytes that blosc adds to what it cannot pack."""
SHUFFLES = {"noshuffle": 0, "shuffle": 1, "bitshuffle": 2}
_Function = Callable[..., int]


@dataclass(frozen=True)
class Compressor:
    """Packs arrays as zarr's codec of the same settings does."""

    typesize: int
    """Bytes of an item."""
    cname: str
    clevel: int
    shuffle: str
    """A key of `SHUFFLES`."""
    blocksize: int
    """Bytes of a block; 0: blosc chooses."""

    def pack(self, source: Array, target: Array) -> int:
        """Packs `source`, C-contiguous, into the bytes `target`, `OVERHEAD` longer; returns how many bytes it took.

        Raises `ValueError` if blosc fails. Safe to use from many threads.
        """
        packed = self._pack(source, target, compress_function())
        if packed <= 0:
            raise ValueError(f"blosc cannot pack {source.nbytes:,} bytes with {self}")
        return packed

    def _pack(self, source: Array, target: Array, function: _Function | None) -> int:
        if function is None:
            data = self._codec.encode(source)
            target[: len(data)] = np.frombuffer(data, np.uint8)
            return len(data)
        sizes = self.typesize, source.nbytes, source.ctypes.data, target.ctypes.data, target.nbytes
        return function(self.clevel, SHUFFLES[self.shuffle], *sizes, self.cname.encode(), self.blocksize, 1)

    @cached_property
    def _codec(self) -> Blosc:
        return Blosc(self.cname, self.clevel, SHUFFLES[self.shuffle], self.blocksize, self.typesize)


@cache
def compress_function() -> _Function | None:
    """``blosc_compress_ctx`` of the library that numcodecs brings, or None if it does not show it."""
    try:
        function: _Function = ctypes.CDLL(numcodecs.blosc.__file__).blosc_compress_ctx
    except (OSError, AttributeError):
        return None
    size, pointer = ctypes.c_size_t, ctypes.c_void_p
    types = [ctypes.c_int, ctypes.c_int, size, size, pointer, pointer, size, ctypes.c_char_p, size, ctypes.c_int]
    function.argtypes, function.restype = types, ctypes.c_int  # type: ignore[attr-defined]
    return function if _same(function) else None


def _same(function: _Function) -> bool:
    """Whether the function makes the bytes of numcodecs: another blosc might have another meaning of its numbers."""
    source, target = np.linspace(0, 1, 4096, dtype=np.float32), np.empty(4 * 4096 + OVERHEAD, np.uint8)
    sample = Compressor(4, "lz4", 1, "shuffle", 0)
    packed = sample._pack(source, target, function)
    return packed > 0 and target[:packed].tobytes() == sample._codec.encode(source)
