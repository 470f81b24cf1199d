"""Statistics of weekly rows: what one number adds to a sum and to a bin. Integers, so that any order gives the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba.extending import overload

from ... import float32math as f32
from ... import statistics
from ...numba_dialect import JIT
from ...ops import ZERO, const, scalar
from ...outputs import FIXED_POINT, LARGEST, MAX_BLOCK, Stats
from ...params import REGIMES, Params
from .block import U0, U1
from .layout import U

_FIXED, _LARGEST = const(FIXED_POINT), const(LARGEST)
_MAGNITUDE, _NONE = np.int32(statistics.MAGNITUDE), np.int32(0)
_REGIMES = len(REGIMES)


class Bins(NamedTuple):
    """The grids of all weekly rows, as `statistics.BinTable`, and one bin for each regime behind them."""

    low_bits: Any
    shift: Any
    offset: Any
    before: Any
    start: Any
    """(V + 2,) int64."""
    weekly: Any
    """V, uint64."""
    regime: Any
    """the row of the regime, uint64."""


class Sums(NamedTuple):
    """Sums of all rows and weeks; the regimes are the last row."""

    total: Any
    """(T, V + 1) int64."""
    square: Any
    left_out: Any
    histogram: Any
    """(T, B + 6) int32."""


def make_bins(params: Params, regime: Any) -> Bins:
    """The grids; ``regime`` is the row of the regime."""
    table = statistics.bin_table(params)
    return Bins(
        low_bits=table.low_bits,
        shift=table.shift,
        offset=table.offset,
        before=table.before,
        start=np.append(table.start, table.start[-1] + _REGIMES),
        weekly=U(len(table.shift)),
        regime=U(regime),
    )


def make_sums(params: Params, bins: Bins, make: Callable[[str, tuple[int, ...], Any], Any]) -> Sums:
    """The arrays of the sums, each by ``make(name, shape, type)``."""
    shape, wide = (params.weeks, len(bins.start) - 1), (params.weeks, int(bins.start[-1]))
    total, square, left_out = (make(name, shape, np.int64) for name in Sums._fields[:-1])
    return Sums(total, square, left_out, make("histogram", wide, np.int32))


def no_sums(params: Params, bins: Bins) -> Sums:
    """Sums of no paths."""
    return make_sums(params, bins, lambda _, shape, kind: np.zeros(shape, kind))


def statistics_of(sums: Sums, paths: int) -> Stats:
    """The sums as all backends give them: counts in 16 bits where the paths of a call allow it, else in 32."""
    kind = np.uint16 if paths <= MAX_BLOCK else np.uint32
    return Stats(
        paths=paths,
        total=np.ascontiguousarray(sums.total[:, :-1]),
        square=np.ascontiguousarray(sums.square[:, :-1]),
        nonfinite=np.ascontiguousarray(sums.left_out[:, :-1]),
        regime=sums.histogram[:, -_REGIMES:].astype(np.int64),
        histogram=sums.histogram[:, :-_REGIMES].astype(kind),
    )


def _word(x: Any) -> Any:
    """The bits of a float32."""
    return np.float32(x).view(np.int32)


@overload(_word, jit_options=JIT, strict=False)
def _word_compiled(x: Any) -> Any:
    return lambda x: f32.bits(x)


def nearest(x: Any) -> Any:
    """The nearest whole number, halves to the even one, in 64 bits."""
    return np.int64(np.rint(x))


@overload(nearest, target="cpu", jit_options=JIT, strict=False)
def _nearest(x: Any) -> Any:
    return lambda x: np.int64(np.rint(x))


@scalar
def _bin(word: Any, low: Any, shift: Any, last: Any) -> Any:
    """Index within a grid, ends included, in words that wrap."""
    index = np.int32(np.int64(word) - np.int64(low)) >> shift
    index = index if index > _NONE else _NONE
    return index if index < last else last


@scalar
def find_bin(bins: Bins, v: Any, x: Any) -> Any:
    """The bin of a number of row ``v``, counted from the row's first."""
    if v == bins.weekly:
        return np.int64(x)
    low, shift, before = bins.low_bits[v], bins.shift[v], np.int64(bins.before[v])
    word = _word(x + bins.offset[v])
    if before == 0:
        return np.int64(_bin(word, low, shift, np.int32(bins.start[v + U1] - bins.start[v] - 1)))
    index = np.int64(_bin(word & _MAGNITUDE, low, shift, np.int32(before)))
    return before + index if word >= 0 else before - index


@scalar
def fixed_point(x: Any) -> Any:
    """(number, its square, whether both are left out) as integers of `outputs.FIXED_POINT`."""
    fits = abs(x) < _LARGEST
    kept = x if fits else ZERO
    scaled = kept * _FIXED
    return nearest(scaled), nearest(kept * scaled), np.int64(0 if fits else 1)


@scalar
def row_of(bins: Bins, v: Any) -> Any:
    """Where the numbers of row ``v`` lie among the weekly rows."""
    return bins.regime if v == bins.weekly else v


@scalar
def count_row(weekly: Any, bins: Bins, sums: Sums, v: Any, t: Any) -> None:
    """Add week ``t`` of row ``v`` to the sums."""
    first, row, k = U(bins.start[v]), row_of(bins, v), U0
    while k < U(weekly.shape[2]):
        x = weekly[t, row, k]
        one, two, out = fixed_point(x)
        sums.total[t, v] += one
        sums.square[t, v] += two
        sums.left_out[t, v] += out
        sums.histogram[t, first + U(find_bin(bins, v, x))] += 1
        k += U1
