"""Runs the CUDA backend in numba's simulator, with its own host code.

``NUMBA_ENABLE_CUDASIM=1 python -m support.cuda_simulator OUT.npz``
Every thread of a block is a thread of Python, and the physics runs in NumPy's scalars: few paths, few weeks.
"""

from __future__ import annotations

import sys

import numpy as np

from supplyshock_kernels import backends
from supplyshock_kernels.backends.numba_cuda import devices, launch
from supplyshock_kernels.backends.numba_cuda.call import prepare
from supplyshock_kernels.backends.numba_cuda.counting import Sums, make_bins, make_sums
from supplyshock_kernels.params import Grid, Params
from supplyshock_kernels.params.path_state import part_of
from support import worlds

SEED, WEEKS = 7, 2
PATHS = np.array([3, 2**40 + 9, 35, 4, 3], np.uint64)
"""One block, most of it empty."""
GRID = Grid(keep=3, state=True)


def world() -> Params:
    """The first weeks of the rift, from states of an ensemble."""
    return part_of(worlds.load_scenario("rift").params, range(WEEKS))


def harsher(params: Params):
    return params.policy._replace(base_rate=1.5 * params.policy.base_rate)


def counted_twice(params: Params, series: np.ndarray) -> Sums:
    """Sums of the same paths in the first launch of a call and in another, into memory that was not empty."""
    cuda, asked = devices.cuda_module(), prepare(params, GRID, SEED, range(1), None)
    bins = make_bins(asked.params, asked.inputs.plan.weekly.regime)
    sums = make_sums(asked.params, bins, lambda _, shape, kind: cuda.to_device(np.full(shape, 7, kind)))
    weekly = cuda.to_device(np.ascontiguousarray(np.moveaxis(series, 0, 1)))
    for first in (0, 32):
        stretch = launch.Stretch(first, series.shape[2], 32, 0)
        launch.count_week_rows(weekly, stretch, bins, (launch.send(cuda, bins, 0), sums), 0)
    return Sums(*(a.copy_to_host() for a in sums))


if __name__ == "__main__":
    params = world()
    with np.errstate(all="ignore"):
        o = backends.get("cuda")(params, GRID, SEED, PATHS, harsher(params))
        whole = backends.get("cuda")(params, GRID._replace(keep=9, state=False), SEED, range(2))
    twice = {f"twice_{n}": a for n, a in counted_twice(params, whole.series)._asdict().items()}
    fields = {name: getattr(o.stats, name) for name in o.stats._fields}
    arrays = {"outcomes": o.outcomes, "series": o.series, "state": o.state, "log_ratio": o.log_ratio}
    of_whole = {"whole_outcomes": whole.outcomes, "whole_series": whole.series}
    sums = {f"whole_{name}": getattr(whole.stats, name) for name in whole.stats._fields}
    np.savez(sys.argv[1], clipped=o.clipped, **arrays, **fields, **of_whole, **sums, **twice)
