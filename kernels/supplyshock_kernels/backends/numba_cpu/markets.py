"""Materials and chips over a tile.

The large loops read the tile and write only the market's own rows: a loop that
also wrote elsewhere would need more checks for overlap than the vectoriser
allows. Weekly rows and totals therefore live with their market. The rows of
output at risk hold only what is left of an input (materials: the log of what
the price leaves) until `at_risk` turns them into lost output.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...model import chips, demand, industry, materials, negotiation, quota
from ...ops import ONE, ZERO, clip, exp_inside, maximum, scalar, where
from . import rows
from .compile_options import compiled_loop
from .layout import (
    ANNOUNCED,
    BILL_C,
    BILL_X,
    BUYER_C,
    BUYER_X,
    CHINA,
    CHOSEN,
    COMMON,
    COST_C,
    COST_X,
    DEMAND,
    DRAWN,
    EXPORTS,
    FREE,
    GATED_C,
    GONE_C,
    GONE_X,
    GRANTED,
    GROUP_COMMON,
    HANDED_C,
    HANDED_X,
    INPUT_C,
    INPUT_X,
    INSTEAD_C,
    INSTEAD_X,
    LACKING_C,
    LACKING_X,
    LEAD,
    LENIENCY,
    LEVEL,
    LIST,
    MAKER_C,
    MAKER_X,
    MAKERS_C,
    MAKERS_X,
    MARKET,
    OFFERED,
    OUT_C,
    OUT_X,
    OUTSIDE,
    PACE,
    PACE_CHOSEN,
    PAID,
    PEAK_C,
    PEAK_PAID,
    PEAK_WEEK_C,
    PEAK_WEEK_X,
    PEAK_X,
    PER_PREMIUM,
    PRICE_C,
    PRICE_X,
    RUNNING_C,
    RUNNING_X,
    SHORT_C,
    SHORT_X,
    STOCK_C,
    STOCK_X,
    SUM_A,
    SUM_B,
    SUM_C,
    SUPPLY_C,
    SUPPLY_X,
    TAKEN_C,
    TAKEN_X,
    THETA,
    TO_CHINA,
    TRADE,
    UNMET_C,
    UNMET_X,
    VALUE_C,
    VALUE_X,
    WEEKS_C,
    WEEKS_X,
    Z_C,
    Z_X,
    L,
    U,
)


class NodeRows(NamedTuple):
    """Rows of what one node of a market shows in the week, and of its totals."""

    price: Any
    stock: Any
    short: Any
    bill: Any
    peak: Any
    peak_week: Any
    weeks: Any
    unmet: Any


_ROWS_C = NodeRows(
    price=PRICE_C,
    stock=STOCK_C,
    short=SHORT_C,
    bill=BILL_C,
    peak=PEAK_C,
    peak_week=PEAK_WEEK_C,
    weeks=WEEKS_C,
    unmet=UNMET_C,
)
_ROWS_X = NodeRows(
    price=PRICE_X,
    stock=STOCK_X,
    short=SHORT_X,
    bill=BILL_X,
    peak=PEAK_X,
    peak_week=PEAK_WEEK_X,
    weeks=WEEKS_X,
    unmet=UNMET_X,
)


class NodeWeek(NamedTuple):
    """What happened at one node of a market."""

    use: Any
    met: Any
    base: Any
    """use at baseline."""
    price: Any
    stock: Any
    used: Any
    """what its own users had, but for what stands still."""
    paid: Any
    """price that it is billed at."""
    value: Any
    """of use at baseline, bn USD a week."""


@scalar
def _show(mk: Any, i: Any, node: Any, week: Any, threshold: Any, at: Any) -> None:
    """Write what a node shows in the week, and its totals, to the node's rows ``at``."""
    short = industry.short(node.use, node.met)
    mk[i + at.price] = node.price
    mk[i + at.stock] = node.stock * (ONE / node.base)
    mk[i + at.short] = short
    mk[i + at.bill] = node.value * node.used * (node.paid - ONE)
    mk[i + at.peak_week] = where(node.price > mk[i + at.peak], week, mk[i + at.peak_week])
    mk[i + at.peak] = maximum(node.price, mk[i + at.peak])
    mk[i + at.weeks] += where(short > threshold, ONE, ZERO)
    mk[i + at.unmet] += (node.use - node.met) * (ONE / node.base)


@compiled_loop
def open_quota(p: Any, granted: Any, weeks: Any) -> None:
    """The export quota as the week begins, and what the markets see of it."""
    for l in range(L):
        opened, places = quota.open_week(rows.get_quota(p, l), granted, weeks)
        rows.put_quota(p, l, opened)
        p[PACE + l] = places.pace
        p[PACE_CHOSEN + l] = places.pace_chosen
        p[PER_PREMIUM + l] = places.per_premium


@compiled_loop
def close_quota(mk: Any, p: Any, tonnage: Any, inputs: Any, weeks: Any) -> None:
    """The quota after the week's exports of the markets under it."""
    for l in range(L):
        p[SUM_A + l] = ZERO
        p[SUM_B + l] = ZERO
        p[SUM_C + l] = ZERO
    for m in range(inputs.materials):
        if inputs.quota[m] > 0:
            a, kt = U(m) * MARKET, tonnage[m]
            for l in range(L):
                p[SUM_A + l] += kt * mk[a + OFFERED + l]
                p[SUM_B + l] += kt * mk[a + CHOSEN + l]
                p[SUM_C + l] += kt * mk[a + FREE + l]
    for l in range(L):
        q = rows.get_quota(p, l)
        left = quota.left_over(q, p[SUM_C + l], weeks)
        rows.put_quota(p, l, quota.close_week(q, p[SUM_A + l], p[SUM_B + l], left))


@compiled_loop
def grant_licences(p: Any, own: Any) -> Any:
    """The row of the share of applications for one material that is approved: its own, where that is forced."""
    if own < 0:
        return GRANTED
    for l in range(L):
        p[SUM_A + l] = negotiation.granted(own, p[LENIENCY + l])
    return SUM_A


@compiled_loop
def trade_materials(tile: Any, k: Any, params: Any, threshold: Any, inputs: Any) -> None:
    """One week of every material market. The list one past the end is open and silent."""
    mk, p, lists = tile.market, tile.path, tile.lists
    for m in range(inputs.materials):
        a = U(m) * MARKET
        base_c, base_x, x0 = k.use[m, 0], k.use[m, 1], inputs.imports[m]
        others_c, others_x = inputs.direct[m, 0], inputs.direct[m, 1]
        lever_c, lever_x = inputs.recipe[m, 0], inputs.recipe[m, 1]
        direct_c, direct_x = others_c * inputs.demand[m, 0], others_x * inputs.demand[m, 1]
        use_c, use_x = direct_c + (base_c - others_c) * lever_c, direct_x + (base_x - others_x) * lever_x
        cover_c, cover_x, scale, coverage = k.cover[m, 0], k.cover[m, 1], k.price_scale[m], k.cn_coverage[m]
        reach = params.jump * (x0 / base_x) * coverage
        spared = inputs.spared[m]
        cut, purchase, group = inputs.quota[m], inputs.purchase[m], GROUP_COMMON + U(k.group[m]) * L
        listed = U(k.cn_list[m]) * LIST
        granted = grant_licences(p, inputs.approval_of[m])
        value, us_value, usd = k.value[m], k.value[m] * k.us_share[m], inputs.usd[m]
        for l in range(L):
            c, x = rows.get_node(mk, a + CHINA + l), rows.get_node(mk, a + OUTSIDE + l)
            t = rows.get_trade(mk, a + TRADE + l)
            shared = params.common_weight * p[COMMON + l] + params.group_weight * p[group + l]
            cover = p[THETA.cover_scale + l]
            news = demand.news(mk[a + Z_C + l], mk[a + Z_X + l], shared, params.node_weight)
            worth = demand.drift(mk[a + DEMAND + l], news, params.sigma_demand, params.demand_weeks)
            mk[a + DEMAND + l] = worth
            places = quota.Places(pace=p[PACE + l], pace_chosen=p[PACE_CHOSEN + l], per_premium=p[PER_PREMIUM + l])
            pays = quota.share(quota.margin(mk[a + VALUE_C + l], mk[a + VALUE_X + l], usd), places)
            market = materials.Market(
                use_c=use_c,
                use_x=use_x,
                imports=x0,
                elasticity=clip(p[THETA.use_elasticity + l] * scale, params.es_low, params.es_high),
                cover_c=cover_c * cover,
                cover_x=cover_x * cover,
                control=coverage * lists[listed + LEVEL + l],
                quota=cut,
                passed=quota.passed(pays, places, params.quota_switch),
                approval=p[granted + l],
                jump=reach * p[THETA.jump_scale + l] * lists[listed + ANNOUNCED + l],
                supply_c=mk[a + SUPPLY_C + l] + mk[a + HANDED_C + l],
                supply_x=mk[a + SUPPLY_X + l] + mk[a + HANDED_X + l],
                purchase=purchase,
                worth=worth,
                price_c=mk[a + VALUE_C + l],
                price_x=mk[a + VALUE_X + l],
                running_c=mk[a + RUNNING_C + l],
                running_x=mk[a + RUNNING_X + l],
                direct_c=direct_c,
                direct_x=direct_x,
                makers_c=lever_c * mk[a + MAKERS_C + l],
                makers_x=lever_x * mk[a + MAKERS_X + l],
                spared=spared,
                cost_c=mk[a + COST_C + l],
                cost_x=mk[a + COST_X + l],
                z_c=params.node_weight * mk[a + Z_C + l] + shared,
                z_x=params.node_weight * mk[a + Z_X + l] + shared,
            )
            c1, x1, t1, f = materials.step(c, x, t, market, params)
            rows.put_node(mk, a + CHINA + l, c1)
            rows.put_node(mk, a + OUTSIDE + l, x1)
            rows.put_trade(mk, a + TRADE + l, t1)
            price_c, price_x = exp_inside(c1.p), exp_inside(x1.p)
            mk[a + INSTEAD_C + l] = value * f.substitution_c
            mk[a + INSTEAD_X + l] = us_value * f.substitution_x
            mk[a + VALUE_C + l] = price_c
            mk[a + VALUE_X + l] = price_x
            node_c = NodeWeek(
                use=f.use_c,
                met=f.met_c,
                base=base_c,
                price=price_c,
                stock=c1.stock,
                used=f.own_c,
                paid=price_c,
                value=value,
            )
            _show(mk, a + l, node_c, inputs.week, threshold, _ROWS_C)
            node_x = NodeWeek(
                use=f.use_x,
                met=f.met_x,
                base=base_x,
                price=price_x,
                stock=x1.stock,
                used=f.own_x,
                paid=t1.paid,
                value=us_value,
            )
            _show(mk, a + l, node_x, inputs.week, threshold, _ROWS_X)
            mk[a + PAID + l] = t1.paid
            mk[a + PEAK_PAID + l] = maximum(mk[a + PEAK_PAID + l], t1.paid)
            mk[a + EXPORTS + l] = f.exports * (ONE / x0)
            mk[a + DRAWN + l] += f.drawn * (ONE / base_x)
            mk[a + OFFERED + l] = f.offered
            mk[a + CHOSEN + l] = f.offered * pays
            mk[a + FREE + l] = f.free
            mk[a + LACKING_C + l] = industry.short(f.need_c, f.used_c)
            mk[a + LACKING_X + l] = industry.short(f.need_x, f.used_x)
            mk[a + TAKEN_C + l] = f.taken_c
            mk[a + TAKEN_X + l] = f.taken_x


@compiled_loop
def trade_chips(tile: Any, k: Any, params: Any, threshold: Any, inputs: Any) -> None:
    """One week of every chip segment."""
    mk, p, lists = tile.market, tile.path, tile.lists
    for m in range(inputs.materials, k.lead.shape[0]):
        a = U(m) * MARKET
        base_c, base_x = k.use[m, 0], k.use[m, 1]
        use_c, use_x = base_c * inputs.demand[m, 0], base_x * inputs.demand[m, 1]
        cc, cx, xc, xx = k.flow[m, 0, 0], k.flow[m, 0, 1], k.flow[m, 1, 0], k.flow[m, 1, 1]
        gate_c, gate_x, pack = k.cn_coverage[m], k.us_coverage[m], k.packaging[m]
        listed_c, listed_x = U(k.cn_list[m]) * LIST + LEVEL, U(k.us_list[m]) * LIST + LEVEL
        american = k.us_list[m] < inputs.lists
        cover, lead, fab, assembly = k.cover[m, 1], k.lead[m], k.fab[m], k.assembly[m]
        value, us_value = k.value[m], k.value[m] * k.us_share[m]
        weight, gated_use, volatility = inputs.compute[m], k.gated_use[m], k.volatility[m]
        sigma = params.sigma_demand * volatility
        for l in range(L):
            shut_c, shut_x = gate_c * lists[listed_c + l], gate_x * lists[listed_x + l]
            news = demand.news(
                mk[a + Z_C + l], mk[a + Z_X + l], params.common_weight * p[COMMON + l], params.node_weight
            )
            surprise = demand.drift(mk[a + DEMAND + l], news, sigma, params.demand_weeks)
            mk[a + DEMAND + l] = surprise
            factor = exp_inside(surprise)
            g = chips.Segment(
                use_c=use_c * factor,
                use_x=use_x * factor,
                flow_cc=cc,
                flow_cx=cx,
                flow_xc=xc,
                flow_xx=xx,
                open_cx=ONE - shut_c,
                open_xc=ONE - shut_x,
                open_xx=ONE - shut_c * pack,
                cover=cover * p[THETA.cover_scale + l],
                lead=lead,
                fab=fab,
                assembly=assembly,
                capacity_c=mk[a + SUPPLY_C + l],
                capacity_x=mk[a + SUPPLY_X + l],
                input_c=p[INPUT_C + l],
                input_x=p[INPUT_X + l],
                running_c=mk[a + RUNNING_C + l],
                running_x=mk[a + RUNNING_X + l],
                gated_use=gated_use,
                volatility=volatility,
                z_c=mk[a + Z_C + l],
                z_x=mk[a + Z_X + l],
            )
            c, x = rows.get_buyer(mk, a + BUYER_C + l), rows.get_buyer(mk, a + BUYER_X + l)
            mc, mx = rows.get_maker(mk, a + MAKER_C + l), rows.get_maker(mk, a + MAKER_X + l)
            c1, x1, mc1, mx1, f = chips.step(c, x, mc, mx, g, params)
            rows.put_buyer(mk, a + BUYER_C + l, c1)
            rows.put_buyer(mk, a + BUYER_X + l, x1)
            rows.put_maker(mk, a + MAKER_C + l, mc1)
            rows.put_maker(mk, a + MAKER_X + l, mx1)
            contract_c, contract_x = exp_inside(c1.contract), exp_inside(x1.contract)
            price_c, price_x = exp_inside(c1.broker), exp_inside(x1.broker)
            mk[a + VALUE_C + l] = contract_c
            mk[a + VALUE_X + l] = contract_x
            node_c = NodeWeek(
                use=f.need_c,
                met=f.met_c,
                base=base_c,
                price=price_c,
                stock=c1.stock,
                used=f.met_c,
                paid=contract_c,
                value=value,
            )
            _show(mk, a + l, node_c, inputs.week, threshold, _ROWS_C)
            node_x = NodeWeek(
                use=f.need_x,
                met=f.met_x,
                base=base_x,
                price=price_x,
                stock=x1.stock,
                used=f.met_x,
                paid=contract_x,
                value=us_value,
            )
            _show(mk, a + l, node_x, inputs.week, threshold, _ROWS_X)
            mk[a + PAID + l] = contract_x
            mk[a + PEAK_PAID + l] = maximum(mk[a + PEAK_PAID + l], contract_x)
            mk[a + EXPORTS + l] = f.ship_xc * (ONE / xc) if american else f.ship_cx * (ONE / cx)
            mk[a + LEAD + l] = f.lead_x
            mk[a + INSTEAD_C + l] = value * f.substitution_c
            mk[a + INSTEAD_X + l] = us_value * f.substitution_x
            mk[a + TO_CHINA + l] += (weight / base_c) * (f.ship_cc + f.ship_xc)
            mk[a + OUT_C + l] = f.left_c
            mk[a + OUT_X + l] = f.left_x
            mk[a + GATED_C + l] = f.left_gated
            mk[a + GONE_C + l] = ZERO
            mk[a + GONE_X + l] = f.held_back_x
