"""Sources, and the supply of every market."""

from __future__ import annotations

from typing import Any

from ...model import made_from, supply
from ...ops import ONE, ZERO, scalar
from . import records
from .block import U0, U1, market_at, path_at, source_at
from .columns import NONE, SOURCE_COLUMN
from .layout import LIST, MARKET, PATH, SOURCE, U, uniform

_NONE = U(NONE)
_ACCIDENT_SOURCE, _ACCIDENT_SEVERITY = uniform("accident_source"), uniform("accident_severity")


@scalar
def run_source(b: Any, j: Any, lane: Any, t: Any) -> None:
    """One week of a source."""
    a, p, rows, k, week = source_at(b, j, lane), path_at(b, lane), b.rows, b.tables.source, b.tables.week
    site = supply.Site(
        elasticity=k[j, SOURCE_COLUMN.elasticity],
        lead=k[j, SOURCE_COLUMN.lead],
        ramp=k[j, SOURCE_COLUMN.ramp],
        hurdle=k[j, SOURCE_COLUMN.hurdle],
        recovery=k[j, SOURCE_COLUMN.recovery],
        tools_growth=k[j, SOURCE_COLUMN.tools_growth],
    )
    low, high, mean = k[j, SOURCE_COLUMN.low], k[j, SOURCE_COLUMN.high], k[j, SOURCE_COLUMN.severity]
    lost = supply.accident(rows[p + _ACCIDENT_SOURCE], rows[p + _ACCIDENT_SEVERITY], low, high, mean)
    more = rows[b.laws.tools + LIST.level + lane.l] - b.laws.tools_start
    value = _basket_price(b, j, lane)
    after = supply.step(
        records.get_source(rows, a + SOURCE.state), value, lost, week[t, b.plan.column.capacity + j], more, site
    )
    records.put_source(rows, a + SOURCE.state, after)
    stopped = k[j, SOURCE_COLUMN.strait] * rows[p + PATH.strait]
    rows[a + SOURCE.output] = supply.output(after, week[t, b.plan.column.availability + j] * (ONE - stopped))


@scalar
def _basket_price(b: Any, j: Any, lane: Any) -> Any:
    """Price of what a source sells; of what is made from others, over the cost of making it."""
    basket, price = b.tables.basket, ZERO
    e, end = U(basket.start[j]), U(basket.start[j + U1])
    while e < end:
        value, cost = b.rows[U(basket.row[e, U0]) + lane.l], U(basket.row[e, U1])
        if cost < _NONE:
            value = made_from.margin(value, b.rows[cost + lane.l])
        price += basket.number[e, U0] * value
        e += U1
    return price


@scalar
def supply_market(b: Any, m: Any, lane: Any, t: Any) -> None:
    """Supply of a market by the bloc that gates it."""
    a, found = market_at(b, m, lane), b.tables.supply
    china, outside = ZERO, b.tables.week[t, b.plan.column.recycled + m]
    e, end = U(found.start[m]), U(found.start[m + U1])
    while e < end:
        made = found.number[e, U0] * b.rows[U(found.row[e, U0]) + lane.l]
        if U(found.row[e, U1]) == U0:
            china += made
        else:
            outside += made
        e += U1
    b.rows[a + MARKET.supply_c] = china
    b.rows[a + MARKET.supply_x] = outside
