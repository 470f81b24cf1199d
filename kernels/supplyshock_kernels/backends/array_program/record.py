"""What is kept of a week: rows for statistics and series, and the totals of each path."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...model.uncertain_parameters import Theta
from ...ops import ZERO, exp, maximum, real, where
from ...outputs import outcome_rows
from ...params import DEAL, RIFT, Array, Params
from .lift import added, column, concatenate, stack, weighted
from .state import State
from .supply import by_bloc
from .week import Week

Totals = dict[str, Any]

_LEAST = 1e-9


def rows_of(params: Params, s: State, w: Week) -> Array:
    """(V, N) weekly quantities in the order of `observe.WEEKLY`."""
    nodes = tuple(zip((s.china, s.outside), s.buyers, strict=True))
    price = exp(stack([concatenate([a.p, b.broker]) for a, b in nodes], 1))
    stock = stack([concatenate([a.stock, b.stock]) for a, b in nodes], 1)
    paid = paid_outside(s)
    weekly = (
        price,
        stock * column(1 / params.markets.use),
        maximum(1 - w.met / w.use, ZERO),
        paid,
        w.exports,
        w.lead,
        stack([added(loss) for loss in w.loss]),
    )
    n = paid.shape[-1]
    return concatenate([a.reshape(-1, n) for a in weekly])


def paid_outside(s: State) -> Array:
    """(M, N) what buyers outside China pay on average, ratio to baseline."""
    return concatenate([s.trade.paid, exp(s.buyers[1].contract)])


def series_of(rows: Array, s: State) -> Array:
    """(rows, N) of `observe.series_rows`; ``rows`` are those of the week."""
    return concatenate([rows, s.controls.level, s.regime[None]])


def no_totals(params: Params, theta: Theta) -> Totals:
    """Every total at its start; -1 stands for "never"."""
    flat = 0 * theta.parts
    zero = {r.name: np.zeros((*r.shape, 1), flat.dtype) + flat for r in outcome_rows(params)}
    for name in ("deal_week", "rift_week", "first_stop_week"):
        zero[name] = zero[name] - 1
    return zero | {"theta": stack(theta)}


def increments(params: Params, s: State, w: Week) -> Totals:
    """What one week adds to the totals that are sums."""
    k = params.markets
    return {
        "shortage_weeks": 1 - w.met / w.use > params.industry.shortage_threshold,
        "unmet_weeks_of_use": (w.use - w.met) * column(1 / k.use),
        "loss_usd_bn": w.loss,
        "price_bill_usd_bn": w.bill,
        "stop_weeks": w.stopped,
        "weeks_in_regime": s.regime == np.arange(6)[:, None],
        "actions": w.actions,
        "compute_delivered_ratio": weighted(compute_weights(params), w.to_china) / params.weeks,
        "stock_drawn_weeks_of_use": w.drawn * column(1 / k.use[:, 1]),
    }


def add_totals(o: Totals, more: Totals, s: State, w: Week, rows: Array, t: int) -> Totals:
    """The totals after one more week with its `increments`; ``rows`` are those of the week."""
    m, now = w.use.shape[0], real(t, s.regime)
    price = rows[: 2 * m].reshape(m, 2, -1)
    new = {
        "peak_week": where(price > o["peak_price_ratio"], now, o["peak_week"]),
        "peak_price_ratio": maximum(o["peak_price_ratio"], price),
        "peak_paid_price_ratio": maximum(o["peak_paid_price_ratio"], paid_outside(s)),
        "regime_end": s.regime,
        "first_stop_week": where((o["first_stop_week"] < 0) & w.stopped, now, o["first_stop_week"]),
    }
    for name, code in (("deal_week", DEAL), ("rift_week", RIFT)):
        new[name] = where((o[name] < 0) & (s.regime == code), now, o[name])
    return o | new | {name: o[name] + x for name, x in more.items()}


def compute_weights(params: Params) -> Array:
    """(M,) weight of each market in China's compute: what the US list gates, by value."""
    k = params.markets
    weight = k.us_coverage * k.value * k.use[:, 0]
    share: Array = weight / maximum(weight.sum(), weight.dtype.type(_LEAST))
    return share


def finish(params: Params, o: Totals, output: Array) -> Array:
    """(rows, N) float32 outcomes in the order of `observe.OUTCOMES`, NaN: never; ``output`` of the last week."""
    made = by_bloc(params, output, params.weeks - 1)
    total = maximum(made[:, 0] + made[:, 1], made.dtype.type(_LEAST))
    each = [column(basket) * made_j for basket, made_j in zip(params.sources.basket, output, strict=True)]
    end = {
        "ex_china_supply_share": made[:, 1] / total,
        "supply_concentration": added(x**2 for x in each) / total**2,
    }
    for name in ("deal_week", "rift_week", "first_stop_week"):
        end[name] = where(o[name] < 0, made.dtype.type(np.nan), o[name])
    rows = [(o | end)[r.name].reshape(r.stop - r.start, -1) for r in outcome_rows(params)]
    return concatenate(rows).astype(np.float32)
