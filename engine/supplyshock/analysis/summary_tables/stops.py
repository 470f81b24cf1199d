"""Which industries stop, how likely, and when first."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from ..estimators import Estimate, Weights, WeightSums, share_of
from ..path_values import Array, path_weights, total_weight, value_blocks
from ..risk_measures import grouped_quantiles
from ..run_groups import names_of
from .rows import PLACES, Item, Row, item_of, percent, row

if TYPE_CHECKING:
    import xarray as xr


def stops_rows(run: xr.DataTree) -> Iterator[Row]:
    """Share of paths in which a sector stops at all, and the median first week among those; by bloc.

    Sectors that stop in no scenario are left out; the likeliest come first.
    """
    outcomes, horizon = run["outcomes"].to_dataset(), run["summary"].sizes["time"]
    names, display = [str(s) for s in outcomes["scenario"].values], names_of(run)
    ones = [outcomes.sel(scenario=name) for name in names]
    weights = [path_weights(one) for one in ones]
    weeks = [one["first_stop_week"].transpose("path", "bloc", "sector") for one in ones]
    counts = np.stack([first_stops(x, horizon, w) for x, w in zip(weeks, weights, strict=True)])
    likely = counts[:, 0].sum(3).max(0)
    for bloc in reversed(range(likely.shape[0])):
        for sector in np.argsort(-likely[bloc], kind="stable"):
            for i, name in enumerate(names if likely[bloc, sector] else ()):
                id_ = str(outcomes["sector"].values[sector])
                item = item_of(display, "sector", id_, f"{{}} {_place(outcomes, bloc)}")
                whole = total_weight(outcomes.sizes["path"], weights[i])
                yield from _rows(name, item, counts[i, :, bloc, sector], whole)


def _place(outcomes: xr.Dataset, bloc: int) -> str:
    name = str(outcomes["bloc"].values[bloc])
    return PLACES.get(name, name)


def first_stops(weeks: xr.DataArray, horizon: int, w: Weights) -> Array:
    """(2, bloc, sector, week): ``sum(w)`` and ``sum(w^2)`` of the paths (path, bloc, sector) that stop first then."""
    shape = (weeks.sizes["bloc"], weeks.sizes["sector"])
    counts = np.zeros((2, shape[0] * shape[1], horizon))
    start = 0
    for block in value_blocks(weeks):
        mine = np.ones(len(block)) if w is None else w[start : start + len(block)]
        start += len(block)
        for i, x in enumerate(block.reshape(len(block), -1).T):
            there = np.isfinite(x)
            for power, total in enumerate(counts[:, i]):
                total += np.bincount(x[there].astype(np.int64), mine[there] ** (power + 1), horizon)[:horizon]
    return counts.reshape(2, *shape, horizon)


def _rows(scenario: str, item: Item, counts: Array, everything: WeightSums) -> Iterator[Row]:
    hits = WeightSums(*(float(c.sum()) for c in counts))
    yield row("stops", scenario, item, "stops", percent(share_of(hits, everything)), "%")
    median = Estimate(nan, nan)
    if hits.weight:
        there = np.flatnonzero(counts[0])
        median = grouped_quantiles(there.astype(float), counts[0, there], counts[1, there], [0.5])[0]
    yield row("stops", scenario, item, "median first week", median, "weeks from the start")
