"""The model on GPU, TPU or CPU by JAX: the array program, traced once and compiled by XLA.

Paths are padded to one width, so that one program serves every request. Everything
runs with 64-bit types enabled and explicit types throughout: without them JAX would
make wrong random words in silence.
"""

from __future__ import annotations

import numpy as np

from ... import statistics
from ...observe import MAX_BLOCK, Observed, outcome_rows, series_rows
from ...params import Grid, Params, cast
from ...philox import key_of
from . import devices, launch
from .static import split


def simulate(params: Params, grid: Grid, seed: int, paths: range) -> Observed:
    """Simulate a contiguous range of paths.

    Raises ValueError for more than `MAX_BLOCK` of them and `backends.NoDevice` where the device asked for is absent.
    """
    if not 0 < len(paths) <= MAX_BLOCK:
        raise ValueError(f"paths of one call: expected 1 to {MAX_BLOCK}, got {len(paths)}")
    params, key = cast(params, grid.precision), key_of(seed)
    structure, numbers = split(params)
    found = devices.find(grid.device)
    stats = statistics.empty(params)
    kept = min(max(grid.keep - paths.start, 0), len(paths))
    series = np.empty((series_rows(params)[-1].stop, params.weeks, kept), np.float32)
    outcomes = np.empty((outcome_rows(params)[-1].stop, len(paths)), np.float32)
    done = 0
    for part, n in launch.parts(structure, numbers, grid, key, paths, kept, found):
        keep = min(max(kept - done, 0), n)
        outcomes[:, done : done + n] = part.outcomes[:, :n]
        series[:, :, done : done + keep] = np.moveaxis(part.series[:, :, :keep], 0, 1)
        for sums, more in zip(stats[1:], part[2:], strict=True):
            np.add(sums, more, out=sums, casting="unsafe")  # counts of a block fit 16 bits
        done += n
    return Observed(outcomes, series, stats._replace(paths=len(paths)), statistics.clipped(stats.histogram, params))
