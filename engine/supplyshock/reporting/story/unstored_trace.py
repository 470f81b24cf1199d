"""What happens on a path and is in no store: accidents, crises, clocks, and the weeks in which industries stand still.

The array program computes the path once more in NumPy. Other backends follow it up to rounding, so what it says of a
path is told only where it goes the same way: the same regime in every week, all weekly numbers within `NEAR`, and the
same weeks of standstill in all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from supplyshock_kernels.backends.reference.walk import Trace, trace
from supplyshock_kernels.outputs import series_rows
from supplyshock_kernels.params import Array, Grid, Params

NEAR = 1e-3
"""Largest relative difference of a weekly number; rounding in float32 gave 1e-5 on 600 paths of two years."""


@dataclass(frozen=True)
class UnstoredTrace:
    """By week, with the coordinate time."""

    clock: xr.DataArray
    """(time,) weeks that the running truce still has after the week; 1e6 without a clock."""
    outage: xr.DataArray
    """(time, source) share of a source's output that accidents take."""
    strait: xr.DataArray
    """(time,) share of output that a crisis in the Taiwan Strait takes where it strikes."""
    stops: xr.DataArray
    """(time, bloc, sector) whether the sector stands still."""


def trace_path(
    params: Params, grid: Grid, seed: int, path: int, series: Array, outcomes: xr.Dataset, axes: dict[str, Any]
) -> UnstoredTrace | None:
    """What is hidden of a path with these weekly `series` (rows, T) and totals; None where NumPy goes another way."""
    found = trace(params, grid._replace(device="cpu"), seed, path)
    if not _same_way(params, found, series, outcomes):
        return None

    def labelled(values: Array, *dims: str) -> xr.DataArray:
        return xr.DataArray(values, {d: axes[d] for d in ("time", *dims)}, ("time", *dims))

    return UnstoredTrace(
        labelled(found.clock),
        labelled(found.outage, "source"),
        labelled(found.strait),
        labelled(found.stopped, "bloc", "sector"),
    )


def _same_way(params: Params, found: Trace, series: Array, outcomes: xr.Dataset) -> bool:
    row = next(r.start for r in series_rows(params) if r.name == "regime")
    first = np.where(found.stopped.any(0), found.stopped.argmax(0), np.nan)
    return (
        np.array_equal(found.series[row], series[row])
        and np.allclose(found.series, series, rtol=NEAR, atol=NEAR)
        and np.array_equal(found.stopped.sum(0), outcomes["stop_weeks"].to_numpy())
        and np.array_equal(first, outcomes["first_stop_week"].to_numpy(), equal_nan=True)
    )
