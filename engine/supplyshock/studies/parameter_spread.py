"""The spread of means over draws of parameters, split into parameter uncertainty and Monte Carlo noise.

All draws use common random numbers, so noise that moves all means alike adds no spread. The rest shows in groups of
paths: the interaction of draws and groups is noise (a two-way analysis of variance without replication).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from supplyshock_kernels.params import Array

QUANTILES = (0.05, 0.5, 0.95)
ROUNDING = 1e-13
"""Noise below this share of the numbers is rounding."""


class Spread(NamedTuple):
    """Statistics over draws; every field has the shape (...) of the means of one draw."""

    mean: Array
    sd: Array
    """Over the draws, noise included; n - 1 in the denominator."""
    noise: Array
    """The sd over draws if all had the same true mean; NaN from a single group."""
    parameter_sd: Array
    """`sd` without the noise; 0 if the noise is as large."""
    quantile: Array
    """(len(QUANTILES), ...), noise included."""


def spread(means: Array, groups: Array) -> Spread:
    """From means (D, ...) under D draws, and the means of G groups of paths (D, G, ...) up to a shift of each group."""
    sd = means.std(0, ddof=1)
    noise_sd = noise(groups)
    return Spread(
        mean=means.mean(0),
        sd=sd,
        noise=noise_sd,
        parameter_sd=np.sqrt(np.maximum(sd**2 - noise_sd**2, 0.0)),
        quantile=np.quantile(means, QUANTILES, axis=0),
    )


def noise(groups: Array) -> Array:
    """The sd over draws from Monte Carlo noise: the interaction of draws and groups, for the mean of all groups."""
    d, g = groups.shape[:2]
    if g < 2:
        return np.full(groups.shape[2:], np.nan)
    centred = groups - groups.mean(0)  # removes the noise common to all draws
    interaction = centred - centred.mean(1, keepdims=True)
    sd = np.sqrt((interaction**2).sum((0, 1)) / ((d - 1) * (g - 1)) / g)
    return np.where(sd > ROUNDING * np.abs(groups).max((0, 1)), sd, 0.0)


def group_error(groups: Array) -> Array:
    """Standard error (D, ...) of the mean of G groups (D, G, ...); NaN from a single group."""
    g = groups.shape[1]
    if g < 2:
        return np.full((groups.shape[0], *groups.shape[2:]), np.nan)
    return np.asarray(groups.std(1, ddof=1) / np.sqrt(g))


def same_sign(differences: Array, today: Array) -> Array:
    """Number of draws whose difference (D, ...) has the sign of the difference today (...)."""
    return np.asarray((np.sign(differences) == np.sign(today)).sum(0))
