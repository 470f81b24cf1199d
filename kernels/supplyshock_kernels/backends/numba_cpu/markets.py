"""Materials and chips over a tile, each also noting what it shows (``obs``) and totals (``out``)."""

from __future__ import annotations

from typing import Any

from numba import njit

from ...model import chips, industry, materials
from ...ops import ONE, ZERO, clip, exp, maximum
from . import rows
from .layout import (
    APPROVAL,
    BILL_CN,
    BILL_US,
    BUYER_C,
    BUYER_X,
    CHINA,
    COMMON,
    INPUT_C,
    INPUT_X,
    LEVEL,
    LIST,
    MADE_C,
    MADE_X,
    MAKER_C,
    MAKER_X,
    MARKET,
    NOW,
    OUTSIDE,
    PARTS_C,
    PARTS_X,
    SHORT_C,
    SHORT_X,
    THETA,
    TRADE,
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
def run_materials(mk: Any, p: Any, lists: Any, obs: Any, out: Any, k: Any, law: Any, ind: Any, now: Any, at: Any) -> None:
    """One week of every material market. ``now`` is the week of the schedule, ``at`` the rows to note in.

    The list one past the end is open and silent.
    """
    for m in range(now.materials):
        a = U(m) * MARKET
        use_c, use_x = k.use[m, 0] * now.demand[m, 0], k.use[m, 1] * now.demand[m, 1]
        base_c, base_x, x0 = k.use[m, 0], k.use[m, 1], now.imports[m]
        cover_c, cover_x, scale, coverage = k.cover[m, 0], k.cover[m, 1], k.price_scale[m], k.cn_coverage[m]
        reach = law.jump * (x0 / base_x) * coverage
        quota, purchase, group = now.quota[m], now.purchase[m], COMMON + U(1 + k.group[m]) * L
        listed = U(k.cn_list[m]) * LIST
        value, us_value = k.value[m], k.value[m] * k.us_share[m]
        share = ind.share_material if k.group[m] < 2 else ind.share_minor
        node = U(m) * R[2]
        price, stock, short, row = at.price + node, at.inventory + node, at.shortage + node, U(m) * L
        peak, peak_week, peak_paid = at.peak + node, at.peak_week + node, at.peak_paid + row
        weeks_short, unmet, drawn = at.shortage_weeks + node, at.unmet + node, at.drawn + row
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
            sigma = p[_SIGMA + l]
            left_c = f.met_c / (use_c * (ONE - c.thrift))
            left_x = f.met_x / (use_x * (ONE - x.thrift))
            mk[a + SHORT_C + l] = industry.shortfall(left_c, sigma, share, ONE)
            mk[a + SHORT_X + l] = industry.shortfall(left_x, sigma, share, ONE)
            price_c, price_x = exp(c1.p), exp(x1.p)
            mk[a + VALUE_C + l] = price_c
            mk[a + VALUE_X + l] = price_x
            p[BILL_CN + l] += value * f.met_c * (price_c - ONE)
            p[BILL_US + l] += us_value * f.met_x * (t1.paid - ONE)
            obs[price + l] = price_c
            obs[price + L + l] = price_x
            obs[stock + l] = c1.stock / base_c
            obs[stock + L + l] = x1.stock / base_x
            obs[at.paid + row + l] = t1.paid
            obs[at.exports + row + l] = f.exports / x0
            short_c, short_x = ONE - f.met_c / f.use_c, ONE - f.met_x / f.use_x
            obs[short + l] = maximum(short_c, ZERO)
            obs[short + L + l] = maximum(short_x, ZERO)
            out[drawn + l] += f.drawn / base_x
            out[unmet + l] += (f.use_c - f.met_c) / base_c
            out[unmet + L + l] += (f.use_x - f.met_x) / base_x
        _note(obs, out, price, short, at.paid + row, peak, peak_week, peak_paid, weeks_short, now.week, ind.shortage_threshold)
        _note(obs, out, price + L, short + L, at.paid + row, peak + L, peak_week + L, peak_paid, weeks_short + L, now.week, ind.shortage_threshold)


@njit(**LOOP)
def _note(obs: Any, out: Any, price: Any, short: Any, paid: Any, peak: Any, peak_week: Any, peak_paid: Any, weeks: Any, week: Any, threshold: Any) -> None:
    """Peaks and weeks of shortage of one node."""
    for l in range(L):
        x = obs[price + l]
        out[peak_week + l] = week if x > out[peak + l] else out[peak_week + l]
        out[peak + l] = maximum(out[peak + l], x)
        out[peak_paid + l] = maximum(out[peak_paid + l], obs[paid + l])
        out[weeks + l] += ONE if obs[short + l] > threshold else ZERO


@njit(**LOOP)
def run_chips(mk: Any, p: Any, lists: Any, obs: Any, out: Any, k: Any, law: Any, ind: Any, now: Any, at: Any) -> None:
    """One week of every chip segment; see `run_materials`."""
    n_lists = now.lists
    for m in range(now.materials, k.lead.shape[0]):
        a = U(m) * MARKET
        base_c, base_x = k.use[m, 0], k.use[m, 1]
        use_c, use_x = base_c * now.demand[m, 0], base_x * now.demand[m, 1]
        cc, cx, xc, xx = k.flow[m, 0, 0], k.flow[m, 0, 1], k.flow[m, 1, 0], k.flow[m, 1, 1]
        gate_c, gate_x, pack = k.cn_coverage[m], k.us_coverage[m], k.packaging[m]
        listed_c, listed_x = U(k.cn_list[m]) * LIST + LEVEL, U(k.us_list[m]) * LIST + LEVEL
        american = k.us_list[m] < n_lists
        cover, lead, fab, assembly = k.cover[m, 1], k.lead[m], k.fab[m], k.assembly[m]
        value, us_value, weight = k.value[m], k.value[m] * k.us_share[m], now.compute[m]
        node, row = U(m) * R[2], U(m) * L
        price, stock, short = at.price + node, at.inventory + node, at.shortage + node
        paid, exports, lead_at = at.paid + row, at.exports + row, at.lead + U(m - now.materials) * L
        peak, peak_week, peak_paid = at.peak + node, at.peak_week + node, at.peak_paid + row
        weeks_short, unmet = at.shortage_weeks + node, at.unmet + node
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
            p[BILL_CN + l] += value * f.met_c * (contract_c - ONE)
            p[BILL_US + l] += us_value * f.met_x * (contract_x - ONE)
            obs[price + l] = exp(c1.broker)
            obs[price + L + l] = exp(x1.broker)
            obs[stock + l] = c1.stock / base_c
            obs[stock + L + l] = x1.stock / base_x
            obs[paid + l] = contract_x
            obs[exports + l] = f.ship_xc / xc if american else f.ship_cx / cx
            obs[lead_at + l] = f.lead_x
            obs[short + l] = maximum(ONE - f.met_c / f.need_c, ZERO)
            obs[short + L + l] = maximum(ONE - f.met_x / f.need_x, ZERO)
            out[at.compute + l] += weight * (f.ship_cc + f.ship_xc) / base_c
            out[unmet + l] += (f.need_c - f.met_c) / base_c
            out[unmet + L + l] += (f.need_x - f.met_x) / base_x
            sigma, parts = p[_SIGMA + l], p[_PARTS + l]
            left_c, left_x = f.met_c / use_c, f.met_x / use_x
            mk[a + SHORT_C + l] = industry.shortfall(left_c, sigma, ind.share_minor, ONE)
            mk[a + SHORT_X + l] = industry.shortfall(left_x, sigma, ind.share_minor, ONE)
            mk[a + PARTS_C + l] = industry.shortfall(left_c, sigma, ind.share_minor, parts)
            mk[a + PARTS_X + l] = industry.shortfall(left_x, sigma, ind.share_minor, parts)
        _note(obs, out, price, short, paid, peak, peak_week, peak_paid, weeks_short, now.week, ind.shortage_threshold)
        _note(obs, out, price + L, short + L, paid, peak + L, peak_week + L, peak_paid, weeks_short + L, now.week, ind.shortage_threshold)
