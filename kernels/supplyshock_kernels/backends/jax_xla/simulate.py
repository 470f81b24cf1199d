"""The model on GPU, TPU or CPU by JAX: the array program, traced once and compiled by XLA.

Paths are padded to one width, so that one program serves every request. Everything
runs with 64-bit types enabled and explicit types throughout: without them JAX would
make wrong random words in silence.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import statistics
from ...model import likelihood
from ...outputs import Observed, Stats, outcome_rows, returned_rows
from ...params import Grid, Params, Policy, cast, other_policy
from ...params.path_state import count_rows
from ...path_numbers import Paths, count_kept
from ...rng.philox import key_of
from . import devices, launch
from .call_size import MAX_CALL
from .memory_backoff import run_within_memory
from .program import Part
from .static import split


def simulate(params: Params, grid: Grid, seed: int, paths: Paths, versus: Policy | None = None) -> Observed:
    """Simulate paths, a range or an array of their numbers, on one device, the least busy of its kind.

    With another policy, `Observed.log_ratio` says how much likelier each path's events are under that one.
    Raises ValueError for more than `MAX_CALL` of them and `backends.NoDevice` where the device asked for is absent.
    """
    if not 0 < len(paths) <= MAX_CALL:
        raise ValueError(f"paths of one call: expected 1 to {MAX_CALL}, got {len(paths)}")
    versus = other_policy(params, versus, grid.precision)
    params = cast(params, grid.precision)
    with devices.borrowed(devices.find(grid.device)) as device:
        return run_within_memory(
            device, grid.precision, lambda width: _simulate(params, grid, seed, paths, device, width, versus)
        )


def _simulate(
    params: Params, grid: Grid, seed: int, paths: Paths, device: Any, width: int, versus: Policy | None
) -> Observed:
    structure, numbers = split(params)
    kept = count_kept(grid.keep, paths)
    rows = returned_rows(params, grid)
    series = np.empty((len(rows), params.weeks, kept), np.float32)
    outcomes = np.empty((outcome_rows(params)[-1].stop, len(paths)), np.float32)
    ratio = np.empty(len(paths) if versus else 0, np.float32)
    state = np.empty((count_rows(params), len(paths)) if grid.state else (0, 0), grid.precision)
    other = likelihood.compare_policies(params.policy, versus) if versus else None

    def take(first: int, n: int, part: Part) -> None:
        outcomes[:, first : first + n] = part.outcomes[:, :n]
        ratio[first : first + n] = part.log_ratio[:n]
        if grid.state:
            state[:, first : first + n] = part.state[:, :n]
        keep = min(max(kept - first, 0), n)
        series[:, :, first : first + keep] = np.moveaxis(part.series[:, :, :keep], 0, 1)

    program = launch.Program(structure, numbers, launch.shape_of(grid, width), key_of(seed), device, other, grid.rows)
    sums = launch.run(program, paths, kept, take)
    stats = Stats(len(paths), *sums)
    return Observed(
        outcomes=outcomes,
        series=series,
        stats=stats,
        clipped=statistics.clipped(stats.histogram, params),
        log_ratio=ratio,
        state=state,
    )
