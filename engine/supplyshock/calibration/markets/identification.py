"""How far the targets identify each parameter at the best point: standard errors and a profile.

The sum of squared residuals is minus twice a log posterior. Its curvature (Gauss-Newton, from central differences on
common random numbers) gives standard errors: those of the targets alone say what they identify, those with the prior
give the posterior of the parameters. The profile moves a parameter to each end of its range, lets the others follow as
the curvature says, and simulates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from supplyshock_kernels.params import Array

from ...common.progress import Progress
from ..leave_out import Sensitivities
from ..parameter_posterior import Posterior
from ..student import SDS_IN_90_PERCENT
from .free_parameters import FreeParameter, search_bounds
from .objective import DRIFTS, Objective, Trial

DIFFERENCE_STEP = 0.08
"""Step of the differences, of a range of 1: wide enough for paths that tip over."""
CHI2_95 = 3.84
"""95 % point of chi-squared with one degree of freedom."""


class ParameterIdentification(NamedTuple):
    """How far the targets identify one free parameter."""

    name: str
    start: float
    best: float
    low: float
    high: float
    se: float
    """Posterior standard error: targets, drift and prior."""
    sd_ratio: float
    """Posterior over prior standard deviation; 1: the targets carry no information."""
    rise_at_low: float
    """Rise of the sum of squares (prior apart) at the low end, the others following; NaN if the best is that end."""
    rise_at_high: float
    verdict: str
    """``identified``, ``one side``, ``not identified``, or ``not profiled``."""


def jacobian(objective: Objective, x: Array, progress: Progress | None = None) -> Array:
    """(R, F) derivatives of the residuals by coordinate."""
    columns, (low, high) = [], search_bounds(objective.free)
    for i in range(len(x)):
        up, down = x.copy(), x.copy()
        up[i], down[i] = min(x[i] + DIFFERENCE_STEP, high[i]), max(x[i] - DIFFERENCE_STEP, low[i])
        rise = objective(up, progress).residuals - objective(down, progress).residuals
        columns.append(rise / (up[i] - down[i]))
    return np.stack(columns, axis=1)


def covariance_of(derivatives: Array) -> Array:
    """(F, F) of the coordinates, from the curvature that the derivatives of all residuals give."""
    covariance: Array = np.linalg.inv(derivatives.T @ derivatives)
    return covariance


def sensitivities(objective: Objective, best: Trial, x: Array, derivatives: Array) -> Sensitivities:
    """Residuals at the best point and their derivatives, those of the parameters themselves left out."""
    free, count = objective.free, len(derivatives) - len(objective.free)
    targets = [(row, r.point.episode) for r in objective.residuals for row in r.rows]
    names = [*targets, *((f"drift {side}", "") for side in DRIFTS)]
    return Sensitivities(
        names=tuple(f.name for f in free),
        best=np.array([f.low + u * (f.high - f.low) for f, u in zip(free, x, strict=True)]),
        low=np.array([f.low for f in free]),
        high=np.array([f.high for f in free]),
        rows=tuple(names),
        residuals=best.residuals[:count],
        derivatives=derivatives[:count],
    )


def posterior(objective: Objective, x: Array, covariance: Array) -> Posterior:
    """The posterior in the units of the parameters."""
    low, high = (np.array([getattr(f, end) for f in objective.free]) for end in ("low", "high"))
    width = high - low
    names = tuple(f.name for f in objective.free)
    return Posterior(names, low + x * width, low, high, covariance * np.outer(width, width))


def identify(
    objective: Objective, best: Trial, x: Array, covariance: Array, progress: Progress | None = None
) -> list[ParameterIdentification]:
    """A row per free parameter, in their order, by the covariance there. Raises `Stopped`."""
    se = np.sqrt(np.diag(covariance))
    base = _without_prior(best, objective)
    rows = []
    for i, f in enumerate(objective.free):
        rises = [_rise(objective, x, i, end, covariance, base, progress) for end in (0.0, 1.0)]
        rows.append(
            ParameterIdentification(
                name=f.name,
                start=f.start,
                best=best.values[f.name],
                low=f.low,
                high=f.high,
                se=float(se[i] * (f.high - f.low)),
                sd_ratio=float(SDS_IN_90_PERCENT * se[i]),
                rise_at_low=rises[0],
                rise_at_high=rises[1],
                verdict=verdict(rises),
            )
        )
    return rows


def without_profile(free: Sequence[FreeParameter], best: Trial) -> list[ParameterIdentification]:
    """The same rows without standard errors and profile."""
    nan = float("nan")
    return [
        ParameterIdentification(f.name, f.start, best.values[f.name], f.low, f.high, nan, nan, nan, nan, "not profiled")
        for f in free
    ]


def verdict(rises: Sequence[float]) -> str:
    """From the rises at both ends; an end that is the best point counts as one that does not rise."""
    sides = sum(rise > CHI2_95 for rise in rises)
    return ("not identified", "one side", "identified")[sides]


def _without_prior(trial: Trial, objective: Objective) -> float:
    return float((trial.residuals[: -len(objective.free)] ** 2).sum())


def _rise(
    objective: Objective, x: Array, i: int, end: float, covariance: Array, base: float, progress: Progress | None
) -> float:
    if abs(x[i] - end) < 0.02:
        return float("nan")
    follow = covariance[:, i] / covariance[i, i] * (end - x[i])
    moved = np.clip(x + follow, *search_bounds(objective.free))
    moved[i] = end
    return _without_prior(objective(moved, progress), objective) - base
