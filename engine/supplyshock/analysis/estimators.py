"""Means and shares with standard errors, of paths that count alike or by a weight.

Paths are independent draws, so a standard error shrinks as ``1 / sqrt(n)``. Paths of a run with importance sampling
have weights: the density of the target distribution over that of the proposal, known up to a factor. Estimates with
weights are self-normalised, ``sum(w x) / sum(w)``, with the errors of the delta method (Owen, Monte Carlo theory,
methods and examples, 2013, chapter 9). Equal weights give what no weights give.
"""

from __future__ import annotations

from math import nan, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
Weights = Array | None
"""(n,) weights above or equal to 0, or None if all paths count alike."""


ROUNDING = 1e-12
"""A share of the weight that is nothing: sums of weights depend on their order in the last digits."""


class Estimate(NamedTuple):
    """A figure and its standard error, in the units of the values."""

    value: float
    se: float


class WeightSums(NamedTuple):
    """Some paths, counted: ``sum(w)`` and ``sum(w^2)``; where all count alike, both are their number."""

    weight: float
    square: float

    @classmethod
    def of(cls, w: Array) -> WeightSums:
        """Of paths with these weights."""
        return cls(float(w.sum()), float((w * w).sum()))


def weights_of(log_weight: Array) -> Array:
    """Weights with a mean of 1 from their logarithms, float64. Raises `ValueError` for NaN and infinity."""
    logs = np.asarray(log_weight, np.float64)
    top = float(np.max(logs))
    if not np.isfinite(top):
        raise ValueError(f"log weights: expected finite numbers or -inf, got {top}")
    w = np.exp(logs - top)
    return np.asarray(w / w.mean())


def effective_paths(w: Array) -> float:
    """How many paths of equal weight a mean would be as sure with: ``sum(w)^2 / sum(w^2)`` (Kish, 1965)."""
    mass = WeightSums.of(w)
    return mass.weight**2 / mass.square


def mean(x: Array, w: Weights = None) -> Estimate:
    """Mean and ``sd / sqrt(n)``; the error of a single path is NaN. Raises `ValueError` for no values."""
    n = count(x)
    with np.errstate(invalid="ignore", over="ignore"):  # the mean of infinite values has no error
        if w is not None:
            value, x = float(np.average(x, weights=w)), influence(x, w)
        else:
            value = float(np.mean(x, dtype=np.float64))
        spread = float(np.std(x, ddof=1, dtype=np.float64)) if n > 1 else nan
    return Estimate(value, spread / sqrt(n))


def influence(x: Array, w: Weights) -> Array:
    """(n,) what each path adds to the mean, up to a constant: the error of their plain mean is that of the mean."""
    if w is None:
        return np.asarray(x, np.float64)
    centre = np.average(x, weights=w)
    return np.asarray(w * (x - centre) / w.mean() + centre)


def share(hits: int, n: float) -> Estimate:
    """Share ``hits / n`` of paths that count alike.

    The error is that of the Jeffreys estimate ``p = (hits + 1/2) / (n + 1)``, ``sqrt(p (1 - p) / n)``: what
    was never seen in n paths still has one, about ``0.7 / n``. Raises `ValueError` unless 0 <= hits <= n > 0.
    """
    if n < 1 or not 0 <= hits <= n:
        raise ValueError(f"hits of n paths: expected 0 <= hits <= n and n > 0, got {hits} of {n}")
    return Estimate(hits / n, _jeffreys(hits, n))


def _jeffreys(hits: float, n: float) -> float:
    p = (hits + 0.5) / (n + 1)
    return sqrt(p * (1 - p) / n)


def share_of(hits: WeightSums, everything: WeightSums) -> Estimate:
    """Share of the weight; as `share` where all count alike.

    An event that was never or always observed has the error that it would have in as many effective paths.
    """
    if hits.weight == hits.square and everything.weight == everything.square:
        return share(round(hits.weight), everything.weight)
    p, effective = min(hits.weight / everything.weight, 1.0), everything.weight**2 / everything.square
    if min(p, 1 - p) < ROUNDING:
        p = float(round(p))
        return Estimate(p, _jeffreys(p * effective, effective))
    squares = (1 - p) ** 2 * hits.square + p**2 * (everything.square - hits.square)
    return Estimate(p, sqrt(squares) / everything.weight)


def event_share(happened: npt.NDArray[np.bool_], w: Weights = None) -> Estimate:
    """The share of paths on which something happened."""
    if w is None:
        return share(int(np.count_nonzero(happened)), len(happened))
    return share_of(WeightSums.of(w[happened]), WeightSums.of(w))


def count(x: Array) -> int:
    """The number of values. Raises `ValueError` for none and for more than one dimension."""
    if x.ndim != 1 or not x.size:
        raise ValueError(f"values: expected one dimension and one path at least, got the shape {x.shape}")
    return int(x.size)
