"""Coefficients that a kernel takes as arguments: they lie in its constant memory."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...params import Params
from ...rng.philox import key_of
from ..numba_cpu.constants import Constants


class Laws(NamedTuple):
    """Numbers of the equations, and what a call asks for."""

    material: Any
    """`params.Material`."""
    chip: Any
    """`params.Chip`."""
    rules: Any
    """`model.negotiation.Rules`."""
    other: Any
    """the rules that paths are weighed against; the same ones where they are not."""
    share_chip: Any
    alike: Any
    multiplier: Any
    refill_weeks: Any
    first_plant_threshold: Any
    stop_threshold: Any
    shortage_threshold: Any
    pain_weeks: Any
    gdp_cn: Any
    gdp_us: Any
    floor: Any
    tools: Any
    """first row of the control on chip tools."""
    tools_start: Any
    regime: Any
    clock: Any
    approval: Any
    key0: Any
    key1: Any
    elapsed: Any
    """weeks that lie before the first."""
    drawn: Any
    """1: a path draws the member that it starts from; 0: it takes the one of its place in the call."""


def make_laws(params: Params, constants: Constants, seed: int, tools: int) -> Laws:
    """The coefficients of some parameters; ``tools`` is the first row of the control on chip tools."""
    k, initial = params.industry, params.initial
    key = key_of(seed)
    return Laws(
        material=params.material,
        chip=params.chip,
        rules=constants.rules,
        other=constants.other.rules,
        share_chip=k.share_chip,
        alike=k.alike,
        multiplier=k.multiplier,
        refill_weeks=k.refill_weeks,
        first_plant_threshold=k.first_plant_threshold,
        stop_threshold=k.stop_threshold,
        shortage_threshold=k.shortage_threshold,
        pain_weeks=k.pain_weeks,
        gdp_cn=k.gdp[0],
        gdp_us=k.gdp[1],
        floor=constants.floor,
        tools=np.uint64(tools),
        tools_start=initial.control[int(params.policy.tools_list)],
        regime=np.float32(initial.regime),
        clock=initial.clock,
        approval=initial.approval,
        key0=key[0],
        key1=key[1],
        elapsed=np.uint64(initial.elapsed),
        drawn=np.uint64(initial.drawn > 0),
    )
