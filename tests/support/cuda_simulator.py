"""Runs the CUDA backend in numba's simulator, with its own host code: ``python -m support.cuda_simulator OUT.npz``.

Every thread of a block is a thread of Python, and the physics runs in NumPy's scalars: few paths, few weeks.
"""

from __future__ import annotations

import os
import sys

os.environ["NUMBA_ENABLE_CUDASIM"] = "1"

import numpy as np

from supplyshock_kernels import backends
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


if __name__ == "__main__":
    params = world()
    with np.errstate(all="ignore"):
        o = backends.get("cuda")(params, GRID, SEED, PATHS, harsher(params))
        whole = backends.get("cuda")(params, GRID._replace(keep=9, state=False), SEED, range(2))
    fields = {name: getattr(o.stats, name) for name in o.stats._fields}
    arrays = {"outcomes": o.outcomes, "series": o.series, "state": o.state, "log_ratio": o.log_ratio}
    of_whole = {"whole_outcomes": whole.outcomes, "whole_series": whole.series}
    sums = {f"whole_{name}": getattr(whole.stats, name) for name in whole.stats._fields}
    np.savez(sys.argv[1], clipped=o.clipped, **arrays, **fields, **of_whole, **sums)
