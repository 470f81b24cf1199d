"""Paths that stop after a week, and go on later from the memory of their backend.

Continued paths have the bits of paths that never stopped. States and running totals stay in the backend's memory, and
random numbers and outcomes count the weeks of the whole run. A backend that can stop is one function, `SimulateWeeks`:
its ``simulate`` is `simulate_all` with it, and how it pauses is `pausing_of` it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from . import statistics
from .outputs import MAX_BLOCK, Observed, Stats, returned_rows
from .params import Array, Grid, Params, Policy, cast, other_policy
from .path_numbers import Paths, count_kept


class Call(NamedTuple):
    """What is simulated."""

    params: Params
    grid: Grid
    seed: int
    paths: Paths
    versus: Policy | None = None
    """Another policy, under which the paths are weighed."""


class Paused(NamedTuple):
    """Paths after some weeks; they may go on more than once, under parameters that were the same until then."""

    week: int
    """Weeks that are simulated."""
    memory: Any
    """States and running totals, as the backend keeps them."""
    stats: Stats
    """Of these weeks; rows of later ones are zero."""
    series: Array
    """(rows, T, kept) of these weeks."""


class Weeks(NamedTuple):
    """The weeks that a backend simulates in one go."""

    first: int
    stop: int
    ends: bool
    """The last week of the run is among them."""
    memory: Any
    """What the paths go on from; None in week 0. Others may go on from it too, so it is left as it is."""
    stats: Stats
    """Of earlier weeks; the backend adds these."""
    series: Array
    """(rows, T, kept), likewise."""


class Simulated(NamedTuple):
    """What a backend has at the end of some weeks, beside their statistics and series."""

    outcomes: Array
    """(rows, n) float32; of no use before the last week."""
    log_ratio: Array
    """(n,) float32, or empty without another policy."""
    state: Array
    """(R, n), or empty unless asked for."""
    memory: Any
    """What the paths may go on from; of no use after the last week."""


SimulateWeeks = Callable[[Call, Weeks], Simulated]
"""Simulates some weeks of paths. Parameters and the other policy are in the precision of the grid."""


class Pausing(NamedTuple):
    """How a backend simulates the first weeks of paths once and continues from there, with the bits of one call."""

    pause: Callable[..., Paused]
    """``(params, grid, seed, paths, stop, since=None)``: the weeks before ``stop``, those since a pause."""
    go_on: Callable[..., Observed]
    """``(params, grid, seed, paths, since)``: the weeks since a pause, and what ``simulate`` gives for all."""


def pausing_of(simulate_weeks: SimulateWeeks) -> Pausing:
    """How a backend pauses. Both functions raise ValueError as `simulate_all` does, and where no week is left."""

    def pause(params: Params, grid: Grid, seed: int, paths: Paths, stop: int, since: Paused | None = None) -> Paused:
        observed, memory = _simulate(simulate_weeks, Call(params, grid, seed, paths), stop, since)
        return Paused(stop, memory, observed.stats, observed.series)

    def go_on(params: Params, grid: Grid, seed: int, paths: Paths, since: Paused) -> Observed:
        return _simulate(simulate_weeks, Call(params, grid, seed, paths), params.weeks, since)[0]

    return Pausing(pause, go_on)


def simulate_all(simulate_weeks: SimulateWeeks, call: Call) -> Observed:
    """What is observed of all weeks. Raises ValueError for no path, or more than `MAX_BLOCK`."""
    return _simulate(simulate_weeks, call, call.params.weeks, None)[0]


def _simulate(simulate_weeks: SimulateWeeks, call: Call, stop: int, since: Paused | None) -> tuple[Observed, Any]:
    """What is observed of all weeks, and the backend's memory; before the last week only series and statistics."""
    params, grid, _, paths, versus = call
    if not 0 < len(paths) <= MAX_BLOCK:
        raise ValueError(f"paths of one call: expected 1 to {MAX_BLOCK}, got {len(paths)}")
    weeks = _begin(call, stop, since)
    other = other_policy(params, versus, grid.precision)
    done = simulate_weeks(call._replace(params=cast(params, grid.precision), versus=other), weeks)
    observed = Observed(
        outcomes=done.outcomes,
        series=weeks.series,
        stats=weeks.stats._replace(paths=len(paths)),
        clipped=statistics.clipped(weeks.stats.histogram, params) if weeks.ends else 0,
        log_ratio=done.log_ratio,
        state=done.state,
    )
    return observed, done.memory


def _begin(call: Call, stop: int, since: Paused | None) -> Weeks:
    """The weeks from the last pause on, with room for their statistics and series behind those of earlier ones."""
    params, grid, first = call.params, call.grid, since.week if since else 0
    if not first < stop <= params.weeks:
        raise ValueError(f"weeks to simulate: expected one or more of {params.weeks}, got {first} to {stop}")
    stats, kept = statistics.empty(params), count_kept(grid.keep, call.paths)
    series = np.empty((len(returned_rows(params, grid)), params.weeks, kept), np.float32)
    if since:
        for mine, theirs in zip(stats[1:], since.stats[1:], strict=True):
            mine[:first] = theirs[:first]
        series[:, :first] = since.series[:, :first]
    return Weeks(first, stop, stop == params.weeks, since.memory if since else None, stats, series)
