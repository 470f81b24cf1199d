"""The state of paths out of a tile and into it: the rows of `supplyshock_kernels.params.path_state`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...model.chips import Buyer, Maker
from ...model.industry import Depletion
from ...model.materials import Node, Trade
from ...model.quota import Quota
from ...model.supply import Source
from ...model.uncertain_parameters import NAMES
from ...ops import exp_inside, real
from ...params import Params
from ...params.path_state import Place, locate_parts
from ...rng import random_variates
from . import layout, random_inputs
from .compile_options import compiled_loop
from .layout import BUYER, MARKET, NODE, SUM_A, UNIFORMS, VALUE_C, VALUE_X, L, U

_MEMBER = U(random_variates.MEMBER)


class Rows(NamedTuple):
    """Some rows of the state, and where they lie in one array of a tile."""

    row: Any
    """(n,) int64."""
    offset: Any
    """(n,) uint64."""


class StateRows(NamedTuple):
    """All rows of the state, by the array of a tile that holds them."""

    theta: Any
    path: Any
    market: Any
    source: Any
    lists: Any
    sector: Any


def _fields(prefix: str, record: Any, base: int, offsets: Any) -> dict[str, tuple[int, ...]]:
    return {f"{prefix}.{field}": (int(base) + int(getattr(offsets, field)),) for field in record._fields}


_OFFSETS: dict[str, dict[str, tuple[int, ...]]] = {
    "theta": {f"theta.{name}": (int(getattr(layout.THETA, name)),) for name in NAMES},
    "path": {
        "regime": (layout.REGIME,),
        "clock": (layout.CLOCK,),
        "excitation.0": (layout.E_CN,),
        "excitation.1": (layout.E_US,),
        "pain.0": (layout.PAIN_CN,),
        "pain.1": (layout.PAIN_US,),
        "approval": (layout.APPROVAL,),
        "leniency": (layout.LENIENCY,),
        "strait": (layout.STRAIT,),
        **_fields("quota", Quota, 0, layout.QUOTA),
        "fab_inputs.0": (layout.INPUT_C,),
        "fab_inputs.1": (layout.INPUT_X,),
    },
    "lists": {
        "controls.level": (layout.LEVEL,),
        "controls.jump2": (layout.JUMP2,),
        "controls.jump3": (layout.JUMP3,),
    },
    "source": _fields("sources", Source, 0, layout.SOURCE_STATE),
    "market": {
        **_fields("china", Node, layout.CHINA, layout.NODE),
        **_fields("outside", Node, layout.OUTSIDE, layout.NODE),
        **_fields("trade", Trade, layout.TRADE, layout.FLOW),
        **_fields("buyers.0", Buyer, layout.BUYER_C, layout.BUYER),
        **_fields("buyers.1", Buyer, layout.BUYER_X, layout.BUYER),
        **_fields("makers.0", Maker, layout.MAKER_C, layout.MAKER),
        **_fields("makers.1", Maker, layout.MAKER_X, layout.MAKER),
        "running": (layout.RUNNING_C, layout.RUNNING_X),
        "demand": (layout.DEMAND,),
        "handed": (layout.HANDED_C, layout.HANDED_X),
    },
    "sector": {
        **_fields("depletion.0", Depletion, layout.DEPLETION_C, layout.DEPLETION),
        **_fields("depletion.1", Depletion, layout.DEPLETION_X, layout.DEPLETION),
        "standing": (layout.STOOD,),
    },
}
"""Offset of every quantity within its entity, or one for each bloc, by the array of a tile that holds it."""

_ENTITY = {
    "market": layout.MARKET,
    "source": layout.SOURCE,
    "lists": layout.LIST,
    "sector": layout.SECTOR,
}
"""Codes from one entity to the next."""


def locate_rows(params: Params) -> StateRows:
    """Where the rows of the state lie in the arrays of a tile."""
    places = locate_parts(params)
    return StateRows(**{array: _locate(array, places, params.n_materials) for array in StateRows._fields})


def _locate(array: str, places: tuple[Place, ...], materials: int) -> Rows:
    rows: list[int] = []
    offsets: list[int] = []
    for place in places:
        within = _OFFSETS[array].get(place.part.name)
        if within is None:
            continue
        first = materials if place.part.axes[:1] == ("chip",) else 0
        entities = place.shape[0] if place.shape else 1
        rows += range(place.start, place.stop)
        offsets += [int(_ENTITY.get(array, 0)) * (first + e) + int(at) for e in range(entities) for at in within]
    return Rows(row=np.array(rows, np.int64), offset=np.array(offsets, np.uint64))


@compiled_loop
def choose_members(p: Any, init: Any, draws: Any) -> None:
    """The member of the ensemble in which each path starts, into a scratch row."""
    count = init.members.shape[0]
    states = real(count, draws.one)
    if init.drawn > 0:
        random_inputs.draw_uniforms(p, draws.paths, UNIFORMS, U(0), _MEMBER, draws)
        for l in range(L):
            p[SUM_A + l] = min(int(p[UNIFORMS + l] * states), count - 1)
    else:
        for l in range(L):
            p[SUM_A + l] = int((draws.place + l) % U(count))


@compiled_loop
def _put_rows(memory: Any, p: Any, members: Any, rows: Any) -> None:
    """Of a row that a member lacks the memory stays as it is."""
    for l in range(L):
        member = int(p[SUM_A + l])
        for r in range(rows.row.shape[0]):
            x = members[member, rows.row[r]]
            if x == x:
                memory[rows.offset[r] + l] = x


@compiled_loop
def put_theta(tile: Any, members: Any, rows: Any) -> None:
    """The uncertain parameters that members bring."""
    _put_rows(tile.path, tile.path, members, rows.theta)


@compiled_loop
def put_state(tile: Any, members: Any, rows: Any, markets: Any, materials: Any) -> None:
    """The state that members bring, after that of rest."""
    p, mk = tile.path, tile.market
    _put_rows(p, p, members, rows.path)
    _put_rows(mk, p, members, rows.market)
    _put_rows(tile.source, p, members, rows.source)
    _put_rows(tile.lists, p, members, rows.lists)
    _put_rows(tile.sector, p, members, rows.sector)
    for m in range(markets):
        a = U(m) * MARKET
        c = a + (layout.CHINA + NODE.p if m < materials else layout.BUYER_C + BUYER.contract)
        x = a + (layout.OUTSIDE + NODE.p if m < materials else layout.BUYER_X + BUYER.contract)
        for l in range(L):
            mk[a + VALUE_C + l] = exp_inside(mk[c + l])
            mk[a + VALUE_X + l] = exp_inside(mk[x + l])


@compiled_loop
def _copy_rows(memory: Any, rows: Any, state: Any, first: Any, n: Any) -> None:
    for r in range(rows.row.shape[0]):
        for l in range(n):
            state[rows.row[r], first + l] = memory[rows.offset[r] + U(l)]


@compiled_loop
def copy_state(tile: Any, rows: Any, state: Any, first: Any, n: Any) -> None:
    """The state of ``n`` paths of a tile into the columns of an (R, paths) array that follow ``first``."""
    _copy_rows(tile.path, rows.theta, state, first, n)
    _copy_rows(tile.path, rows.path, state, first, n)
    _copy_rows(tile.market, rows.market, state, first, n)
    _copy_rows(tile.source, rows.source, state, first, n)
    _copy_rows(tile.lists, rows.lists, state, first, n)
    _copy_rows(tile.sector, rows.sector, state, first, n)
