"""Losses as a function of the elasticity of substitution, the unknown parameter that losses depend on most."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.estimators import Weights, mean
from ...analysis.path_values import Array, path_column, path_weights
from ...analysis.risk_measures import quantiles
from ...calibration.backtest.loss_curve import PUBLISHED

if TYPE_CHECKING:
    import xarray as xr

GROUPS, LEAST = 10, 50
"""Largest number of groups of paths by elasticity, of about equal size; smallest size of a group."""
BAND = (0.05, 0.95)


def published() -> list[dict[str, Any]]:
    """Elasticities from the literature, with their ranges."""
    return [{"central": e.central, "low": e.low, "high": e.high, "what": e.what} for e in PUBLISHED]


def along_elasticity(outcomes: xr.Dataset, scenario: str) -> dict[str, Any]:
    """Party: mean elasticity of each group, and the mean loss in it with its error and band, bn USD.

    Empty for a party without groups: too few paths, or an elasticity that is not drawn.
    """
    one = outcomes.sel(scenario=scenario)
    w = path_weights(one)
    elasticity = path_column(one["theta"].sel(parameter="substitution"), lambda x: x)
    loss = path_column(one["loss_usd_bn"].transpose("path", "party", "sector"), lambda x: x.sum(2))
    parties = [str(p) for p in outcomes["party"].values]
    return {p: _curve(elasticity, loss[:, i], w) for i, p in enumerate(parties)}


def _curve(x: Array, y: Array, w: Weights) -> dict[str, list[float]]:
    ends = np.unique(np.quantile(x, np.linspace(0, 1, min(GROUPS, len(x) // LEAST) + 1)))
    curve: dict[str, list[float]] = {key: [] for key in ("at", "mean", "se", "low", "high")}
    for a, b in pairwise(ends):
        inside = (x >= a) & (x <= b if b == ends[-1] else x < b)
        v = None if w is None else w[inside]
        low, high = quantiles(y[inside], BAND, v)
        middle = mean(y[inside], v)
        for key, value in zip(curve, (mean(x[inside], v).value, *middle, low.value, high.value), strict=True):
            curve[key].append(float(value))
    return curve
