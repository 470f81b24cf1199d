"""Totals of a tile, taken while it is in the cache."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...ops import ONE, ZERO, const, maximum, real
from ...outputs import OUTCOMES, outcome_rows
from ...params import ACTION_KINDS, DEAL, PARTIES, RIFT, Params
from . import made_from
from .compile_options import compiled_loop
from .layout import (
    DRAWN,
    LANES,
    MARKET,
    MOVE,
    MOVE_CN,
    MOVE_US,
    OUTPUT,
    PEAK_C,
    PEAK_PAID,
    PEAK_WEEK_C,
    PEAK_WEEK_X,
    PEAK_X,
    REGIME,
    SOURCE,
    SUPPLY_C,
    SUPPLY_X,
    TAKEN_C,
    TAKEN_X,
    THETA,
    TO_CHINA,
    UNMET_C,
    UNMET_X,
    WEEKS_C,
    WEEKS_X,
    L,
    U,
    market_offsets,
)

_LEAST = const(1e-9)
_DEAL, _RIFT = const(DEAL), const(RIFT)
_RESTRICT, _REPLY, _RELAX = (U(ACTION_KINDS.index(kind)) * L for kind in ("restrict", "reply", "relax"))
_FIRST_THETA = THETA[0]


class At(NamedTuple):
    """First rows of the totals of a tile that are not a market's own, by outcome; uint64 offsets into ``out``."""

    loss_usd_bn: Any
    loss_abroad_usd_bn: Any
    standing_cost_usd_bn: Any
    price_bill_usd_bn: Any
    substitution_usd_bn: Any
    first_plant_week: Any
    first_stop_week: Any
    stop_weeks: Any
    regime_end: Any
    weeks_in_regime: Any
    deal_week: Any
    rift_week: Any
    actions: Any
    ex_china_supply_share: Any
    supply_concentration: Any
    compute_delivered_ratio: Any
    theta: Any


WITH_MARKETS = {
    "peak_price_ratio": (PEAK_C, PEAK_X),
    "peak_week": (PEAK_WEEK_C, PEAK_WEEK_X),
    "peak_paid_price_ratio": (PEAK_PAID,),
    "shortage_weeks": (WEEKS_C, WEEKS_X),
    "unmet_weeks_of_use": (UNMET_C, UNMET_X),
    "stock_drawn_weeks_of_use": (DRAWN,),
}
"""Totals that live with a market, by outcome: their rows in China and outside, or the only one."""


class Totals(NamedTuple):
    """Where the totals lie, in a tile and in the outcomes."""

    at: Any
    market_rows: Any
    """Offsets into the markets' rows of the totals that live with a market."""
    market_outcomes: Any
    """Rows of the outcomes that these are."""
    dated: Any
    """(rows of the outcomes,) whether it is a week that may never come."""


def locate_totals(params: Params) -> Totals:
    """Where the totals go, from the declaration in `outputs`."""
    rows = outcome_rows(params)
    start = {r.name: U(r.start * LANES) for r in rows}
    with_market = [r for r in rows if r.name in WITH_MARKETS]
    return Totals(
        at=At(**{name: start[name] for name in At._fields}),
        market_rows=market_offsets(params, with_market, WITH_MARKETS),
        market_outcomes=np.concatenate([np.arange(r.start, r.stop) for r in with_market]).astype(np.int64),
        dated=np.concatenate([np.full(r.stop - r.start, o.dated) for o, r in zip(OUTCOMES, rows, strict=True)]),
    )


@compiled_loop
def add_totals(p: Any, out: Any, at: Any, week: Any, regimes: Any) -> None:
    """Add the week to the totals of the negotiation: regimes, first deal and rift, actions.

    Those of markets and sectors are added where they arise.
    """
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
        move, row = (MOVE_CN if side == 0 else MOVE_US), at.actions + U(len(ACTION_KINDS) * side) * L
        for l in range(L):
            out[row + _RESTRICT + l] += p[move + MOVE.acted + l]
            out[row + _REPLY + l] += p[move + MOVE.replied + l]
            out[row + _RELAX + l] += ONE if p[move + MOVE.relaxed + l] > ZERO else ZERO


@compiled_loop
def start_totals(out: Any, totals: Any, p: Any, thetas: Any) -> None:
    """Totals before the first week: zero, or -1 for "never"."""
    for v in range(totals.dated.shape[0]):
        start, row = -ONE if totals.dated[v] else ZERO, U(v) * L
        for l in range(L):
            out[row + l] = start
    for k in range(thetas):
        for l in range(L):
            out[totals.at.theta + U(k) * L + l] = p[_FIRST_THETA + U(k) * L + l]


@compiled_loop
def finish_totals(tile: Any, totals: Any, constants: Any, sources: Any, recycled: Any) -> None:
    """The totals that only the end of the run tells; ``recycled`` is of the last week."""
    made_from.supply_as_made(tile.market, constants.chain, recycled)
    _finish_supply(tile.market, tile.source, tile.out, sources, totals.at)
    _collect_markets(tile.market, tile.out, totals, constants.materials, sources.basket.shape[1])


@compiled_loop
def _finish_supply(mk: Any, src: Any, out: Any, k: Any, at: Any) -> None:
    """Share of supply outside China and its concentration (Herfindahl) in the last week."""
    basket = k.basket
    for m in range(basket.shape[1]):
        a, row = U(m) * MARKET, U(m) * L
        for l in range(L):
            out[at.supply_concentration + row + l] = ZERO
        for j in range(basket.shape[0]):
            w = basket[j, m]
            if w > 0:
                s, done = U(j) * SOURCE + OUTPUT, a + (TAKEN_C if k.bloc[j] == 0 else TAKEN_X)
                for l in range(L):
                    part = w * src[s + l] * mk[done + l]
                    out[at.supply_concentration + row + l] += part * part
        for l in range(L):
            total = maximum(mk[a + SUPPLY_C + l] + mk[a + SUPPLY_X + l], _LEAST)
            out[at.ex_china_supply_share + row + l] = mk[a + SUPPLY_X + l] / total
            out[at.supply_concentration + row + l] = out[at.supply_concentration + row + l] / (total * total)


@compiled_loop
def _collect_markets(mk: Any, out: Any, totals: Any, first_chip: Any, markets: Any) -> None:
    """Bring the totals that live with a market among the others."""
    at, offsets = totals.at, totals.market_rows
    for v in range(offsets.shape[0]):
        i, j = offsets[v], U(totals.market_outcomes[v]) * L
        for l in range(L):
            out[j + l] = mk[i + l]
    for m in range(first_chip, markets):
        i = U(m) * MARKET + TO_CHINA
        for l in range(L):
            out[at.compute_delivered_ratio + l] += mk[i + l]


@compiled_loop
def write_totals(out: Any, outcomes: Any, dated: Any, first: Any, n: Any) -> None:
    """Copy the totals of the first n paths into ``outcomes`` (rows, paths); "never" becomes NaN."""
    for v in range(outcomes.shape[0]):
        a, is_dated = U(v) * L, dated[v]
        for l in range(U(n)):
            x = out[a + l]
            outcomes[v, first + l] = np.float32(np.nan) if is_dated and x < 0 else x
