"""Tail figures of paths with different weights: none from fewer than a hundred effective paths."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

from ..estimators import Array, Estimate, Weights, effective_paths
from ..risk_measures import cvar, quantiles

LEAST = 100.0
"""Effective paths beyond a quantile, on the side that has fewer."""
NONE = Estimate(nan, nan)


def supported_quantiles(x: Array, probabilities: Sequence[float], w: Weights) -> list[Estimate]:
    """`risk.quantiles`; NaN if a run with weights has too few paths beyond."""
    estimates = quantiles(x, probabilities, w)
    return [e if supported(x, e.value, q, w) else NONE for e, q in zip(estimates, probabilities, strict=True)]


def supported_cvar(x: Array, level: float, w: Weights) -> Estimate:
    """`risk.cvar`; NaN if a run with weights has too few paths beyond."""
    if w is None or supported(x, quantiles(x, [level], w)[0].value, level, w):
        return cvar(x, level, w)
    return NONE


def supported(x: Array, t: float, q: float, w: Weights) -> bool:
    """Whether enough paths lie beyond the quantile ``t`` of ``q``, on the side that has fewer."""
    if w is None:
        return True
    beyond = w[x >= t] if q >= 0.5 else w[x <= t]
    return bool(beyond.sum() > 0 and effective_paths(beyond) >= LEAST)
