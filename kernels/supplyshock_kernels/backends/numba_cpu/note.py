"""What the week of a tile shows: from the markets' rows to weekly rows (``obs``) and totals (``out``)."""

from __future__ import annotations

from typing import Any

from numba import njit

from ...ops import ONE, ZERO, maximum
from .layout import (
    BILL_CN,
    BILL_US,
    DRAWN,
    EXPORTS,
    LEAD,
    MARKET,
    MET_C,
    MET_X,
    PAID_C,
    PAID_X,
    PRICE_C,
    PRICE_X,
    STOCK_C,
    STOCK_X,
    TO_CHINA,
    USE_C,
    USE_X,
    L,
    R,
    U,
)
from .options import LOOP


@njit(**LOOP)
def _copy(to: Any, i: Any, mk: Any, j: Any) -> None:
    for l in range(L):
        to[i + l] = mk[j + l]


@njit(**LOOP)
def _add(to: Any, i: Any, mk: Any, j: Any, weight: Any) -> None:
    for l in range(L):
        to[i + l] += weight * mk[j + l]


@njit(**LOOP)
def _peak(out: Any, peak: Any, when: Any, mk: Any, price: Any, week: Any) -> None:
    for l in range(L):
        x = mk[price + l]
        out[when + l] = week if x > out[peak + l] else out[when + l]
        out[peak + l] = maximum(out[peak + l], x)


@njit(**LOOP)
def _peak_paid(out: Any, peak: Any, mk: Any, price: Any) -> None:
    for l in range(L):
        out[peak + l] = maximum(out[peak + l], mk[price + l])


@njit(**LOOP)
def _shortage(obs: Any, at: Any, mk: Any, use: Any, met: Any) -> None:
    for l in range(L):
        obs[at + l] = maximum(ONE - mk[met + l] / mk[use + l], ZERO)


@njit(**LOOP)
def _short_weeks(out: Any, at: Any, obs: Any, short: Any, threshold: Any) -> None:
    for l in range(L):
        out[at + l] += ONE if obs[short + l] > threshold else ZERO


@njit(**LOOP)
def _unmet(out: Any, at: Any, mk: Any, use: Any, met: Any, scale: Any) -> None:
    for l in range(L):
        out[at + l] += (mk[use + l] - mk[met + l]) * scale


@njit(**LOOP)
def _bill(p: Any, bill: Any, mk: Any, met: Any, paid: Any, value: Any) -> None:
    for l in range(L):
        p[bill + l] += value * mk[met + l] * (mk[paid + l] - ONE)


@njit(**LOOP)
def _node(mk: Any, obs: Any, out: Any, rows: Any, i: Any, at: Any, base: Any, now: Any, threshold: Any) -> None:
    """One node; ``rows`` are its price, stock, use and met rows, ``i`` its offset in node quantities."""
    price, stock, use, met = rows
    _copy(obs, at.price + i, mk, price)
    _copy(obs, at.inventory + i, mk, stock)
    _shortage(obs, at.shortage + i, mk, use, met)
    _peak(out, at.peak + i, at.peak_week + i, mk, price, now.week)
    _short_weeks(out, at.shortage_weeks + i, obs, at.shortage + i, threshold)
    _unmet(out, at.unmet + i, mk, use, met, ONE / base)


@njit(**LOOP)
def note_markets(mk: Any, p: Any, obs: Any, out: Any, k: Any, now: Any, at: Any, threshold: Any) -> None:
    """All markets: weekly rows, peaks, shortages, bills."""
    for l in range(L):
        p[BILL_CN + l] = ZERO
        p[BILL_US + l] = ZERO
    for m in range(k.lead.shape[0]):
        a, i, row = U(m) * MARKET, U(m) * R[2], U(m) * L
        value, us_value = k.value[m], k.value[m] * k.us_share[m]
        _node(mk, obs, out, (a + PRICE_C, a + STOCK_C, a + USE_C, a + MET_C), i, at, k.use[m, 0], now, threshold)
        _node(mk, obs, out, (a + PRICE_X, a + STOCK_X, a + USE_X, a + MET_X), i + L, at, k.use[m, 1], now, threshold)
        _copy(obs, at.paid + row, mk, a + PAID_X)
        _copy(obs, at.exports + row, mk, a + EXPORTS)
        _peak_paid(out, at.peak_paid + row, mk, a + PAID_X)
        _bill(p, BILL_CN, mk, a + MET_C, a + PAID_C, value)
        _bill(p, BILL_US, mk, a + MET_X, a + PAID_X, us_value)
        if m < now.materials:
            _add(out, at.drawn + row, mk, a + DRAWN, ONE)
        else:
            _copy(obs, at.lead + U(m - now.materials) * L, mk, a + LEAD)
            _add(out, at.compute, mk, a + TO_CHINA, now.compute[m])
