"""Exact sums and counts of the weekly quantities, one row at a time."""

from __future__ import annotations

import numpy as np

from ... import statistics
from ...outputs import FIXED_POINT, LARGEST, Stats
from ...params import REGIMES, Array


def add_week(stats: Stats, rows: Array, regime: Array, t: int, bins: statistics.BinTable) -> None:
    """Add week ``t`` of every path to the statistics, in place."""
    wide = rows.astype(np.float32)
    fits = np.abs(wide) < LARGEST
    count_bins(stats.histogram[t], wide, bins)
    wide = np.where(fits, wide, np.float32(0))
    scaled = wide * np.float32(FIXED_POINT)
    stats.total[t] += np.rint(scaled).astype(np.int64).sum(1)
    stats.square[t] += np.rint(wide * scaled).astype(np.int64).sum(1)
    stats.nonfinite[t] += (~fits).sum(1)
    stats.regime[t] += np.bincount(regime.astype(np.int64), minlength=len(REGIMES))


def count_bins(histogram: Array, rows: Array, bins: statistics.BinTable) -> None:
    """Count the float32 values of a week, (V, N), in place."""
    for v, x in enumerate(rows):
        np.add.at(histogram, statistics.bin_index(x, v, bins), np.uint16(1))
