"""How long truces last, when some have not ended: Kaplan and Meier's estimate."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import CensoredData, ecdf

from supplyshock_kernels.params import Array


def survival(lengths: Sequence[float] | Array, running: Sequence[bool] | Array, weeks: float) -> float:
    """Probability that a spell lasts `weeks`; `running` marks spells whose end nobody has seen. NaN without spells."""
    return float(_curve(lengths, running).evaluate(weeks)) if len(lengths) else float("nan")


def survival_interval(
    lengths: Sequence[float], running: Sequence[bool], weeks: float, confidence: float
) -> tuple[float, float]:
    """The ends of its interval (log-log); an end that the spells leave open is 0 or 1."""
    if not len(lengths):
        return 0.0, 1.0
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        ends = _curve(lengths, running).confidence_interval(confidence_level=confidence, method="log-log")
        low, high = float(ends.low.evaluate(weeks)), float(ends.high.evaluate(weeks))
    return 0.0 if np.isnan(low) else low, 1.0 if np.isnan(high) else high


def _curve(lengths: Sequence[float] | Array, running: Sequence[bool] | Array) -> Any:
    return ecdf(CensoredData.right_censored(np.asarray(lengths, float), np.asarray(running, bool))).sf


def spells(inside: Array) -> tuple[Array, Array]:
    """Lengths in weeks of the runs of True that begin after the first row of (T, n), and whether each still runs at
    the end."""
    padded = np.vstack([inside[:1], inside, np.zeros((1, inside.shape[1]), bool)]).T
    change = np.diff(padded.astype(np.int8), axis=1)
    paths, begins = np.nonzero(change == 1)
    width = change.shape[1]
    ends = np.where(change == -1, np.arange(width), width * 2)
    following = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1][paths, begins]
    return (following - begins).astype(float), following == width - 1
