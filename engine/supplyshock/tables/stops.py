"""Which industries stop, how likely, and when first."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from ..columns import Array, blocks
from ..risk import Estimate, quantile, share
from .rows import PLACES, Row, row

if TYPE_CHECKING:
    import xarray as xr


def stops_rows(run: xr.DataTree) -> Iterator[Row]:
    """Share of paths in which a sector stops at all, and the median first week among those; by bloc.

    Sectors that stop in no scenario are left out; the likeliest come first.
    """
    weeks = run["outcomes"]["first_stop_week"].transpose("scenario", "path", "bloc", "sector")
    horizon, n = run["summary"].sizes["time"], weeks.sizes["path"]
    names = [str(s) for s in weeks["scenario"].values]
    counts = np.stack([_count(weeks.isel(scenario=i), horizon) for i in range(len(names))])
    likely = counts.sum(3).max(0)
    for bloc in reversed(range(likely.shape[0])):
        for sector in np.argsort(-likely[bloc], kind="stable"):
            for i, name in enumerate(names if likely[bloc, sector] else ()):
                item = f"{weeks['sector'].values[sector]} {_place(weeks, bloc)}"
                yield from _rows(name, item, counts[i, bloc, sector], n)


def _place(weeks: xr.DataArray, bloc: int) -> str:
    name = str(weeks["bloc"].values[bloc])
    return PLACES.get(name, name)


def _count(weeks: xr.DataArray, horizon: int) -> Array:
    """(bloc, sector, week) paths that stop first in that week."""
    shape = (weeks.sizes["bloc"], weeks.sizes["sector"])
    counts = np.zeros((shape[0] * shape[1], horizon), np.int64)
    for block in blocks(weeks):
        for i, x in enumerate(block.reshape(len(block), -1).T):
            happened = x[np.isfinite(x)].astype(np.int64)
            counts[i] += np.bincount(happened, minlength=horizon)[:horizon]
    return counts.reshape(*shape, horizon)


def _rows(scenario: str, item: str, counts: Array, n: int) -> Iterator[Row]:
    hits = int(counts.sum())
    yield row("stops", scenario, item, "stops", share(hits, n), "%", 100)
    weeks = np.repeat(np.arange(len(counts), dtype=np.float32), counts)
    median = quantile(weeks, 0.5) if hits else Estimate(nan, nan)
    yield row("stops", scenario, item, "median first week", median, "weeks from the start")
