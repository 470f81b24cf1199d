"""PRIM, the patient rule induction method: the box of parameters in which something fails (Friedman and Fisher, 1999).

A box is peeled: of all thin slices at its faces, the one whose loss raises the share of failures most for each point
lost is cut off, again and again. Of all boxes on the way the one with the largest excess is kept: its failures beyond
those of as many points drawn at random, in standard errors of such a draw. Parameters that do not carry it are let go,
and its faces are pasted out where that raises the share of failures.

Two things keep noise out. Thin slices follow an edge closely, thick ones are less led astray: both are tried. And of
many parameters only the few whose values differ most between failures and the rest are searched.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy.stats import binom, rankdata

from supplyshock_kernels.params import Array

Mask = npt.NDArray[np.bool_]
PEELS = (0.05, 0.1, 0.2)
"""Shares of the points of a box in a slice, each tried."""
SEARCHED = 6
"""Parameters that are searched at most."""
SUPPORT = 0.05
"""Least share of all points in a box."""
LEVEL = 0.05
"""Largest quasi-p of a restriction that stays. `scenario_discovery` asks first whether there is anything to find."""


@dataclass(frozen=True)
class Box:
    """Ends of each of k parameters; infinite if it is free."""

    low: Array
    high: Array

    @classmethod
    def whole(cls, k: int) -> Box:
        """The box without restrictions over `k` parameters, which holds all points."""
        return cls(np.full(k, -np.inf), np.full(k, np.inf))

    @property
    def restricted(self) -> Mask:
        """(k,) parameters with an end."""
        return np.isfinite(self.low) | np.isfinite(self.high)

    def inside(self, x: Array) -> Mask:
        """(N,) points of x (N, k) in the box."""
        return np.asarray(((x >= self.low) & (x <= self.high)).all(1))

    def with_end(self, parameter: int, upper: bool, end: float) -> Box:
        """The box with one other end."""
        low, high = self.low.copy(), self.high.copy()
        (high if upper else low)[parameter] = end
        return Box(low, high)

    def without(self, parameter: int) -> Box:
        """The box with a parameter free."""
        return self.with_end(parameter, False, -np.inf).with_end(parameter, True, np.inf)


def excess(inside: Mask, fails: Mask) -> float:
    """Failures in the box beyond those of as many points drawn at random, in standard errors (hypergeometric)."""
    n, total, rate = int(inside.sum()), len(fails), float(fails.mean())
    variance = n * rate * (1 - rate) * (total - n) / max(total - 1, 1)
    return (float(fails[inside].sum()) - n * rate) / sqrt(variance) if variance > 0 else 0.0


def find_box(x: Array, fails: Mask, level: float = LEVEL) -> Box:
    """The box of points (N, k) in which failures (N,) gather; the whole space where no restriction stays."""
    box = drop_idle(best_box(x, fails)[0], x, fails, level)
    return drop_idle(paste(box, x, fails), x, fails, level) if box.restricted.any() else box


def best_box(x: Array, fails: Mask) -> tuple[Box, float]:
    """The box with the largest `excess` on the way of any peeling, and that excess."""
    searched = most_different(x, fails)
    mine = x[:, searched]
    order = np.argsort(mine, axis=0, kind="stable").T
    inner, most = max((_peel(mine, fails, order, share) for share in PEELS), key=lambda peeled: peeled[1])
    box = Box.whole(x.shape[1])
    box.low[searched], box.high[searched] = inner.low, inner.high
    return box, most


def most_different(x: Array, fails: Mask) -> Array:
    """Parameters, `SEARCHED` at most, whose failures differ most from the rest in mean rank or in mean extremity."""
    ranks = rankdata(x, axis=0) / len(x) - 0.5
    scores = [np.abs((r - r.mean(0))[fails].sum(0)) / (r.std(0) + 1e-12) for r in (ranks, np.abs(ranks))]
    return np.sort(np.argsort(-np.max(scores, axis=0), kind="stable")[:SEARCHED])


def _peel(x: Array, fails: Mask, order: Array, share: float) -> tuple[Box, float]:
    columns = np.arange(x.shape[1])[:, None]
    box, inside = Box.whole(x.shape[1]), np.ones(len(x), bool)
    best, most = box, 0.0
    least = max(2, int(np.ceil(SUPPORT * len(x))))
    while True:
        points = order[inside[order]].reshape(len(order), -1)  # (k, n), each row sorted by its parameter
        cut = _best_cut(x[points, columns], fails[points], share, least)
        if cut is None:
            return best, most
        box = box.with_end(*cut)
        inside = box.inside(x)
        if (gain := excess(inside, fails)) > most:
            best, most = box, gain


def _best_cut(values: Array, fails: Mask, share: float, least: int) -> tuple[int, bool, float] | None:
    """Parameter, side and new end of the slice to lose; None if the box is too small or fails throughout."""
    n = values.shape[1]
    total, slices = float(fails[0].sum()), max(1, int(share * n))
    if n - slices < least or total == n:
        return None
    counts = np.cumsum(fails, axis=1)
    below = (values <= values[:, slices - 1, None]).sum(1)  # whole groups of equal values
    above = (values >= values[:, n - slices, None]).sum(1)
    rows = np.arange(len(values))
    lost = np.stack([counts[rows, below - 1], total - np.where(above < n, counts[rows, n - above - 1], 0)])
    removed = np.stack([below, above])
    left = n - removed
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(left >= least, ((total - lost) / left - total / n) / removed, -np.inf)
    side, parameter = np.unravel_index(int(np.argmax(rate)), rate.shape)
    if not rate[side, parameter] > -np.inf:
        return None
    at = n - above[parameter] if side else below[parameter]
    end = (values[parameter, at - 1] + values[parameter, at]) / 2
    return int(parameter), bool(side), float(end)


def quasi_p(box: Box, x: Array, fails: Mask) -> Array:
    """(k,) probability of as many failures in the box, if each were as likely as in the box without that restriction.

    NaN for free parameters (Bryant and Lempert, 2010). The search chose the ends, so true probabilities are larger.
    """
    inside, out = box.inside(x), np.full(x.shape[1], np.nan)
    for parameter in np.flatnonzero(box.restricted):
        rate = fails[box.without(int(parameter)).inside(x)].mean()
        out[parameter] = binom.sf(fails[inside].sum() - 1, inside.sum(), rate)
    return out


def drop_idle(box: Box, x: Array, fails: Mask, level: float) -> Box:
    """The box without restrictions whose `quasi_p` exceeds a level, the worst first."""
    while box.restricted.any():
        chance = quasi_p(box, x, fails)
        worst = int(np.nanargmax(chance))
        if chance[worst] <= level:
            break
        box = box.without(worst)
    return box


def paste(box: Box, x: Array, fails: Mask) -> Box:
    """The box with its faces moved out, a slice at a time, while that raises the share of failures in it."""
    while True:
        inside = box.inside(x)
        rate, slices = fails[inside].mean(), max(1, int(PEELS[0] * inside.sum()))
        wider = [w for p in np.flatnonzero(box.restricted) for w in _wider(box, x, int(p), slices)]
        rates = [fails[w.inside(x)].mean() for w in wider]
        if not rates or max(rates) <= rate:
            return box
        box = wider[int(np.argmax(rates))]


def _wider(box: Box, x: Array, parameter: int, slices: int) -> list[Box]:
    """The box with a slice more at either end of a parameter."""
    values, wider = np.sort(x[box.without(parameter).inside(x), parameter]), []
    for upper, end in ((False, box.low[parameter]), (True, box.high[parameter])):
        outside = values[values > end] if upper else values[values < end][::-1]
        if not np.isfinite(end) or not len(outside):
            continue
        open_end = np.inf if upper else -np.inf
        far = (outside[slices - 1] + outside[slices]) / 2 if slices < len(outside) else open_end
        wider.append(box.with_end(parameter, upper, float(far)))
    return wider
