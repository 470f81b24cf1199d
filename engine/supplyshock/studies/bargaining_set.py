"""The bargaining set of two sides: cells in which both gain, the efficient frontier, and the Nash point."""

from __future__ import annotations

import numpy as np

from supplyshock_kernels.params import Array

SIGMAS = 2.0
"""Standard errors beyond which a gain counts as one."""


def both_gain(gain: Array, se: Array, sigmas: float = SIGMAS) -> Array:
    """(...) 1 if both parties gain beyond `sigmas` errors, -1 if one loses beyond them, else 0.

    `gain` and `se` are (2, ...). A gain of exactly 0 is neither a gain nor a loss.
    """
    surely = (gain > sigmas * se).all(0)
    loses = (gain < -sigmas * se).any(0)
    return np.where(surely, 1, np.where(loses, -1, 0))


def frontier(gain: Array) -> Array:
    """(...) bool: no other cell is as good for both parties and better for one; `gain` is (2, ...)."""
    first, second = gain.reshape(2, -1)
    levels, at = np.unique(-first, return_inverse=True)  # the largest gain of the first party comes first
    best = np.full(len(levels), -np.inf)
    np.maximum.at(best, at, second)
    above = np.concatenate([[-np.inf], np.maximum.accumulate(best)[:-1]])
    return np.asarray((second >= best[at]) & (second > above[at])).reshape(gain.shape[1:])


def nash(gain: Array) -> int | None:
    """Flat index of the cell with the largest product of gains (Nash, 1950); None if nowhere both gain.

    The disagreement point is a gain of 0 for both; `gain` is (2, ...). The product does not depend on
    the units of either gain, so the gains of the two sides need no common value.
    """
    flat = gain.reshape(2, -1)
    product = np.where((flat > 0).all(0), flat[0] * flat[1], -np.inf)
    best = int(np.argmax(product))
    return best if np.isfinite(product[best]) else None


def resampled(groups: Array, resamples: int = 400, seed: int = 0) -> tuple[Array, Array]:
    """(cells,) shares of bootstrap samples in which a cell is the Nash point, and in which it is on the frontier.

    They measure the Monte Carlo error of the choice of cells. `groups` (G, 2, cells) are mean gains in groups of paths;
    whole groups are drawn with replacement.
    """
    chosen, front = np.zeros(groups.shape[2]), np.zeros(groups.shape[2])
    groups = groups[np.isfinite(groups).all((1, 2))]
    random = np.random.Generator(np.random.Philox(seed))
    for _ in range(resamples if len(groups) > 1 else 0):
        mean = groups[random.integers(0, len(groups), len(groups))].mean(0)
        front += frontier(mean)
        if (best := nash(mean)) is not None:
            chosen[best] += 1
    return chosen / resamples, front / resamples
