"""The state of paths into a block and out of it."""

from __future__ import annotations

from typing import Any

from ...model.chips import Buyer
from ...ops import ONE, exp_inside, real, scalar
from .block import U0, chip_at, market_at, material_at, path_at
from .layout import CHIP, MARKET, MATERIAL, PATH, U, row
from .random_inputs import draw_member

_CONTRACT_C = CHIP.buyer_c + row(Buyer._fields.index("contract"))
_CONTRACT_X = CHIP.buyer_x + row(Buyer._fields.index("contract"))


@scalar
def has_members(b: Any) -> Any:
    """Whether paths start from states that they are given."""
    return U(b.tables.members.shape[0]) > U0


@scalar
def choose_member(b: Any, lane: Any) -> None:
    """The member of the ensemble in which a path starts."""
    count = U(b.tables.members.shape[0])
    if b.laws.drawn > U0:
        drawn = U(draw_member(b, lane) * real(count, ONE))
        member = drawn if drawn < count else count - U(1)
    else:
        member = lane.place % count
    b.rows[path_at(b, lane) + PATH.member] = real(member, ONE)


@scalar
def put_row(b: Any, r: Any, lane: Any) -> None:
    """A row of the state that the path's member brings; what it lacks stays as it is."""
    x = b.tables.members[U(b.rows[path_at(b, lane) + PATH.member]), r]
    if x == x:
        b.rows[U(b.tables.state[r]) + lane.l] = x


@scalar
def put_value(b: Any, m: Any, lane: Any) -> None:
    """The quotes of a market whose state came from a member."""
    to = market_at(b, m, lane)
    if m < b.plan.number.materials:
        a = material_at(b, m, lane)
        c, x = b.rows[a + MATERIAL.china], b.rows[a + MATERIAL.outside]
    else:
        a = chip_at(b, m, lane)
        c, x = b.rows[a + _CONTRACT_C], b.rows[a + _CONTRACT_X]
    b.rows[to + MARKET.value_c] = exp_inside(c)
    b.rows[to + MARKET.value_x] = exp_inside(x)
