"""The totals of each path."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...model.uncertain_parameters import Theta
from ...ops import maximum, real, where
from ...outputs import DATED, outcome_rows
from ...params import DEAL, REGIMES, RIFT, Array, Params
from .lift import added, column, concatenate, stack, weighted
from .made_from import supply_as_made
from .standing import standing_cost
from .state import State
from .supply import supply_markets
from .week import WeekOutputs
from .weekly_statistics import paid_outside

Totals = dict[str, Any]

_LEAST = 1e-9


def start_totals(params: Params, theta: Theta) -> Totals:
    """Every total at its start, by outcome; -1 stands for "never"."""
    flat = 0 * theta.parts
    totals = {r.name: np.zeros((*r.shape, 1), flat.dtype) + flat for r in outcome_rows(params)}
    for name in DATED:
        totals[name] = totals[name] - 1
    return totals | {"theta": stack(theta)}


def add_totals(params: Params, totals: Totals, s: State, w: WeekOutputs, rows: Array, t: int) -> Totals:
    """The totals after one more week; ``rows`` are the weekly quantities."""
    m, now, o, limits = w.use.shape[0], real(t, s.regime), totals, params.industry
    price = rows[: 2 * m].reshape(m, 2, -1)
    new = {
        "peak_week": where(price > o["peak_price_ratio"], now, o["peak_week"]),
        "peak_price_ratio": maximum(o["peak_price_ratio"], price),
        "peak_paid_price_ratio": maximum(o["peak_paid_price_ratio"], paid_outside(s)),
        "regime_end": s.regime,
        "first_plant_week": _first_week(o["first_plant_week"], w.lost > limits.first_plant_threshold, now),
        "first_stop_week": _first_week(o["first_stop_week"], w.lost > limits.stop_threshold, now),
    }
    for name, code in (("deal_week", DEAL), ("rift_week", RIFT)):
        new[name] = _first_week(o[name], s.regime == code, now)
    return o | new | {name: o[name] + x for name, x in _increments(params, s, w).items()}


def _first_week(before: Array, happens: Array, now: Any) -> Array:
    """The first week of something: ``before`` if there was one (negative: none), now if it happens."""
    week: Array = where((before < 0) & happens, now, before)
    return week


def finish_totals(params: Params, totals: Totals, output: Array, s: State) -> Array:
    """(rows, N) float32 outcomes in the order of `outputs.OUTCOMES`, NaN: never; ``output`` of the sources in the
    last week, after which the state is ``s``."""
    planned = supply_markets(params, output, params.weeks - 1)
    supplied, done = supply_as_made(params, s, planned, params.weeks - 1)
    total = maximum(supplied[:, 0] + supplied[:, 1], supplied.dtype.type(_LEAST))
    src = params.sources
    each = [column(w) * x * done[:, int(b)] for w, x, b in zip(src.basket, output, src.bloc, strict=True)]
    end = {
        "ex_china_supply_share": supplied[:, 1] / total,
        "supply_concentration": added(x**2 for x in each) / total**2,
    }
    for name in DATED:
        end[name] = where(totals[name] < 0, supplied.dtype.type(np.nan), totals[name])
    rows = [(totals | end)[r.name].reshape(r.stop - r.start, -1) for r in outcome_rows(params)]
    return concatenate(rows).astype(np.float32)


def _increments(params: Params, s: State, w: WeekOutputs) -> Totals:
    """What one week adds to the totals that are sums."""
    k = params.markets
    return {
        "shortage_weeks": 1 - w.met / w.use > params.industry.shortage_threshold,
        "unmet_weeks_of_use": (w.use - w.met) * column(1 / k.use),
        "loss_usd_bn": w.loss,
        "loss_abroad_usd_bn": w.loss_abroad,
        "standing_cost_usd_bn": standing_cost(params, s),
        "price_bill_usd_bn": w.bill,
        "substitution_usd_bn": w.substitution,
        "stop_weeks": w.lost > params.industry.stop_threshold,
        "weeks_in_regime": s.regime == np.arange(len(REGIMES))[:, None],
        "actions": w.actions,
        "compute_delivered_ratio": weighted(_compute_weights(params), w.to_china) / params.weeks,
        "stock_drawn_weeks_of_use": w.drawn * column(1 / k.use[:, 1]),
    }


def _compute_weights(params: Params) -> Array:
    """(M,) weight of each market in China's compute: what the US list gates, by value."""
    k = params.markets
    weight = k.us_coverage * k.value * k.use[:, 0]
    share: Array = weight / maximum(weight.sum(), weight.dtype.type(_LEAST))
    return share
