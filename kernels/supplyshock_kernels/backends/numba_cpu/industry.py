"""Sectors over a tile: gaps, buffers, losses, first stops, pain."""

from __future__ import annotations

from typing import Any, NamedTuple

from numba.extending import register_jitable

from ...model import industry
from ...numba_dialect import JIT
from ...ops import ONE, ZERO, maximum, minimum
from . import rows
from .at_risk import any_above
from .compile_options import compiled_loop
from .layout import (
    AT_RISK,
    BILL_C,
    BILL_CN,
    BILL_US,
    BILL_X,
    DEPLETION_C,
    DEPLETION_X,
    GAP_C,
    GAP_M,
    GATED_C,
    GONE_C,
    GONE_GATED,
    GONE_X,
    IDLE,
    INPUT_C,
    INPUT_X,
    INSTEAD_C,
    INSTEAD_CN,
    INSTEAD_US,
    INSTEAD_X,
    LOSS_CN,
    LOSS_US,
    LOST,
    MARKET,
    MISS_C,
    MISS_M,
    OUT_C,
    OUT_X,
    PAIN_CN,
    PAIN_US,
    PARTS_C,
    PARTS_X,
    RUNNING_C,
    RUNNING_X,
    SECTOR,
    SHORT_C,
    SHORT_X,
    THETA,
    L,
    U,
)


class Claims(NamedTuple):
    """A sector's part in every market; (M,) each, see `params.Sectors`."""

    criticality: Any
    use_share: Any
    ahead: Any


class Bloc(NamedTuple):
    """What a sector has in one bloc: figures, rows of a path, rows of the outcomes."""

    mean: Any
    """stock of a plant, weeks."""
    value_added: Any
    chip: Any
    """1 for chip making."""
    input_at: Any
    loss_at: Any
    loss_row: Any
    plant_row: Any
    stop_row: Any
    weeks_row: Any


@compiled_loop
def _combine_materials(mk: Any, p: Any, short: Any, claims: Any, alike: Any, materials: Any) -> None:
    """Output of a sector at risk in one bloc for want of its worst material, and the share missing of all that it
    needs, from the row ``short`` of each material.

    Most rows of most weeks have no shortage: they are passed over.
    """
    _clear_gap(p, GAP_M, MISS_M)
    for m in range(materials):
        share = claims.criticality[m]
        if share > 0:
            a, ahead, per_share = U(m) * MARKET, claims.ahead[m], industry.per_share(claims.use_share[m])
            if any_above(mk, a + short, ZERO):
                for l in range(L):
                    missing = industry.forgone(mk[a + short + l], ahead, per_share, alike)
                    at_risk = share * missing
                    p[GAP_M + l] = maximum(p[GAP_M + l], at_risk)
                    p[MISS_M + l] += at_risk * missing
                    p[AT_RISK + l] += at_risk
    _finish_gap(p, GAP_M, MISS_M)


@compiled_loop
def _combine_chips(mk: Any, p: Any, risk: Any, gone: Any, claims: Any, first: Any) -> None:
    """The same for chips, whose want all users share alike; ``first`` is the first chip segment."""
    _clear_gap(p, GAP_C, MISS_C)
    for m in range(first, claims.criticality.shape[0]):
        share = claims.criticality[m]
        if share > 0:
            a = U(m) * MARKET
            if any_above(mk, a + gone, ZERO):
                for l in range(L):
                    at_risk = share * mk[a + risk + l]
                    p[GAP_C + l] = maximum(p[GAP_C + l], at_risk)
                    p[MISS_C + l] += at_risk * mk[a + gone + l]
                    p[AT_RISK + l] += at_risk
    _finish_gap(p, GAP_C, MISS_C)


@register_jitable(**JIT)
def _clear_gap(p: Any, gap: Any, missing: Any) -> None:
    for l in range(L):
        p[gap + l] = ZERO
        p[missing + l] = ZERO
        p[AT_RISK + l] = ZERO


@register_jitable(**JIT)
def _finish_gap(p: Any, gap: Any, missing: Any) -> None:
    for l in range(L):
        p[gap + l] = minimum(p[THETA.criticality_scale + l] * p[gap + l], ONE)
        p[missing + l] = industry.at_risk(p[missing + l], p[AT_RISK + l])


@compiled_loop
def _run_sector(sec: Any, p: Any, out: Any, depletion_at: Any, bloc: Any, params: Any, week: Any) -> None:
    """One sector in one bloc."""
    mean, value_added, chip = bloc.mean, bloc.value_added, bloc.chip
    input_at, loss_at, loss_row, weeks_row = bloc.input_at, bloc.loss_at, bloc.loss_row, bloc.weeks_row
    plant_row, stop_row = bloc.plant_row, bloc.stop_row
    for l in range(L):
        before = rows.get_depletion(sec, depletion_at + l)
        gaps, missing = (p[GAP_M + l], p[GAP_C + l]), (p[MISS_M + l], p[MISS_C + l])
        lost, for_materials, after = industry.sector(gaps, missing, before, mean, params.refill_weeks)
        rows.put_depletion(sec, depletion_at + l, after)
        loss = industry.weekly_loss(lost, value_added, params.multiplier)
        p[LOST + l] = lost
        p[IDLE + l] = for_materials
        p[loss_at + l] += loss
        p[input_at + l] = minimum(p[input_at + l], ONE - chip * for_materials)
        out[loss_row + l] += loss
        stopped = lost > params.stop_threshold
        out[plant_row + l] = industry.first(week, lost > params.first_plant_threshold, out[plant_row + l])
        out[stop_row + l] = industry.first(week, stopped, out[stop_row + l])
        out[weeks_row + l] += ONE if stopped else ZERO


@compiled_loop
def _add_abroad(p: Any, out: Any, at: Any, value_added: Any, multiplier: Any) -> None:
    """What a sector loses in each other economy; ``at`` is the first of their rows of the outcomes."""
    if any_above(p, LOST, ZERO):
        for e in range(value_added.shape[0]):
            row, value = at + U(e) * L, value_added[e]
            for l in range(L):
                out[row + l] += industry.weekly_loss(p[LOST + l], value, multiplier)


@compiled_loop
def _add_idle(mk: Any, p: Any, running: Any, use_share: Any, materials: Any) -> None:
    """What stands still of a sector, added to the ``running`` rows of what it uses: what stands for want of chips
    goes on to want them."""
    if any_above(p, LOST, ZERO):
        for m in range(use_share.shape[0]):
            share, a, idle = use_share[m], U(m) * MARKET + running, LOST if m < materials else IDLE
            if share > 0:
                for l in range(L):
                    mk[a + l] += share * p[idle + l]


@compiled_loop
def _finish_running(mk: Any, row: Any, markets: Any) -> None:
    """Rows that hold the share that stands still become the share that runs."""
    for m in range(markets):
        a = U(m) * MARKET + row
        for l in range(L):
            mk[a + l] = industry.running(mk[a + l])


@compiled_loop
def _add_bills(mk: Any, p: Any, markets: Any) -> None:
    """The week's price bills, and the cost of what users take instead."""
    for l in range(L):
        p[BILL_CN + l] = ZERO
        p[BILL_US + l] = ZERO
        p[INSTEAD_CN + l] = ZERO
        p[INSTEAD_US + l] = ZERO
    for m in range(markets):
        a = U(m) * MARKET
        for l in range(L):
            p[BILL_CN + l] += mk[a + BILL_C + l]
            p[BILL_US + l] += mk[a + BILL_X + l]
            p[INSTEAD_CN + l] += mk[a + INSTEAD_C + l]
            p[INSTEAD_US + l] += mk[a + INSTEAD_X + l]


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
    _add_bills(mk, p, markets)
    rows.set_rows(mk, (RUNNING_C, RUNNING_X), ZERO, range(markets))
    for s in range(sectors):
        mean = industry.Depletion(materials=k.buffer[s, 0], chips=k.buffer[s, 1])
        many, gated, chip = k.many_parts[s] > 0, k.gated[s] > 0, k.chip_making[s]
        claims = Claims(criticality=k.criticality[s], use_share=k.use_share[s], ahead=k.ahead[s])
        many_c, many_x = (PARTS_C, PARTS_X) if many else (OUT_C, OUT_X)
        risk_c, gone_c = (GATED_C, GONE_GATED) if gated else (many_c, GONE_C)
        a, row, other = U(s) * SECTOR, U(s) * L, U(sectors) * L
        china = Bloc(
            mean=mean,
            value_added=k.value_added[s, 0],
            chip=chip,
            input_at=INPUT_C,
            loss_at=LOSS_CN,
            loss_row=at.loss_usd_bn + row,
            plant_row=at.first_plant_week + row,
            stop_row=at.first_stop_week + row,
            weeks_row=at.stop_weeks + row,
        )
        outside = Bloc(
            mean=mean,
            value_added=k.value_added[s, 1],
            chip=chip,
            input_at=INPUT_X,
            loss_at=LOSS_US,
            loss_row=at.loss_usd_bn + other + row,
            plant_row=at.first_plant_week + other + row,
            stop_row=at.first_stop_week + other + row,
            weeks_row=at.stop_weeks + other + row,
        )
        _combine_materials(mk, p, SHORT_C, claims, params.alike, n_mat)
        _combine_chips(mk, p, risk_c, gone_c, claims, n_mat)
        _run_sector(sec, p, out, a + DEPLETION_C, china, params, inputs.week)
        _add_idle(mk, p, RUNNING_C, claims.use_share, n_mat)
        _combine_materials(mk, p, SHORT_X, claims, params.alike, n_mat)
        _combine_chips(mk, p, many_x, GONE_X, claims, n_mat)
        _run_sector(sec, p, out, a + DEPLETION_X, outside, params, inputs.week)
        _add_idle(mk, p, RUNNING_X, claims.use_share, n_mat)
        _add_abroad(p, out, at.loss_abroad_usd_bn, k.value_added_abroad[s], params.multiplier)
    _finish_running(mk, RUNNING_C, markets)
    _finish_running(mk, RUNNING_X, markets)


@compiled_loop
def feel_pain(p: Any, out: Any, params: Any, at: Any) -> None:
    """Pain and the bills of the week, once its losses are known."""
    gdp_cn, gdp_us, weeks = params.gdp[0], params.gdp[1], params.pain_weeks
    for l in range(L):
        loss_cn, loss_us, bill_cn, bill_us = p[LOSS_CN + l], p[LOSS_US + l], p[BILL_CN + l], p[BILL_US + l]
        instead_cn, instead_us = p[INSTEAD_CN + l], p[INSTEAD_US + l]
        p[PAIN_CN + l] = industry.pain(p[PAIN_CN + l], loss_cn, bill_cn + instead_cn, gdp_cn, weeks)
        p[PAIN_US + l] = industry.pain(p[PAIN_US + l], loss_us, bill_us + instead_us, gdp_us, weeks)
        out[at.price_bill_usd_bn + l] += bill_cn
        out[at.price_bill_usd_bn + L + l] += bill_us
        out[at.substitution_usd_bn + l] += instead_cn
        out[at.substitution_usd_bn + L + l] += instead_us
