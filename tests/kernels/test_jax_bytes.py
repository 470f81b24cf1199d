"""How much memory a week of the JAX program moves on a GPU, without one."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from jax.extend.core import Literal

from supplyshock_kernels.backends.jax_xla import launch, program, static
from supplyshock_kernels.params import Grid, cast
from supplyshock_kernels.path_numbers import number_paths
from supplyshock_kernels.rng.philox import key_of
from support import worlds

WIDTH = 128
MOST_ARRAYS = 96
"""Inputs and results of one kernel: XLA splits what has more (`MaxOperandsAndOutputsPerFusion`)."""
MOST_BYTES = 33_000
"""Of a path and week; 38,086 with arrays that were computed anew for every reader (decision 0057)."""
ROOT = Path(__file__).parents[2]
COUNTS, GPU = ROOT / "benchmarks" / "compiled.py", ROOT / "docs" / "gpu.md"


def week():
    """The body of the loop over weeks."""
    params = cast(worlds.status_quo(3), "float32")
    structure, numbers = static.split(params)
    stretch = number_paths(range(WIDTH), WIDTH), np.int64(0), np.int64(WIDTH)

    def run(numbers, *stretch):
        shape = launch.shape_of(Grid("float32"), WIDTH)
        return program.simulate_part(
            static.join(structure, numbers), shape, key_of(1), stretch, program.no_sums(params)
        )

    with jax.enable_x64(True):
        whole = jax.make_jaxpr(run)(numbers, *stretch).jaxpr
    return next(e.params["jaxpr"].jaxpr for e in whole.eqns if e.primitive.name == "scan"), params.n_materials


def is_held(equation):
    return equation.primitive.name == "optimization_barrier"


def arrays_of(body, equation):
    """Arrays that the inputs of an equation come from, back to those that are held or come from outside."""
    made_by = {v: e for e in body.eqns for v in e.outvars}
    found, seen, left = set(), set(), list(equation.invars)
    while left:
        v = left.pop()
        if isinstance(v, Literal) or v in seen:
            continue
        seen.add(v)
        if v not in made_by or is_held(made_by[v]):
            found.add(v)
        else:
            left.extend(made_by[v].invars)
    return found


def arrays_of_materials():
    """Inputs and results of a week of all materials."""
    body, materials = week()
    held = [e for e in body.eqns if is_held(e)]
    step = max(held, key=lambda e: sum(v.aval.shape == (materials, WIDTH) for v in e.outvars))
    assert len(step.outvars) >= 40  # both nodes, trade and flows
    return len(arrays_of(body, step)) + len(step.outvars)


def test_a_week_of_all_materials_fits_one_kernel(monkeypatch):
    assert arrays_of_materials() <= MOST_ARRAYS
    monkeypatch.setattr(program, "pack", lambda record: ([], lambda _: record))
    assert arrays_of_materials() > MOST_ARRAYS  # without packing it does not fit


def test_bytes_of_the_program_for_a_gpu():
    if not any(importlib.util.find_spec(f"jax_cuda{n}_plugin") for n in (12, 13)):
        pytest.skip("XLA's compiler for GPUs is not installed: pip install 'jax[cuda12]'")
    ran = subprocess.run([sys.executable, COUNTS, "--no-write"], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout)["bytes_a_path_and_week"] < MOST_BYTES


def test_the_count_in_the_documents():
    """What `compiled.py` last wrote."""
    counted = json.loads((COUNTS.parent / "results" / "compiled-h100.json").read_text(encoding="utf-8"))
    assert counted["bytes_a_path_and_week"] < MOST_BYTES
    assert f"{counted['bytes_a_path_and_week'] / 1000:.1f} kB a path" in GPU.read_text(encoding="utf-8")
