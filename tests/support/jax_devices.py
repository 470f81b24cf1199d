"""Writes what the JAX backend gives on so many devices: ``python -m support.jax_devices DEVICES OUT.npz``.

Calls come from threads side by side, as the engine makes them; with several devices, each must have had some.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import numpy as np

from supplyshock_kernels import backends
from supplyshock_kernels.backends.jax_xla import launch
from supplyshock_kernels.params import Grid
from support import worlds
from support.conformance import SEED, WEEKS, merged


def note_devices() -> set[Any]:
    """The devices that calls go to from now on."""
    used, start = set(), launch.start

    def noted(program: launch.Program, *rest: Any) -> Any:
        used.add(program.device)
        return start(program, *rest)

    launch.start = noted
    return used


def main() -> None:
    """Runs sixteen blocks and writes their results, and how many devices were used."""
    count, to = int(sys.argv[1]), sys.argv[2]
    assert jax.local_device_count() == count
    used, params, run = note_devices(), worlds.status_quo(WEEKS), backends.get("jax")
    blocks = [range(a, a + 270) for a in range(5, 5 + 16 * 270, 270)]
    with ThreadPoolExecutor(2 * count) as pool:
        parts = list(pool.map(lambda block: run(params, Grid(keep=300), SEED, block), blocks))
    names = ("paths", "total", "square", "regime", "histogram")
    np.savez(
        to,
        outcomes=np.concatenate([o.outcomes for o in parts], axis=1),
        series=np.concatenate([o.series for o in parts], axis=2),
        used=len(used),
        **dict(zip(names, merged([o.stats for o in parts]), strict=True)),
    )


if __name__ == "__main__":
    main()
