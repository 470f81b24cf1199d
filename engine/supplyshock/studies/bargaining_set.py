"""Where two sides may agree: cells in which both gain, those that nothing beats, and Nash's point."""

from __future__ import annotations

import numpy as np

from supplyshock_kernels.params import Array

SIGMAS = 2.0
"""A gain counts as one beyond so many standard errors."""


def both_gain(gain: Array, se: Array, sigmas: float = SIGMAS) -> Array:
    """(...) 1 where both parties gain beyond `sigmas` errors, 0 where it is open, -1 where one surely loses.

    `gain` and `se` are (2, ...). A gain of 0 without an error is no gain, and no loss.
    """
    surely = (gain > sigmas * se).all(0)
    loses = (gain < -sigmas * se).any(0)
    return np.where(surely, 1, np.where(loses, -1, 0))


def frontier(gain: Array) -> Array:
    """(...) bool: no other cell gives both parties as much and one of them more; `gain` is (2, ...)."""
    first, second = gain.reshape(2, -1)
    levels, at = np.unique(-first, return_inverse=True)  # the largest gain of the first party comes first
    best = np.full(len(levels), -np.inf)
    np.maximum.at(best, at, second)
    above = np.concatenate([[-np.inf], np.maximum.accumulate(best)[:-1]])
    return np.asarray((second >= best[at]) & (second > above[at])).reshape(gain.shape[1:])


def nash(gain: Array) -> int | None:
    """Flat index of the cell with the largest product of gains (Nash, 1950); None where nowhere both gain.

    The point of no agreement is a gain of 0 for both; `gain` is (2, ...). A product is the same in any units
    of either gain, so no worth of one side is weighed against that of the other.
    """
    flat = gain.reshape(2, -1)
    product = np.where((flat > 0).all(0), flat[0] * flat[1], -np.inf)
    best = int(np.argmax(product))
    return best if np.isfinite(product[best]) else None


def resampled(groups: Array, resamples: int = 400, seed: int = 0) -> tuple[Array, Array]:
    """(cells,) shares of bootstrap samples in which a cell is Nash's point, and in which it is on the frontier.

    They say how far the choice of cells is luck. `groups` (G, 2, cells) are mean gains in groups of paths; whole
    groups are drawn with replacement.
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
