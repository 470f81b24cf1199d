"""Writes what the JAX backend gives on so many devices: ``python spread.py DEVICES STRETCHES OUT.npz``."""

from __future__ import annotations

import sys

import jax
import numpy as np
import worlds
from conformance import SEED

from supplyshock_kernels import backends
from supplyshock_kernels.params import Grid

count, stretches, to = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
assert jax.local_device_count() == count
o = backends.get("jax")(worlds.status_quo(12), Grid(keep=300), SEED, range(5, 256 * stretches + 50))
sums = {name: getattr(o.stats, name) for name in ("total", "square", "regime", "histogram")}
np.savez(to, outcomes=o.outcomes, series=o.series, **sums)
