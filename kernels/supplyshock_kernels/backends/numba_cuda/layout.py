"""How the state of a block of paths lies in the shared memory of a multiprocessor.

A block is LANES paths, one a lane of every warp. Every number of the model is a row of LANES floats (128 bytes, one
for each bank), the rows of one entity (material, chip, source, list, sector) one after the other. Where the entities
begin depends on how many there are (`plan`). Indices are uint64, as in the tiles of `numba_cpu`.

Running totals of a path are not here but in the memory of the device, within its second cache. They are read and
written once a week, and three quarters of them only in a week with a shortage.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from ...model import weekly_uniforms
from ...model.chips import Buyer, Maker
from ...model.industry import Depletion
from ...model.materials import Node, Trade
from ...model.negotiation import Move
from ...model.quota import Places, Quota
from ...model.supply import Source
from ...model.uncertain_parameters import Theta

U = np.uint64
LANES = 32
"""Paths of a block: the lanes of a warp."""
WARPS = 16
"""Warps of a block, which share the work of a phase: 512 threads of up to 128 registers fill a multiprocessor."""
L, W = U(LANES), U(WARPS)

_RECORD: Any = namedtuple


def row(number: int) -> Any:
    """The offset of a row."""
    return U(number * LANES)


def stack(**parts: type | int | str) -> Any:
    """Offsets of rows by name, and as ``size`` the offset from one entity to the next.

    A part is a record, whose fields are rows, or a number of rows, or the name of the part whose rows it shares.
    """
    offsets: dict[str, Any] = {}
    first = 0
    for name, part in parts.items():
        if isinstance(part, str):
            offsets[name] = offsets[part]
            continue
        offsets[name] = row(first)
        first += part if isinstance(part, int) else len(part._fields)  # type: ignore[attr-defined]
    return _RECORD("Offsets", [*offsets, "size"])(*offsets.values(), row(first))


_SHARED = ("demand", "running_c", "running_x", "value_c", "value_x", "supply_c", "supply_x", "z_c", "z_x")
MARKET = stack(**dict.fromkeys(_SHARED, 1), bill_c="z_c", bill_x="z_x", instead_c=1, instead_x=1)
"""What every market begins with. A bill lies where the week's normals were: both are of one thread, one after the
other."""
_FIRST = int(MARKET.size) // LANES
MATERIAL = stack(
    shared=_FIRST,
    china=Node,
    outside=Node,
    trade=Trade,
    handed_c=1,
    handed_x=1,
    short_c=1,
    short_x=1,
    offered=1,
    chosen=1,
    free=1,
)
CHIP = stack(
    shared=_FIRST,
    buyer_c=Buyer,
    buyer_x=Buyer,
    maker_c=Maker,
    maker_x=Maker,
    out_c=1,
    out_x=1,
    parts_c=1,
    parts_x=1,
    gated=1,
    gone_c=1,
    gone_x=1,
    gone_gated=1,
    standing=1,
    to_china=1,
)
"""Output at risk from a shortage of the chip in each bloc (also for products of many parts, and for gated sectors in
China), the share missing, the output that gated sectors go without behind gates that stand, and what reached China so
far."""
LINK = stack(
    cost_c=1,
    cost_x=1,
    makers_c=1,
    makers_x=1,
    lacking_c=1,
    lacking_x=1,
    taken_c=1,
    taken_x=1,
    made_c=1,
    made_x=1,
)
"""Rows of a material that is made from others, or from which others are made."""
SOURCE = stack(state=Source, output=1)
LIST = stack(level=1, jump2=1, jump3=1, announced=1, ease_low=1, ease_high=1)
SECTOR = stack(
    depletion_c=Depletion,
    depletion_x=Depletion,
    stood=1,
    lost_c=1,
    lost_x=1,
    idle_c=1,
    idle_x=1,
    loss_c=1,
    loss_x=1,
    gain=1,
)
PATH = stack(
    regime=1,
    clock=1,
    e_cn=1,
    e_us=1,
    pain_cn=1,
    pain_us=1,
    approval=1,
    leniency=1,
    granted=1,
    strait=1,
    quota=Quota,
    places=Places,
    input_c=1,
    input_x=1,
    move_cn=Move,
    move_us=Move,
    bill_cn=1,
    bill_us=1,
    instead_cn=1,
    instead_us=1,
    rho=1,
    per_rho=1,
    ratio=1,
    member=1,
    theta=Theta,
    uniforms=len(weekly_uniforms.NAMES),
    common=4,
)


def uniform(name: str) -> Any:
    """The row of a uniform of `weekly_uniforms.NAMES`, within a path's."""
    return PATH.uniforms + row(weekly_uniforms.NAMES.index(name))


def theta(name: str) -> Any:
    """The row of an uncertain parameter, within a path's."""
    return PATH.theta + row(Theta._fields.index(name))
