"""Weekly statistics of a tile, taken while it is in the cache: exact sums, bins, counts, kept series."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable

from ... import float32math as f32
from ...numba_dialect import JIT
from ...ops import const
from ...outputs import FIXED_POINT, LARGEST, WEEKLY, weekly_rows
from ...params import Params
from ...statistics import MAGNITUDE
from .compile_options import compiled_loop
from .layout import (
    EXPORTS,
    LANES,
    LEAD,
    LEVEL,
    LIST,
    LOSS_CN,
    LOSS_US,
    PAID,
    PRICE_C,
    PRICE_X,
    REGIME,
    SHORT_C,
    SHORT_X,
    STOCK_C,
    STOCK_X,
    L,
    U,
    market_offsets,
)  # fmt: skip

_FIXED, _LARGEST = const(FIXED_POINT), const(LARGEST)
_WIDEST = max(w.bins.number for w in WEEKLY)
_SMALL = min(2.0**32 / FIXED_POINT / LANES - 1, 45.0)
_SMALL_BITS = np.float32(_SMALL).view(np.int32)
"""Squares of smaller numbers, sums of a row of them, and halves of sums of their squares fit 32 bits."""
_I0, _I16, _HALF_WORD = np.int32(0), np.int32(16), np.int32(0xFFFF)
_MAGNITUDE = np.int32(MAGNITUDE)
_NONE = np.float32(0)
_WORD = np.int64(0xFFFFFFFF)


_SHOWN = {
    "price_ratio": (PRICE_C, PRICE_X),
    "inventory_weeks": (STOCK_C, STOCK_X),
    "shortage_ratio": (SHORT_C, SHORT_X),
    "paid_price_ratio": (PAID,),
    "export_ratio": (EXPORTS,),
    "lead_time_weeks": (LEAD,),
}
"""Rows of a market that show its weekly quantities."""


class WeeklyRows(NamedTuple):
    """Where the weekly quantities lie in a tile, in the order of `outputs.WEEKLY`."""

    market: Any
    """Offsets into the markets' rows."""
    path: Any
    """Offsets into the path's rows: the losses, which come last."""


def locate_rows(params: Params) -> WeeklyRows:
    """Where the weekly quantities lie, from the declaration in `outputs`."""
    with_market = [r for r in weekly_rows(params) if r.name in _SHOWN]
    return WeeklyRows(market=market_offsets(params, with_market, _SHOWN), path=np.array([LOSS_CN, LOSS_US]))


@compiled_loop
def add_week(tile: Any, constants: Any, outputs: Any, at: Any, t: Any, n: Any) -> None:
    """Add week ``t`` of the first n lanes to the statistics; its bins go to place ``at`` of the codes."""
    codes, total, square, nonfinite = outputs.codes, outputs.total, outputs.square, outputs.nonfinite
    rows, bins = constants.weekly, constants.bins
    _add_rows(tile.market, rows.market, 0, codes, at, bins, total, square, nonfinite, t, n)
    _add_rows(tile.path, rows.path, rows.market.shape[0], codes, at, bins, total, square, nonfinite, t, n)
    _add_regime(tile.path, outputs.regime[t], n)


@compiled_loop
def _add_rows(
    a: Any,
    offsets: Any,
    first: Any,
    codes: Any,
    at: Any,
    table: Any,
    total: Any,
    square: Any,
    nonfinite: Any,
    t: Any,
    n: Any,
) -> None:
    """Week ``t`` of rows of ``a``: fixed-point sums of the first n lanes, and the bins of all lanes into ``codes``.

    What is not finite has the bits of a large or of a negative number, so that only the long way meets it.
    Sums of integers are exact, so order does not matter. Counting the bins is put off (`count_bins`).
    Indices into flat arrays throughout: a slice would count references, at more than the cost of a row.
    """
    stride = U(codes.shape[0]) // U(total.size)
    for v in range(offsets.shape[0]):
        i, w = offsets[v], first + v
        last = np.int32(table.start[w + 1] - table.start[w] - 1)
        minus_low, shift, offset = f32.negate(table.low_bits[w]), table.shift[w], table.offset[w]
        to, before = U(at) + U(w) * stride, table.before[w]
        sum1, half2, rest2, least, most = _bin_and_add(a, i, codes, to, minus_low, shift, offset, last)
        if before > _I0:
            _bin_mirrored(a, i, codes, to, minus_low, shift, before)
        if n == LANES and least >= 0 and most < _SMALL_BITS:
            total[t, w] += np.int64(sum1) & _WORD
            square[t, w] += (np.int64(half2) << 16) + np.int64(rest2)
        else:  # a constant number of lanes is what the vectoriser wants
            wide1, wide2, left_out = _add_wide(a, i, L) if n == LANES else _add_wide(a, i, U(n))
            total[t, w] += wide1
            square[t, w] += wide2
            nonfinite[t, w] += left_out


@register_jitable(**JIT)
def _bin_and_add(a: Any, i: Any, codes: Any, to: Any, minus_low: Any, shift: Any, offset: Any, last: Any) -> Any:
    """Bins of a row; (sum, upper and lower halves of the sum of squares, least, most) in 32-bit words.

    Least and most are bits of the numbers, which order numbers that are not negative.
    """
    sum1, half2, rest2, least, most = _I0, _I0, _I0, _SMALL_BITS, _I0
    for l in range(L):
        x = np.float32(a[i + l])
        word = f32.bits(x)
        b = f32.shift_right(f32.add(f32.bits(x + offset), minus_low), shift)
        b = b if b > _I0 else _I0
        codes[to + l] = b if b < last else last
        least = word if word < least else least
        most = word if word > most else most
        scaled = x * _FIXED
        second = f32.to_int(np.rint(x * scaled))
        sum1 = f32.add(sum1, f32.to_int(np.rint(scaled)))
        half2 = f32.add(half2, f32.shift_right(second, _I16))
        rest2 = f32.add(rest2, f32.both(second, _HALF_WORD))
    return sum1, half2, rest2, least, most


@register_jitable(**JIT)
def _bin_mirrored(a: Any, i: Any, codes: Any, to: Any, minus_low: Any, shift: Any, before: Any) -> None:
    """Bins of a row whose grid negative values have too, in place of those of `_bin_and_add`."""
    for l in range(L):
        word = f32.bits(np.float32(a[i + l]))
        b = f32.shift_right(f32.add(f32.both(word, _MAGNITUDE), minus_low), shift)
        b = b if b > _I0 else _I0
        b = b if b < before else before
        codes[to + l] = f32.add(before, b if word >= _I0 else f32.negate(b))


@register_jitable(**JIT)
def _add_wide(a: Any, i: Any, n: Any) -> Any:
    """(sum, sum of squares, how many are left out) of the first n numbers of a row: those that sums take."""
    sum1, sum2, left_out = np.int64(0), np.int64(0), np.int64(0)
    for l in range(n):
        x = np.float32(a[i + l])
        fits = abs(x) < _LARGEST
        left_out += np.int64(not fits)
        x = x if fits else _NONE
        scaled = x * _FIXED
        sum1 += np.int64(np.rint(scaled))
        sum2 += np.int64(np.rint(x * scaled))
    return sum1, sum2, left_out


@compiled_loop
def count_bins(codes: Any, histogram: Any, start: Any, span: Any, n: Any) -> None:
    """Count the first n lanes of a group of tiles, every week of the span.

    A row whose lanes all fall into one bin, as shortages in quiet weeks do, is counted at once.
    """
    even, odd = np.zeros(_WIDEST, np.uint16), np.zeros(_WIDEST, np.uint16)
    weeks, rows = U(histogram.shape[0]), U(start.shape[0] - 1)
    lanes = U(codes.shape[0]) // (weeks * rows)
    for t in range(U(span.first), U(span.stop)):
        for v in range(rows):
            at, first = (t * rows + v) * lanes, U(start[v])
            low, high = codes[at], codes[at]
            for l in range(U(n)):
                low, high = min(low, codes[at + l]), max(high, codes[at + l])
            if low == high:
                histogram[t, first + U(low)] += np.uint16(n)
                continue
            _count(codes, at, U(n), even, odd)
            for b in range(U(low), U(high) + U(1)):
                histogram[t, first + b] += even[b] + odd[b]
                even[b] = 0
                odd[b] = 0


@register_jitable(**JIT)
def _count(codes: Any, at: Any, n: Any, even: Any, odd: Any) -> None:
    """Count n codes into two sets in turn.

    An increment of a bin waits for the one before it, and neighbours often share a bin (1.3x).
    """
    for k in range(n >> U(1)):
        even[U(codes[at + U(2) * k])] += np.uint16(1)
        odd[U(codes[at + U(2) * k + U(1)])] += np.uint16(1)
    if n & U(1):
        even[U(codes[at + n - U(1)])] += np.uint16(1)


@compiled_loop
def copy_row(a: Any, i: Any, series: Any, first: Any, n: Any) -> None:
    """Copy the first n paths of a row to place ``first`` on."""
    for l in range(U(n)):
        series[first + l] = a[i + l]


@compiled_loop
def gather_series(tile: Any, constants: Any, outputs: Any, first: Any, n: Any, t: Any) -> None:
    """Copy the week of the first n paths into the series (rows, T, kept) from column ``first``.

    Rows that are not asked for cost a look at their place, and no call.
    """
    series, place = outputs.series, outputs.place
    rows, v = constants.weekly, 0
    for i in range(rows.market.shape[0]):
        if place[v] >= 0:
            copy_row(tile.market, rows.market[i], series[place[v], t], first, n)
        v += 1
    for i in range(rows.path.shape[0]):
        if place[v] >= 0:
            copy_row(tile.path, rows.path[i], series[place[v], t], first, n)
        v += 1
    for i in range(constants.lists):
        if place[v] >= 0:
            copy_row(tile.lists, U(i) * LIST + LEVEL, series[place[v], t], first, n)
        v += 1
    if place[v] >= 0:
        copy_row(tile.path, REGIME, series[place[v], t], first, n)


@compiled_loop
def _add_regime(p: Any, counts: Any, n: Any) -> None:
    """Count the paths in each regime."""
    for l in range(U(n)):
        counts[int(p[REGIME + l])] += 1
