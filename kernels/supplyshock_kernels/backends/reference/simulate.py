"""The model in NumPy, written to be read: `backends.arrays`, statement by statement."""

from __future__ import annotations

import numpy as np

from ... import statistics
from ...model import likelihood, negotiation
from ...outputs import FIXED_POINT, MAX_BLOCK, Observed, Stats, series_rows
from ...params import Array, Grid, Params, Policy, cast, other_policy
from ..array_program import record
from ..array_program.event_log_likelihood import log_ratio
from .walk import Draws, walk


def simulate(params: Params, grid: Grid, seed: int, paths: range, versus: Policy | None = None) -> Observed:
    """Simulate a contiguous range of paths. Raises ValueError for more than `MAX_BLOCK` of them.

    With another policy, `Observed.log_ratio` says how much likelier each path's events are under that one.
    """
    if not 0 < len(paths) <= MAX_BLOCK:
        raise ValueError(f"paths of one call: expected 1 to {MAX_BLOCK}, got {len(paths)}")
    versus = other_policy(params, versus, grid.precision)
    params, draws = cast(params, grid.precision), Draws.of(grid, seed, paths)
    rules, other = negotiation.rules(params.policy), likelihood.other(params.policy, versus or params.policy)
    kept = min(max(grid.keep - paths.start, 0), len(paths))

    theta = draws.theta(params)
    totals, stats = record.no_totals(params, theta), statistics.empty(params)
    table = statistics.bin_table(params)
    series = np.empty((series_rows(params)[-1].stop, params.weeks, kept), np.float32)
    ratio = np.zeros(len(paths) if versus else 0, np.float32)
    for t, before, luck, state, week in walk(params, theta, draws):
        rows = record.rows_of(params, state, week)
        count(stats, rows, state.regime, t, table)
        more = record.increments(params, state, week)
        totals = record.add_totals(totals, more, state, week, rows, t)
        if versus:
            ratio += log_ratio(params, rules, other, theta, before, state, luck, t)
        series[:, t] = record.series_of(rows, state)[:, :kept]
    outcomes = record.finish(params, totals, week.output)
    clipped = statistics.clipped(stats.histogram, params)
    return Observed(outcomes, series, stats._replace(paths=len(paths)), clipped, ratio)


def count(stats: Stats, rows: Array, regime: Array, t: int, table: statistics.BinTable) -> None:
    """Count one week of every path, in place."""
    wide = rows.astype(np.float32)
    scaled = wide * np.float32(FIXED_POINT)
    stats.total[t] += np.rint(scaled).astype(np.int64).sum(1)
    stats.square[t] += np.rint(wide * scaled).astype(np.int64).sum(1)
    stats.regime[t] += np.bincount(regime.astype(np.int64), minlength=6)
    for v, x in enumerate(wide):
        np.add.at(stats.histogram[t], statistics.bin_index(x, v, table), np.uint16(1))
