"""What is kept of a week: rows for statistics and series, and the totals of each path."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import statistics
from ...observe import FIXED_POINT, Stats, outcome_rows
from ...params import DEAL, RIFT, Array, Params
from ...theta import Theta
from .begin import State, column
from .week import Week, by_bloc, weighted

Totals = dict[str, Any]


def rows_of(params: Params, s: State, w: Week) -> Array:
    """(V, N) weekly quantities in the order of `observe.WEEKLY`."""
    k = params.markets
    price = np.exp(
        np.stack([np.concatenate([a.p, b.broker]) for a, b in zip((s.china, s.outside), s.buyers, strict=True)], 1)
    )
    stock = np.stack(
        [np.concatenate([a.stock, b.stock]) for a, b in zip((s.china, s.outside), s.buyers, strict=True)], 1
    )
    paid = np.concatenate([s.trade.paid, np.exp(s.buyers[1].contract)])
    weekly = (
        price,
        stock / column(k.use),
        np.maximum(1 - w.met / w.use, 0),
        paid,
        w.exports,
        w.lead,
        w.loss.sum(1),
    )
    n = paid.shape[-1]
    return np.concatenate([a.reshape(-1, n) for a in weekly])


def series_of(params: Params, s: State, w: Week) -> Array:
    """(rows, N) of `observe.series_rows`."""
    return np.concatenate([rows_of(params, s, w), s.controls.level, s.regime[None]])


def add_statistics(stats: Stats, rows: Array, regime: Array, t: int, table: statistics.BinTable) -> None:
    """Count one week of every path, in place."""
    wide = rows.astype(np.float32)
    scaled = wide * np.float32(FIXED_POINT)
    stats.total[t] += np.rint(scaled).astype(np.int64).sum(1)
    stats.square[t] += np.rint(wide * scaled).astype(np.int64).sum(1)
    stats.regime[t] += np.bincount(regime.astype(np.int64), minlength=6)
    for v, x in enumerate(wide):
        np.add.at(stats.histogram[t], statistics.bin_index(x, v, table), np.uint16(1))


def no_totals(params: Params, theta: Theta) -> Totals:
    """Every total at its start; -1 stands for "never"."""
    n, dtype = theta.parts.shape[0], theta.parts.dtype
    zero = {r.name: np.zeros((*r.shape, n), dtype) for r in outcome_rows(params)}
    for name in ("deal_week", "rift_week", "first_stop_week"):
        zero[name] -= 1
    zero["theta"] = np.stack(theta)
    return zero


def add_totals(params: Params, o: Totals, s: State, w: Week, rows: Array, t: int) -> None:
    """Add one week to the totals, in place."""
    k, law = params.markets, params.industry
    m = k.group.shape[0]
    price, short = rows[: 2 * m].reshape(m, 2, -1), 1 - w.met / w.use
    o["peak_week"] = np.where(price > o["peak_price_ratio"], t, o["peak_week"])
    o["peak_price_ratio"] = np.maximum(o["peak_price_ratio"], price)
    paid = np.concatenate([s.trade.paid, np.exp(s.buyers[1].contract)])
    o["peak_paid_price_ratio"] = np.maximum(o["peak_paid_price_ratio"], paid)
    o["shortage_weeks"] += short > law.shortage_threshold
    o["unmet_weeks_of_use"] += (w.use - w.met) / column(k.use)
    o["loss_usd_bn"] += w.loss
    o["price_bill_usd_bn"] += w.bill
    o["first_stop_week"] = np.where((o["first_stop_week"] < 0) & w.stopped, t, o["first_stop_week"])
    o["stop_weeks"] += w.stopped
    o["regime_end"] = s.regime
    o["weeks_in_regime"] += s.regime == np.arange(6)[:, None]
    for name, code in (("deal_week", DEAL), ("rift_week", RIFT)):
        o[name] = np.where((o[name] < 0) & (s.regime == code), t, o[name])
    o["actions"] += w.actions
    o["compute_delivered_ratio"] += weighted(compute_weights(params), w.to_china) / params.weeks
    o["stock_drawn_weeks_of_use"] += w.drawn / column(k.use[:, 1])


def compute_weights(params: Params) -> Array:
    """(M,) weight of each market in China's compute: what the US list gates, by value."""
    k = params.markets
    weight = k.us_coverage * k.value * k.use[:, 0]
    return np.asarray(weight / max(weight.sum(), 1e-9)).astype(k.value.dtype)


def finish(params: Params, o: Totals, w: Week) -> Array:
    """(rows, N) float32 outcomes in the order of `observe.OUTCOMES`; NaN: never."""
    made = by_bloc(params, w.output, params.weeks - 1)
    total = np.maximum(made.sum(1), made.dtype.type(1e-9))
    o["ex_china_supply_share"] = made[:, 1] / total
    each = params.sources.basket[:, :, None] * w.output[:, None]
    o["supply_concentration"] = (each**2).sum(0) / total**2
    for name in ("deal_week", "rift_week", "first_stop_week"):
        o[name] = np.where(o[name] < 0, np.nan, o[name])
    rows = [np.asarray(o[r.name]).reshape(r.stop - r.start, -1) for r in outcome_rows(params)]
    return np.concatenate(rows).astype(np.float32)
