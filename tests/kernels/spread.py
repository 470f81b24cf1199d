"""Writes what the JAX backend gives on so many devices: ``python spread.py DEVICES STRETCHES OUT.npz``."""

from __future__ import annotations

import sys

import jax
import numpy as np
import worlds
from conformance import SEED

from supplyshock_kernels import backends
from supplyshock_kernels.backends.jax_xla import launch
from supplyshock_kernels.params import Grid

count, stretches, to = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
assert jax.local_device_count() == count
o = backends.get("jax")(worlds.status_quo(12), Grid(keep=300), SEED, range(5, 256 * stretches + 50))
sums = {name: getattr(o.stats, name) for name in ("total", "square", "regime", "histogram")}

used, start = set(), launch.start


def noted(*arguments):
    used.add(arguments[-1])
    return start(*arguments)


launch.start = noted
for _ in range(count):  # calls of one stretch, as the engine makes on a GPU
    backends.get("jax")(worlds.status_quo(12), Grid(), SEED, range(9))
np.savez(to, outcomes=o.outcomes, series=o.series, narrow=len(used), **sums)
