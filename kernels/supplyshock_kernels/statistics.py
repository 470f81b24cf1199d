"""Statistics over all paths that merge exactly: integer sums and counts (init, update, merge, finalize).

Quantiles come from counts on a fixed grid whose bins have equal width within
each power of two, so that the index of a float32 is a shift of its bits. The
relative width of a bin is at most ``1 / per_octave`` (`outputs.Bins`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from .outputs import FIXED_POINT, WEEKLY, Bins, Stats, sizes
from .params import REGIMES, Array, Params

MAGNITUDE = 0x7FFFFFFF
"""The bits of a float32 without its sign."""


class BinTable(NamedTuple):
    """The grid of every row of `weekly_rows`, V rows."""

    low_bits: Array
    """(V,) int32 bits of the grid's lower end less the width of a bin: what lies below has index 0 or less."""
    shift: Array
    """(V,) int32 mantissa bits dropped."""
    offset: Array
    """(V,) float32 added before binning."""
    before: Array
    """(V,) int32 bins of negative values; 0 if a grid has none."""
    start: Array
    """(V + 1,) int64 first bin of each row; the last entry is the number of bins."""


def _row_bins(params: Params) -> list[Bins]:
    size = sizes(params)
    return [w.bins for w in WEEKLY for _ in range(prod(size[a] for a in w.axes))]


def bin_table(params: Params) -> BinTable:
    """The grids of all rows."""
    bins = _row_bins(params)
    shift = np.array([23 - int(np.log2(b.per_octave)) for b in bins], np.int32)
    low = np.array([b.low for b in bins], np.float32).view(np.int32) - (np.int32(1) << shift)
    offset = np.array([b.offset for b in bins], np.float32)
    start = np.concatenate([[0], np.cumsum([b.number for b in bins])]).astype(np.int64)
    before = np.array([b.before for b in bins], np.int32)
    return BinTable(low_bits=low, shift=shift, offset=offset, before=before, start=start)


def bin_starts(params: Params) -> Array:
    """(V + 1,) int64 first bin of each row; the last entry is the number of bins."""
    return bin_table(params).start


def bin_edges(bins: Bins) -> Array:
    """(count + 1,) float64 edges of a grid, in units of the quantity; the bin below it is not one of them."""
    octave = bins.low * 2.0 ** np.arange(bins.octaves)
    inner = octave[:, None] * (1 + np.arange(bins.per_octave) / bins.per_octave)
    edges: Array = np.append(inner.ravel(), bins.low * 2.0**bins.octaves) - bins.offset
    return edges


def bin_index(x: Array, row: int, table: BinTable) -> Array:
    """Index of float32 values in the whole histogram of a week, ends included."""
    bits = (x.astype(np.float32) + table.offset[row]).view(np.int32)
    before, width = int(table.before[row]), int(table.start[row + 1] - table.start[row])
    magnitude = bits & np.int32(MAGNITUDE) if before else bits
    index = np.clip((magnitude - table.low_bits[row]) >> table.shift[row], 0, width - 1 - before)
    place: Array = before + np.where((bits < 0) & (before > 0), -index, index) + table.start[row]
    return place


def empty(params: Params) -> Stats:
    """Statistics of no paths."""
    weeks, rows = params.weeks, len(_row_bins(params))
    return Stats(
        paths=0,
        total=np.zeros((weeks, rows), np.int64),
        square=np.zeros((weeks, rows), np.int64),
        nonfinite=np.zeros((weeks, rows), np.int64),
        regime=np.zeros((weeks, len(REGIMES)), np.int64),
        histogram=np.zeros((weeks, int(bin_starts(params)[-1])), np.uint16),
    )


def clipped(histogram: Array, params: Params) -> int:
    """Values in the last bin of their grid or beyond it, where quantiles may be too low, and those below it where
    these do not count as zero, or at its other end: there quantiles may be too high."""
    start = bin_starts(params)
    below = start[:-1][[b.mirrored or not b.zero_below for b in _row_bins(params)]]
    return int(histogram[:, np.concatenate([start[1:] - 1, below])].sum(dtype=np.int64))


def mean_se(count: int, total: Array, square: Array) -> tuple[Array, Array]:
    """Mean and its standard error from fixed-point sums (any integer or object dtype).

    The standard error is NaN for fewer than two paths.
    """
    mean = np.asarray(total / (FIXED_POINT * count), np.float64)
    second = np.asarray(square / (FIXED_POINT * count), np.float64)
    if count < 2:
        return mean, np.full_like(mean, np.nan)
    variance = np.maximum(second - mean**2, 0.0) * (count / (count - 1))
    return mean, np.sqrt(variance / count)


def quantiles(histogram: Array, params: Params, probabilities: Sequence[float]) -> Array:
    """(P, T, V) quantiles of merged counts (T, B), linear within a bin.

    Exact to the width of a bin: a relative ``1 / per_octave``, usually far less.
    """
    start, bins = bin_starts(params), _row_bins(params)
    out = np.empty((len(probabilities), histogram.shape[0], len(bins)))
    for row, grid in enumerate(bins):
        counts = histogram[:, start[row] : start[row + 1]]
        used = np.flatnonzero(counts.any(0))
        low, high = (used[0], used[-1] + 1) if used.size else (0, grid.number)
        lower, upper = (side[low:high] for side in _bin_ends(grid))
        out[:, :, row] = _row_quantiles(counts[:, low:high].astype(np.float64), lower, upper, probabilities)
    return out


def _bin_ends(grid: Bins) -> tuple[Array, Array]:
    """(lower, upper) ends of all bins of a row."""
    edges = bin_edges(grid)
    lower, upper = (np.append(grid.below, side) for side in (edges[:-1], edges[1:]))
    mirrored = -edges[::-1] if grid.mirrored else edges[:1]
    return np.append(mirrored[:-1], lower), np.append(mirrored[1:], upper)


def _row_quantiles(counts: Array, lower: Array, upper: Array, probabilities: Sequence[float]) -> Array:
    """(P, T) of one row's counts (T, bins): one search over all weeks, laid end to end."""
    weeks, bins = counts.shape
    cumulative = np.cumsum(counts, axis=1)
    total, start = cumulative[:, -1], np.arange(weeks)
    rank = np.asarray(probabilities)[:, None] * total  # (P, T)
    step = total.max() + 1.0
    line = (cumulative + step * start[:, None]).ravel()
    hit = np.searchsorted(line, rank + step * start, side="left") - bins * start
    hit = np.clip(hit, 0, bins - 1)
    below = np.where(hit > 0, cumulative[start, hit - 1], 0.0)
    inside = counts[start, hit]
    part = np.where(inside > 0, (rank - below) / np.where(inside > 0, inside, 1), 0.5)
    quantile: Array = lower[hit] + part * (upper[hit] - lower[hit])
    return quantile
