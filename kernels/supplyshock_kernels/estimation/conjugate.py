"""Conjugate posteriors of rates and shares, with their central 90 % intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scipy.stats import beta, gamma

TAILS = (0.05, 0.95)


class Posterior(NamedTuple):
    """A mean and its central 90 % interval."""

    mean: float
    low: float
    high: float


def rate(events: float, years: float, prior_events: float, prior_years: float) -> Posterior:
    """Posterior of a yearly Poisson rate after `events` in `years`, from a Gamma prior (shape, rate in years)."""
    shape, scale = events + prior_events, 1 / (years + prior_years)
    return Posterior(shape * scale, *(float(q) for q in gamma.ppf(TAILS, shape, scale=scale)))


def shares(counts: Sequence[float], prior: Sequence[float]) -> list[Posterior]:
    """Posterior of shares that sum to 1, from a Dirichlet prior."""
    weights = [c + p for c, p in zip(counts, prior, strict=True)]
    total = sum(weights)
    return [Posterior(w / total, *(float(q) for q in beta.ppf(TAILS, w, total - w))) for w in weights]
