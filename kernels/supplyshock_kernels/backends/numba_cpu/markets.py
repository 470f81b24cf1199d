"""Materials and chips over a tile.

The large loops read the tile and write only the market's own rows: a loop that
also wrote elsewhere would need more checks for overlap than the vectoriser
allows. Weekly rows and totals therefore live with their market. The rows of
output at risk hold only what is left of an input (materials: the log of what
the price leaves) until `at_risk` turns them into lost output.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from ...model import chips, demand, industry, materials
from ...ops import ONE, ZERO, clip, exp_inside, maximum, scalar, where
from . import rows
from .compile_options import LOOP
from .layout import (
    APPROVAL,
    BILL_C,
    BILL_X,
    BUYER_C,
    BUYER_X,
    CHINA,
    COMMON,
    DEMAND,
    DRAWN,
    EXPORTS,
    GATED_C,
    INPUT_C,
    INPUT_X,
    LEAD,
    LEVEL,
    LIST,
    MADE_C,
    MADE_X,
    MAKER_C,
    MAKER_X,
    MARKET,
    NOW,
    OUT_C,
    OUT_X,
    OUTSIDE,
    PAID,
    PEAK_C,
    PEAK_PAID,
    PEAK_WEEK_C,
    PEAK_WEEK_X,
    PEAK_X,
    PRICE_C,
    PRICE_X,
    SHORT_C,
    SHORT_X,
    STOCK_C,
    STOCK_X,
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
    R,
    U,
)

_ELASTICITY, _COVER = THETA + R[1], THETA + R[3]


@scalar
def _note(
    mk: Any,
    i: Any,
    use: Any,
    met: Any,
    base: Any,
    price: Any,
    stock: Any,
    paid: Any,
    value: Any,
    week: Any,
    threshold: Any,
    rows_: Any,
) -> None:
    """What one node shows in the week, and its totals; ``rows_`` names the node's rows."""
    price_at, stock_at, short_at, bill_at, peak_at, when_at, weeks_at, unmet_at = rows_
    short = industry.short(use, met)
    mk[i + price_at] = price
    mk[i + stock_at] = stock * (ONE / base)
    mk[i + short_at] = short
    mk[i + bill_at] = value * met * (paid - ONE)
    mk[i + when_at] = where(price > mk[i + peak_at], week, mk[i + when_at])
    mk[i + peak_at] = maximum(price, mk[i + peak_at])
    mk[i + weeks_at] += where(short > threshold, ONE, ZERO)
    mk[i + unmet_at] += (use - met) * (ONE / base)


_ROWS_C = (PRICE_C, STOCK_C, SHORT_C, BILL_C, PEAK_C, PEAK_WEEK_C, WEEKS_C, UNMET_C)
_ROWS_X = (PRICE_X, STOCK_X, SHORT_X, BILL_X, PEAK_X, PEAK_WEEK_X, WEEKS_X, UNMET_X)


@njit(**LOOP)
def run_materials(mk: Any, p: Any, lists: Any, k: Any, law: Any, ind: Any, now: Any) -> None:
    """One week of every material market. The list one past the end is open and silent."""
    for m in range(now.materials):
        a = U(m) * MARKET
        base_c, base_x, x0 = k.use[m, 0], k.use[m, 1], now.imports[m]
        use_c, use_x = base_c * now.demand[m, 0], base_x * now.demand[m, 1]
        cover_c, cover_x, scale, coverage = k.cover[m, 0], k.cover[m, 1], k.price_scale[m], k.cn_coverage[m]
        reach = law.jump * (x0 / base_x) * coverage
        quota, purchase, group = now.quota[m], now.purchase[m], COMMON + U(1 + k.group[m]) * L
        listed = U(k.cn_list[m]) * LIST
        value, us_value, short = k.value[m], k.value[m] * k.us_share[m], ind.shortage_threshold
        for l in range(L):
            c, x = rows.get_node(mk, a + CHINA + l), rows.get_node(mk, a + OUTSIDE + l)
            t = rows.get_trade(mk, a + TRADE + l)
            shared = law.common_weight * p[COMMON + l] + law.group_weight * p[group + l]
            cover = p[_COVER + l]
            news = demand.news(mk[a + Z_C + l], mk[a + Z_X + l], shared, law.node_weight)
            worth = demand.drift(mk[a + DEMAND + l], news, law.sigma_demand, law.demand_weeks)
            mk[a + DEMAND + l] = worth
            market = materials.Market(
                use_c,
                use_x,
                x0,
                clip(p[_ELASTICITY + l] * scale, law.es_low, law.es_high),
                cover_c * cover,
                cover_x * cover,
                coverage * lists[listed + LEVEL + l],
                quota,
                p[APPROVAL + l],
                reach * lists[listed + NOW + l],
                mk[a + MADE_C + l],
                mk[a + MADE_X + l],
                purchase,
                worth,
                law.node_weight * mk[a + Z_C + l] + shared,
                law.node_weight * mk[a + Z_X + l] + shared,
            )
            c1, x1, t1, f = materials.step(c, x, t, market, law)
            rows.put_node(mk, a + CHINA + l, c1)
            rows.put_node(mk, a + OUTSIDE + l, x1)
            rows.put_trade(mk, a + TRADE + l, t1)
            price_c, price_x = exp_inside(c1.p), exp_inside(x1.p)
            mk[a + OUT_C + l] = f.drop_c
            mk[a + OUT_X + l] = f.drop_x
            mk[a + VALUE_C + l] = price_c
            mk[a + VALUE_X + l] = price_x
            _note(
                mk,
                a + l,
                f.use_c,
                f.met_c,
                base_c,
                price_c,
                c1.stock,
                price_c,
                value,
                now.week,
                short,
                _ROWS_C,
            )
            _note(
                mk,
                a + l,
                f.use_x,
                f.met_x,
                base_x,
                price_x,
                x1.stock,
                t1.paid,
                us_value,
                now.week,
                short,
                _ROWS_X,
            )
            mk[a + PAID + l] = t1.paid
            mk[a + PEAK_PAID + l] = maximum(mk[a + PEAK_PAID + l], t1.paid)
            mk[a + EXPORTS + l] = f.exports * (ONE / x0)
            mk[a + DRAWN + l] += f.drawn * (ONE / base_x)


@njit(**LOOP)
def run_chips(mk: Any, p: Any, lists: Any, k: Any, law: Any, ind: Any, now: Any) -> None:
    """One week of every chip segment."""
    for m in range(now.materials, k.lead.shape[0]):
        a = U(m) * MARKET
        base_c, base_x = k.use[m, 0], k.use[m, 1]
        use_c, use_x = base_c * now.demand[m, 0], base_x * now.demand[m, 1]
        cc, cx, xc, xx = k.flow[m, 0, 0], k.flow[m, 0, 1], k.flow[m, 1, 0], k.flow[m, 1, 1]
        gate_c, gate_x, pack = k.cn_coverage[m], k.us_coverage[m], k.packaging[m]
        listed_c, listed_x = U(k.cn_list[m]) * LIST + LEVEL, U(k.us_list[m]) * LIST + LEVEL
        american = k.us_list[m] < now.lists
        cover, lead, fab, assembly = k.cover[m, 1], k.lead[m], k.fab[m], k.assembly[m]
        value, us_value, short = k.value[m], k.value[m] * k.us_share[m], ind.shortage_threshold
        weight, gated_use = now.compute[m], k.gated_use[m]
        for l in range(L):
            shut_c, shut_x = gate_c * lists[listed_c + l], gate_x * lists[listed_x + l]
            news = demand.news(mk[a + Z_C + l], mk[a + Z_X + l], law.common_weight * p[COMMON + l], law.node_weight)
            surprise = demand.drift(mk[a + DEMAND + l], news, law.sigma_demand, law.demand_weeks)
            mk[a + DEMAND + l] = surprise
            wanted = exp_inside(surprise)
            g = chips.Segment(
                use_c * wanted,
                use_x * wanted,
                cc,
                cx,
                xc,
                xx,
                ONE - shut_c,
                ONE - shut_x,
                ONE - shut_c * pack,
                cover * p[_COVER + l],
                lead,
                fab,
                assembly,
                mk[a + MADE_C + l],
                mk[a + MADE_X + l],
                p[INPUT_C + l],
                p[INPUT_X + l],
                gated_use,
                mk[a + Z_C + l],
                mk[a + Z_X + l],
            )
            c, x = rows.get_buyer(mk, a + BUYER_C + l), rows.get_buyer(mk, a + BUYER_X + l)
            mc, mx = rows.get_maker(mk, a + MAKER_C + l), rows.get_maker(mk, a + MAKER_X + l)
            c1, x1, mc1, mx1, f = chips.step(c, x, mc, mx, g, law)
            rows.put_buyer(mk, a + BUYER_C + l, c1)
            rows.put_buyer(mk, a + BUYER_X + l, x1)
            rows.put_maker(mk, a + MAKER_C + l, mc1)
            rows.put_maker(mk, a + MAKER_X + l, mx1)
            contract_c, contract_x = exp_inside(c1.contract), exp_inside(x1.contract)
            price_c, price_x = exp_inside(c1.broker), exp_inside(x1.broker)
            mk[a + VALUE_C + l] = contract_c
            mk[a + VALUE_X + l] = contract_x
            _note(
                mk,
                a + l,
                f.need_c,
                f.met_c,
                base_c,
                price_c,
                c1.stock,
                contract_c,
                value,
                now.week,
                short,
                _ROWS_C,
            )
            _note(
                mk,
                a + l,
                f.need_x,
                f.met_x,
                base_x,
                price_x,
                x1.stock,
                contract_x,
                us_value,
                now.week,
                short,
                _ROWS_X,
            )
            mk[a + PAID + l] = contract_x
            mk[a + PEAK_PAID + l] = maximum(mk[a + PEAK_PAID + l], contract_x)
            mk[a + EXPORTS + l] = f.ship_xc * (ONE / xc) if american else f.ship_cx * (ONE / cx)
            mk[a + LEAD + l] = f.lead_x
            mk[a + TO_CHINA + l] += (weight / base_c) * (f.ship_cc + f.ship_xc)
            mk[a + OUT_C + l] = f.left_c
            mk[a + OUT_X + l] = f.left_x
            mk[a + GATED_C + l] = f.left_gated
