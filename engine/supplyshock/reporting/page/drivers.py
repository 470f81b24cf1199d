"""Rank correlation of each uncertain parameter with the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.estimators import Weights
from ...analysis.path_values import Array, path_column, path_weights
from ...analysis.ranking import mid_ranks

if TYPE_CHECKING:
    import xarray as xr

MOST = 200_000
"""Paths that are ranked, the first of the run."""
GROUPS = 32
"""Groups of paths; the spread of their correlations gives the standard error."""
LEAST = 20
"""Smallest number of paths per group."""


def drivers(outcomes: xr.Dataset, scenario: str) -> dict[str, Any]:
    """Party: parameter, correlation and its standard error (NaN for few paths), the strongest first."""
    one = outcomes.sel(scenario=scenario).isel(path=slice(0, MOST))
    w = path_weights(one)
    loss = path_column(one["loss_usd_bn"].transpose("path", "party", "sector"), lambda x: x.sum(2))
    theta = path_column(one["theta"].transpose("path", "parameter"), lambda x: x)
    out: dict[str, Any] = {}
    for i, party in enumerate(outcomes["party"].values):
        correlations = [
            (str(p), *rank_correlation(theta[:, j], loss[:, i], w)) for j, p in enumerate(one["parameter"].values)
        ]
        out[str(party)] = sorted(
            (list(row) for row in correlations if np.isfinite(row[1])), key=lambda row: -abs(row[1])
        )
    return out


def rank_correlation(x: Array, y: Array, w: Weights = None) -> tuple[float, float]:
    """Spearman's correlation, ties at mid rank, and its standard error by groups of paths.

    NaN if one of the two does not vary; the error is NaN with fewer than `LEAST` paths per group.
    """
    whole = _correlation(x, y, w)
    if len(x) < GROUPS * LEAST:
        return whole, float("nan")
    groups = (slice(g, None, GROUPS) for g in range(GROUPS))
    parts = [_correlation(x[part], y[part], None if w is None else w[part]) for part in groups]
    good = [p for p in parts if np.isfinite(p)]
    error = float(np.std(good, ddof=1)) / np.sqrt(len(good)) if len(good) > 1 else float("nan")
    return whole, float(error)


def _correlation(x: Array, y: Array, w: Weights) -> float:
    a, b = mid_ranks(x, w), mid_ranks(y, w)
    a, b = a - np.average(a, weights=w), b - np.average(b, weights=w)
    scale = float(np.sqrt(np.average(a * a, weights=w) * np.average(b * b, weights=w)))
    return float(np.average(a * b, weights=w)) / scale if scale > 0 else float("nan")
