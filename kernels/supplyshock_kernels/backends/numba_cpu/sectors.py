"""Sectors over a tile: gaps, buffers, losses, first stops, pain."""

from __future__ import annotations

from typing import Any

from numba import njit

from ...model import industry
from ...ops import ONE, ZERO, maximum, minimum
from . import rows
from .layout import (
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
    R,
    U,
)
from .options import LOOP

_CRITICALITY = THETA + R[2]


@njit(**LOOP)
def _gaps(mk: Any, p: Any, at: Any, row_c: Any, row_x: Any, criticality: Any, k: Any, first: Any, last: Any) -> None:
    """Output of a sector at risk in China and outside for want of its worst input among markets [first, last)."""
    for l in range(L):
        p[at + l] = ZERO
        p[at + L + l] = ZERO
    for m in range(first, last):
        share = criticality[k, m]
        if share > 0:
            a = U(m) * MARKET
            for l in range(L):
                p[at + l] = maximum(p[at + l], share * mk[a + row_c + l])
                p[at + L + l] = maximum(p[at + L + l], share * mk[a + row_x + l])
    for l in range(L):
        p[at + l] = minimum(p[_CRITICALITY + l] * p[at + l], ONE)
        p[at + L + l] = minimum(p[_CRITICALITY + l] * p[at + L + l], ONE)


@njit(**LOOP)
def _missing(mk: Any, p: Any, at: Any, risk: Any, gone: Any, criticality: Any, k: Any, first: Any, last: Any) -> None:
    """Share missing in one bloc of the inputs at risk among markets [first, last); the row after ``at`` is scratch."""
    for l in range(L):
        p[at + l] = ZERO
        p[at + L + l] = ZERO
    for m in range(first, last):
        share = criticality[k, m]
        if share > 0:
            a = U(m) * MARKET
            for l in range(L):
                gap = share * mk[a + risk + l]
                p[at + l] += gap * mk[a + gone + l]
                p[at + L + l] += gap
    for l in range(L):
        p[at + l] = industry.at_risk(p[at + l], p[at + L + l])


@njit(**LOOP)
def _sector(
    sec: Any,
    p: Any,
    out: Any,
    gap_at: Any,
    buffer_at: Any,
    full: Any,
    law: Any,
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
        gaps, missing = (p[gap_at + l], p[gap_at + R[2] + l]), (p[MISS_M + l], p[MISS_C + l])
        lost, for_materials, left = industry.sector(gaps, missing, b, full, law.refill_weeks)
        rows.put_buffer(sec, buffer_at + l, left)
        loss = industry.weekly_loss(lost, value_added, law.multiplier)
        p[loss_at + l] += loss
        p[input_at + l] = minimum(p[input_at + l], ONE - chip * for_materials)
        out[loss_row + l] += loss
        stopped = lost > law.stop_threshold
        out[first_row + l] = industry.first(week, stopped, out[first_row + l])
        out[weeks_row + l] += ONE if stopped else ZERO


@njit(**LOOP)
def run_sectors(sec: Any, mk: Any, p: Any, out: Any, k: Any, law: Any, now: Any, at: Any) -> None:
    """One week of every sector in both blocs, then pain."""
    n_mat, markets, sectors = now.materials, k.criticality.shape[1], k.value_added.shape[0]
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
        full = industry.Buffer(k.buffer[s, 0], k.buffer[s, 1])
        many, chip, a, row = k.many_parts[s] > 0, k.chip_making[s], U(s) * SECTOR, U(s) * L
        many_c, many_x = (PARTS_C, PARTS_X) if many else (OUT_C, OUT_X)
        other = U(sectors) * L
        _gaps(mk, p, GAP_M, OUT_C, OUT_X, k.criticality, s, 0, n_mat)
        _gaps(mk, p, GAP_C, GATED_C if k.gated[s] > 0 else many_c, many_x, k.criticality, s, n_mat, markets)
        gated = k.gated[s] > 0
        risk_c, gone_c = (GATED_C, GONE_GATED) if gated else (many_c, GONE_C)
        _missing(mk, p, MISS_M, OUT_C, GONE_C, k.criticality, s, 0, n_mat)
        _missing(mk, p, MISS_C, risk_c, gone_c, k.criticality, s, n_mat, markets)
        rows_c = (at.loss + row, at.first_stop + row, at.stop_weeks + row)
        _sector(
            sec,
            p,
            out,
            GAP_M,
            a + BUFFER_C,
            full,
            law,
            k.value_added[s, 0],
            chip,
            INPUT_C,
            LOSS_CN,
            rows_c,
            now.week,
        )
        _missing(mk, p, MISS_M, OUT_X, GONE_X, k.criticality, s, 0, n_mat)
        _missing(mk, p, MISS_C, many_x, GONE_X, k.criticality, s, n_mat, markets)
        rows_x = (at.loss + other + row, at.first_stop + other + row, at.stop_weeks + other + row)
        _sector(
            sec,
            p,
            out,
            GAP_M + L,
            a + BUFFER_X,
            full,
            law,
            k.value_added[s, 1],
            chip,
            INPUT_X,
            LOSS_US,
            rows_x,
            now.week,
        )
    gdp_cn, gdp_us, weeks = law.gdp[0], law.gdp[1], law.pain_weeks
    for l in range(L):
        loss_cn, loss_us, bill_cn, bill_us = p[LOSS_CN + l], p[LOSS_US + l], p[BILL_CN + l], p[BILL_US + l]
        p[PAIN_CN + l] = industry.pain(p[PAIN_CN + l], loss_cn, bill_cn, gdp_cn, weeks)
        p[PAIN_US + l] = industry.pain(p[PAIN_US + l], loss_us, bill_us, gdp_us, weeks)
        out[at.bill + l] += bill_cn
        out[at.bill + L + l] += bill_us
