"""Severities on (0, 1): a Beta law by maximum likelihood, and the Kumaraswamy law with its mean and variance."""

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
    """(a, b) of the law that the simulations draw from"""
    gap: float
    """largest difference of the two distribution functions"""


def fit_beta(values: Array) -> BetaFit:
    """The Beta law of `values` in 0..1, squeezed off the ends by (v (n - 1) + .5) / n (Smithson, Verkuilen, 2006).

    Raises `ValueError` for fewer than three different values.
    """
    n = len(values)
    if len(set(values)) < 3:
        raise ValueError(f"a Beta law needs three different severities, got {len(set(values))}")
    v = (np.asarray(values, float) * (n - 1) + 0.5) / n
    means = np.array([np.log(v).mean(), np.log1p(-v).mean()])

    def loss(x: Array) -> tuple[float, Array]:
        a, b = np.exp(x)
        slope = means - psi([a, b]) + psi(a + b)
        return float(betaln(a, b) - (a - 1) * means[0] - (b - 1) * means[1]), -slope * np.exp(x)

    a, b = np.exp(minimize(loss, np.zeros(2), jac=True, method="BFGS").x)
    information = n * (np.diag(polygamma(1, [a, b])) - polygamma(1, a + b))
    se = np.sqrt(np.diag(np.linalg.inv(information)))
    law = kumaraswamy_like(a, b)
    x = np.linspace(0, 1, 2001)
    gap = np.abs(beta.cdf(x, a, b) - (1 - (1 - x ** law[0]) ** law[1])).max()
    return BetaFit(float(a), float(b), (float(se[0]), float(se[1])), n, law, float(gap))


def kumaraswamy_like(a: float, b: float) -> tuple[float, float]:
    """(a, b) of the Kumaraswamy law with the mean and variance of Beta(a, b); moments as in Jones (2009)."""
    wanted = np.array(beta.stats(a, b, moments="mv"), float)

    def off(x: Array) -> Array:
        p, q = np.exp(x)
        raw = [q * np.exp(betaln(1 + n / p, q)) for n in (1, 2)]
        gap: Array = np.array([raw[0], raw[1] - raw[0] ** 2]) / wanted - 1
        return gap

    p, q = np.exp(root(off, np.log([a, b]), tol=1e-12).x)
    return float(p), float(q)
