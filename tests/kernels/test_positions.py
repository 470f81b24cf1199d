"""Rows and places in vectors are the positions of the fields they are named after."""

from __future__ import annotations

import numpy as np
import pytest

from supplyshock_kernels.backends.numba_cpu import layout, rows
from supplyshock_kernels.estimation.action_likelihood import ActionParams
from supplyshock_kernels.estimation.objective import PLACES, SIZE, pack_params
from supplyshock_kernels.model import weekly_uniforms
from supplyshock_kernels.model.chips import Buyer, Maker
from supplyshock_kernels.model.industry import Depletion
from supplyshock_kernels.model.materials import Node, Trade
from supplyshock_kernels.model.negotiation import ByRegime, Move, Uniforms
from supplyshock_kernels.model.supply import Source
from supplyshock_kernels.model.uncertain_parameters import Theta
from supplyshock_kernels.params import REGIMES

LANES = layout.LANES
RECORDS = {
    "node": (Node, layout.NODE),
    "trade": (Trade, layout.FLOW),
    "buyer": (Buyer, layout.BUYER),
    "maker": (Maker, layout.MAKER),
    "source": (Source, layout.SOURCE_STATE),
    "depletion": (Depletion, layout.DEPLETION),
    "move": (Move, layout.MOVE),
    "uniforms": (Uniforms, layout.UNIFORM),
}


@pytest.mark.parametrize("name", RECORDS)
def test_offsets_are_the_positions_of_the_fields(name):
    record, offsets = RECORDS[name]
    assert [int(x) for x in offsets] == [LANES * record._fields.index(field) for field in record._fields]


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_read_from_and_written_to_its_own_rows(name):
    record, _ = RECORDS[name]
    size = LANES * len(record._fields)
    memory = np.arange(size, dtype=np.float64)
    values = getattr(rows, f"get_{name}")(memory, layout.U(3))
    assert values == record(*(LANES * k + 3 for k in range(len(record._fields))))
    if name != "uniforms":
        empty = np.zeros(size)
        getattr(rows, f"put_{name}")(empty, layout.U(3), values)
        np.testing.assert_array_equal(np.flatnonzero(empty), np.asarray(values, int))


def test_theta_and_the_uniforms_do_not_overlap():
    first = int(layout.THETA[0]) // LANES
    assert [int(x) // LANES for x in layout.THETA] == list(range(first, first + len(Theta._fields)))
    uniforms = [int(layout.uniform(name)) // LANES for name in weekly_uniforms.NAMES]
    assert uniforms == list(range(first + len(Theta._fields), first + len(Theta._fields) + len(weekly_uniforms.NAMES)))
    assert int(layout.UNIFORMS) == int(layout.uniform("act_cn"))
    assert int(layout.COMMON) // LANES == uniforms[-1] + 1
    assert uniforms[-1] + 1 + 4 == layout.PATH_ROWS


def test_moves_lie_row_after_row():
    for side, start in (("cn", layout.MOVE_CN), ("us", layout.MOVE_US)):
        for field in Move._fields:
            assert int(layout._path(f"{field}_{side}")) == int(start) + int(getattr(layout.MOVE, field))


def test_each_stream_yields_four_uniforms():
    assert len(weekly_uniforms.NAMES) == 4 * len(weekly_uniforms.STREAMS)
    assert weekly_uniforms.NAMES[: len(Uniforms._fields)] == Uniforms._fields
    assert weekly_uniforms.NAMES[16] == "clock"
    assert weekly_uniforms.NAMES[20:23] == ("accident_source", "accident_severity", "strait")


def test_regimes_are_in_one_order():
    assert ByRegime._fields == REGIMES


def test_places_of_the_action_process_are_those_of_its_vector():
    """A step of one place of the vector is a step of the field it is named after."""
    assert tuple(PLACES) == ActionParams._fields
    assert PLACES["tariff_share"] == slice(16, 18)
    assert SIZE == 20
    half = ActionParams(np.full((2, 6), 0.5), 0.5, 0.5, 0.5, 0.5, np.full(2, 0.5), 0.5, 0.5)
    for name, place in PLACES.items():
        other = half._replace(**{name: 0.25 + 0 * np.asarray(getattr(half, name))})
        changed = np.flatnonzero(pack_params(other) != pack_params(half))
        assert list(changed) == list(range(place.start, place.stop)), name
