"""How far means spread over draws of parameters, and how much of that is only luck of the paths.

All draws share their paths, so the luck that moves all of them alike makes no spread. What is left is seen in groups
of paths: each group gives every draw a mean of its own, and where draws part differently in different groups, that is
luck (a two-way analysis of variance, draws by groups, without replication).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from supplyshock_kernels.params import Array

QUANTILES = (0.05, 0.5, 0.95)
ROUNDING = 1e-13
"""Noise this small beside the numbers is rounding."""


class Spread(NamedTuple):
    """Of one number a draw; every part has the shape (...) of what is looked at."""

    mean: Array
    sd: Array
    """Over the draws, noise included; n - 1 in the denominator."""
    noise: Array
    """The sd that draws would show if they had one and the same true mean. NaN from a single group."""
    parameter_sd: Array
    """What is left of `sd` without the noise; 0 where the noise is as large."""
    quantile: Array
    """(len(QUANTILES), ...), noise included."""


def spread(means: Array, groups: Array) -> Spread:
    """From means (D, ...) under D draws, and the means of G groups of paths (D, G, ...) up to a shift of each group."""
    sd = means.std(0, ddof=1)
    found = noise(groups)
    return Spread(
        mean=means.mean(0),
        sd=sd,
        noise=found,
        parameter_sd=np.sqrt(np.maximum(sd**2 - found**2, 0.0)),
        quantile=np.quantile(means, QUANTILES, axis=0),
    )


def noise(groups: Array) -> Array:
    """The sd over draws that luck alone makes: the interaction of draws and groups, for the mean of all groups."""
    d, g = groups.shape[:2]
    if g < 2:
        return np.full(groups.shape[2:], np.nan)
    centred = groups - groups.mean(0)  # the luck that all draws share
    left = centred - centred.mean(1, keepdims=True)
    found = np.sqrt((left**2).sum((0, 1)) / ((d - 1) * (g - 1)) / g)
    return np.where(found > ROUNDING * np.abs(groups).max((0, 1)), found, 0.0)


def group_error(groups: Array) -> Array:
    """Standard error (D, ...) of the mean of G groups (D, G, ...); NaN from a single group."""
    g = groups.shape[1]
    if g < 2:
        return np.full((groups.shape[0], *groups.shape[2:]), np.nan)
    return np.asarray(groups.std(1, ddof=1) / np.sqrt(g))


def same_sign(differences: Array, today: Array) -> Array:
    """In how many of the D draws (D, ...) a difference has the sign it has today (...); whole numbers."""
    return np.asarray((np.sign(differences) == np.sign(today)).sum(0))
