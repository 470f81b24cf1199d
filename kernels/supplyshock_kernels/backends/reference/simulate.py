"""The model in NumPy, written to be read: `backends.array_program`, statement by statement."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

import numpy as np

from ... import statistics
from ...model import likelihood, negotiation
from ...model.uncertain_parameters import Theta
from ...outputs import Observed, returned_rows
from ...params import Grid, Params, Policy
from ...path_numbers import Paths
from ...paused import Call, Simulated, Weeks, simulate_all
from ..array_program.event_log_likelihood import PolicyRun, Week, add_log_ratio
from ..array_program.path_state import copy_state
from ..array_program.path_totals import Totals, add_totals, finish_totals, start_totals
from ..array_program.random_inputs import draw_theta
from ..array_program.state import State
from ..array_program.weekly_statistics import gather_rows, gather_series
from .walk import Since, draws_of, walk
from .weekly_statistics import add_week


class _Memory(NamedTuple):
    """What paths go on from."""

    theta: Theta
    state: State
    totals: Totals


def simulate(params: Params, grid: Grid, seed: int, paths: Paths, versus: Policy | None = None) -> Observed:
    """Simulate paths, a range or an array of their numbers. Raises ValueError for more than `MAX_BLOCK` of them.

    With another policy, `Observed.log_ratio` says how much likelier each path's events are under that one.
    """
    return simulate_all(simulate_weeks, Call(params, grid, seed, paths, versus))


def simulate_weeks(call: Call, weeks: Weeks) -> Simulated:
    """`paused.SimulateWeeks`, one week of all paths after the other."""
    params, grid, seed, paths, versus = call
    since: _Memory | None = weeks.memory
    draws, rules = draws_of(grid, seed, paths), negotiation.build_rules(params.policy)
    other = likelihood.compare_policies(params.policy, versus or params.policy)
    theta = since.theta if since else draw_theta(params, draws)
    totals = since.totals if since else start_totals(params, theta)
    run = PolicyRun(params=params, rules=rules, theta=theta)
    bins = statistics.bin_table(params)
    returned, kept = list(returned_rows(params, grid)), weeks.series.shape[2]
    ratio = np.zeros(len(paths) if versus else 0, np.float32)
    begun = Since(weeks.first, since.state) if since else None
    steps = islice(walk(params, theta, draws, begun), weeks.stop - weeks.first)
    for t, before, random_inputs, state, shown in steps:
        rows = gather_rows(params, state, shown)
        add_week(weeks.stats, rows, state.regime, t, bins)
        totals = add_totals(params, totals, state, shown, rows, t)
        if versus:
            ratio = add_log_ratio(ratio, run, other, Week(before, state, random_inputs, t))
        weeks.series[:, t] = gather_series(rows, state)[returned, :kept]
    outcomes = finish_totals(params, totals, shown.output, state) if weeks.ends else np.empty((0, 0), np.float32)
    last = copy_state(state, theta) if grid.state else np.empty((0, 0), grid.precision)
    return Simulated(outcomes, ratio.astype(np.float32), last, _Memory(theta, state, totals))
