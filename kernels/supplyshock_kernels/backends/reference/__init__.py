"""The model in NumPy, written to be read: `backends.arrays`, statement by statement."""

from __future__ import annotations

import numpy as np

from ... import statistics
from ...observe import FIXED_POINT, MAX_BLOCK, Observed, Stats, series_rows
from ...params import Array, Grid, Params, cast
from ..arrays import record
from .walk import Draws, walk


def simulate(params: Params, grid: Grid, seed: int, paths: range) -> Observed:
    """Simulate a contiguous range of paths. Raises ValueError for more than `MAX_BLOCK` of them."""
    if not 0 < len(paths) <= MAX_BLOCK:
        raise ValueError(f"paths of one call: expected 1 to {MAX_BLOCK}, got {len(paths)}")
    params, draws = cast(params, grid.precision), Draws.of(grid, seed, paths)
    kept = min(max(grid.keep - paths.start, 0), len(paths))

    theta = draws.theta(params)
    totals, stats = record.no_totals(params, theta), statistics.empty(params)
    table = statistics.bin_table(params)
    series = np.empty((series_rows(params)[-1].stop, params.weeks, kept), np.float32)
    for t, state, week in walk(params, theta, draws):
        rows = record.rows_of(params, state, week)
        count(stats, rows, state.regime, t, table)
        more = record.increments(params, state, week)
        totals = record.add_totals(totals, more, state, week, rows, t)
        series[:, t] = record.series_of(rows, state)[:, :kept]
    outcomes = record.finish(params, totals, week.output)
    return Observed(outcomes, series, stats._replace(paths=len(paths)), statistics.clipped(stats.histogram, params))


def count(stats: Stats, rows: Array, regime: Array, t: int, table: statistics.BinTable) -> None:
    """Count one week of every path, in place."""
    wide = rows.astype(np.float32)
    scaled = wide * np.float32(FIXED_POINT)
    stats.total[t] += np.rint(scaled).astype(np.int64).sum(1)
    stats.square[t] += np.rint(wide * scaled).astype(np.int64).sum(1)
    stats.regime[t] += np.bincount(regime.astype(np.int64), minlength=6)
    for v, x in enumerate(wide):
        np.add.at(stats.histogram[t], statistics.bin_index(x, v, table), np.uint16(1))
