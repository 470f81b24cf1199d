"""Risk measures with standard errors: quantiles, tail means, paired differences.

Every function takes the values of all paths in one dimension, and their weights where they do not count alike
(`estimates`), and loads nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, nan, sqrt
from typing import NamedTuple

import numpy as np

from .estimators import (
    Array,
    Estimate,
    Weights,
    WeightSums,
    count,
    effective_paths,
    event_share,
    influence,
    mean,
    share,
    share_of,
)

__all__ = [
    "Array",
    "Estimate",
    "Paired",
    "WeightSums",
    "Weights",
    "cvar",
    "cvar_influence",
    "effective_paths",
    "event_share",
    "grouped_quantiles",
    "mean",
    "paired",
    "quantile",
    "quantiles",
    "rank_interval",
    "share",
    "share_of",
    "tail_terms",
]


def quantiles(x: Array, probabilities: Sequence[float], w: Weights = None) -> list[Estimate]:
    """The order statistics ``x[ceil(n q)]`` and half the width of their one-sigma rank interval.

    The number of paths below the true quantile is binomial, so that quantile lies between the order
    statistics of ranks ``n q -+ sqrt(n q (1 - q))`` with the coverage of one sigma: half the distance is
    the error, without an estimate of the density (David and Nagaraja, Order Statistics, 7.1). It is 0 on an
    atom, such as the paths without any loss. NaN if a value is not finite, as the mean is. Raises `ValueError`
    for no values, or q outside (0, 1).
    """
    n = count(x)
    _check(probabilities)
    if not np.isfinite(x).all():
        return [Estimate(nan, nan)] * len(probabilities)
    if w is not None:
        return grouped_quantiles(x, w, w * w, probabilities)
    ranks = [rank_interval(n, q) for q in probabilities]
    part = np.partition(x, sorted({r for three in ranks for r in three}))
    return [Estimate(float(part[at]), float(part[high] - part[low]) / 2) for low, at, high in ranks]


def quantile(x: Array, q: float, w: Weights = None) -> Estimate:
    """The quantile at probability `q` with its standard error, as `quantiles` gives it."""
    return quantiles(x, [q], w)[0]


def rank_interval(n: int, q: float) -> tuple[int, int, int]:
    """Positions, from 0, of the lower end, the quantile itself and the upper end."""
    width = sqrt(n * q * (1 - q))
    low, at, high = (ceil(r - 1e-9) - 1 for r in (n * q - width, n * q, n * q + width))
    return max(0, low), min(max(0, at), n - 1), min(n - 1, max(high, 0))


def grouped_quantiles(x: Array, weight: Array, square: Array, probabilities: Sequence[float]) -> list[Estimate]:
    """`quantiles` of values that stand for paths with a ``sum(w)`` of `weight` and a ``sum(w^2)`` of `square` each.

    The share of weight below the true quantile has the variance ``((1 - q)^2 B + q^2 A) / sum(w)^2``, with B
    and A the sums of squares below and above it: the quantiles one sigma to either side are the interval.
    """
    _check(probabilities)
    order = np.argsort(x, kind="stable")
    order = order[weight[order] > 0]
    ordered = x[order]
    upto, squares = (np.cumsum(m[order], dtype=np.float64) for m in (weight, square))
    upto /= upto[-1]

    def at(q: float) -> float:
        return float(ordered[min(int(np.searchsorted(upto, q - 1e-12)), len(ordered) - 1)])

    estimates = []
    for q in probabilities:
        below = float(np.interp(q, upto, squares, left=squares[0] * q / upto[0]))
        spread = (1 - q) ** 2 * below + q**2 * (squares[-1] - below)
        sigma = sqrt(spread) / float(np.sum(weight, dtype=np.float64))
        estimates.append(Estimate(at(q), (at(q + sigma) - at(q - sigma)) / 2))
    return estimates


def cvar(x: Array, level: float = 0.95, w: Weights = None) -> Estimate:
    """Mean of the worst (largest) ``1 - level`` of the values, also called expected shortfall.

    ``t + mean(max(x - t, 0)) / (1 - level)`` at ``t`` the `level` quantile (Rockafellar and Uryasev, 2000),
    which minimises it: the error of t enters in second order only, so the standard error is that of the mean
    of `cvar_influence` (Trindade, Uryasev, Shapiro and Zrazhevsky, 2007). Raises as `quantiles` does.
    """
    return mean(cvar_influence(x, level, w), w)


def cvar_influence(x: Array, level: float = 0.95, w: Weights = None) -> Array:
    """What each path adds to the tail mean: ``t + max(x - t, 0) / (1 - level)``, float64; their mean is it.

    Differences of these on the same paths give the error of a difference between two tail means.
    """
    return tail_terms(x, quantile(x, level, w).value, level)


def tail_terms(x: Array, t: float, level: float) -> Array:
    """`cvar_influence` at a quantile `t` that is known: ``t + max(x - t, 0) / (1 - level)``, float64."""
    out = np.subtract(x, t, dtype=np.float64)  # NaN throughout where a value is not finite
    np.maximum(out, 0, out=out)
    out /= 1 - level
    out += t
    return out


class Paired(NamedTuple):
    """A difference of two scenarios on the same paths."""

    value: float
    se: float
    unpaired_se: float
    """The error had the scenarios been run on different random numbers."""

    @property
    def gain(self) -> float:
        """How many times smaller the error is for pairing; NaN if the difference has none."""
        return self.unpaired_se / self.se if self.se > 0 else nan


def paired(base: Array, other: Array, w: Weights = None, w_other: Weights = None) -> Paired:
    """Mean of ``other - base`` path by path, its standard error, and that of two independent runs.

    A path may have another weight in either scenario. Raises `ValueError` unless both have the same number of
    paths, one at least.
    """
    if len(base) != len(other):
        raise ValueError(f"paths: expected as many in both scenarios, got {len(base)} and {len(other)}")
    with np.errstate(invalid="ignore"):  # what is infinite in both has no difference
        difference = np.subtract(influence(other, w_other), influence(base, w))
    value, se = mean(difference)
    first, second = mean(base, w), mean(other, w_other)
    if w is not None or w_other is not None:
        value = second.value - first.value
    return Paired(value, se, float(np.hypot(first.se, second.se)))


def _check(probabilities: Sequence[float]) -> None:
    if not all(0 < q < 1 for q in probabilities):
        raise ValueError(f"probabilities: expected numbers between 0 and 1, got {list(probabilities)}")
