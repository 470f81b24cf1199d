"""Materials and chips over a tile.

The large loops read the tile and write only the market's own rows: a loop that
also wrote elsewhere would need more checks for overlap than the vectoriser
allows. What the week shows is copied on by `note.py`.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from ...model import chips, industry, materials
from ...ops import ONE, clip, exp
from . import rows
from .layout import (
    APPROVAL,
    BUYER_C,
    BUYER_X,
    CHINA,
    COMMON,
    DRAWN,
    EXPORTS,
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
    MET_C,
    MET_X,
    NOW,
    OUTSIDE,
    PAID_C,
    PAID_X,
    PARTS_C,
    PARTS_X,
    PRICE_C,
    PRICE_X,
    SHORT_C,
    SHORT_X,
    STOCK_C,
    STOCK_X,
    THETA,
    TO_CHINA,
    TRADE,
    USE_C,
    USE_X,
    VALUE_C,
    VALUE_X,
    Z_C,
    Z_X,
    L,
    R,
    U,
)
from .options import LOOP

_SIGMA, _ELASTICITY, _COVER, _PARTS = THETA, THETA + R[1], THETA + R[3], THETA + R[14]


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
        share = ind.share_material if k.group[m] < 2 else ind.share_minor
        for l in range(L):
            c, x = rows.get_node(mk, a + CHINA + l), rows.get_node(mk, a + OUTSIDE + l)
            t = rows.get_trade(mk, a + TRADE + l)
            shared = law.common_weight * p[COMMON + l] + law.group_weight * p[group + l]
            cover = p[_COVER + l]
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
                law.node_weight * mk[a + Z_C + l] + shared,
                law.node_weight * mk[a + Z_X + l] + shared,
            )
            c1, x1, t1, f = materials.step(c, x, t, market, law)
            rows.put_node(mk, a + CHINA + l, c1)
            rows.put_node(mk, a + OUTSIDE + l, x1)
            rows.put_trade(mk, a + TRADE + l, t1)
            left_c = f.met_c / (use_c * (ONE - c.thrift))
            left_x = f.met_x / (use_x * (ONE - x.thrift))
            price_c, price_x = exp(c1.p), exp(x1.p)
            mk[a + SHORT_C + l] = industry.shortfall(left_c, p[_SIGMA + l], share, ONE)
            mk[a + SHORT_X + l] = industry.shortfall(left_x, p[_SIGMA + l], share, ONE)
            mk[a + VALUE_C + l] = price_c
            mk[a + VALUE_X + l] = price_x
            mk[a + PRICE_C + l] = price_c
            mk[a + PRICE_X + l] = price_x
            mk[a + PAID_C + l] = price_c
            mk[a + PAID_X + l] = t1.paid
            mk[a + STOCK_C + l] = c1.stock / base_c
            mk[a + STOCK_X + l] = x1.stock / base_x
            mk[a + USE_C + l] = f.use_c
            mk[a + USE_X + l] = f.use_x
            mk[a + MET_C + l] = f.met_c
            mk[a + MET_X + l] = f.met_x
            mk[a + EXPORTS + l] = f.exports / x0
            mk[a + DRAWN + l] = f.drawn / base_x


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
        for l in range(L):
            shut_c, shut_x = gate_c * lists[listed_c + l], gate_x * lists[listed_x + l]
            g = chips.Segment(
                use_c,
                use_x,
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
            contract_c, contract_x = exp(c1.contract), exp(x1.contract)
            mk[a + VALUE_C + l] = contract_c
            mk[a + VALUE_X + l] = contract_x
            mk[a + PAID_C + l] = contract_c
            mk[a + PAID_X + l] = contract_x
            mk[a + PRICE_C + l] = exp(c1.broker)
            mk[a + PRICE_X + l] = exp(x1.broker)
            mk[a + STOCK_C + l] = c1.stock / base_c
            mk[a + STOCK_X + l] = x1.stock / base_x
            mk[a + USE_C + l] = f.need_c
            mk[a + USE_X + l] = f.need_x
            mk[a + MET_C + l] = f.met_c
            mk[a + MET_X + l] = f.met_x
            mk[a + EXPORTS + l] = f.ship_xc / xc if american else f.ship_cx / cx
            mk[a + LEAD + l] = f.lead_x
            mk[a + TO_CHINA + l] = (f.ship_cc + f.ship_xc) / base_c
            sigma, parts = p[_SIGMA + l], p[_PARTS + l]
            left_c, left_x = f.met_c / use_c, f.met_x / use_x
            mk[a + SHORT_C + l] = industry.shortfall(left_c, sigma, ind.share_minor, ONE)
            mk[a + SHORT_X + l] = industry.shortfall(left_x, sigma, ind.share_minor, ONE)
            mk[a + PARTS_C + l] = industry.shortfall(left_c, sigma, ind.share_minor, parts)
            mk[a + PARTS_X + l] = industry.shortfall(left_x, sigma, ind.share_minor, parts)
