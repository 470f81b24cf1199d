"""Compiles what gpu.py needs of numba, each in a process of its own, into the cache on disk.

One process compiles on one core: the four of them in turn take minutes of the eight that gpu.py has.

    python benchmarks/numba_programs.py weighed        one of them
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from supplyshock.scenarios.scenario import load_scenario
from supplyshock_kernels import backends
from supplyshock_kernels.params import Grid

GRIDS = {
    "float32": Grid(),
    "float64": Grid("float64"),
    "inverse": Grid(normals="inverse"),
    "weighed": Grid(),
}
"""What is compiled, by name; `weighed` against another policy."""


def compile_one(name: str) -> None:
    """Computes one path: what it takes is compiled, or loaded."""
    params = load_scenario("status_quo").params
    backends.get("numba")(params, GRIDS[name], 1, range(1), params.policy if name == "weighed" else None)


def compile_all() -> dict[str, float]:
    """Seconds until each was in the cache. Where one fails, whoever needs it compiles it, or says what is wrong."""
    began, environment = time.perf_counter(), os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, str(Path(__file__).resolve())]
    children = {name: subprocess.Popen([*command, name], env=environment) for name in GRIDS}
    seconds = {}
    for name, child in children.items():
        child.wait()
        seconds[name] = time.perf_counter() - began
    return seconds


if __name__ == "__main__":
    compile_one(sys.argv[1])
