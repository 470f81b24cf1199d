"""Statistics of many paths as integers: merging is exact and has no order, so neither has a run."""

from __future__ import annotations

import json
import struct
import threading
from dataclasses import dataclass
from math import prod

import numpy as np
from numcodecs import Blosc

from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import Array, Params
from supplyshock_kernels.statistics import empty

from ..common.errors import StoreError
from ..common.safe_text import load_json

MAGIC = b"SSTALLY2"
LOW = np.int64(2**32 - 1)
MOST_32 = 2**32 - 1
"""Paths that a 32-bit bin can count."""
DTYPES = ("<i8", "<u2", "<u4", "<u8")
MOST_A_BYTE = 300
"""Numbers that a byte of a statistics can hold: lz4 makes 255 bytes of one at most."""


@dataclass
class WideInt:
    """Integers beyond 64 bits, ``high * 2**32 + low``: sums of squares over 1e9 paths need them."""

    high: Array
    """int64."""
    low: Array
    """int64, at least 0; folded into `high` before it can overflow."""

    @classmethod
    def of(cls, x: Array) -> WideInt:
        """From an int64 array."""
        return cls(x >> 32, x & LOW)

    def add(self, other: WideInt) -> None:
        """Adds in place, exactly."""
        low = self.low + other.low
        self.high += other.high + (low >> 32)
        self.low = low & LOW

    def exact(self) -> Array:
        """The same as Python's integers, in an array of objects."""
        exact: Array = self.high.astype(object) * 2**32 + self.low.astype(object)
        return exact


@dataclass
class PathStatistics:
    """Sums over `count` paths, T weeks, V weekly rows, B bins (`outputs.Stats`)."""

    count: int
    clipped: int
    """Values outside the histogram's grid."""
    total: WideInt
    """(T, V)."""
    square: WideInt
    """(T, V)."""
    nonfinite: Array
    """(T, V) int64 values that the sums leave out."""
    regime: Array
    """(T, 6) int64."""
    histogram: Array
    """(T, B) unsigned; 16 bits as it comes from one kernel call."""
    more: tuple[Array, ...] = ()
    """int64 counts of what is attached to the run (`attached_firm`)."""

    @classmethod
    def of(cls, observed: Observed, more: tuple[Array, ...] = ()) -> PathStatistics:
        """The statistics of one kernel call; shares the histogram with it, so it is not to be added to."""
        s = observed.stats
        square, total = WideInt.of(np.asarray(s.square)), WideInt.of(np.asarray(s.total))
        nonfinite, regime = (np.asarray(x, np.int64) for x in (s.nonfinite, s.regime))
        return cls(int(s.paths), int(observed.clipped), total, square, nonfinite, regime, s.histogram, more)

    @classmethod
    def none(cls, params: Params, more: tuple[Array, ...] = ()) -> PathStatistics:
        """The statistics of no paths, to which others can be added."""
        return cls.of(Observed(np.empty((0, 0)), np.empty((0, 0, 0)), empty(params), 0), more)

    @classmethod
    def like(cls, other: PathStatistics) -> PathStatistics:
        """An empty statistics to add others of that shape to."""
        total, square = (WideInt.of(np.zeros_like(w.high)) for w in (other.total, other.square))
        nonfinite, regime = np.zeros_like(other.nonfinite), np.zeros_like(other.regime)
        more = tuple(map(np.zeros_like, other.more))
        return cls(0, 0, total, square, nonfinite, regime, np.zeros(other.histogram.shape, np.uint32), more)

    def add(self, other: PathStatistics) -> None:
        """Adds `other` in place. The bins widen to 64 bits before they can overflow."""
        self.add_sums(other)
        for week in range(len(self.histogram)):
            self.add_week(other, week)

    def add_sums(self, other: PathStatistics) -> None:
        """Adds all but the histogram."""
        self.count += other.count
        self.clipped += other.clipped
        self.total.add(other.total)
        self.square.add(other.square)
        self.nonfinite += other.nonfinite
        self.regime += other.regime
        for mine, its in zip(self.more, other.more, strict=True):
            mine += its
        if self.count > MOST_32 and self.histogram.dtype != np.uint64:
            self.histogram = self.histogram.astype(np.uint64)

    def add_week(self, other: PathStatistics, week: int) -> None:
        """Adds one week of the histogram."""
        mine = self.histogram[week]
        np.add(mine, other.histogram[week], out=mine, casting="same_kind")

    def arrays(self) -> tuple[Array, ...]:
        """Everything but the counts, in the order `pack` writes it."""
        sums = (self.total.high, self.total.low, self.square.high, self.square.low)
        return (*sums, self.nonfinite, self.regime, self.histogram, *self.more)


def added(a: PathStatistics, b: PathStatistics) -> PathStatistics:
    """The sum of two statistics, as a new one."""
    total = PathStatistics.like(a)
    total.add(a)
    total.add(b)
    return total


class SharedPathStatistics:
    """A statistics that many threads add to at once: each week of the large histogram has a lock of its own."""

    def __init__(self, shape: PathStatistics, most: int = 0) -> None:
        """Empty, for statistics like `shape`; `most` is the number of paths that it will hold."""
        self.statistics = PathStatistics.like(shape)
        if most > MOST_32:
            self.statistics.histogram = self.statistics.histogram.astype(np.uint64)
        self._lock = threading.Lock()
        self._weeks = [threading.Lock() for _ in self.statistics.histogram]

    def add(self, other: PathStatistics) -> None:
        """Adds `other`, from any thread."""
        with self._lock:
            self.statistics.add_sums(other)
        for week, lock in enumerate(self._weeks):
            with lock:
                self.statistics.add_week(other, week)


def pack(statistics: PathStatistics) -> bytes:
    """A statistics as bytes: sums whole, the histogram compressed week by week (most bins are empty)."""
    codec = Blosc("lz4", clevel=1, shuffle=Blosc.BITSHUFFLE)
    arrays = [np.ascontiguousarray(a) for a in statistics.arrays()]
    packed = [[codec.encode(a)] for a in arrays[:-1]] + [[codec.encode(week) for week in arrays[-1]]]
    head = {
        "count": statistics.count,
        "clipped": statistics.clipped,
        "arrays": [
            {"dtype": a.dtype.str, "shape": a.shape, "bytes": [len(p) for p in rows]}
            for a, rows in zip(arrays, packed, strict=True)
        ],
    }
    text = json.dumps(head).encode()
    return b"".join([MAGIC, struct.pack("<Q", len(text)), text, *(p for rows in packed for p in rows)])


def unpack(data: bytes) -> PathStatistics:
    """The statistics that `pack` made bytes of. Raises `StoreError` for those of another version, else `ValueError`."""
    if data[:7] == MAGIC[:7] and data[:8] != MAGIC:
        fix = "use that version, or compute the run again with --overwrite"
        raise StoreError("the sums of the run were made by another version of supplyshock", fix=fix)
    if data[:8] != MAGIC or len(data) < 16:
        raise ValueError("not packed statistics")
    start = 16 + struct.unpack("<Q", data[8:16])[0]
    head = load_json(data[16:start])
    codec = Blosc()
    arrays = []
    for spec in head["arrays"]:
        if spec["dtype"] not in DTYPES or prod(spec["shape"]) > MOST_A_BYTE * len(data):
            raise ValueError("not the arrays of packed statistics")
        a = np.empty(spec["shape"], spec["dtype"])
        for part, size in zip(a.reshape(len(spec["bytes"]), -1), spec["bytes"], strict=True):
            codec.decode(data[start : start + size], out=part)
            start += size
        arrays.append(a)
    high, low, high2, low2, nonfinite, regime, histogram, *more = arrays
    total, square = WideInt(high, low), WideInt(high2, low2)
    return PathStatistics(head["count"], head["clipped"], total, square, nonfinite, regime, histogram, tuple(more))
