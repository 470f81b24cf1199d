"""Setting a block to the start of its paths."""

from __future__ import annotations

from typing import Any

from ...model import chips, demand, industry, materials, quota, supply
from ...ops import ONE, ZERO, exp, scalar
from . import records
from .block import U0, chip_at, list_at, material_at, path_at, source_at
from .chips import find_standing
from .columns import LIST_COLUMN, MARKET_COLUMN, MARKET_ROW, SOURCE_COLUMN
from .layout import CHIP, LIST, MARKET, MATERIAL, PATH, SOURCE, U, row, theta

_SUBSTITUTION, _COVER = theta("substitution"), theta("cover_scale")
CAPACITY = SOURCE.output - SOURCE.state - row(supply.Source._fields.index("capacity"))
"""From the row of a source's capacity to that of its output."""


@scalar
def start_negotiation(b: Any, lane: Any) -> None:
    """The negotiation and the quota at the start."""
    p, rows, laws = path_at(b, lane), b.rows, b.laws
    rows[p + PATH.regime] = laws.regime
    rows[p + PATH.clock] = laws.clock
    rows[p + PATH.approval] = laws.approval
    records.put_quota(rows, p + PATH.quota, quota.start(laws.approval))
    rows[p + PATH.input_c] = ONE
    rows[p + PATH.input_x] = ONE
    rho = industry.curvature(rows[p + _SUBSTITUTION])
    rows[p + PATH.rho] = rho
    rows[p + PATH.per_rho] = ONE / rho


@scalar
def start_list(b: Any, i: Any, lane: Any) -> None:
    """A control list at its level."""
    b.rows[list_at(b, i, lane) + LIST.level] = b.tables.lists[i, LIST_COLUMN.start]


@scalar
def start_source(b: Any, j: Any, lane: Any) -> None:
    """A source at rest."""
    k = b.tables.source[j]
    source = supply.start(k[SOURCE_COLUMN.hazard], k[SOURCE_COLUMN.severity], k[SOURCE_COLUMN.recovery])
    records.put_source(b.rows, source_at(b, j, lane) + SOURCE.state, source)


@scalar
def start_material(b: Any, m: Any, lane: Any) -> None:
    """A material market at rest under its control."""
    a, rows, k = material_at(b, m, lane), b.rows, b.tables.market[m]
    scale = rows[path_at(b, lane) + _COVER]
    p_c, p_x = k[MARKET_COLUMN.p_c], k[MARKET_COLUMN.p_x]
    fill_c = materials.fill(k[MARKET_COLUMN.held_c], k[MARKET_COLUMN.counted_c], scale)
    fill_x = materials.fill(k[MARKET_COLUMN.held_x], k[MARKET_COLUMN.counted_x], scale)
    level = rows[U(b.tables.market_row[m, MARKET_ROW.cn_list]) + LIST.level + lane.l]
    c, x, trade = materials.start(
        (k[MARKET_COLUMN.use_c], k[MARKET_COLUMN.use_x]),
        (k[MARKET_COLUMN.cover_c] * scale, k[MARKET_COLUMN.cover_x] * scale),
        k[MARKET_COLUMN.imports],
        k[MARKET_COLUMN.coverage] * level,
        (p_c, p_x, fill_c, fill_x, k[MARKET_COLUMN.reserve]),
        b.laws.material,
    )
    records.put_node(rows, a + MATERIAL.china, c)
    records.put_node(rows, a + MATERIAL.outside, x)
    records.put_trade(rows, a + MATERIAL.trade, trade)
    rows[a + MARKET.demand] = demand.worth(k[MARKET_COLUMN.use_c], k[MARKET_COLUMN.use_x], p_c, p_x)
    rows[a + MARKET.value_c] = exp(p_c)
    rows[a + MARKET.value_x] = exp(p_x)
    rows[a + MARKET.running_c] = ONE
    rows[a + MARKET.running_x] = ONE


@scalar
def start_chip(b: Any, m: Any, lane: Any) -> None:
    """A chip segment at rest."""
    a, rows, k = chip_at(b, m, lane), b.rows, b.tables.market[m]
    scale = rows[path_at(b, lane) + _COVER]
    lead, fab, assembly = k[MARKET_COLUMN.lead], k[MARKET_COLUMN.fab], k[MARKET_COLUMN.assembly]
    cc, cx = k[MARKET_COLUMN.flow_cc], k[MARKET_COLUMN.flow_cx]
    xc, xx = k[MARKET_COLUMN.flow_xc], k[MARKET_COLUMN.flow_xx]
    from_c = (k[MARKET_COLUMN.open_cc], k[MARKET_COLUMN.open_xc])
    from_x = (k[MARKET_COLUMN.open_cx], k[MARKET_COLUMN.open_xx])
    fill_c = materials.fill(k[MARKET_COLUMN.held_c], k[MARKET_COLUMN.counted_c], scale)
    fill_x = materials.fill(k[MARKET_COLUMN.held_x], k[MARKET_COLUMN.counted_x], scale)
    held_c, held_x = (k[MARKET_COLUMN.cover_c] * scale, fill_c), (k[MARKET_COLUMN.cover_x] * scale, fill_x)
    sent_c, sent_x = cc * from_c[0] + cx * from_x[0], xc * from_c[1] + xx * from_x[1]
    laws = b.laws.chip
    records.put_buyer(rows, a + CHIP.buyer_c, chips.start_buyer((cc, xc), from_c, lead, held_c, k[MARKET_COLUMN.p_c]))
    records.put_buyer(rows, a + CHIP.buyer_x, chips.start_buyer((cx, xx), from_x, lead, held_x, k[MARKET_COLUMN.p_x]))
    records.put_maker(rows, a + CHIP.maker_c, chips.start_maker(cc + cx, sent_c, fab, assembly, scale, laws))
    records.put_maker(rows, a + CHIP.maker_x, chips.start_maker(xc + xx, sent_x, fab, assembly, scale, laws))
    rows[a + MARKET.value_c] = ONE
    rows[a + MARKET.value_x] = ONE
    rows[a + MARKET.running_c] = ONE
    rows[a + MARKET.running_x] = ONE
    find_standing(b, m, lane)


@scalar
def start_total(b: Any, v: Any, lane: Any) -> None:
    """A total before the first week: zero, or -1 for "never"."""
    b.totals[v, lane.column] = -ONE if U(b.tables.dated[v]) > U0 else ZERO
