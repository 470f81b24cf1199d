"""Runs the numba backend with another number of lanes in a tile: ``python -m support.numba_lanes LANES OUT.npz``."""

from __future__ import annotations

import importlib.util
import re
import sys

import numpy as np

from supplyshock_kernels import backends
from supplyshock_kernels.params import Grid
from support import conformance, worlds

NAME = "supplyshock_kernels.backends.numba_cpu.layout"


def with_lanes(lanes: int) -> None:
    """Put a `layout` of so many lanes in place before anything compiles."""
    folder = importlib.util.find_spec("supplyshock_kernels").submodule_search_locations[0]
    path = f"{folder}/backends/numba_cpu/layout.py"
    with open(path) as f:
        source = f.read()
    source, replaced = re.subn(r"^LANES = \d+$", f"LANES = {lanes}", source, flags=re.M)
    assert replaced == 1, "the line of layout.py that says how many lanes"
    spec = importlib.util.spec_from_file_location(NAME, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    exec(compile(source, path, "exec"), module.__dict__)


if __name__ == "__main__":
    with_lanes(int(sys.argv[1]))
    params = worlds.status_quo(conformance.WEEKS)
    o = backends.get("numba")(params, Grid("float32", keep=10**9), conformance.SEED, range(conformance.PATHS))
    from supplyshock_kernels.backends.numba_cpu import layout

    assert int(sys.argv[1]) == layout.LANES
    integers = {f: getattr(o.stats, f) for f in ("total", "square", "regime", "histogram")}
    np.savez(sys.argv[2], outcomes=o.outcomes, series=o.series, **integers)
