"""Risk measures of a sample of independent paths, each with its standard error."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Estimate(NamedTuple):
    """A number and its standard error, in the units of the sample; NaN where it cannot be had."""

    value: float
    se: float


def mean(x: Array) -> Estimate:
    """Sample mean of (N,)."""
    return Estimate(float(x.mean(dtype=np.float64)), _se(x))


def probability(hit: Array) -> Estimate:
    """Share of paths (N,) bool on which something happened, with its binomial standard error."""
    p = float(np.mean(hit))
    return Estimate(p, float(np.sqrt(p * (1 - p) / max(len(hit) - 1, 1))))


def quantile(x: Array, probability: float) -> Estimate:
    """Quantile of (N,), its standard error from the order statistics one binomial SD away.

    Half the distance between the order statistics of rank ``N p -+ sqrt(N p (1 - p))``
    (Serfling, Approximation Theorems of Mathematical Statistics, 1980, section 2.6).
    """
    n = len(x)
    spread = np.sqrt(n * probability * (1 - probability))
    low = int(np.clip(np.floor(n * probability - spread), 0, n - 1))
    high = int(np.clip(np.ceil(n * probability + spread), 0, n - 1))
    ordered = np.partition(x, (low, high))
    value = float(np.quantile(x, probability))
    return Estimate(value, float(ordered[high] - ordered[low]) / 2 if n > 1 else float("nan"))


def cvar(x: Array, level: float = 0.95) -> Estimate:
    """Mean of the worst ``1 - level`` of (N,), larger being worse (expected shortfall).

    Estimated by ``q + mean(max(x - q, 0)) / (1 - level)`` at the sample quantile q; its standard error
    from the influence function, the standard deviation of ``max(x - q, 0) / (1 - level)`` over root N
    (Rockafellar and Uryasev, 2002; Manistre and Hancock, 2005).
    """
    q = float(np.quantile(x, level))
    excess = np.maximum(np.asarray(x, np.float64) - q, 0.0) / (1 - level)
    return Estimate(q + float(excess.mean()), _se(excess))


def paired(x: Array, y: Array) -> tuple[Estimate, float]:
    """(mean of ``x - y`` path by path, its standard error without the pairing)."""
    difference = np.asarray(x, np.float64) - np.asarray(y, np.float64)
    return mean(difference), float(np.hypot(_se(x), _se(y)))


def _se(x: Array) -> float:
    if len(x) < 2:
        return float("nan")
    return float(np.std(x, ddof=1, dtype=np.float64) / np.sqrt(len(x)))
