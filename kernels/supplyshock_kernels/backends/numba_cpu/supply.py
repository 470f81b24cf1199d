"""Sources over a tile: accidents, utilisation, new capacity, and the supply of each market."""

from __future__ import annotations

from typing import Any

from numba import njit

from ...model import negotiation, supply
from ...ops import ONE, ZERO, maximum, where
from . import rows
from .compile_options import LOOP
from .layout import (
    LEVEL,
    LIST,
    MADE_C,
    MADE_X,
    MARKET,
    OUTPUT,
    REGIME,
    SOURCE,
    STRAIT,
    UNIFORMS,
    VALUE_C,
    VALUE_X,
    L,
    R,
    U,
)

_WHICH, _HOW_BAD, _STRAIT_U = UNIFORMS + R[20], UNIFORMS + R[21], UNIFORMS + R[22]


@njit(**LOOP)
def strait(p: Any, rules: Any) -> None:
    """A crisis in the Taiwan strait begins, or recovers a week further."""
    for l in range(L):
        rate = negotiation.pick(negotiation.is_in(p[REGIME + l]), rules.strait_hazard)
        hit = where(p[_STRAIT_U + l] < supply.chance(rate), rules.strait_severity, ZERO * rate)
        p[STRAIT + l] = maximum(p[STRAIT + l] * (ONE - ONE / rules.strait_recovery), hit)


@njit(**LOOP)
def run_sources(
    src: Any,
    mk: Any,
    p: Any,
    lists: Any,
    k: Any,
    elasticity: Any,
    odds: Any,
    tools: Any,
    tools_start: Any,
    added: Any,
    availability: Any,
) -> None:
    """One week of every source; on ``odds`` (J, 2) of the unit interval it has an accident."""
    tools_at = U(tools) * LIST + LEVEL
    for j in range(k.lead.shape[0]):
        a = U(j) * SOURCE
        out = a + OUTPUT
        for l in range(L):
            src[out + l] = ZERO
        value_row = VALUE_C if k.bloc[j] == 0 else VALUE_X
        for m in range(k.basket_value.shape[1]):
            w = k.basket_value[j, m]
            if w > 0:
                v = U(m) * MARKET + value_row
                for l in range(L):
                    src[out + l] += w * mk[v + l]
        site = supply.Site(elasticity[j], k.lead[j], k.ramp[j], k.hurdle[j], k.outage_recovery[j], k.tools_growth[j])
        low, high, mean, on_strait = odds[j, 0], odds[j, 1], k.outage_severity[j], k.strait[j]
        plus, share = added[j], availability[j]
        for l in range(L):
            lost = supply.accident(p[_WHICH + l], p[_HOW_BAD + l], low, high, mean)
            more = lists[tools_at + l] - tools_start
            s = supply.step(rows.get_source(src, a + l), src[out + l], lost, plus, more, site)
            rows.put_source(src, a + l, s)
            src[out + l] = supply.output(s, share * (ONE - on_strait * p[STRAIT + l]))


@njit(**LOOP)
def supply_markets(mk: Any, src: Any, k: Any, recycled: Any) -> None:
    """Supply of every market by the bloc that gates it."""
    for m in range(k.basket.shape[1]):
        a, second = U(m) * MARKET, recycled[m]
        for l in range(L):
            mk[a + MADE_C + l] = ZERO
            mk[a + MADE_X + l] = second
        for j in range(k.basket.shape[0]):
            w = k.basket[j, m]
            if w > 0:
                to, out = a + (MADE_C if k.bloc[j] == 0 else MADE_X), U(j) * SOURCE + OUTPUT
                for l in range(L):
                    mk[to + l] += w * src[out + l]
