"""Uncertain parameters of resampled paths move a little, without drift: a kernel with shrinkage.

Liu and West, "Combined parameter and state estimation in simulation-based filtering", 2001: each value is drawn towards
the mean by as much as the noise widens the spread, so mean and covariance of the ensemble stay.
"""

from __future__ import annotations

import numpy as np

from supplyshock_kernels.params import Array, Priors

DISCOUNT = 0.99
SHRINKAGE = (3 * DISCOUNT - 1) / (2 * DISCOUNT)
_ROUNDS = 3


def jitter(theta: Array, priors: Priors, rng: np.random.Generator) -> Array:
    """(P, N) the parameters after one move, within the ranges of their priors.

    A prior is normal in its logs, or as it is; there the kernel moves, and parameters that are drawn together stay
    together. The mean and the spread are corrected for the part that the ends of a range cut off.
    """
    x = _to_normal(np.asarray(theta, np.float64), priors)
    low, high = (_to_normal(end[:, None], priors) for end in (np.asarray(priors.low), np.asarray(priors.high)))
    mean, sd = x.mean(1, keepdims=True), x.std(1, keepdims=True)
    values, vectors = np.linalg.eigh(np.cov(x))
    noise = vectors @ (np.sqrt(np.maximum(values, 0.0))[:, None] * rng.standard_normal(x.shape))
    moved = SHRINKAGE * x + (1 - SHRINKAGE) * mean + np.sqrt(1 - SHRINKAGE**2) * noise
    for _ in range(_ROUNDS):
        now = moved.std(1, keepdims=True)
        scale = np.divide(sd, now, out=np.ones_like(sd), where=now > 0)
        moved = np.clip(mean + (moved - moved.mean(1, keepdims=True)) * scale, low, high)
    back = np.where(np.asarray(priors.lognormal)[:, None] > 0.5, np.exp(moved), moved)
    within: Array = np.clip(back, np.asarray(priors.low)[:, None], np.asarray(priors.high)[:, None])
    return within.astype(theta.dtype)


def _to_normal(x: Array, priors: Priors) -> Array:
    lognormal = np.asarray(priors.lognormal)[:, None] > 0.5
    return np.where(lognormal, np.log(np.where(lognormal, x, 1.0)), x)
