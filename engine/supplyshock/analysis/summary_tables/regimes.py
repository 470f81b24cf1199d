"""How likely each regime is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..estimators import WeightSums, mean, share_of
from ..path_values import path_column, total_weight, weighted_counts
from .rows import Row, percent, row
from .totals import Totals

if TYPE_CHECKING:
    import xarray as xr


def regime_rows(run: xr.DataTree, totals: Totals) -> Iterator[Row]:
    """Share of paths in each regime in the last week and in any week, and mean weeks in it.

    A calm that is never met is left out.
    """
    weeks = run["outcomes"]["weeks_in_regime"].sel(scenario=totals.scenario).transpose("path", "regime")
    names = [str(r) for r in weeks["regime"].to_numpy()]
    w, last = totals.weight, totals.regime_end
    ever = weighted_counts(weeks, lambda block: block > 0, w)
    long = path_column(weeks, lambda x: x)
    one = np.ones(len(last)) if w is None else w
    end = [np.bincount(last, x, len(names)) for x in (one, one * one)]
    for i, regime in enumerate(names):
        if regime == "calm" and not ever[0][i]:
            continue
        for statistic, (hits, squares) in (("at the end", end), ("ever", ever)):
            estimate = share_of(WeightSums(float(hits[i]), float(squares[i])), total_weight(len(last), w))
            yield row("regimes", totals.scenario, regime, statistic, percent(estimate), "%")
        yield row("regimes", totals.scenario, regime, "weeks", mean(long[:, i].copy(), w), "weeks")
