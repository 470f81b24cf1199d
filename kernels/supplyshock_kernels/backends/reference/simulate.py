"""The model in NumPy, written to be read: `backends.array_program`, statement by statement."""

from __future__ import annotations

import numpy as np

from ... import statistics
from ...model import likelihood, negotiation
from ...outputs import MAX_BLOCK, Observed, returned_rows
from ...params import Grid, Params, Policy, cast, other_policy
from ...path_numbers import Paths, count_kept
from ..array_program.event_log_likelihood import PolicyRun, Week, add_log_ratio
from ..array_program.path_state import copy_state
from ..array_program.path_totals import add_totals, finish_totals, start_totals
from ..array_program.random_inputs import draw_theta
from ..array_program.weekly_statistics import gather_rows, gather_series
from .walk import draws_of, walk
from .weekly_statistics import add_week


def simulate(params: Params, grid: Grid, seed: int, paths: Paths, versus: Policy | None = None) -> Observed:
    """Simulate paths, a range or an array of their numbers. Raises ValueError for more than `MAX_BLOCK` of them.

    With another policy, `Observed.log_ratio` says how much likelier each path's events are under that one.
    """
    if not 0 < len(paths) <= MAX_BLOCK:
        raise ValueError(f"paths of one call: expected 1 to {MAX_BLOCK}, got {len(paths)}")
    versus = other_policy(params, versus, grid.precision)
    params, draws = cast(params, grid.precision), draws_of(grid, seed, paths)
    rules = negotiation.build_rules(params.policy)
    other = likelihood.compare_policies(params.policy, versus or params.policy)
    kept = count_kept(grid.keep, paths)

    theta = draw_theta(params, draws)
    run = PolicyRun(params=params, rules=rules, theta=theta)
    totals, stats = start_totals(params, theta), statistics.empty(params)
    bins = statistics.bin_table(params)
    returned = list(returned_rows(params, grid))
    series = np.empty((len(returned), params.weeks, kept), np.float32)
    ratio = np.zeros(len(paths) if versus else 0, np.float32)
    for t, before, random_inputs, state, shown in walk(params, theta, draws):
        rows = gather_rows(params, state, shown)
        add_week(stats, rows, state.regime, t, bins)
        totals = add_totals(params, totals, state, shown, rows, t)
        if versus:
            ratio = add_log_ratio(ratio, run, other, Week(before, state, random_inputs, t))
        series[:, t] = gather_series(rows, state)[returned, :kept]
    outcomes = finish_totals(params, totals, shown.output, state)
    last = copy_state(state, theta) if grid.state else np.empty((0, 0), grid.precision)
    clipped = statistics.clipped(stats.histogram, params)
    return Observed(
        outcomes=outcomes,
        series=series,
        stats=stats._replace(paths=len(paths)),
        clipped=clipped,
        log_ratio=ratio.astype(np.float32),
        state=last,
    )
