"""The files of one array of a run: their names and their bytes, which are those that zarr writes.

An array is cut into files along its first axis (one scenario or pair each) and along its second, where that is
`path`. A file is one chunk, or a shard: chunks one after the other, then an index that says where each begins.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import google_crc32c
import numpy as np
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, ShardingCodec
from zarr.core.metadata.v3 import ArrayV3Metadata

from supplyshock_kernels.params import Array

from .blosc import OVERHEAD, Compressor
from .mantissa_rounding import rounded

ABSENT = 2**64 - 1
"""Beginning and length of a chunk that is not there, in the index of a shard."""


@dataclass(frozen=True)
class ArrayFiles:
    """How the values of an array become files."""

    name: str
    """``group/name``."""
    dtype: np.dtype[Any]
    fill: Any
    """What a last chunk has beyond the end of the array."""
    row: tuple[int, ...]
    """Shape of the values of one row, a scenario or a pair."""
    chunk: int
    """Entries in a chunk, along the first axis of a row."""
    file: int
    """Entries in a file."""
    sharded: bool
    compressor: Compressor
    bits: int
    """Bits of mantissa that are kept; 0: all."""

    @classmethod
    def of(cls, name: str, array: zarr.Array[Any], bits: int = 0) -> ArrayFiles:
        """Of an array of zarr. Raises `ValueError` for one that no run has."""
        file, row = array.shards or array.chunks, array.shape[1:]
        if file[0] != 1 or not file[2:] == array.chunks[2:] == row[1:]:
            raise ValueError(f"{name}: chunks that no run has")
        cut = (array.chunks[1], file[1]) if row else (1, 1)
        compressor = _compressor(name, array, sharded=array.shards is not None)
        return cls(name, array.dtype, array.fill_value, row, *cut, array.shards is not None, compressor, bits)

    def key(self, index: int, cut: int) -> str:
        """Name of the file `cut` of row `index`, by zarr's default encoding."""
        return f"{self.name}/c/{index}" + (f"/{cut}" + "/0" * (len(self.row) - 1) if self.row else "")

    def keys(self, index: int, start: int, stop: int) -> list[str]:
        """Names of all files of row `index` with entries from `start` to `stop`."""
        return [self.key(index, cut) for cut in range(start // self.file, -(-stop // self.file))]

    def parts(self, values: Array) -> Iterator[memoryview]:
        """The bytes of the file that has `values` (entries, ...); each part is valid until the next is asked for."""
        raw, packed = _scratch.buffers(self.dtype, (self.chunk, *self.row[1:]))
        sizes = []
        for first in range(0, len(values), self.chunk):
            self._fill(raw, values[first : first + self.chunk])
            sizes.append(self.compressor.pack(raw, packed))
            yield packed[: sizes[-1]].data
        if self.sharded:
            yield _index(sizes, self.file // self.chunk)

    def _fill(self, raw: Array, values: Array) -> None:
        """One chunk, as it is packed."""
        count = len(values)
        raw[:count] = values
        if self.bits:
            raw[:count] = rounded(raw[:count], self.bits)
        raw[count:] = self.fill


def _compressor(name: str, array: zarr.Array[Any], *, sharded: bool) -> Compressor:
    codecs = array.metadata.codecs if isinstance(array.metadata, ArrayV3Metadata) else ()
    if sharded and isinstance(codecs[0], ShardingCodec):
        if [type(c) for c in codecs[0].index_codecs] != [BytesCodec, Crc32cCodec]:
            raise ValueError(f"{name}: an index that no run has")
        codecs = codecs[0].codecs
    if [type(c) for c in codecs] != [BytesCodec, BloscCodec]:
        raise ValueError(f"{name}: codecs that no run has")
    written: Any = codecs[1].to_dict()  # as the metadata have it: the types of zarr's attributes depend on its version
    return Compressor(**written["configuration"])


class _Scratch(threading.local):
    """Two buffers of each thread, as large as its largest chunk: fresh memory costs more than filling it."""

    raw: Array = np.empty(0, np.uint8)
    packed: Array = np.empty(0, np.uint8)

    def buffers(self, dtype: np.dtype[Any], shape: tuple[int, ...]) -> tuple[Array, Array]:
        """An array for a chunk and bytes for what it is packed to, with contents of any kind."""
        size = prod(shape) * dtype.itemsize
        if len(self.raw) < size:
            self.raw, self.packed = np.empty(size, np.uint8), np.empty(size + OVERHEAD, np.uint8)
        return self.raw[:size].view(dtype).reshape(shape), self.packed[: size + OVERHEAD]


_scratch = _Scratch()


def _index(sizes: list[int], chunks: int) -> memoryview:
    """The index of a shard of so many chunks, of which the first ones are there, and its checksum."""
    index = np.full((chunks, 2), ABSENT, "<u8")
    index[: len(sizes), 1] = sizes
    index[: len(sizes), 0] = np.cumsum([0, *sizes[:-1]])
    data = index.tobytes()
    return memoryview(data + google_crc32c.value(data).to_bytes(4, "little"))
