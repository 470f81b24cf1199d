"""Quantities of a path that no store has: accidents, crises, clocks, and the weeks in which industries are stopped.

The array program recomputes the path in NumPy. Other backends agree with it up to rounding, so the trace is used only
where both paths agree: the same regime in every week, all weekly numbers within `NEAR`, and the same number of stopped
weeks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from supplyshock_kernels.backends.reference.walk import Trace
from supplyshock_kernels.outputs import series_rows
from supplyshock_kernels.params import Array, Params

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
    """(time, bloc, sector) whether the sector is stopped."""


def unstored_trace(
    params: Params, recomputed: Trace, series: Array, outcomes: xr.Dataset, axes: dict[str, Any]
) -> UnstoredTrace | None:
    """NumPy's trace with labels; None if it diverges from the weekly `series` (rows, T) and totals of the path."""
    if not _agrees(params, recomputed, series, outcomes):
        return None

    def labelled(values: Array, *dims: str) -> xr.DataArray:
        return xr.DataArray(values, {d: axes[d] for d in ("time", *dims)}, ("time", *dims))

    return UnstoredTrace(
        labelled(recomputed.clock),
        labelled(recomputed.outage, "source"),
        labelled(recomputed.strait),
        labelled(recomputed.stopped, "bloc", "sector"),
    )


def _agrees(params: Params, recomputed: Trace, series: Array, outcomes: xr.Dataset) -> bool:
    row = next(r.start for r in series_rows(params) if r.name == "regime")
    first = np.where(recomputed.stopped.any(0), recomputed.stopped.argmax(0), np.nan)
    return (
        np.array_equal(recomputed.series[row], series[row])
        and np.allclose(recomputed.series, series, rtol=NEAR, atol=NEAR)
        and np.array_equal(recomputed.stopped.sum(0), outcomes["stop_weeks"].to_numpy())
        and np.array_equal(first, outcomes["first_stop_week"].to_numpy(), equal_nan=True)
    )
