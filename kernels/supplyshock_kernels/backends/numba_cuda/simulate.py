"""The model on GPUs in one kernel. Calls from several threads fill several devices, and compute while others write."""

from __future__ import annotations

import numpy as np

from ... import statistics
from ...outputs import Observed
from ...params import Grid, Params, Policy
from ...path_numbers import Paths
from . import devices, launch
from .call import prepare
from .room import refuses


def simulate(params: Params, grid: Grid, seed: int, paths: Paths, versus: Policy | None = None) -> Observed:
    """Simulate paths, a range or an array of their numbers, on the least busy device.

    With another policy, `Observed.log_ratio` says how much likelier each path's events are under that one.
    Raises ValueError for more than `call.MAX_CALL` of them, for another precision than float32 and for a world that
    does not fit into a multiprocessor; `NoDevice` where there is no device, ImportError without numba-cuda.
    """
    devices.find(grid.device)
    call = prepare(params, grid, seed, paths, versus)
    if reason := refuses(params, grid.precision):
        raise ValueError(f"the cuda backend: {reason}")
    with devices.borrowed() as device:
        host, series, stats = launch.run(call, device)
    return Observed(
        outcomes=host.totals,
        series=series,
        stats=stats,
        clipped=statistics.clipped(stats.histogram, call.params),
        log_ratio=host.ends.ratio,
        state=host.ends.state if call.state else np.empty((0, 0), np.float32),
    )
