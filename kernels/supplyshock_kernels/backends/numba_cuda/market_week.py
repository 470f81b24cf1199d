"""Observations of a market in a week: weekly quantities, and totals of the run."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...model import industry
from ...ops import ONE, ZERO, real, scalar
from .block import U2, market_at
from .columns import MARKET_COLUMN
from .layout import MARKET, L


class NodeWeek(NamedTuple):
    """What happened at one node of a market."""

    use: Any
    met: Any
    per_base: Any
    """one over use at baseline."""
    price: Any
    stock: Any
    bill: Any
    """bn USD."""


@scalar
def show_node(b: Any, m: Any, bloc: Any, lane: Any, t: Any, node: Any) -> Any:
    """Write what a node shows, and add it to the totals; returns the share of use that is not met."""
    short = industry.short(node.use, node.met)
    weekly, totals, shown, at, column = b.weekly, b.totals, b.plan.weekly, b.plan.total, lane.column
    i = U2 * m + bloc
    weekly[t, shown.price_ratio + i, column] = node.price
    weekly[t, shown.inventory_weeks + i, column] = node.stock * node.per_base
    weekly[t, shown.shortage_ratio + i, column] = short
    b.rows[market_at(b, m, lane) + MARKET.bill_c + bloc * L] = node.bill
    if node.price > totals[at.peak_price_ratio + i, column]:
        totals[at.peak_price_ratio + i, column] = node.price
        totals[at.peak_week + i, column] = real(t, ONE)
    if short > b.laws.shortage_threshold:
        totals[at.shortage_weeks + i, column] += ONE
    unmet = node.use - node.met
    if unmet != ZERO:
        totals[at.unmet_weeks_of_use + i, column] += unmet * node.per_base
    return short


@scalar
def show_paid(b: Any, m: Any, lane: Any, t: Any, paid: Any, gated: Any) -> None:
    """Write what is paid outside China and the gated flow."""
    weekly, shown, column = b.weekly, b.plan.weekly, lane.column
    weekly[t, shown.paid_price_ratio + m, column] = paid
    weekly[t, shown.export_ratio + m, column] = gated * b.tables.market[m, MARKET_COLUMN.per_flow]
    highest = b.plan.total.peak_paid_price_ratio + m
    if paid > b.totals[highest, column]:
        b.totals[highest, column] = paid
