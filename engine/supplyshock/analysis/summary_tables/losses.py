"""What each side loses."""

from __future__ import annotations

from collections.abc import Iterator

from ..estimators import mean
from .rows import Row, row
from .totals import Totals
from .weighted_tails import supported_cvar, supported_quantiles

TAIL = 0.95


def losses_rows(totals: Totals) -> Iterator[Row]:
    """Mean, 5, 50 and 95 % quantile and the mean of the worst 5 % of paths, by country; of the rest, the
    mean and the worst 5 %."""
    w = totals.weight
    for item, x in totals.money.items():
        estimates = [mean(x, w), *supported_quantiles(x, (0.05, 0.5, 0.95), w), supported_cvar(x, TAIL, w)]
        for statistic, estimate in zip(("mean", "P5", "P50", "P95", "CVaR95"), estimates, strict=True):
            yield row("losses", totals.scenario, item, statistic, estimate, "bn USD")
    for item, x in totals.other_money.items():
        for statistic, estimate in (("mean", mean(x, w)), ("CVaR95", supported_cvar(x, TAIL, w))):
            yield row("losses", totals.scenario, item, statistic, estimate, "bn USD")
