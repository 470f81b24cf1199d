"""Severities on (0, 1): a Beta distribution by maximum likelihood, and the Kumaraswamy one of its mean and variance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize, root
from scipy.special import betaln, polygamma, psi
from scipy.stats import beta

from ..params import Array


class BetaFit(NamedTuple):
    """Of n severities."""

    a: float
    b: float
    se: tuple[float, float]
    n: int
    kumaraswamy: tuple[float, float]
    """(a, b) of the distribution that the simulations draw from"""
    gap: float
    """largest difference of the two distribution functions"""


def fit_beta(values: Array) -> BetaFit:
    """The Beta distribution of `values` in 0..1, squeezed off the ends by (v (n - 1) + .5) / n.

    Source: Smithson, Verkuilen, 2006. Raises `ValueError` for fewer than three different values.
    """
    n = len(values)
    if len(set(values)) < 3:
        raise ValueError(f"a Beta distribution needs three different severities, got {len(set(values))}")
    v = (np.asarray(values, float) * (n - 1) + 0.5) / n
    means = np.array([np.log(v).mean(), np.log1p(-v).mean()])

    def loss(x: Array) -> tuple[float, Array]:
        a, b = np.exp(x)
        slope = means - psi([a, b]) + psi(a + b)
        return float(betaln(a, b) - (a - 1) * means[0] - (b - 1) * means[1]), -slope * np.exp(x)

    a, b = np.exp(minimize(loss, np.zeros(2), jac=True, method="BFGS").x)
    information = n * (np.diag(polygamma(1, [a, b])) - polygamma(1, a + b))
    se = np.sqrt(np.diag(np.linalg.inv(information)))
    p, q = kumaraswamy_like(a, b)
    x = np.linspace(0, 1, 2001)
    gap = np.abs(beta.cdf(x, a, b) - (1 - (1 - x**p) ** q)).max()
    return BetaFit(a=float(a), b=float(b), se=(float(se[0]), float(se[1])), n=n, kumaraswamy=(p, q), gap=float(gap))


def kumaraswamy_like(a: float, b: float) -> tuple[float, float]:
    """(a, b) of the Kumaraswamy distribution with the mean and variance of Beta(a, b); moments as in Jones (2009)."""
    mean_var = np.array(beta.stats(a, b, moments="mv"), float)

    def error(x: Array) -> Array:
        p, q = np.exp(x)
        raw = [q * np.exp(betaln(1 + n / p, q)) for n in (1, 2)]
        gap: Array = np.array([raw[0], raw[1] - raw[0] ** 2]) / mean_var - 1
        return gap

    p, q = np.exp(root(error, np.log([a, b]), tol=1e-12).x)
    return float(p), float(q)
