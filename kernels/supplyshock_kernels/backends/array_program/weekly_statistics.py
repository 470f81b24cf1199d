"""The weekly quantities: rows for statistics and series."""

from __future__ import annotations

from ...ops import ZERO, exp, maximum
from ...outputs import WEEKLY
from ...params import Array, Params
from .lift import added, column, concatenate, stack
from .state import State
from .week import WeekOutputs


def gather_rows(params: Params, s: State, w: WeekOutputs) -> Array:
    """(V, N) weekly quantities in the order of `outputs.WEEKLY`."""
    nodes = tuple(zip((s.china, s.outside), s.buyers, strict=True))
    price = exp(stack([concatenate([a.p, b.broker]) for a, b in nodes], 1))
    stock = stack([concatenate([a.stock, b.stock]) for a, b in nodes], 1)
    paid = paid_outside(s)
    weekly = {
        "price_ratio": price,
        "inventory_weeks": stock * column(1 / params.markets.use),
        "shortage_ratio": maximum(1 - w.met / w.use, ZERO),
        "paid_price_ratio": paid,
        "export_ratio": w.exports,
        "lead_time_weeks": w.lead,
        "loss_usd_bn": stack([added(loss) for loss in w.loss]),
    }
    n = paid.shape[-1]
    return concatenate([weekly[row.name].reshape(-1, n) for row in WEEKLY])


def paid_outside(s: State) -> Array:
    """(M, N) what buyers outside China pay on average, ratio to baseline."""
    return concatenate([s.trade.paid, exp(s.buyers[1].contract)])


def gather_series(rows: Array, s: State) -> Array:
    """(rows, N) of `outputs.series_rows`; ``rows`` are those of the week."""
    return concatenate([rows, s.controls.level, s.regime[None]])
