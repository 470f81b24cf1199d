"""How well samples forecast an observed number: bands, CRPS, and two naive forecasts to beat."""

from __future__ import annotations

import numpy as np

from supplyshock_kernels.params import WEEKS_PER_YEAR, Array

from .observation_operators import SimulatedView

BANDS = {50: (0.25, 0.75), 80: (0.1, 0.9), 90: (0.05, 0.95)}
"""Quantiles at the ends of a central band, by its probability in percent."""
SMALLEST_RATIO = 0.01
"""Smallest ratio in logs: trade that stops is 1 % of normal."""
WALK_VOLATILITY = 0.24
"""Yearly log volatility of the random walk: mean of Dy, La, Nd, Pr and Tb in quiet windows, 22 to 26 % (Kroos,
"Rare Earth Elements Supply and Financial Markets", 2025; price_volatility.csv)."""
WALKS = 2_000


def crps(samples: Array, observed: float) -> float:
    """Continuous ranked probability score of an ensemble, in the unit of the samples; 0 is perfect.

    ``E|X - y| - E|X - X'|/2``, with the fair ``n (n - 1)`` for pairs (Ferro, "Fair scores for ensemble forecasts",
    2014). A single sample gives the absolute error.
    """
    x = np.sort(np.asarray(samples, np.float64))
    n = len(x)
    error = float(np.abs(x - observed).mean())
    if n < 2:
        return error
    pairs = float((x * (2.0 * np.arange(1, n + 1) - n - 1)).sum()) * 2.0 / (n * (n - 1.0))
    return error - pairs / 2.0


def log_crps(samples: Array, observed: float) -> float:
    """The same of logs: .1 is an error of about 10 %."""
    return crps(np.log(np.maximum(samples, SMALLEST_RATIO)), float(np.log(max(observed, SMALLEST_RATIO))))


def pit(samples: Array, observed: float) -> float:
    """Probability integral transform: the share of samples below the observed number, ties by half."""
    return float((samples < observed).mean() + (samples == observed).mean() / 2.0)


def no_change(view: SimulatedView) -> SimulatedView:
    """Nothing moves from the start on."""
    still = {key: np.full((len(x), 1), view.begin[key]) for key, x in view.series.items()}
    return SimulatedView(view.start, still, view.begin, {})


def random_walk(view: SimulatedView, seed: int, paths: int = WALKS) -> SimulatedView:
    """A lognormal random walk without drift from the start, one of its own for each series."""
    rng = np.random.default_rng(seed)
    step = WALK_VOLATILITY / np.sqrt(WEEKS_PER_YEAR)
    walks = {
        key: view.begin[key] * np.exp(step * rng.standard_normal((len(x), paths)).cumsum(0))
        for key, x in sorted(view.series.items())
    }
    return SimulatedView(view.start, walks, view.begin, {})
