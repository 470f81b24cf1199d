"""A chip segment in one week, and the output that its shortage puts at risk."""

from __future__ import annotations

from typing import Any

from ...model import chips, demand, industry
from ...model.chips import Buyer
from ...ops import ONE, ZERO, exp_inside, maximum, scalar
from . import records
from .block import U0, U1, U2, chip_at, path_at
from .columns import MARKET_COLUMN, MARKET_ROW
from .layout import CHIP, LIST, MARKET, PATH, U, row, theta
from .market_week import NodeWeek, show_node, show_paid

_COVER, _PARTS = theta("cover_scale"), theta("parts")
_ACCUSTOMED = CHIP.buyer_c + row(Buyer._fields.index("accustomed"))


@scalar
def trade_chip(b: Any, m: Any, lane: Any, t: Any) -> None:
    """One week of a chip segment."""
    a, p, rows, laws = chip_at(b, m, lane), path_at(b, lane), b.rows, b.laws.chip
    k, own, week, at = b.tables.market[m], b.tables.market_row[m], b.tables.week, b.plan.column
    shut_c = k[MARKET_COLUMN.coverage] * rows[U(own[MARKET_ROW.cn_list]) + LIST.level + lane.l]
    shut_x = k[MARKET_COLUMN.us_coverage] * rows[U(own[MARKET_ROW.us_list]) + LIST.level + lane.l]
    z_c, z_x = rows[a + MARKET.z_c], rows[a + MARKET.z_x]
    news = demand.news(z_c, z_x, laws.common_weight * rows[p + PATH.common], laws.node_weight)
    surprise = demand.drift(rows[a + MARKET.demand], news, k[MARKET_COLUMN.sigma], laws.demand_weeks)
    rows[a + MARKET.demand] = surprise
    factor = exp_inside(surprise)
    segment = chips.Segment(
        use_c=k[MARKET_COLUMN.use_c] * week[t, at.demand + U2 * m] * factor,
        use_x=k[MARKET_COLUMN.use_x] * week[t, at.demand + U2 * m + U1] * factor,
        flow_cc=k[MARKET_COLUMN.flow_cc],
        flow_cx=k[MARKET_COLUMN.flow_cx],
        flow_xc=k[MARKET_COLUMN.flow_xc],
        flow_xx=k[MARKET_COLUMN.flow_xx],
        open_cx=ONE - shut_c,
        open_xc=ONE - shut_x,
        open_xx=ONE - shut_c * k[MARKET_COLUMN.packaging],
        cover=k[MARKET_COLUMN.cover_x] * rows[p + _COVER],
        lead=k[MARKET_COLUMN.lead],
        fab=k[MARKET_COLUMN.fab],
        assembly=k[MARKET_COLUMN.assembly],
        capacity_c=rows[a + MARKET.supply_c],
        capacity_x=rows[a + MARKET.supply_x],
        input_c=rows[p + PATH.input_c],
        input_x=rows[p + PATH.input_x],
        running_c=rows[a + MARKET.running_c],
        running_x=rows[a + MARKET.running_x],
        gated_use=k[MARKET_COLUMN.gated_use],
        volatility=k[MARKET_COLUMN.volatility],
        z_c=z_c,
        z_x=z_x,
    )
    c, x = records.get_buyer(rows, a + CHIP.buyer_c), records.get_buyer(rows, a + CHIP.buyer_x)
    maker_c, maker_x = records.get_maker(rows, a + CHIP.maker_c), records.get_maker(rows, a + CHIP.maker_x)
    c, x, maker_c, maker_x, flows = chips.step(c, x, maker_c, maker_x, segment, laws)
    records.put_buyer(rows, a + CHIP.buyer_c, c)
    records.put_buyer(rows, a + CHIP.buyer_x, x)
    records.put_maker(rows, a + CHIP.maker_c, maker_c)
    records.put_maker(rows, a + CHIP.maker_x, maker_x)
    _show(b, m, lane, t, (c, x, flows))
    rows[a + CHIP.out_c] = flows.left_c
    rows[a + CHIP.out_x] = flows.left_x
    rows[a + CHIP.gated] = flows.left_gated
    rows[a + CHIP.gone_c] = ZERO
    rows[a + CHIP.gone_x] = flows.held_back_x
    _find_at_risk(b, m, lane)
    find_standing(b, m, lane)


@scalar
def _show(b: Any, m: Any, lane: Any, t: Any, after: Any) -> None:
    """What the segment shows of its week."""
    c, x, flows = after
    a, rows, k = chip_at(b, m, lane), b.rows, b.tables.market[m]
    value, us_value = k[MARKET_COLUMN.value], k[MARKET_COLUMN.us_value]
    contract_c, contract_x = exp_inside(c.contract), exp_inside(x.contract)
    rows[a + MARKET.value_c] = contract_c
    rows[a + MARKET.value_x] = contract_x
    rows[a + MARKET.instead_c] = value * flows.substitution_c
    rows[a + MARKET.instead_x] = us_value * flows.substitution_x
    node = NodeWeek(
        use=flows.need_c,
        met=flows.met_c,
        per_base=k[MARKET_COLUMN.per_use_c],
        price=exp_inside(c.broker),
        stock=c.stock,
        bill=value * flows.met_c * (contract_c - ONE),
    )
    show_node(b, m, U0, lane, t, node)
    node = NodeWeek(
        use=flows.need_x,
        met=flows.met_x,
        per_base=k[MARKET_COLUMN.per_use_x],
        price=exp_inside(x.broker),
        stock=x.stock,
        bill=us_value * flows.met_x * (contract_x - ONE),
    )
    show_node(b, m, U1, lane, t, node)
    american = U(b.tables.market_row[m, MARKET_ROW.american]) > U0
    show_paid(b, m, lane, t, contract_x, flows.ship_xc if american else flows.ship_cx)
    chip = m - b.plan.number.materials
    b.weekly[t, b.plan.weekly.lead_time_weeks + chip, lane.column] = flows.lead_x
    weight = k[MARKET_COLUMN.per_china]
    if weight > ZERO:
        rows[a + CHIP.to_china] += weight * (flows.ship_cc + flows.ship_xc)


@scalar
def _find_at_risk(b: Any, m: Any, lane: Any) -> None:
    """From the chips that are left to the output that their shortage puts at risk."""
    a, rows = chip_at(b, m, lane), b.rows
    _at_risk(b, lane, a + CHIP.out_c, a + CHIP.parts_c, a + CHIP.gone_c)
    _at_risk(b, lane, a + CHIP.out_x, a + CHIP.parts_x, a + CHIP.gone_x)
    if b.tables.market[m, MARKET_COLUMN.gated_use] > ZERO:
        p, left = path_at(b, lane), industry.log_of(rows[a + CHIP.gated])
        rows[a + CHIP.gone_gated] = industry.absent(left)
        rows[a + CHIP.gated] = industry.shortfall(
            left, rows[p + PATH.rho], rows[p + PATH.per_rho], b.laws.share_chip, ONE
        )
    else:
        rows[a + CHIP.gated] = rows[a + CHIP.out_c]
        rows[a + CHIP.gone_gated] = rows[a + CHIP.gone_c]


@scalar
def _at_risk(b: Any, lane: Any, at: Any, parts: Any, gone: Any) -> None:
    """One bloc; a path that has all its chips is passed over: it gets exactly what the formula gives."""
    rows, p = b.rows, path_at(b, lane)
    if rows[at] >= ONE:
        rows[at] = ZERO
        rows[parts] = ZERO
        rows[gone] = maximum(ZERO, rows[gone])
    else:
        left, rho, per_rho = industry.log_of(rows[at]), rows[p + PATH.rho], rows[p + PATH.per_rho]
        rows[gone] = maximum(industry.absent(left), rows[gone])
        rows[parts] = industry.shortfall(left, rho, per_rho, b.laws.share_chip, rows[p + _PARTS])
        rows[at] = industry.shortfall(left, rho, per_rho, b.laws.share_chip, ONE)


@scalar
def find_standing(b: Any, m: Any, lane: Any) -> None:
    """Output that gated sectors in China go without, at the share of use that they are accustomed to."""
    gated_use = b.tables.market[m, MARKET_COLUMN.gated_use]
    if gated_use > ZERO:
        a, p, rows = chip_at(b, m, lane), path_at(b, lane), b.rows
        left = industry.log_of(chips.gated_left(rows[a + _ACCUSTOMED], gated_use))
        lost = industry.shortfall(left, rows[p + PATH.rho], rows[p + PATH.per_rho], b.laws.share_chip, ONE)
        rows[a + CHIP.standing] = lost
