"""Reductions of weekly values (T, n) to one number per path. Sums go week by week, so that no layout changes a bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import numpy as np

from ..path_values import Array


def sum_in_order(parts: Array) -> Array:
    """Sum over the first axis in float64, one after the other."""
    total = parts[0].astype(np.float64)
    for part in parts[1:]:
        total += part
    return np.asarray(total)


def peak(x: Array, start: date) -> Array:
    """The highest week."""
    return np.asarray(x.max(0))


def lowest(x: Array, start: date) -> Array:
    """The lowest week."""
    return np.asarray(x.min(0))


def total(x: Array, start: date) -> Array:
    """All weeks together."""
    return sum_in_order(x)


def mean(x: Array, start: date) -> Array:
    """The mean week."""
    return sum_in_order(x) / len(x)


def peak_week(x: Array, start: date) -> Array:
    """The week of the highest value, from 0 at the first week here."""
    return np.asarray(x.argmax(0)).astype(np.float64)


def weekly_sd(x: Array, start: date) -> Array:
    """Standard deviation of weekly log returns."""
    return np.asarray(np.diff(np.log(x), axis=0).std(0, ddof=1))


def monthly_returns(x: Array, start: date) -> Array:
    """(months - 1, n) log returns of monthly mean prices; a week belongs to the month of its first day."""
    days = [start + timedelta(weeks=t) for t in range(len(x))]
    month = np.array([12 * d.year + d.month for d in days])
    means = np.stack([x[month == m].mean(0) for m in np.unique(month)])
    return np.asarray(np.diff(np.log(means), axis=0))


def monthly_sd(x: Array, start: date) -> Array:
    """Standard deviation of monthly log returns."""
    return np.asarray(monthly_returns(x, start).std(0, ddof=1))


def monthly_autocorrelation(x: Array, start: date) -> Array:
    """Correlation of monthly log returns with those of the month before."""
    r = monthly_returns(x, start)
    r = r - r.mean(0)
    return np.asarray((r[1:] * r[:-1]).sum(0) / np.maximum((r * r).sum(0), 1e-12))


REDUCE: Mapping[str, Callable[[Array, date], Array]] = {
    f.__name__: f for f in (peak, lowest, total, mean, peak_week, weekly_sd, monthly_sd, monthly_autocorrelation)
}
"""By the name that rows of the registry give."""
