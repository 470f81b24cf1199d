"""How long truces last, when some have not ended: Kaplan and Meier's estimate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import ndtri
from scipy.stats import CensoredData, ecdf

from supplyshock_kernels.params import Array


def survival(lengths: Sequence[float] | Array, running: Sequence[bool] | Array, weeks: float) -> float:
    """Probability that a spell lasts `weeks`; `running` marks spells whose end nobody has seen. NaN without spells."""
    return float(_curve(lengths, running).evaluate(weeks)) if len(lengths) else float("nan")


def survival_interval(
    lengths: Sequence[float], running: Sequence[bool], weeks: float, confidence: float
) -> tuple[float, float]:
    """The ends of its interval (log-log, with Greenwood's variance); an end that the spells leave open is 0 or 1.

    SciPy's own interval warns wherever an end is open, and warnings are filtered for the whole process alone.
    """
    length, ended = np.asarray(lengths, float), ~np.asarray(running, bool)
    if not len(length):
        return 0.0, 1.0
    if weeks < length.min():
        return 1.0, 1.0
    at, ends = np.unique(length[ended & (length <= weeks)], return_counts=True)
    at_risk = (length[:, None] >= at).sum(0)
    share = float(np.prod(1.0 - ends / at_risk))
    if not 0.0 < share < 1.0:
        return 0.0, 1.0
    se = np.sqrt((ends / (at_risk * (at_risk - ends))).sum()) / -np.log(share)
    z = float(ndtri(0.5 + confidence / 2.0))
    return share ** float(np.exp(z * se)), share ** float(np.exp(-z * se))


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
