"""Totals of a tile, taken while it is in the cache."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from ...ops import ONE, ZERO, const, maximum, real
from ...outputs import Rows, outcome_rows, weekly_rows
from ...params import DEAL, PARTIES, RIFT, Array, Params
from .compile_options import LOOP
from .layout import (
    DRAWN,
    EXPORTS,
    LANES,
    LEAD,
    MADE_C,
    MADE_X,
    MARKET,
    MOVE_CN,
    MOVE_US,
    OUTPUT,
    PAID,
    PEAK_C,
    PEAK_PAID,
    PEAK_WEEK_C,
    PEAK_WEEK_X,
    PEAK_X,
    PRICE_C,
    PRICE_X,
    REGIME,
    SHORT_C,
    SHORT_X,
    SOURCE,
    STOCK_C,
    STOCK_X,
    THETA,
    TO_CHINA,
    UNMET_C,
    UNMET_X,
    WEEKS_C,
    WEEKS_X,
    L,
    R,
    U,
)

_LEAST = const(1e-9)
_DEAL, _RIFT = const(DEAL), const(RIFT)


class At(NamedTuple):
    """First rows of the totals of a tile that are not a market's own; uint64 offsets into ``out``."""

    loss: Any
    bill: Any
    first_stop: Any
    stop_weeks: Any
    regime_end: Any
    weeks_in_regime: Any
    deal_week: Any
    rift_week: Any
    actions: Any
    outside_share: Any
    concentration: Any
    compute: Any
    theta: Any


_OUT = {
    "loss": "loss_usd_bn",
    "bill": "price_bill_usd_bn",
    "first_stop": "first_stop_week",
    "outside_share": "ex_china_supply_share",
    "concentration": "supply_concentration",
    "compute": "compute_delivered_ratio",
}
_SHOWN = {
    "price_ratio": (PRICE_C, PRICE_X),
    "inventory_weeks": (STOCK_C, STOCK_X),
    "shortage_ratio": (SHORT_C, SHORT_X),
    "paid_price_ratio": (PAID,),
    "export_ratio": (EXPORTS,),
    "lead_time_weeks": (LEAD,),
}
_TOTALS = {
    "peak_price_ratio": (PEAK_C, PEAK_X),
    "peak_week": (PEAK_WEEK_C, PEAK_WEEK_X),
    "peak_paid_price_ratio": (PEAK_PAID,),
    "shortage_weeks": (WEEKS_C, WEEKS_X),
    "unmet_weeks_of_use": (UNMET_C, UNMET_X),
    "stock_drawn_weeks_of_use": (DRAWN,),
}


def at_rows(params: Params) -> At:
    """Where the totals go, from the table in `observe`."""
    start = {r.name: U(r.start * LANES) for r in outcome_rows(params)}
    return At(*(start[_OUT.get(f, "theta" if f == "theta" else f)] for f in At._fields))


def shown_rows(params: Params) -> Array:
    """(V - 2,) uint64 offsets into the markets' rows of every weekly row but the losses."""
    return _market_rows(params, weekly_rows(params), _SHOWN)


def total_rows(params: Params) -> tuple[Array, Array]:
    """(offsets into the markets' rows, row of the outcomes) of the totals that live with a market."""
    rows = [r for r in outcome_rows(params) if r.name in _TOTALS]
    to = np.concatenate([np.arange(r.start, r.stop) for r in rows]).astype(np.int64)
    return _market_rows(params, tuple(rows), _TOTALS), to


def _market_rows(params: Params, rows: tuple[Rows, ...], names: dict[str, tuple[Any, ...]]) -> Array:
    offsets = []
    for r in rows:
        first = params.n_materials if r.axes[:1] == ("chip",) else 0
        for m in range(r.shape[0] if r.name in names else 0):
            offsets += [int(MARKET) * (first + m) + int(row) for row in names[r.name]]
    return np.array(offsets, np.uint64)


@njit(**LOOP)
def add_policy(p: Any, out: Any, at: Any, week: Any, regimes: Any) -> None:
    """Totals of the table: regimes, first deal and rift, actions."""
    for l in range(L):
        r = p[REGIME + l]
        out[at.regime_end + l] = r
        out[at.deal_week + l] = week if (out[at.deal_week + l] < ZERO) & (r == _DEAL) else out[at.deal_week + l]
        out[at.rift_week + l] = week if (out[at.rift_week + l] < ZERO) & (r == _RIFT) else out[at.rift_week + l]
    for i in range(regimes):
        row, code = at.weeks_in_regime + U(i) * L, real(i, ONE)
        for l in range(L):
            out[row + l] += ONE if p[REGIME + l] == code else ZERO
    for side in range(len(PARTIES)):
        move, row = (MOVE_CN if side == 0 else MOVE_US), at.actions + U(3 * side) * L
        for l in range(L):
            out[row + l] += p[move + l]
            out[row + L + l] += p[move + R[1] + l]
            out[row + R[2] + l] += ONE if p[move + R[5] + l] > ZERO else ZERO


@njit(**LOOP)
def start_totals(out: Any, at: Any, path: Any, sectors: Any, thetas: Any) -> None:
    """Totals before the first week: zero, or -1 for "never"."""
    for i in range(out.shape[0]):
        out[i] = ZERO
    for l in range(L):
        out[at.deal_week + l] = -ONE
        out[at.rift_week + l] = -ONE
    for k in range(2 * sectors):
        for l in range(L):
            out[at.first_stop + U(k) * L + l] = -ONE
    for k in range(thetas):
        for l in range(L):
            out[at.theta + U(k) * L + l] = path[THETA + U(k) * L + l]


@njit(**LOOP)
def end_supply(mk: Any, src: Any, out: Any, basket: Any, at: Any) -> None:
    """Share of supply outside China and its concentration (Herfindahl) in the last week."""
    for m in range(basket.shape[1]):
        a, row = U(m) * MARKET, U(m) * L
        for l in range(L):
            out[at.concentration + row + l] = ZERO
        for j in range(basket.shape[0]):
            w = basket[j, m]
            if w > 0:
                s = U(j) * SOURCE + OUTPUT
                for l in range(L):
                    out[at.concentration + row + l] += (w * src[s + l]) * (w * src[s + l])
        for l in range(L):
            total = maximum(mk[a + MADE_C + l] + mk[a + MADE_X + l], _LEAST)
            out[at.outside_share + row + l] = mk[a + MADE_X + l] / total
            out[at.concentration + row + l] = out[at.concentration + row + l] / (total * total)


@njit(**LOOP)
def end_markets(mk: Any, out: Any, offsets: Any, to: Any, at: Any, first_chip: Any, markets: Any) -> None:
    """Bring the totals that live with a market among the others."""
    for v in range(offsets.shape[0]):
        i, j = offsets[v], U(to[v]) * L
        for l in range(L):
            out[j + l] = mk[i + l]
    for m in range(first_chip, markets):
        i = U(m) * MARKET + TO_CHINA
        for l in range(L):
            out[at.compute + l] += mk[i + l]


@njit(**LOOP)
def write_totals(out: Any, outcomes: Any, at: Any, sectors: Any, first: Any, n: Any) -> None:
    """Copy the totals of the first n paths into ``outcomes`` (rows, paths); "never" becomes NaN."""
    for v in range(outcomes.shape[0]):
        a = U(v) * L
        dated = (a == at.deal_week) | (a == at.rift_week)
        dated = dated | ((a >= at.first_stop) & (a < at.first_stop + U(2 * sectors) * L))
        for l in range(U(n)):
            x = out[a + l]
            outcomes[v, first + l] = np.float32(np.nan) if dated and x < 0 else x
