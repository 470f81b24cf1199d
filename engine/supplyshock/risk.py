"""Risk measures with standard errors: means, shares, quantiles, tail means, paired differences.

Every function takes the values of all paths in one dimension and loads nothing else. Paths are independent
draws, so a standard error shrinks as ``1 / sqrt(n)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, nan, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]


class Estimate(NamedTuple):
    """A figure and its standard error, in the units of the values."""

    value: float
    se: float


def mean(x: Array) -> Estimate:
    """Mean and ``sd / sqrt(n)``; the error of a single path is NaN. Raises `ValueError` for no values."""
    n = _count(x)
    spread = float(np.std(x, ddof=1, dtype=np.float64)) if n > 1 else nan
    return Estimate(float(np.mean(x, dtype=np.float64)), spread / sqrt(n))


def share(hits: int, n: int) -> Estimate:
    """Share ``hits / n`` of paths.

    The error is that of the Jeffreys estimate ``p = (hits + 1/2) / (n + 1)``, ``sqrt(p (1 - p) / n)``: what
    was never seen in n paths still has one, about ``0.7 / n``. Raises `ValueError` unless 0 <= hits <= n > 0.
    """
    if n < 1 or not 0 <= hits <= n:
        raise ValueError(f"hits of n paths: expected 0 <= hits <= n and n > 0, got {hits} of {n}")
    p = (hits + 0.5) / (n + 1)
    return Estimate(hits / n, sqrt(p * (1 - p) / n))


def quantiles(x: Array, probabilities: Sequence[float]) -> list[Estimate]:
    """The order statistics ``x[ceil(n q)]`` and half the width of their one-sigma rank interval.

    The number of paths below the true quantile is binomial, so that quantile lies between the order
    statistics of ranks ``n q -+ sqrt(n q (1 - q))`` with the coverage of one sigma: half the distance is
    the error, without an estimate of the density (David and Nagaraja, Order Statistics, 7.1). It is 0 on an
    atom, such as the paths without any loss. Raises `ValueError` for no values, NaN, or q outside (0, 1).
    """
    n = _count(x)
    if not all(0 < q < 1 for q in probabilities):
        raise ValueError(f"probabilities: expected numbers between 0 and 1, got {list(probabilities)}")
    ranks = [_ranks(n, q) for q in probabilities]
    part = np.partition(x, sorted({r for three in ranks for r in three}))
    _refuse_nan(part)
    return [Estimate(float(part[at]), float(part[high] - part[low]) / 2) for low, at, high in ranks]


def quantile(x: Array, q: float) -> Estimate:
    """One of `quantiles`."""
    return quantiles(x, [q])[0]


def _ranks(n: int, q: float) -> tuple[int, int, int]:
    """Positions, from 0, of the lower end, the quantile itself and the upper end."""
    width = sqrt(n * q * (1 - q))
    low, at, high = (ceil(r - 1e-9) - 1 for r in (n * q - width, n * q, n * q + width))
    return max(0, low), min(max(0, at), n - 1), min(n - 1, max(high, 0))


def cvar(x: Array, level: float = 0.95) -> Estimate:
    """Mean of the worst (largest) ``1 - level`` of the values, also called expected shortfall.

    ``t + mean(max(x - t, 0)) / (1 - level)`` at ``t`` the `level` quantile (Rockafellar and Uryasev, 2000),
    which minimises it: the error of t enters in second order only, so the standard error is that of the mean
    of `cvar_influence` (Trindade, Uryasev, Shapiro and Zrazhevsky, 2007). Raises as `quantiles` does.
    """
    return mean(cvar_influence(x, level))


def cvar_influence(x: Array, level: float = 0.95) -> Array:
    """What each path adds to the tail mean: ``t + max(x - t, 0) / (1 - level)``, float64; their mean is it.

    Differences of these on the same paths give the error of a difference between two tail means.
    """
    t = quantile(x, level).value
    out = np.subtract(x, t, dtype=np.float64)
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
        """How many times smaller the error is for pairing; NaN where the difference has none."""
        return self.unpaired_se / self.se if self.se > 0 else nan


def paired(base: Array, other: Array) -> Paired:
    """Mean of ``other - base`` path by path, its standard error, and that of two independent runs.

    Raises `ValueError` unless both have the same number of paths, one at least.
    """
    if len(base) != len(other):
        raise ValueError(f"paths: expected as many in both scenarios, got {len(base)} and {len(other)}")
    value, se = mean(np.subtract(other, base, dtype=np.float64))
    return Paired(value, se, float(np.hypot(mean(base).se, mean(other).se)))


def _count(x: Array) -> int:
    if x.ndim != 1 or not x.size:
        raise ValueError(f"values: expected one dimension and one path at least, got the shape {x.shape}")
    return int(x.size)


def _refuse_nan(part: Array) -> None:
    """NaN sorts last, so a partition shows it at the end of its highest part."""
    if np.isnan(part.max()):
        raise ValueError("values: expected numbers, got NaN")
