"""The export quota of a path: closed after a week, opened for the next."""

from __future__ import annotations

from typing import Any

from ...model import quota
from ...ops import ZERO, scalar
from . import records
from .block import U0, U1, material_at, path_at
from .columns import MARKET_COLUMN, MARKET_ROW
from .layout import MATERIAL, PATH, U


@scalar
def open_quota(b: Any, lane: Any, t: Any) -> None:
    """The quota as week ``t`` begins, and what the markets see of it."""
    p, week, at = path_at(b, lane), b.tables.week, b.plan.column
    before = records.get_quota(b.rows, p + PATH.quota)
    opened, places = quota.open_week(before, week[t, at.quota_grant], week[t, at.quota_weeks])
    records.put_quota(b.rows, p + PATH.quota, opened)
    records.put_places(b.rows, p + PATH.places, places)


@scalar
def close_quota(b: Any, lane: Any, t: Any) -> None:
    """The quota after the exports of week ``t`` of the markets under it."""
    p, rows, week, at, m = path_at(b, lane), b.rows, b.tables.week, b.plan.column, U0
    offered, chosen, free = ZERO, ZERO, ZERO
    while m < b.plan.number.materials:
        if U(b.tables.market_row[m, MARKET_ROW.quota]) > U0 and week[t, at.quota + m] > ZERO:
            a, kt = material_at(b, m, lane), b.tables.market[m, MARKET_COLUMN.tonnage]
            offered += kt * rows[a + MATERIAL.offered]
            chosen += kt * rows[a + MATERIAL.chosen]
            free += kt * rows[a + MATERIAL.free]
        m += U1
    q = records.get_quota(rows, p + PATH.quota)
    left = quota.left_over(q, free, week[t, at.quota_weeks])
    records.put_quota(rows, p + PATH.quota, quota.close_week(q, offered, chosen, left))
