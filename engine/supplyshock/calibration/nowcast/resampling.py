"""Weights of particles, systematic resampling, and how far an observation may go before it is left to its market."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from supplyshock_kernels.params import Array

_HALVINGS = 30


def normalised(log_weights: Array) -> Array:
    """(N,) weights that sum to 1."""
    weights = np.exp(log_weights - log_weights.max())
    scaled: Array = weights / weights.sum()
    return scaled


def effective_share(log_weights: Array) -> float:
    """1 / (N x sum of squared weights): 1 if all count alike, 1/N where one is left."""
    return float(1 / (normalised(log_weights) ** 2).sum() / len(log_weights))


def weighted_quantiles(x: Array, weights: Array, at: Sequence[float]) -> list[float]:
    """The least values that at least the given shares of the weight do not exceed."""
    order = np.argsort(x, kind="stable")
    cumulated = np.cumsum(weights[order])
    places = np.searchsorted(cumulated, np.asarray(at) * cumulated[-1])
    return [float(v) for v in x[order][np.minimum(places, len(x) - 1)]]


def resample(log_weights: Array, count: int, u: float) -> Array:
    """Systematic resampling: ``count`` paths by number, each as often as its weight says, to within one.

    ``u`` in [0, 1) decides where it begins.
    """
    cumulated = np.cumsum(normalised(log_weights))
    at = (np.arange(count) + u) / count * cumulated[-1]
    chosen: Array = np.minimum(np.searchsorted(cumulated, at, side="right"), len(cumulated) - 1)
    return chosen


def resample_in_place(log_weights: Array, u: float) -> Array:
    """(N,) the same choice, in which every path that goes on keeps its place; copies fill the places of the others."""
    n = len(log_weights)
    counts = np.bincount(resample(log_weights, n, u), minlength=n)
    chosen = np.arange(n)
    chosen[counts == 0] = np.repeat(chosen, np.maximum(counts - 1, 0))
    return chosen


def tempered_share(log_weights: Array, log_likelihood: Array, floor: float) -> float:
    """The largest power of the likelihood, up to 1, that leaves at least ``floor`` of the paths effective."""
    if effective_share(log_weights + log_likelihood) >= floor:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if effective_share(log_weights + middle * log_likelihood) >= floor:
            low = middle
        else:
            high = middle
    return low
