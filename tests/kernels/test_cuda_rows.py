"""The rows of a block: made from the parameters, each once, and few enough for a multiprocessor."""

from __future__ import annotations

import numpy as np
import pytest

from supplyshock_kernels.backends.numba_cuda import layout, room
from supplyshock_kernels.backends.numba_cuda.call import Call, prepare
from supplyshock_kernels.backends.numba_cuda.plan import Columns, Outcomes, Weekly, rows_of, shared_bytes
from supplyshock_kernels.outputs import OUTCOMES, SERIES
from supplyshock_kernels.params import Grid, Params, Schedule
from supplyshock_kernels.params.path_state import count_rows
from support import worlds


@pytest.fixture(scope="module")
def call() -> Call:
    return prepare(worlds.scenario().params, Grid(), 1, range(1), None)


def test_the_world_fits(call):
    """1,021 rows of state and 600 of scratch; the page and decision 0054 say so."""
    plan = call.inputs.plan
    assert (count_rows(call.params), rows_of(plan)) == (1021, 1621)
    assert shared_bytes(plan) == 207_488 <= room.SHARED
    assert room.refuses(call.params, "float32") == ""


def test_a_larger_world_does_not(call):
    """Negative control: twice the sources, and then some."""
    assert "float64" in room.refuses(call.params, "float64")
    assert "bytes of shared memory" in room.refuses(larger(call.params, 2), "float32")


def larger(params: Params, times: int) -> Params:
    """The world with its sources so many times."""
    sources = params.sources._replace(**{f: np.repeat(getattr(params.sources, f), times, 0) for f in ("lead", "bloc")})
    return params._replace(sources=sources)


def test_every_number_of_the_state_has_a_row_of_its_own(call):
    offsets = call.inputs.tables.state
    assert len(np.unique(offsets)) == len(offsets) == count_rows(call.params)
    assert not (offsets % layout.LANES).any()
    assert offsets.max() < call.inputs.plan.first.end


def test_nothing_that_is_declared_is_left_out():
    """A new outcome, weekly quantity or dated input needs a place in the kernel too."""
    assert set(Outcomes._fields) == {o.name for o in OUTCOMES}
    assert set(Weekly._fields) == {s.name for s in SERIES}
    assert set(Columns._fields) - {"end"} == set(Schedule._fields)


def test_entities_follow_each_other(call):
    first = np.array(call.inputs.plan.first, np.int64)
    assert (np.diff(first) > 0).all()
    assert first[-1] - first[-2] == layout.PATH.size
