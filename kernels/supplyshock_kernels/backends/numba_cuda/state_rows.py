"""Where the rows of the state of a path lie in a block: the counterpart of `numba_cpu.path_state`."""

from __future__ import annotations

import numpy as np

from ...model.chips import Buyer, Maker
from ...model.industry import Depletion
from ...model.materials import Node, Trade
from ...model.quota import Quota
from ...model.supply import Source
from ...model.uncertain_parameters import NAMES
from ...params import Array, Params
from ...params.path_state import locate_parts
from .layout import CHIP, LIST, MARKET, MATERIAL, PATH, SECTOR, SOURCE, row, theta
from .plan import Plan


def _fields(prefix: str, record: type, first: int) -> dict[str, tuple[int, ...]]:
    names = record._fields  # type: ignore[attr-defined]
    return {f"{prefix}.{name}": (int(first) + int(row(k)),) for k, name in enumerate(names)}


_PATH: dict[str, tuple[int, ...]] = {
    "regime": (PATH.regime,),
    "clock": (PATH.clock,),
    "excitation.0": (PATH.e_cn,),
    "excitation.1": (PATH.e_us,),
    "pain.0": (PATH.pain_cn,),
    "pain.1": (PATH.pain_us,),
    "approval": (PATH.approval,),
    "leniency": (PATH.leniency,),
    "strait": (PATH.strait,),
    **_fields("quota", Quota, PATH.quota),
    "fab_inputs.0": (PATH.input_c,),
    "fab_inputs.1": (PATH.input_x,),
    **{f"theta.{name}": (theta(name),) for name in NAMES},
}
_LIST = {"controls.level": (LIST.level,), "controls.jump2": (LIST.jump2,), "controls.jump3": (LIST.jump3,)}
_MARKET = {"running": (MARKET.running_c, MARKET.running_x), "demand": (MARKET.demand,)}
_MATERIAL = {
    **_fields("china", Node, MATERIAL.china),
    **_fields("outside", Node, MATERIAL.outside),
    **_fields("trade", Trade, MATERIAL.trade),
    "handed": (MATERIAL.handed_c, MATERIAL.handed_x),
}
_CHIP = {
    **_fields("buyers.0", Buyer, CHIP.buyer_c),
    **_fields("buyers.1", Buyer, CHIP.buyer_x),
    **_fields("makers.0", Maker, CHIP.maker_c),
    **_fields("makers.1", Maker, CHIP.maker_x),
}
_SECTOR = {
    **_fields("depletion.0", Depletion, SECTOR.depletion_c),
    **_fields("depletion.1", Depletion, SECTOR.depletion_x),
    "standing": (SECTOR.stood,),
}
_WITHIN = _PATH | _LIST | _MARKET | _MATERIAL | _CHIP | _SECTOR | _fields("sources", Source, SOURCE.state)
"""Offsets of every quantity within its entity, one or one for each bloc."""


def state_offsets(params: Params, plan: Plan) -> Array:
    """(R,) uint32 offset of every row of the state."""
    first, materials = plan.first, int(plan.number.materials)
    begin = {
        "material": (first.materials, MATERIAL.size),
        "chip": (first.chips, CHIP.size),
        "source": (first.sources, SOURCE.size),
        "list": (first.lists, LIST.size),
        "sector": (first.sectors, SECTOR.size),
    }
    offsets: list[int] = []
    for place in locate_parts(params):
        within = _WITHIN[place.part.name]
        kind = place.part.axes[0] if place.part.axes else ""
        for e in range(place.shape[0] if kind else 1):
            name, number = kind, e
            if kind == "market":
                name, number = ("material", e) if e < materials else ("chip", e - materials)
            at, size = begin.get(name, (first.path, 0))
            offsets += [int(at) + number * int(size) + int(x) for x in within]
    return np.array(offsets, np.uint32)
