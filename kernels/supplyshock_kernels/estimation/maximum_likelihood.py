"""The maximum of a likelihood within bounds, from several random starts; standard errors and profiles."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.stats import chi2

from ..params import Array
from .action_likelihood import ActionParams, Weeks
from .action_models import Model
from .objective import hessian, unpack_params, value_and_gradient

EDGE = 1e-3
"""This near to a bound, a parameter is at it."""
FLAT = 1e-6
"""Less information than this is none: such as on the rate of a regime that never came."""


class Data(NamedTuple):
    """Histories and how much each week counts."""

    weeks: Weeks
    """arrays with a leading axis B"""
    weight: Array
    """(B, T)"""


class Fit(NamedTuple):
    """A maximum."""

    model: Model
    x: Array
    """(n,) logarithms and logits"""
    value: float
    """log-likelihood, without the prior"""
    covariance: Array
    """(n, n) inverse of the observed information; rows of what is at a bound, or not in the data at all, are NaN"""
    agree: int
    """starts that ended within 0.01 log units of the best"""
    starts: int

    @property
    def params(self) -> ActionParams:
        """The process at the maximum."""
        return unpack_params(self.model.z(self.x))

    @property
    def se(self) -> Array:
        """(n,) standard errors of logarithms and logits; NaN if there is none."""
        variance = np.diag(self.covariance)
        root: Array = np.sqrt(np.where(variance > 0, variance, np.nan))
        return root

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2 * len(self.x) - 2 * self.value


def maximise(model: Model, data: Data, *, prior: bool, starts: int = 6, seed: int = 0) -> Fit:
    """The parameters of largest likelihood, or with `prior` of largest posterior density.

    Starts are drawn around the prior's centre. Raises `ArithmeticError` if no start ends well.
    """
    rng = np.random.default_rng(seed)
    center, sd, bounds = _column(model, "center"), _column(model, "sd"), _bounds(model)
    ends = []
    for _ in range(starts):
        first = np.clip(rng.normal(center, sd), *np.transpose(bounds))
        ends.append(_descend(model, data, prior, first, bounds))
    good = [e for e in ends if np.isfinite(e.fun)]
    if not good:
        raise ArithmeticError("the likelihood has no finite maximum")
    best = min(good, key=lambda e: float(e.fun))
    agree = sum(e.fun < best.fun + 0.01 for e in good)
    value = value_and_gradient(model.z(best.x), *data).value
    return Fit(
        model=model,
        x=best.x,
        value=value,
        covariance=_covariance(model, data, prior, best.x),
        agree=agree,
        starts=starts,
    )


def profile(fit: Fit, data: Data, index: int, level: float = 0.90) -> tuple[float, float]:
    """Interval of one parameter by the profile likelihood; infinite if the likelihood never falls far enough.

    Ends are where twice the log-likelihood, maximised over the others, has fallen by the chi-square quantile.
    """
    drop = chi2.ppf(level, 1) / 2
    low, high = _bounds(fit.model)[index]
    x0 = fit.x[index]

    def short(value: float) -> float:
        bounds = _bounds(fit.model)
        bounds[index] = (value, value)
        first = fit.x.copy()
        first[index] = value
        return float(fit.value - drop + _descend(fit.model, data, False, first, bounds).fun)

    down = brentq(short, low, x0, xtol=0.01) if x0 > low + EDGE and short(low) > 0 else -np.inf
    up = brentq(short, x0, high, xtol=0.01) if x0 < high - EDGE and short(high) > 0 else np.inf
    return float(down), float(up)


def _column(model: Model, name: str) -> Array:
    return np.array([getattr(one, name) for one in model.free])


def _bounds(model: Model) -> list[tuple[float, float]]:
    return [(one.low, one.high) for one in model.free]


def _descend(model: Model, data: Data, prior: bool, first: Array, bounds: list[tuple[float, float]]) -> Any:
    center, sd = _column(model, "center"), _column(model, "sd")

    def loss(x: Array) -> tuple[float, Array]:
        at = value_and_gradient(model.z(x), *data)
        off = (x - center) / sd if prior else np.zeros_like(x)
        return -at.value + float(off @ off) / 2, -model.matrix.T @ at.gradient + off / sd

    # with a dozen numbers, L-BFGS-B spends a hundred times more in the threads of its linear algebra
    return minimize(loss, first, jac=True, bounds=bounds, method="SLSQP", options={"ftol": 1e-9, "maxiter": 1000})


def _covariance(model: Model, data: Data, prior: bool, x: Array) -> Array:
    information = -model.matrix.T @ hessian(model.z(x), *data) @ model.matrix
    if prior:
        information = information + np.diag(_column(model, "sd") ** -2.0)
    low, high = np.transpose(_bounds(model))
    inside = (x > low + EDGE) & (x < high - EDGE) & (np.diag(information) > FLAT)
    covariance = np.full_like(information, np.nan)
    covariance[np.ix_(inside, inside)] = np.linalg.inv(information[np.ix_(inside, inside)])
    return covariance
