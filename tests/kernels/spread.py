"""Writes what the JAX backend gives on so many devices: ``python spread.py DEVICES OUT.npz``.

Calls come from threads side by side, as the engine makes them; with several devices, each must have had some.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
import worlds
from conformance import SEED, merged

from supplyshock_kernels import backends
from supplyshock_kernels.backends.jax_xla import launch
from supplyshock_kernels.params import Grid

count, to = int(sys.argv[1]), sys.argv[2]
assert jax.local_device_count() == count
used, start = set(), launch.start


def noted(structure, numbers, shape, key, first, n, device, *rest):
    used.add(device)
    return start(structure, numbers, shape, key, first, n, device, *rest)


launch.start = noted
params, run = worlds.status_quo(12), backends.get("jax")
blocks = [range(a, a + 270) for a in range(5, 5 + 16 * 270, 270)]
with ThreadPoolExecutor(2 * count) as pool:
    parts = list(pool.map(lambda block: run(params, Grid(keep=300), SEED, block), blocks))
np.savez(
    to,
    outcomes=np.concatenate([o.outcomes for o in parts], axis=1),
    series=np.concatenate([o.series for o in parts], axis=2),
    used=len(used),
    **dict(zip(("paths", "total", "square", "regime", "histogram"), merged([o.stats for o in parts]), strict=True)),
)
