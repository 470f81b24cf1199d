"""The model on CPU cores: tiles of paths in the cache, compiled by numba, one thread a call.

``simulate`` releases the GIL, so a pool of threads runs blocks side by side.
"""

from __future__ import annotations

import numpy as np

from ... import statistics
from ...outputs import MAX_BLOCK, Observed, outcome_rows, returned_rows, series_rows
from ...params import Grid, Params, Policy, cast, other_policy
from ...params.path_state import count_rows
from ...path_numbers import Paths, count_kept, number_paths
from ...rng.philox import key_of
from .constants import build_constants
from .layout import LANES
from .memory import bin_codes, new_tile
from .random_inputs import Draws
from .tile import Outputs, simulate_tiles


def simulate(params: Params, grid: Grid, seed: int, paths: Paths, versus: Policy | None = None) -> Observed:
    """Simulate paths, a range or an array of their numbers. Raises ValueError for more than `MAX_BLOCK` of them.

    With another policy, `Observed.log_ratio` says how much likelier each path's events are under that one.
    """
    if not 0 < len(paths) <= MAX_BLOCK:
        raise ValueError(f"paths of one call: expected 1 to {MAX_BLOCK}, got {len(paths)}")
    params, versus = cast(params, grid.precision), other_policy(params, versus, grid.precision)
    dtype = np.dtype(grid.precision)
    kept = count_kept(grid.keep, paths)
    stats = statistics.empty(params)
    rows = returned_rows(params, grid)
    series = np.empty((len(rows), params.weeks, kept), np.float32)
    place = np.full(series_rows(params)[-1].stop, -1)
    place[list(rows)] = np.arange(len(rows))
    outcomes = np.empty((outcome_rows(params)[-1].stop, len(paths)), np.float32)
    log_ratio = np.zeros(len(paths) if versus else 0, np.float32)
    state = np.empty((count_rows(params), len(paths)) if grid.state else (0, 0), dtype)
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
    )
    draws = Draws(
        paths=number_paths(paths, LANES),
        place=np.uint64(0),
        key=key_of(seed),
        one=dtype.type(1),
        inverse=grid.normals == "inverse",
    )
    constants = build_constants(params, versus)
    simulate_tiles(new_tile(params, dtype), params, constants, outputs, draws)
    clipped = statistics.clipped(stats.histogram, params)
    return Observed(
        outcomes=outcomes,
        series=series,
        stats=stats._replace(paths=len(paths)),
        clipped=clipped,
        log_ratio=log_ratio,
        state=state,
    )
