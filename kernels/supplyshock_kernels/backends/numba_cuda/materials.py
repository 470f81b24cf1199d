"""A material market in one week."""

from __future__ import annotations

from typing import Any

from ...model import demand, industry, materials, negotiation, quota
from ...ops import ONE, ZERO, clip, exp_inside, scalar
from . import records
from .block import U0, U1, U2, is_input, is_product, link_at, material_at, path_at
from .columns import MARKET_COLUMN, MARKET_ROW
from .layout import LINK, LIST, MARKET, MATERIAL, PATH, L, U, theta
from .made_from import plan_making
from .market_week import NodeWeek, show_node, show_paid

_USE_ELASTICITY, _COVER, _JUMP = theta("use_elasticity"), theta("cover_scale"), theta("jump_scale")


@scalar
def trade_material(b: Any, m: Any, lane: Any, t: Any) -> None:
    """One week of a material market."""
    a, p, rows, laws = material_at(b, m, lane), path_at(b, lane), b.rows, b.laws.material
    k, week, at = b.tables.market[m], b.tables.week, b.plan.column
    own = b.tables.market_row[m]
    z_c, z_x = rows[a + MARKET.z_c], rows[a + MARKET.z_x]
    common = rows[p + PATH.common]
    shared = laws.common_weight * common + laws.group_weight * rows[p + PATH.common + L + U(own[MARKET_ROW.group]) * L]
    news = demand.news(z_c, z_x, shared, laws.node_weight)
    worth = demand.drift(rows[a + MARKET.demand], news, laws.sigma_demand, laws.demand_weeks)
    rows[a + MARKET.demand] = worth
    places = records.get_places(rows, p + PATH.places)
    value_c, value_x = rows[a + MARKET.value_c], rows[a + MARKET.value_x]
    pays = quota.share(quota.margin(value_c, value_x, k[MARKET_COLUMN.usd]), places)
    supply_c, supply_x = _supply(b, m, lane, t)
    lever_c, lever_x = week[t, at.recipe + U2 * m], week[t, at.recipe + U2 * m + U1]
    direct_c = k[MARKET_COLUMN.direct_c] * week[t, at.demand + U2 * m]
    direct_x = k[MARKET_COLUMN.direct_x] * week[t, at.demand + U2 * m + U1]
    makers_c, makers_x, cost_c, cost_x = _making(b, m, lane, t)
    cover, listed = rows[p + _COVER], U(own[MARKET_ROW.cn_list]) + lane.l
    approved = week[t, at.approval_of + m]
    granted = rows[p + PATH.granted] if approved < ZERO else negotiation.granted(approved, rows[p + PATH.leniency])
    market = materials.Market(
        use_c=direct_c + k[MARKET_COLUMN.made_c] * lever_c,
        use_x=direct_x + k[MARKET_COLUMN.made_x] * lever_x,
        imports=k[MARKET_COLUMN.imports],
        elasticity=clip(rows[p + _USE_ELASTICITY] * k[MARKET_COLUMN.price_scale], laws.es_low, laws.es_high),
        cover_c=k[MARKET_COLUMN.cover_c] * cover,
        cover_x=k[MARKET_COLUMN.cover_x] * cover,
        control=k[MARKET_COLUMN.coverage] * rows[listed + LIST.level],
        quota=week[t, at.quota + m],
        passed=quota.passed(pays, places, laws.quota_switch),
        approval=granted,
        jump=k[MARKET_COLUMN.reach] * rows[p + _JUMP] * rows[listed + LIST.announced],
        supply_c=supply_c,
        supply_x=supply_x,
        purchase=week[t, at.purchase + m],
        worth=worth,
        price_c=value_c,
        price_x=value_x,
        running_c=rows[a + MARKET.running_c],
        running_x=rows[a + MARKET.running_x],
        direct_c=direct_c,
        direct_x=direct_x,
        makers_c=lever_c * makers_c,
        makers_x=lever_x * makers_x,
        spared=k[MARKET_COLUMN.spared],
        cost_c=cost_c,
        cost_x=cost_x,
        z_c=laws.node_weight * z_c + shared,
        z_x=laws.node_weight * z_x + shared,
    )
    c, x = records.get_node(rows, a + MATERIAL.china), records.get_node(rows, a + MATERIAL.outside)
    c, x, trade, flows = materials.step(c, x, records.get_trade(rows, a + MATERIAL.trade), market, laws)
    records.put_node(rows, a + MATERIAL.china, c)
    records.put_node(rows, a + MATERIAL.outside, x)
    records.put_trade(rows, a + MATERIAL.trade, trade)
    _show(b, m, lane, t, (c, x, trade, flows))
    if U(own[MARKET_ROW.quota]) > U0:
        rows[a + MATERIAL.offered] = flows.offered
        rows[a + MATERIAL.chosen] = flows.offered * pays
        rows[a + MATERIAL.free] = flows.free
    if is_input(b, m):
        to = link_at(b, m, lane)
        rows[to + LINK.lacking_c] = industry.short(flows.need_c, flows.used_c)
        rows[to + LINK.lacking_x] = industry.short(flows.need_x, flows.used_x)
        rows[to + LINK.taken_c] = flows.taken_c
        rows[to + LINK.taken_x] = flows.taken_x


@scalar
def _supply(b: Any, m: Any, lane: Any, t: Any) -> Any:
    """Supply in China and outside: of a product what was made last week arrives in place of the plan."""
    a, rows = material_at(b, m, lane), b.rows
    supply_c, supply_x = rows[a + MARKET.supply_c], rows[a + MARKET.supply_x]
    handed_c, handed_x = rows[a + MATERIAL.handed_c], rows[a + MATERIAL.handed_x]
    if is_product(b, m):
        handed_c -= supply_c
        handed_x -= supply_x - b.tables.week[t, b.plan.column.recycled + m]
    return supply_c + handed_c, supply_x + handed_x


@scalar
def _making(b: Any, m: Any, lane: Any, t: Any) -> Any:
    """What makers of other markets would take, and log cost of its own inputs; both in China and outside."""
    makers_c, makers_x, cost_c, cost_x = ZERO, ZERO, ZERO, ZERO
    if is_input(b, m):
        plan_making(b, m, lane, t)
        at = link_at(b, m, lane)
        makers_c = b.rows[at + LINK.makers_c]
        makers_x = b.rows[at + LINK.makers_x]
    if is_product(b, m):
        at = link_at(b, m, lane)
        cost_c = b.rows[at + LINK.cost_c]
        cost_x = b.rows[at + LINK.cost_x]
    return makers_c, makers_x, cost_c, cost_x


@scalar
def _show(b: Any, m: Any, lane: Any, t: Any, after: Any) -> None:
    """What the market shows of its week."""
    c, x, trade, flows = after
    a, rows, k = material_at(b, m, lane), b.rows, b.tables.market[m]
    value, us_value = k[MARKET_COLUMN.value], k[MARKET_COLUMN.us_value]
    price_c, price_x = exp_inside(c.p), exp_inside(x.p)
    rows[a + MARKET.value_c] = price_c
    rows[a + MARKET.value_x] = price_x
    rows[a + MARKET.instead_c] = value * flows.substitution_c
    rows[a + MARKET.instead_x] = us_value * flows.substitution_x
    node = NodeWeek(
        use=flows.use_c,
        met=flows.met_c,
        per_base=k[MARKET_COLUMN.per_use_c],
        price=price_c,
        stock=c.stock,
        bill=value * flows.own_c * (price_c - ONE),
    )
    rows[a + MATERIAL.short_c] = show_node(b, m, U0, lane, t, node)
    node = NodeWeek(
        use=flows.use_x,
        met=flows.met_x,
        per_base=k[MARKET_COLUMN.per_use_x],
        price=price_x,
        stock=x.stock,
        bill=us_value * flows.own_x * (trade.paid - ONE),
    )
    rows[a + MATERIAL.short_x] = show_node(b, m, U1, lane, t, node)
    show_paid(b, m, lane, t, trade.paid, flows.exports)
    if flows.drawn > ZERO:
        b.totals[b.plan.total.stock_drawn_weeks_of_use + m, lane.column] += flows.drawn * k[MARKET_COLUMN.per_use_x]
