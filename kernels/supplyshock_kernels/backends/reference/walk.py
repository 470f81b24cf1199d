"""Week after week of the array program in NumPy, and what of it no store keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ...model import negotiation
from ...model.uncertain_parameters import Theta
from ...params import Array, Grid, Params, cast
from ...path_numbers import Paths, number_paths
from ...rng.philox import key_of
from ..array_program.random_inputs import Draws, RandomInputs, draw_theta, draw_week
from ..array_program.start import start_paths
from ..array_program.state import State
from ..array_program.week import WeekOutputs, simulate_week
from ..array_program.weekly_statistics import gather_rows, gather_series


def draws_of(grid: Grid, seed: int, paths: Paths) -> Draws:
    """The keys from which the random numbers of paths are made."""
    one = np.dtype(grid.precision).type(1)
    numbers, place = number_paths(paths), np.arange(len(paths))
    return Draws(paths=numbers, place=place, key=key_of(seed), one=one, inverse=grid.normals == "inverse")


class Step(NamedTuple):
    """One week of every path."""

    t: int
    before: State
    random_inputs: RandomInputs
    state: State
    week: WeekOutputs


class Since(NamedTuple):
    """Where paths go on that stopped after a week."""

    week: int
    state: State


def walk(params: Params, theta: Theta, draws: Draws, since: Since | None = None) -> Iterator[Step]:
    """Every week, or those since a pause, with the states around it; `params` are cast to the precision."""
    first, state = since or (0, start_paths(params, theta, draws))
    rules = negotiation.build_rules(params.policy)
    markets, elapsed = params.markets.group.shape[0], np.uint64(params.initial.elapsed)
    for t in range(first, params.weeks):
        random_inputs = draw_week(draws, elapsed + np.uint64(t + 1), markets)
        before = state
        state, week = simulate_week(params, rules, theta, before, random_inputs, t)
        yield Step(t=t, before=before, random_inputs=random_inputs, state=state, week=week)


class Trace(NamedTuple):
    """One path with more than its stored series; T weeks, J sources, K sectors."""

    series: Array
    """(rows, T) of `outputs.series_rows`, float32, for a comparison with another backend."""
    clock: Array
    """(T,) weeks that the running truce still has after the week; huge without one."""
    outage: Array
    """(T, J) share of a source's output that accidents take."""
    strait: Array
    """(T,) share of output that a crisis in the Taiwan Strait takes from the sources it stops."""
    stopped: Array
    """(T, 2, K) bool: whether a sector of a bloc stands still."""


def trace(params: Params, grid: Grid, seed: int, path: int) -> Trace:
    """One path alone. Other backends follow it up to rounding."""
    params, draws = cast(params, grid.precision), draws_of(grid, seed, range(path, path + 1))
    weeks = []
    for _, _, _, state, week in walk(params, draw_theta(params, draws), draws):
        series = gather_series(gather_rows(params, state, week), state)[:, 0].astype(np.float32)
        hidden = (state.clock, state.sources.outage, state.strait, week.lost > params.industry.stop_threshold)
        weeks.append((series, *(np.asarray(x)[..., 0] for x in hidden)))
    series, *rest = (np.stack(x) for x in zip(*weeks, strict=True))
    return Trace(series.T, *rest)
