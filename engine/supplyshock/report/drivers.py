"""What drives the loss: rank correlation of each uncertain parameter with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..columns import Array, column
from ..reading.ranks import mid_ranks

if TYPE_CHECKING:
    import xarray as xr

MOST = 200_000
"""Paths that are ranked, the first of the run."""
GROUPS = 32
"""Paths are dealt into so many groups; the spread of their correlations gives the error."""
LEAST = 20
"""Paths a group must have."""


def drivers(outcomes: xr.Dataset, scenario: str) -> dict[str, Any]:
    """Party: parameter, correlation and its standard error (NaN for few paths), the strongest first."""
    one = outcomes.sel(scenario=scenario).isel(path=slice(0, MOST))
    loss = column(one["loss_usd_bn"].transpose("path", "party", "sector"), lambda x: x.sum(2))
    theta = column(one["theta"].transpose("path", "parameter"), lambda x: x)
    out: dict[str, Any] = {}
    for i, party in enumerate(outcomes["party"].values):
        found = [(str(p), *rank_correlation(theta[:, j], loss[:, i])) for j, p in enumerate(one["parameter"].values)]
        out[str(party)] = sorted((list(row) for row in found if np.isfinite(row[1])), key=lambda row: -abs(row[1]))
    return out


def rank_correlation(x: Array, y: Array) -> tuple[float, float]:
    """Spearman's correlation, ties at mid rank, and its standard error by groups of paths.

    NaN where one of the two does not vary; the error is NaN with fewer than `LEAST` paths a group.
    """
    whole = _correlation(mid_ranks(x), mid_ranks(y))
    if len(x) < GROUPS * LEAST:
        return whole, float("nan")
    parts = [_correlation(mid_ranks(x[g::GROUPS]), mid_ranks(y[g::GROUPS])) for g in range(GROUPS)]
    good = [p for p in parts if np.isfinite(p)]
    error = float(np.std(good, ddof=1)) / np.sqrt(len(good)) if len(good) > 1 else float("nan")
    return whole, float(error)


def _correlation(a: Array, b: Array) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else float("nan")
