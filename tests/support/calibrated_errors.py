"""Whether an estimate's own standard error is right, seen over many samples."""

from __future__ import annotations

from math import sqrt

import numpy as np

SAMPLES, SIGMAS = 400, 5.0


def is_calibrated(z: np.ndarray, bias: float = 0.1, noise: float = 0.0) -> bool:
    """Scores have mean 0 and variance 1.

    `bias` allows for what shrinks faster than the error (1 / n against 1 / sqrt(n)), `noise` for the relative
    variance that a noisy error adds to the scores.
    """
    centred = abs(z.mean()) < SIGMAS / sqrt(SAMPLES) + bias
    low, high = 1 - SIGMAS * sqrt(2 / SAMPLES), (1 + SIGMAS * sqrt(2 / SAMPLES)) * (1 + noise)
    return bool(centred and low < z.var() < high)
