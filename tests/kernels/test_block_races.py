"""No two threads of a block meet at a number between two barriers, unless both only read it.

The phases run in plain Python, one path, every role; the memory notes who reads and who writes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from supplyshock_kernels.backends.numba_cuda import phases
from supplyshock_kernels.backends.numba_cuda.block import Block, Ends, Lane
from supplyshock_kernels.backends.numba_cuda.call import Call, new_memory, prepare
from supplyshock_kernels.backends.numba_cuda.layout import WARPS, U
from supplyshock_kernels.params import Grid
from supplyshock_kernels.params.path_state import count_rows
from support import worlds

WEEKS = 3


class Watched:
    """An array that notes which role touches which of its numbers."""

    def __init__(self, array: np.ndarray):
        self.array, self.shape, self.role = array, array.shape, -1
        self.readers: dict = {}
        self.writers: dict = {}

    def __getitem__(self, place):
        self.readers.setdefault(place, set()).add(self.role)
        return self.array[place]

    def __setitem__(self, place, value):
        self.writers.setdefault(place, set()).add(self.role)
        self.array[place] = value

    def races(self):
        """Places that one role writes and another touches, since the last call."""
        conflicts = [p for p, who in self.writers.items() if len(who | self.readers.get(p, set())) > 1]
        self.readers.clear()
        self.writers.clear()
        return conflicts


def watched(call: Call) -> tuple[Block, Ends, list[Watched]]:
    memory = new_memory(call, call.width)
    rows = np.full(int(call.inputs.plan.first.end), np.nan, np.float32)
    block = memory.block(rows, call)
    arrays = [Watched(a) for a in (block.rows, block.totals, block.weekly, memory.ends.state, memory.ends.ratio)]
    return block._replace(rows=arrays[0], totals=arrays[1], weekly=arrays[2]), Ends(*arrays[3:]), arrays


def races(call: Call, steps: list[Callable]) -> dict[str, int]:
    """How many places race, by phase; ``steps`` take (block, role, lane, ends)."""
    block, ends, arrays = watched(call)
    lane, conflicts = Lane(U(0), U(0), call.numbers[0], U(0)), {}
    with np.errstate(all="ignore"):
        for step in steps:
            for role in range(WARPS):
                for array in arrays:
                    array.role = role
                step(block, U(role), lane, ends)
            places = [p for array in arrays for p in array.races()]
            if places:
                conflicts[step.__name__] = len(places)
    return conflicts


def named(name: str, phase: Callable, *more) -> Callable:
    def step(block, role, lane, ends):
        phase(block, role, lane, *more)

    step.__name__ = name
    return step


def all_steps() -> list[Callable]:
    """The phases in the order of the kernel."""
    before = (
        "clear",
        "draw_priors",
        "draw_theta",
        "start_parts",
        "start_markets",
        "start_sectors",
        "put_state",
        "put_values",
    )
    weekly = ("open_week", "run_lists", "run_sources", "run_supply", "run_markets", "run_sectors")
    steps = [named(name, getattr(phases, name)) for name in before]
    steps += [named(name, getattr(phases, name), U(t)) for t in range(WEEKS) for name in weekly]
    steps += [named(name, getattr(phases, name), U(WEEKS - 1)) for name in ("settle", "finish")]
    assert (len(before), len(weekly), 3) == (phases.BEFORE, phases.WEEKLY, phases.AFTER)
    return [*steps, phases.write]


def busy() -> Call:
    """A world in which everything happens: quotas, shortages, gates, weights, a state before and one after."""
    lists = {"ree_2025_04": 0.95, "magnets_2025_04": 0.95, "ga_ge": 0.9, "advanced_chips": 0.95}
    params = worlds.forced(worlds.status_quo(WEEKS), lists)
    quota = params.schedule.quota.copy()
    quota[:, 1:5] = 0.5
    params = worlds.granted(worlds.change(params, "schedule", quota=quota))
    params = worlds.change(params, "markets", cover=0.1 * params.markets.cover)
    nothing = np.full((2, count_rows(params)), np.nan)
    params = worlds.change(params, "initial", members=nothing, drawn=np.float64(1))
    return prepare(
        params, Grid(keep=10, state=True), 5, range(3), params.policy._replace(base_rate=1.5 * params.policy.base_rate)
    )


@pytest.fixture(scope="module")
def call() -> Call:
    return busy()


def test_no_two_threads_meet(call):
    assert races(call, all_steps()) == {}


def test_a_race_is_seen(call):
    """Negative control: sectors and markets without the barrier between them."""

    def run_both(block, role, lane, ends):
        phases.run_markets(block, role, lane, U(0))
        phases.run_sectors(block, role, lane, U(0))

    steps = all_steps()[: phases.BEFORE + 4]
    assert races(call, [*steps, run_both])["run_both"] > 100
