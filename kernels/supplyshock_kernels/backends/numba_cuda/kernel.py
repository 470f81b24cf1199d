"""The fused kernel: a block simulates its paths from the first week to the last, with a barrier after every phase."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numba

from . import phases
from .block import Block, Lane, weeks_of
from .layout import LANES, WARPS, U
from .plan import Plan

THREADS = LANES * WARPS

cuda: Any = importlib.import_module("numba.cuda")
"""A global of this name: where NUMBA_ENABLE_CUDASIM is set, the simulator puts itself in its place."""


def make_kernel(plan: Plan, *, dynamic: bool = True) -> Callable[..., None]:
    """The kernel for worlds of one structure, whose sizes are constants in it.

    Its shared memory is the launch's, or, for the simulator, its own.
    """
    shared, lanes, one = 0 if dynamic else int(plan.first.end), U(LANES), U(1)

    def fused(paths: Any, place: Any, kept: Any, memory: Any, laws: Any, tables: Any) -> None:
        rows = cuda.shared.array(shared, numba.float32)
        role, l = U(cuda.threadIdx.y), U(cuda.threadIdx.x)
        column = U(cuda.blockIdx.x) * lanes + l
        lane = Lane(l, column, paths[column], place + column)
        b = Block(rows, memory.totals, memory.weekly, kept, plan, laws, tables)
        phases.clear(b, role, lane)
        cuda.syncthreads()
        phases.draw_priors(b, role, lane)
        cuda.syncthreads()
        phases.draw_theta(b, role, lane)
        cuda.syncthreads()
        phases.start_parts(b, role, lane)
        cuda.syncthreads()
        phases.start_markets(b, role, lane)
        cuda.syncthreads()
        phases.start_sectors(b, role, lane)
        cuda.syncthreads()
        phases.put_state(b, role, lane)
        cuda.syncthreads()
        phases.put_values(b, role, lane)
        cuda.syncthreads()
        t, weeks = U(0), weeks_of(tables)
        while t < weeks:
            phases.open_week(b, role, lane, t)
            cuda.syncthreads()
            phases.run_lists(b, role, lane, t)
            cuda.syncthreads()
            phases.run_sources(b, role, lane, t)
            cuda.syncthreads()
            phases.run_supply(b, role, lane, t)
            cuda.syncthreads()
            phases.run_markets(b, role, lane, t)
            cuda.syncthreads()
            phases.run_sectors(b, role, lane, t)
            cuda.syncthreads()
            t += one
        phases.settle(b, role, lane, weeks - one)
        cuda.syncthreads()
        phases.finish(b, role, lane, weeks - one)
        cuda.syncthreads()
        phases.write(b, role, lane, memory.ends)

    return fused
