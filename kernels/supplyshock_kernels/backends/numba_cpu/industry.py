"""Sectors over a tile: gaps, buffers, losses, first stops, pain."""

from __future__ import annotations

from typing import Any

from ...model import industry
from ...ops import ONE, ZERO, maximum, minimum
from . import rows
from .compile_options import compiled_loop
from .layout import (
    AT_RISK,
    BILL_C,
    BILL_CN,
    BILL_US,
    BILL_X,
    BUFFER_C,
    BUFFER_X,
    GAP_C,
    GAP_M,
    GATED_C,
    GONE_C,
    GONE_GATED,
    GONE_X,
    INPUT_C,
    INPUT_X,
    LOSS_CN,
    LOSS_US,
    MARKET,
    MISS_C,
    MISS_M,
    OUT_C,
    OUT_X,
    PAIN_CN,
    PAIN_US,
    PARTS_C,
    PARTS_X,
    SECTOR,
    THETA,
    L,
    U,
)


@compiled_loop
def _combine_inputs(
    mk: Any, p: Any, gap: Any, missing: Any, risk: Any, gone: Any, weights: Any, first: Any, last: Any
) -> None:
    """Output of a sector at risk in one bloc for want of its worst input among markets [first, last), and the
    share missing of all that it needs; ``risk`` and ``gone`` are their rows."""
    for l in range(L):
        p[gap + l] = ZERO
        p[missing + l] = ZERO
        p[AT_RISK + l] = ZERO
    for m in range(first, last):
        share = weights[m]
        if share > 0:
            a = U(m) * MARKET
            for l in range(L):
                at_risk = share * mk[a + risk + l]
                p[gap + l] = maximum(p[gap + l], at_risk)
                p[missing + l] += at_risk * mk[a + gone + l]
                p[AT_RISK + l] += at_risk
    for l in range(L):
        p[gap + l] = minimum(p[THETA.criticality_scale + l] * p[gap + l], ONE)
        p[missing + l] = industry.at_risk(p[missing + l], p[AT_RISK + l])


@compiled_loop
def _run_sector(
    sec: Any,
    p: Any,
    out: Any,
    buffer_at: Any,
    full: Any,
    params: Any,
    value_added: Any,
    chip: Any,
    input_at: Any,
    loss_at: Any,
    at: Any,
    week: Any,
) -> None:
    """One sector in one bloc; ``at`` is (loss, first stop, weeks stopped) rows of ``out``."""
    loss_row, first_row, weeks_row = at
    for l in range(L):
        b = rows.get_buffer(sec, buffer_at + l)
        gaps, missing = (p[GAP_M + l], p[GAP_C + l]), (p[MISS_M + l], p[MISS_C + l])
        lost, for_materials, left = industry.sector(gaps, missing, b, full, params.refill_weeks)
        rows.put_buffer(sec, buffer_at + l, left)
        loss = industry.weekly_loss(lost, value_added, params.multiplier)
        p[loss_at + l] += loss
        p[input_at + l] = minimum(p[input_at + l], ONE - chip * for_materials)
        out[loss_row + l] += loss
        stopped = lost > params.stop_threshold
        out[first_row + l] = industry.first(week, stopped, out[first_row + l])
        out[weeks_row + l] += ONE if stopped else ZERO


@compiled_loop
def run_sectors(tile: Any, k: Any, params: Any, inputs: Any, at: Any) -> None:
    """One week of every sector in both blocs."""
    sec, mk, p, out = tile.sector, tile.market, tile.path, tile.out
    n_mat, markets, sectors = inputs.materials, k.criticality.shape[1], k.value_added.shape[0]
    for l in range(L):
        p[INPUT_C + l] = ONE
        p[INPUT_X + l] = ONE
        p[LOSS_CN + l] = ZERO
        p[LOSS_US + l] = ZERO
        p[BILL_CN + l] = ZERO
        p[BILL_US + l] = ZERO
    for m in range(markets):
        a = U(m) * MARKET
        for l in range(L):
            p[BILL_CN + l] += mk[a + BILL_C + l]
            p[BILL_US + l] += mk[a + BILL_X + l]
    for s in range(sectors):
        full = industry.Buffer(materials=k.buffer[s, 0], chips=k.buffer[s, 1])
        many, gated, chip, weights = k.many_parts[s] > 0, k.gated[s] > 0, k.chip_making[s], k.criticality[s]
        many_c, many_x = (PARTS_C, PARTS_X) if many else (OUT_C, OUT_X)
        risk_c, gone_c = (GATED_C, GONE_GATED) if gated else (many_c, GONE_C)
        a, row, other = U(s) * SECTOR, U(s) * L, U(sectors) * L
        rows_c = (at.loss_usd_bn + row, at.first_stop_week + row, at.stop_weeks + row)
        rows_x = (at.loss_usd_bn + other + row, at.first_stop_week + other + row, at.stop_weeks + other + row)
        value_c, value_x = k.value_added[s, 0], k.value_added[s, 1]
        _combine_inputs(mk, p, GAP_M, MISS_M, OUT_C, GONE_C, weights, 0, n_mat)
        _combine_inputs(mk, p, GAP_C, MISS_C, risk_c, gone_c, weights, n_mat, markets)
        _run_sector(sec, p, out, a + BUFFER_C, full, params, value_c, chip, INPUT_C, LOSS_CN, rows_c, inputs.week)
        _combine_inputs(mk, p, GAP_M, MISS_M, OUT_X, GONE_X, weights, 0, n_mat)
        _combine_inputs(mk, p, GAP_C, MISS_C, many_x, GONE_X, weights, n_mat, markets)
        _run_sector(sec, p, out, a + BUFFER_X, full, params, value_x, chip, INPUT_X, LOSS_US, rows_x, inputs.week)


@compiled_loop
def feel_pain(p: Any, out: Any, params: Any, at: Any) -> None:
    """Pain and price bills of the week, once its losses are known."""
    gdp_cn, gdp_us, weeks = params.gdp[0], params.gdp[1], params.pain_weeks
    for l in range(L):
        loss_cn, loss_us, bill_cn, bill_us = p[LOSS_CN + l], p[LOSS_US + l], p[BILL_CN + l], p[BILL_US + l]
        p[PAIN_CN + l] = industry.pain(p[PAIN_CN + l], loss_cn, bill_cn, gdp_cn, weeks)
        p[PAIN_US + l] = industry.pain(p[PAIN_US + l], loss_us, bill_us, gdp_us, weeks)
        out[at.price_bill_usd_bn + l] += bill_cn
        out[at.price_bill_usd_bn + L + l] += bill_us
