"""How likely each regime is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..columns import blocks
from ..risk import share
from .rows import Row, row
from .totals import Totals

if TYPE_CHECKING:
    import xarray as xr


def odds_rows(run: xr.DataTree, totals: Totals) -> Iterator[Row]:
    """Share of paths in each regime in the last week, and in any week; without a calm that is never met."""
    weeks = run["outcomes"]["weeks_in_regime"].sel(scenario=totals.scenario)
    names = [str(r) for r in weeks["regime"].to_numpy()]
    ever = sum(np.count_nonzero(block > 0, axis=0) for block in blocks(weeks.transpose("path", "regime")))
    end = np.bincount(totals.regime_end, minlength=len(names))
    n = len(totals.regime_end)
    for i, regime in enumerate(names):
        if regime == "calm" and not np.asarray(ever)[i]:
            continue
        for statistic, hits in (("at the end", end[i]), ("ever", np.asarray(ever)[i])):
            yield row("odds", totals.scenario, regime, statistic, share(int(hits), n), "%", 100)
