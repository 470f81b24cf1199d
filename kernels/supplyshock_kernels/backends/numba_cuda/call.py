"""A call in the form of the kernel, and its results in the form of the engine; all in memory of the host."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ... import statistics
from ...outputs import Observed, outcome_rows, returned_rows, series_rows
from ...params import Array, Grid, Params, Policy, cast, other_policy
from ...params.path_state import count_rows
from ...path_numbers import Paths, count_kept, number_paths
from .block import Block, Ends
from .counting import Sums, statistics_of
from .layout import LANES
from .tables import Inputs, build_inputs

MAX_CALL = 2**18
"""Most paths of one call: what makes it up for the device goes through in widths."""


class Call(NamedTuple):
    """What a call asks for."""

    params: Params
    """in float32."""
    inputs: Inputs
    rows: tuple[int, ...]
    """rows of the series that are returned."""
    paths: int
    kept: int
    numbers: Array
    """(blocks of LANES,) uint64 numbers of the paths, the last one again in what is left of the last block."""
    weighed: bool
    state: bool

    @property
    def width(self) -> int:
        """Paths, whole blocks."""
        return len(self.numbers)


def prepare(params: Params, grid: Grid, seed: int, paths: Paths, versus: Policy | None) -> Call:
    """The call. Raises ValueError for too many paths, and for another precision than float32."""
    if not 0 < len(paths) <= MAX_CALL:
        raise ValueError(f"paths of one call: expected 1 to {MAX_CALL}, got {len(paths)}")
    if grid.precision != "float32":
        raise ValueError(f"the precision of the cuda backend: expected float32, got {grid.precision}")
    other = other_policy(params, versus, grid.precision)
    params = cast(params, grid.precision)
    return Call(
        params=params,
        inputs=build_inputs(params, seed, other, inverse=grid.normals == "inverse"),
        rows=returned_rows(params, grid),
        paths=len(paths),
        kept=count_kept(grid.keep, paths),
        numbers=number_paths(paths, LANES),
        weighed=versus is not None,
        state=grid.state,
    )


class Memory(NamedTuple):
    """Where blocks write, for so many paths."""

    totals: Array
    weekly: Array
    ends: Ends

    def block(self, rows: Array, call: Call) -> Block:
        """A block's view of it."""
        return Block(
            rows=rows,
            totals=self.totals,
            weekly=self.weekly,
            kept=np.uint64(call.kept),
            plan=call.inputs.plan,
            laws=call.inputs.laws,
            tables=call.inputs.tables,
        )


def new_memory(call: Call, width: int) -> Memory:
    """Memory of the host."""
    params = call.params
    return Memory(
        totals=np.empty((outcome_rows(params)[-1].stop, width), np.float32),
        weekly=np.empty((params.weeks, series_rows(params)[-1].stop, width), np.float32),
        ends=Ends(
            state=np.empty((count_rows(params) if call.state else 0, width), np.float32),
            ratio=np.empty(width if call.weighed else 0, np.float32),
        ),
    )


def observed(call: Call, memory: Memory, sums: Sums) -> Observed:
    """What a call gives back, from memory of the host that holds all its paths, and their statistics."""
    n, stats = call.paths, statistics_of(sums, call.paths)
    rows = np.array(call.rows, np.int64)
    return Observed(
        outcomes=np.ascontiguousarray(memory.totals[:, :n]),
        series=np.ascontiguousarray(np.moveaxis(memory.weekly[:, rows, : call.kept], 0, 1)),
        stats=stats,
        clipped=statistics.clipped(stats.histogram, call.params),
        log_ratio=np.ascontiguousarray(memory.ends.ratio[:n]),
        state=np.ascontiguousarray(memory.ends.state[:, :n]) if call.state else np.empty((0, 0), np.float32),
    )
