"""The model on CPU cores: tiles of paths in the cache, compiled by numba, one thread a call.

``simulate`` releases the GIL, so a pool of threads runs blocks side by side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ... import statistics
from ...outputs import MAX_BLOCK, Observed, outcome_rows, returned_rows, series_rows
from ...params import Array, Grid, Params, Policy, cast, other_policy
from ...params.path_state import count_rows
from ...path_numbers import Paths, number_paths
from ...paused import Paused, begin_outputs, weeks_to_do
from ...rng.philox import key_of
from .constants import build_constants
from .layout import LANES
from .memory import bin_codes, new_tile
from .paused import new_memory
from .random_inputs import Draws
from .tile import Outputs, Span, simulate_tiles


class _Call(NamedTuple):
    """What is simulated."""

    params: Params
    grid: Grid
    seed: int
    paths: Paths


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


def _simulate(call: _Call, stop: int, since: Paused | None, versus: Policy | None = None) -> tuple[Observed, Array]:
    """What is observed of all weeks; before the last one only series and statistics, and what goes on."""
    grid, paths = call.grid, call.paths
    if not 0 < len(paths) <= MAX_BLOCK:
        raise ValueError(f"paths of one call: expected 1 to {MAX_BLOCK}, got {len(paths)}")
    params, versus = cast(call.params, grid.precision), other_policy(call.params, versus, grid.precision)
    dtype, weeks = np.dtype(grid.precision), weeks_to_do(params, stop, since)
    stats, series = begin_outputs(params, grid, paths, since)
    rows = returned_rows(params, grid)
    place = np.full(series_rows(params)[-1].stop, -1)
    place[list(rows)] = np.arange(len(rows))
    outcomes = np.empty((outcome_rows(params)[-1].stop, len(paths)), np.float32)
    log_ratio = np.zeros(len(paths) if versus else 0, np.float32)
    state = np.empty((count_rows(params), len(paths)) if grid.state else (0, 0), dtype)
    constants = build_constants(params, versus)
    memory = since.memory if since else np.empty((0, 0), dtype)
    if stop < params.weeks:
        memory = memory.copy() if since else new_memory(constants.carried, len(paths), dtype)
    outputs = Outputs(
        total=stats.total,
        square=stats.square,
        nonfinite=stats.nonfinite,
        regime=stats.regime,
        histogram=stats.histogram,
        codes=bin_codes(stats.total.size, len(paths)),
        series=series,
        place=place,
        outcomes=outcomes,
        log_ratio=log_ratio,
        state=state,
        paused=memory,
    )
    draws = Draws(
        paths=number_paths(paths, LANES),
        place=np.uint64(0),
        key=key_of(call.seed),
        one=dtype.type(1),
        inverse=grid.normals == "inverse",
    )
    simulate_tiles(new_tile(params, dtype), params, constants, outputs, draws, Span(weeks.start, weeks.stop))
    observed = Observed(
        outcomes=outcomes,
        series=series,
        stats=stats._replace(paths=len(paths)),
        clipped=statistics.clipped(stats.histogram, params) if stop == params.weeks else 0,
        log_ratio=log_ratio,
        state=state,
    )
    return observed, memory
