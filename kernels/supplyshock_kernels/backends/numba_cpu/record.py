"""Statistics and totals of a tile, taken while it is in the cache."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from ... import float32math as f32
from ...observe import FIXED_POINT, outcome_rows, weekly_rows
from ...params import DEAL, PARTIES, RIFT, Params
from ...ops import ONE, ZERO, const, real
from .layout import (
    LANES,
    LEVEL,
    LIST,
    MADE_C,
    MADE_X,
    MARKET,
    MOVE_CN,
    MOVE_US,
    OUTPUT,
    REGIME,
    SOURCE,
    THETA,
    L,
    R,
    U,
)
from .options import LOOP

_FIXED = const(FIXED_POINT)
_DEAL, _RIFT = const(DEAL), const(RIFT)


class At(NamedTuple):
    """First rows of what a tile notes: weekly rows of ``obs``, then rows of ``out``; all uint64 offsets."""

    price: Any
    inventory: Any
    shortage: Any
    paid: Any
    exports: Any
    lead: Any
    weekly_loss: Any
    peak: Any
    peak_week: Any
    peak_paid: Any
    shortage_weeks: Any
    unmet: Any
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
    drawn: Any
    theta: Any


def at_rows(params: Params) -> At:
    """Where everything goes, from the table in `observe`."""
    rows = [*weekly_rows(params), *outcome_rows(params)]
    return At(*(U(r.start * LANES) for r in rows))


@njit(**LOOP)
def add_moments(obs: Any, total: Any, square: Any, rows: Any, n: Any) -> None:
    """Fixed-point sums of every row over the first n paths of the tile: exact, so order does not matter."""
    for v in range(rows):
        a = U(v) * L
        sum1 = np.int64(0)
        sum2 = np.int64(0)
        for l in range(U(n)):
            x = np.float32(obs[a + l])
            scaled = x * _FIXED
            sum1 += np.int64(np.rint(scaled))
            sum2 += np.int64(np.rint(x * scaled))
        total[v] += sum1
        square[v] += sum2


@njit(**LOOP)
def add_histogram(obs: Any, histogram: Any, table: Any, index: Any, n: Any) -> None:
    """Count every row over the first n paths of the tile; ``index`` (LANES,) int32 is scratch."""
    for v in range(table.shift.shape[0]):
        a, low, shift, offset = U(v) * L, table.low_bits[v], table.shift[v], table.offset[v]
        start, last = table.start[v], np.int32(table.start[v + 1] - table.start[v] - 1)
        row = histogram[start : start + last + 1]
        negative, zero = f32.negate(low), np.int32(0)
        for l in range(L):
            i = f32.shift_right(f32.add(f32.bits(np.float32(obs[a + l]) + offset), negative), shift)
            i = i if i > zero else zero
            index[l] = i if i < last else last
        for l in range(U(n)):
            row[U(index[l])] += np.uint16(1)


@njit(**LOOP)
def keep_series(obs: Any, p: Any, lists: Any, series: Any, rows: Any, n_lists: Any, first: Any, n: Any, t: Any) -> None:
    """Copy the week of the first n paths into ``series`` (rows, T, kept) from column ``first``."""
    for v in range(rows):
        for l in range(U(n)):
            series[v, t, first + l] = obs[U(v) * L + l]
    for i in range(n_lists):
        for l in range(U(n)):
            series[rows + i, t, first + l] = lists[U(i) * LIST + LEVEL + l]
    for l in range(U(n)):
        series[rows + n_lists, t, first + l] = p[REGIME + l]


@njit(**LOOP)
def add_regime(p: Any, counts: Any, n: Any) -> None:
    """Count the paths in each regime."""
    for l in range(U(n)):
        counts[int(p[REGIME + l])] += 1


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
            total = mk[a + MADE_C + l] + mk[a + MADE_X + l]
            out[at.outside_share + row + l] = mk[a + MADE_X + l] / total
            out[at.concentration + row + l] = out[at.concentration + row + l] / (total * total)


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
