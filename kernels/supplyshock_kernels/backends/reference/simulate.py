"""The model in NumPy, written to be read: `backends.array_program`, statement by statement."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

import numpy as np

from ... import statistics
from ...model import likelihood, negotiation
from ...model.uncertain_parameters import Theta
from ...outputs import MAX_BLOCK, Observed, returned_rows
from ...params import Grid, Params, Policy, cast, other_policy
from ...path_numbers import Paths
from ...paused import Paused, begin_outputs, weeks_to_do
from ..array_program.event_log_likelihood import PolicyRun, Week, add_log_ratio
from ..array_program.path_state import copy_state
from ..array_program.path_totals import Totals, add_totals, finish_totals, start_totals
from ..array_program.random_inputs import draw_theta
from ..array_program.state import State
from ..array_program.weekly_statistics import gather_rows, gather_series
from .walk import Since, draws_of, walk
from .weekly_statistics import add_week


class _Call(NamedTuple):
    """What is simulated."""

    params: Params
    grid: Grid
    seed: int
    paths: Paths


class _Memory(NamedTuple):
    """What paths go on from."""

    theta: Theta
    state: State
    totals: Totals


def simulate(params: Params, grid: Grid, seed: int, paths: Paths, versus: Policy | None = None) -> Observed:
    """Simulate paths, a range or an array of their numbers. Raises ValueError for more than `MAX_BLOCK` of them.

    With another policy, `Observed.log_ratio` says how much likelier each path's events are under that one.
    """
    return _simulate(_Call(params, grid, seed, paths), params.weeks, None, versus)[0]


def pause(params: Params, grid: Grid, seed: int, paths: Paths, stop: int, since: Paused | None = None) -> Paused:
    """Simulate the weeks before ``stop``: all of them, or those since an earlier pause. Raises ValueError."""
    observed, memory = _simulate(_Call(params, grid, seed, paths), stop, since)
    return Paused(stop, memory, observed.stats, observed.series)


def go_on(params: Params, grid: Grid, seed: int, paths: Paths, since: Paused) -> Observed:
    """Simulate the weeks since a pause: what `simulate` gives for all weeks. Raises ValueError."""
    return _simulate(_Call(params, grid, seed, paths), params.weeks, since)[0]


def _simulate(call: _Call, stop: int, since: Paused | None, versus: Policy | None = None) -> tuple[Observed, _Memory]:
    """The observations of all weeks, and the state; before the last week only series and statistics."""
    grid, paths = call.grid, call.paths
    if not 0 < len(paths) <= MAX_BLOCK:
        raise ValueError(f"paths of one call: expected 1 to {MAX_BLOCK}, got {len(paths)}")
    versus = other_policy(call.params, versus, grid.precision)
    params, draws = cast(call.params, grid.precision), draws_of(grid, call.seed, paths)
    weeks = weeks_to_do(params, stop, since)
    rules = negotiation.build_rules(params.policy)
    other = likelihood.compare_policies(params.policy, versus or params.policy)

    stats, series = begin_outputs(params, grid, paths, since)
    theta = since.memory.theta if since else draw_theta(params, draws)
    totals = since.memory.totals if since else start_totals(params, theta)
    run = PolicyRun(params=params, rules=rules, theta=theta)
    bins = statistics.bin_table(params)
    returned, kept = list(returned_rows(params, grid)), series.shape[2]
    ratio = np.zeros(len(paths) if versus else 0, np.float32)
    begun = Since(since.week, since.memory.state) if since else None
    for t, before, random_inputs, state, shown in islice(walk(params, theta, draws, begun), len(weeks)):
        rows = gather_rows(params, state, shown)
        add_week(stats, rows, state.regime, t, bins)
        totals = add_totals(params, totals, state, shown, rows, t)
        if versus:
            ratio = add_log_ratio(ratio, run, other, Week(before, state, random_inputs, t))
        series[:, t] = gather_series(rows, state)[returned, :kept]
    ended = stop == params.weeks
    last = copy_state(state, theta) if grid.state else np.empty((0, 0), grid.precision)
    observed = Observed(
        outcomes=finish_totals(params, totals, shown.output, state) if ended else np.empty((0, 0), np.float32),
        series=series,
        stats=stats._replace(paths=len(paths)),
        clipped=statistics.clipped(stats.histogram, params) if ended else 0,
        log_ratio=ratio.astype(np.float32),
        state=last,
    )
    return observed, _Memory(theta, state, totals)
