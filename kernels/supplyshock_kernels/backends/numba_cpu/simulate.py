"""The model on CPU cores: tiles of paths in the cache, compiled by numba, one thread a call.

``simulate`` releases the GIL, so a pool of threads runs blocks side by side.
"""

from __future__ import annotations

import numpy as np

from ...outputs import Observed, outcome_rows, returned_rows, series_rows
from ...params import Grid, Params, Policy
from ...params.path_state import count_rows
from ...path_numbers import Paths, number_paths
from ...paused import Call, Simulated, Weeks, simulate_all
from ...rng.philox import key_of
from .constants import build_constants
from .layout import LANES
from .memory import bin_codes, new_tile
from .paused import new_memory
from .random_inputs import Draws
from .tile import Outputs, Span, simulate_tiles


def simulate(params: Params, grid: Grid, seed: int, paths: Paths, versus: Policy | None = None) -> Observed:
    """Simulate paths, a range or an array of their numbers. Raises ValueError for more than `MAX_BLOCK` of them.

    With another policy, `Observed.log_ratio` says how much likelier each path's events are under that one.
    """
    return simulate_all(simulate_weeks, Call(params, grid, seed, paths, versus))


def simulate_weeks(call: Call, weeks: Weeks) -> Simulated:
    """`paused.SimulateWeeks`: tiles from the first of the weeks to the last."""
    params, grid, seed, paths, versus = call
    stats, series, dtype = weeks.stats, weeks.series, np.dtype(grid.precision)
    rows = returned_rows(params, grid)
    place = np.full(series_rows(params)[-1].stop, -1)
    place[list(rows)] = np.arange(len(rows))
    outcomes = np.empty((outcome_rows(params)[-1].stop, len(paths)), np.float32)
    log_ratio = np.zeros(len(paths) if versus else 0, np.float32)
    state = np.empty((count_rows(params), len(paths)) if grid.state else (0, 0), dtype)
    constants = build_constants(params, versus)
    memory = np.empty((0, 0), dtype) if weeks.memory is None else weeks.memory
    if not weeks.ends:
        memory = new_memory(constants.carried, len(paths), dtype) if weeks.memory is None else memory.copy()
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
        key=key_of(seed),
        one=dtype.type(1),
        inverse=grid.normals == "inverse",
    )
    simulate_tiles(new_tile(params, dtype), params, constants, outputs, draws, Span(weeks.first, weeks.stop))
    return Simulated(outcomes, log_ratio, state, memory)
