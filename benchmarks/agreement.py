"""How far two backends are apart on the same paths."""

from __future__ import annotations

import numpy as np

from supplyshock_kernels.outputs import Observed, outcome_rows
from supplyshock_kernels.params import Params

DISCRETE = ("regime_end", "weeks_in_regime", "deal_week", "rift_week", "actions")
CLOSE = ("peak_price_ratio", "peak_paid_price_ratio", "loss_usd_bn", "theta")
TOLERANCE, APART, DIVERGED = 1e-3, 1e-3, 2e-3
"""Relative difference of an outcome that 99 of 100 paths stay below; at which a path counts as diverged, as it does
when a discrete event differs; share of paths that may be. A threshold that rounding decides moves a path for good."""


def apart(params: Params, a: Observed, b: Observed) -> tuple[int, dict[str, float]]:
    """(paths that diverge, relative difference of each outcome that 99 of 100 paths stay below)."""
    paths = a.outcomes.shape[1]
    off = {name: distance(params, a, b, name).reshape(-1, paths).max(0) for name in CLOSE}
    events = np.any([differs(params, a, b, name).any(0) for name in DISCRETE], axis=0)
    diverged = events | np.any([d > APART for d in off.values()], axis=0)
    return int(diverged.sum()), {name: float(np.quantile(d, 0.99)) for name, d in off.items()}


def rows(params: Params, o: Observed, name: str) -> np.ndarray:
    row = next(r for r in outcome_rows(params) if r.name == name)
    return o.outcomes[row.start : row.stop]


def differs(params: Params, a: Observed, b: Observed, name: str) -> np.ndarray:
    x, y = rows(params, a, name), rows(params, b, name)
    return (x != y) & ~(np.isnan(x) & np.isnan(y))


def distance(params: Params, a: Observed, b: Observed, name: str) -> np.ndarray:
    x, y = rows(params, a, name), rows(params, b, name)
    return np.abs(x - y) / (0.1 + np.abs(y))
