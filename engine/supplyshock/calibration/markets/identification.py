"""What the targets say of each parameter at the best point: standard errors, and a profile.

The sum of squared residuals is minus twice a log posterior. Its curvature (Gauss-Newton, from central differences on
common random numbers) gives standard errors: those of the targets alone say what they identify, those with the prior
go into the laws of the scenarios. The profile moves a parameter to each end of its range, lets the others follow as
the curvature says, and simulates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from supplyshock_kernels.params import Array

from ...common.progress import Progress
from ..parameter_posterior import Posterior
from .free_parameters import FreeParameter
from .objective import Objective, Trial

SIDE = 0.08
"""Step of the differences, of a range of 1: wide enough for paths that tip over."""
CHI2 = 3.84
"""95 % point of chi-squared with one degree of freedom."""


class Identified(NamedTuple):
    """What is known of one free parameter."""

    name: str
    start: float
    best: float
    low: float
    high: float
    se: float
    """Posterior standard error: targets, drift and prior."""
    shrink: float
    """Posterior over prior standard deviation; 1: the targets say nothing."""
    rise_low: float
    """Rise of the sum of squares (prior apart) at the low end, the others following; NaN where the best is that end."""
    rise_high: float
    verdict: str
    """``identified``, ``one side``, ``not identified``, or ``not profiled``."""


def jacobian(objective: Objective, x: Array, told: Progress | None = None) -> Array:
    """(R, F) derivatives of the residuals by coordinate."""
    columns = []
    for i in range(len(x)):
        up, down = x.copy(), x.copy()
        up[i], down[i] = min(x[i] + SIDE, 1.0), max(x[i] - SIDE, 0.0)
        rise = objective(up, told).residuals - objective(down, told).residuals
        columns.append(rise / (up[i] - down[i]))
    return np.stack(columns, axis=1)


def covariance_at(objective: Objective, x: Array, told: Progress | None = None) -> Array:
    """(F, F) of the coordinates, from the curvature. Raises `Stopped`."""
    j = jacobian(objective, x, told)
    found: Array = np.linalg.inv(j.T @ j)
    return found


def posterior(objective: Objective, x: Array, covariance: Array) -> Posterior:
    """The same in the units of the parameters."""
    low, high = (np.array([getattr(f, end) for f in objective.free]) for end in ("low", "high"))
    width = high - low
    names = tuple(f.name for f in objective.free)
    return Posterior(names, low + x * width, low, high, covariance * np.outer(width, width))


def identify(
    objective: Objective, best: Trial, x: Array, covariance: Array, told: Progress | None = None
) -> list[Identified]:
    """A row per free parameter, in their order, by the covariance there. Raises `Stopped`."""
    se = np.sqrt(np.diag(covariance))
    base = _without_prior(best, objective)
    rows = []
    for i, f in enumerate(objective.free):
        rises = [_rise(objective, x, i, end, covariance, base, told) for end in (0.0, 1.0)]
        rows.append(
            Identified(
                name=f.name,
                start=f.start,
                best=best.values[f.name],
                low=f.low,
                high=f.high,
                se=float(se[i] * (f.high - f.low)),
                shrink=float(2.0 * se[i]),
                rise_low=rises[0],
                rise_high=rises[1],
                verdict=verdict(rises),
            )
        )
    return rows


def unprofiled(free: Sequence[FreeParameter], best: Trial) -> list[Identified]:
    """The same rows where nobody asked what the targets say of a parameter."""
    nan = float("nan")
    return [
        Identified(f.name, f.start, best.values[f.name], f.low, f.high, nan, nan, nan, nan, "not profiled")
        for f in free
    ]


def verdict(rises: Sequence[float]) -> str:
    """From the rises at both ends; an end that is the best point counts as one that does not rise."""
    sides = sum(rise > CHI2 for rise in rises)
    return ("not identified", "one side", "identified")[sides]


def _without_prior(trial: Trial, objective: Objective) -> float:
    return float((trial.residuals[: -len(objective.free)] ** 2).sum())


def _rise(
    objective: Objective, x: Array, i: int, end: float, covariance: Array, base: float, told: Progress | None
) -> float:
    if abs(x[i] - end) < 0.02:
        return float("nan")
    follow = covariance[:, i] / covariance[i, i] * (end - x[i])
    moved = np.clip(x + follow, 0.0, 1.0)
    moved[i] = end
    return _without_prior(objective(moved, told), objective) - base
