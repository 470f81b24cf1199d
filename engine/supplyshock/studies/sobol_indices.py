"""Sobol indices: what share of the spread of an outcome comes from a factor, alone and with others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from supplyshock_kernels.params import Array

from ..common.errors import UsageError
from .design import problem, salib
from .factors import Factor

LEVEL = 0.95
RESAMPLES = 1000


class SobolIndices(NamedTuple):
    """Indices of k factors for K outcomes; NaN for an outcome that does not move at all."""

    first: Array
    """(k, K) share of the variance that goes when the factor is known."""
    first_ci: Array
    """(k, K) half the width of its 95 % confidence interval, by bootstrap over the design."""
    total: Array
    """(k, K) share that stays when all other factors are known."""
    total_ci: Array
    """(k, K)."""


def sobol_indices(factors: Sequence[Factor], y: Array, names: Sequence[str], seed: int = 1) -> SobolIndices:
    """First-order and total indices of outcomes `y` (N, K) on the points of `design.saltelli`.

    Estimators of Saltelli and others (2010) and Jansen (1999), by SALib. Raises `UsageError` if an outcome is
    not finite: SALib would return zeros on a single NaN.
    """
    check_finite(y, names)
    analyse = salib("analyze.sobol").analyze
    about = problem(factors)
    columns = []
    for i in range(y.shape[1]):
        if np.ptp(y[:, i]) <= 1e-12 * np.abs(y[:, i]).max():
            columns.append([np.full(len(factors), np.nan)] * 4)
            continue
        fitted = analyse(
            about, y[:, i].copy(), calc_second_order=False, num_resamples=RESAMPLES, conf_level=LEVEL, seed=seed % 2**32
        )
        columns.append([np.asarray(fitted[key], np.float64) for key in ("S1", "S1_conf", "ST", "ST_conf")])
    return SobolIndices(*(np.stack(part, axis=1) for part in zip(*columns, strict=True)))


def check_finite(y: Array, names: Sequence[str]) -> None:
    """Raises `UsageError` that names the first outcome (column of `y`) with a value that is not finite."""
    for name, column in zip(names, y.T, strict=True):
        bad = int((~np.isfinite(column)).sum())
        if bad:
            raise UsageError(
                "an outcome is not finite, so it has no indices",
                where=name,
                got=f"{bad} of {len(column)} design points without a number",
                fix="narrow the ranges of --vary, or choose another --measure",
            )
