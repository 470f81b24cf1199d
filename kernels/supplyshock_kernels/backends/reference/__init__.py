"""The model in NumPy, written to be read: all paths at once, one statement a step of the week.

It shares the scalar physics of `model` with the other backends and nothing of
their loops, so that each checks the other. Arrays are ``(market, path)``,
``(source, path)``, ``(list, path)`` or ``(path,)``.
"""

from __future__ import annotations

import numpy as np

from ... import draws, statistics
from ...model import policy
from ...observe import MAX_BLOCK, Observed, series_rows
from ...params import Grid, Params, cast
from ...philox import key_of
from . import record
from .begin import begin
from .luck import draw_theta, draw_week, four_normals
from .week import advance


def simulate(params: Params, grid: Grid, seed: int, paths: range) -> Observed:
    """Simulate a contiguous range of paths. Raises ValueError for more than `MAX_BLOCK` of them."""
    if not 0 < len(paths) <= MAX_BLOCK:
        raise ValueError(f"paths of one call: expected 1 to {MAX_BLOCK}, got {len(paths)}")
    params = cast(params, grid.precision)
    one, inverse = np.dtype(grid.precision).type(1), grid.normals == "inverse"
    index, key = np.arange(paths.start, paths.stop, dtype=np.uint64), key_of(seed)
    kept = min(max(grid.keep - paths.start, 0), len(paths))

    rules = policy.rules(params.policy)
    theta = draw_theta(params, index, key, one, inverse)
    state = begin(params, theta)
    totals, stats = record.no_totals(params, theta), statistics.empty(params)
    table = statistics.bin_table(params)
    series = np.empty((series_rows(params)[-1].stop, params.weeks, kept), np.float32)
    for t in range(params.weeks):
        luck = draw_week(index, t + 1, key, params.markets.group.shape[0], one, inverse)
        common = four_normals(index, t + 1, draws.COMMON, key, one, inverse)
        state, week = advance(params, rules, theta, state, luck, common, t)
        rows = record.rows_of(params, state, week)
        record.add_statistics(stats, rows, state.regime, t, table)
        record.add_totals(params, totals, state, week, rows, t)
        series[:, t] = record.series_of(params, state, week)[:, :kept]
    outcomes = record.finish(params, totals, week)
    return Observed(outcomes, series, stats._replace(paths=len(paths)), statistics.clipped(stats.histogram, params))
