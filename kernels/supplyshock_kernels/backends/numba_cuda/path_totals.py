"""The totals that are known only at the end of the run."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...model import made_from
from ...ops import ONE, ZERO, const, maximum, scalar
from .block import U0, U1, chip_at, is_product, market_at, material_at, path_at
from .layout import CHIP, MARKET, MATERIAL, PATH, L, U

_LEAST = const(1e-9)
_NEVER = const(np.nan)


@scalar
def finish_supply(b: Any, m: Any, lane: Any, t: Any) -> None:
    """Share of a market's supply outside China in the last week ``t``, and its concentration (Herfindahl); of a product
    what makers made, in place of their plans."""
    a, rows, suppliers = market_at(b, m, lane), b.rows, b.tables.supply
    supply_c, supply_x, done_c, done_x = rows[a + MARKET.supply_c], rows[a + MARKET.supply_x], ONE, ONE
    if is_product(b, m):
        handed = material_at(b, m, lane)
        made_c, made_x = rows[handed + MATERIAL.handed_c], rows[handed + MATERIAL.handed_x]
        plan_c, plan_x = supply_c, supply_x - b.tables.week[t, b.plan.column.recycled + m]
        done_c = made_from.mean(made_c, plan_c)
        done_x = made_from.mean(made_x, plan_x)
        supply_c += made_c - plan_c
        supply_x += made_x - plan_x
    squares = ZERO
    e, end = U(suppliers.start[m]), U(suppliers.start[m + U1])
    while e < end:
        done = done_c if U(suppliers.row[e, U1]) == U0 else done_x
        part = suppliers.number[e, U0] * rows[U(suppliers.row[e, U0]) + lane.l] * done
        squares += part * part
        e += U1
    total = maximum(supply_c + supply_x, _LEAST)
    b.totals[b.plan.total.ex_china_supply_share + m, lane.column] = supply_x / total
    b.totals[b.plan.total.supply_concentration + m, lane.column] = squares / (total * total)


@scalar
def finish_path(b: Any, lane: Any) -> None:
    """The regime of the last week, compute delivered to China, and the uncertain parameters."""
    p, rows, totals, at, column = path_at(b, lane), b.rows, b.totals, b.plan.total, lane.column
    totals[at.regime_end, column] = rows[p + PATH.regime]
    m, delivered = b.plan.number.materials, ZERO
    while m < b.plan.number.markets:
        delivered += rows[chip_at(b, m, lane) + CHIP.to_china]
        m += U1
    totals[at.compute_delivered_ratio, column] = delivered
    k = U0
    while k < b.plan.number.parameters:
        totals[at.theta + k, column] = rows[p + PATH.theta + k * L]
        k += U1


@scalar
def mark_never(b: Any, v: Any, lane: Any) -> None:
    """A week that never came is NaN."""
    if U(b.tables.dated[v]) > U0 and b.totals[v, lane.column] < ZERO:
        b.totals[v, lane.column] = _NEVER


@scalar
def write_ratio(b: Any, lane: Any, ratio: Any) -> None:
    """How much likelier the path is under the other policy, as a log."""
    ratio[lane.column] = b.rows[path_at(b, lane) + PATH.ratio]
