"""A block on processor cores: thread after thread within a phase, phases in turn. A loop stands in for a barrier.

It has the bits of `numba_cpu`, and shows without a GPU that the phases are right; it is too slow for real runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from ...outputs import Observed
from ...params import Grid, Params, Policy
from ...path_numbers import Paths
from ..numba_cpu.compile_options import compiled_loop
from . import phases
from .block import Lane, weeks_of
from .call import new_memory, observed, prepare
from .counting import count_row, make_bins, no_sums
from .layout import LANES, WARPS, U
from .phases import AFTER, BEFORE, WEEKLY


@compiled_loop
def run_blocks(b: Any, paths: Any, place: Any, ends: Any, backwards: Any) -> None:
    """Blocks of the paths; ``backwards`` runs the threads of a phase in the other order: the bits stay the same."""
    weeks = int(weeks_of(b.tables))
    for first in range(0, paths.shape[0], LANES):
        for step in range(BEFORE + WEEKLY * weeks + AFTER):
            for thread in range(LANES * WARPS):
                i = LANES * WARPS - 1 - thread if backwards else thread
                at = U(first + i % LANES)
                lane = Lane(l=U(i % LANES), column=at, path=paths[at], place=place + at)
                if step < BEFORE:
                    _prepare(b, step, U(i // LANES), lane)
                elif step < BEFORE + WEEKLY * weeks:
                    _run_week(b, (step - BEFORE) % WEEKLY, U(i // LANES), lane, U((step - BEFORE) // WEEKLY))
                else:
                    _finish(b, step - BEFORE - WEEKLY * weeks, U(i // LANES), lane, ends)


@register_jitable
def _prepare(b: Any, phase: Any, role: Any, lane: Any) -> None:
    """A thread's part of a phase before the first week."""
    if phase == 0:
        phases.clear(b, role, lane)
    elif phase == 1:
        phases.draw_priors(b, role, lane)
    elif phase == 2:
        phases.draw_theta(b, role, lane)
    elif phase == 3:
        phases.start_parts(b, role, lane)
    elif phase == 4:
        phases.start_markets(b, role, lane)
    elif phase == 5:
        phases.start_sectors(b, role, lane)
    elif phase == 6:
        phases.put_state(b, role, lane)
    else:
        phases.put_values(b, role, lane)


@register_jitable
def _run_week(b: Any, phase: Any, role: Any, lane: Any, t: Any) -> None:
    """A thread's part of a phase of week ``t``."""
    if phase == 0:
        phases.open_week(b, role, lane, t)
    elif phase == 1:
        phases.run_lists(b, role, lane, t)
    elif phase == 2:
        phases.run_sources(b, role, lane, t)
    elif phase == 3:
        phases.run_supply(b, role, lane, t)
    elif phase == 4:
        phases.run_markets(b, role, lane, t)
    else:
        phases.run_sectors(b, role, lane, t)


@register_jitable
def _finish(b: Any, phase: Any, role: Any, lane: Any, ends: Any) -> None:
    """A thread's part of a phase after the last week."""
    last = weeks_of(b.tables) - U(1)
    if phase == 0:
        phases.settle(b, role, lane, last)
    elif phase == 1:
        phases.finish(b, role, lane, last)
    else:
        phases.write(b, role, lane, ends)


@compiled_loop
def count_rows(weekly: Any, bins: Any, sums: Any) -> None:
    """Statistics of all rows and weeks."""
    for t in range(weekly.shape[0]):
        for v in range(bins.start.shape[0] - 1):
            count_row(weekly, bins, sums, U(v), U(t))


def simulate_on_cpu(
    params: Params, grid: Grid, seed: int, paths: Paths, versus: Policy | None = None, *, backwards: bool = False
) -> Observed:
    """What the kernel does, of paths in float32. It is slow: for tests."""
    call = prepare(params, grid, seed, paths, versus)
    memory = new_memory(call, call.width)
    block = memory.block(np.full(int(call.inputs.plan.first.end), np.nan, np.float32), call)
    run_blocks(block, call.numbers, U(0), memory.ends, backwards)
    bins = make_bins(call.params, call.inputs.plan.weekly.regime)
    sums = no_sums(call.params, bins)
    count_rows(memory.weekly[:, :, : call.paths], bins, sums)
    return observed(call, memory, sums)
