"""Sources over a tile: accidents, utilisation, new capacity, and the supply of each market."""

from __future__ import annotations

from typing import Any

from ...model import made_from, negotiation, supply
from ...ops import ONE, ZERO, maximum, where
from . import rows
from .compile_options import compiled_loop
from .layout import (
    COST_C,
    COST_X,
    LEVEL,
    LIST,
    MARKET,
    OUTPUT,
    REGIME,
    SOURCE,
    STRAIT,
    SUPPLY_C,
    SUPPLY_X,
    VALUE_C,
    VALUE_X,
    L,
    U,
    uniform,
)

_ACCIDENT_SOURCE, _ACCIDENT_SEVERITY = uniform("accident_source"), uniform("accident_severity")
_STRAIT = uniform("strait")


@compiled_loop
def run_strait(p: Any, rules: Any) -> None:
    """A crisis in the Taiwan strait begins, or recovers a week further."""
    for l in range(L):
        rate = negotiation.pick(negotiation.is_in(p[REGIME + l]), rules.strait_hazard)
        hit = where(p[_STRAIT + l] < supply.weekly_probability(rate), rules.strait_severity, ZERO * rate)
        p[STRAIT + l] = maximum(p[STRAIT + l] * (ONE - ONE / rules.strait_recovery), hit)


@compiled_loop
def run_sources(tile: Any, params: Any, constants: Any, inputs: Any) -> None:
    """One week of every source."""
    src, mk, p, lists, k = tile.source, tile.market, tile.path, tile.lists, params.sources
    elasticity, intervals = constants.elasticity, constants.accident_intervals
    added, availability = inputs.capacity, inputs.availability
    tools, is_product = params.policy.tools_list, constants.chain.is_product
    tools_at, tools_start = U(tools) * LIST + LEVEL, params.initial.control[tools]
    for j in range(k.lead.shape[0]):
        a = U(j) * SOURCE
        out = a + OUTPUT
        for l in range(L):
            src[out + l] = ZERO
        value_row, cost_row = (VALUE_C, COST_C) if k.bloc[j] == 0 else (VALUE_X, COST_X)
        for m in range(k.basket_value.shape[1]):
            w = k.basket_value[j, m]
            if w > 0:
                v, cost = U(m) * MARKET + value_row, U(m) * MARKET + cost_row
                if is_product[m]:
                    for l in range(L):
                        src[out + l] += w * made_from.margin(mk[v + l], mk[cost + l])
                else:
                    for l in range(L):
                        src[out + l] += w * mk[v + l]
        site = supply.Site(
            elasticity=elasticity[j],
            lead=k.lead[j],
            ramp=k.ramp[j],
            hurdle=k.hurdle[j],
            recovery=k.outage_recovery[j],
            tools_growth=k.tools_growth[j],
        )
        low, high, mean, on_strait = intervals[j, 0], intervals[j, 1], k.outage_severity[j], k.strait[j]
        plus, share = added[j], availability[j]
        for l in range(L):
            lost = supply.accident(p[_ACCIDENT_SOURCE + l], p[_ACCIDENT_SEVERITY + l], low, high, mean)
            more = lists[tools_at + l] - tools_start
            s = supply.step(rows.get_source(src, a + l), src[out + l], lost, plus, more, site)
            rows.put_source(src, a + l, s)
            src[out + l] = supply.output(s, share * (ONE - on_strait * p[STRAIT + l]))


@compiled_loop
def supply_markets(mk: Any, src: Any, k: Any, recycled: Any) -> None:
    """Supply of every market by the bloc that gates it."""
    for m in range(k.basket.shape[1]):
        a, second = U(m) * MARKET, recycled[m]
        for l in range(L):
            mk[a + SUPPLY_C + l] = ZERO
            mk[a + SUPPLY_X + l] = second
        for j in range(k.basket.shape[0]):
            w = k.basket[j, m]
            if w > 0:
                to, out = a + (SUPPLY_C if k.bloc[j] == 0 else SUPPLY_X), U(j) * SOURCE + OUTPUT
                for l in range(L):
                    mk[to + l] += w * src[out + l]
