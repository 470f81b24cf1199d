"""From estimates to regret, shares of futures and criteria, each with what sampling leaves open.

Two kinds of chance are kept apart. *Futures* are a sample: errors of figures over futures come from drawing futures
again (a bootstrap), which holds the noise of each future too, for every future has paths of its own. *Noise within a
future* could name the wrong best policy or the wrong side of a threshold: shares come with the part that is beyond two
standard errors. Regret cannot be below 0, so noise raises it; `regret_floor` is the regret when the best policy is
picked on one half of the paths and judged on the other, which noise lowers. The truth is between the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from supplyshock_kernels.params import Array

from ...analysis.measures.fitted_measure import COMPARE, Level
from .plan import Criterion
from .simulate import Estimates

SURE = 2.0
"""Standard errors beyond which something is sure."""
RESAMPLES = 500
TAIL = 0.9
Flags = npt.NDArray[np.bool_]

Statistic = Callable[["Judged"], Array]


@dataclass(frozen=True)
class Judged:
    """One criterion, all futures: N futures, P policies."""

    value: Array
    """(N, P)."""
    se: Array
    """(N, P)."""
    cost: Array
    """(N, P) the value, or less it where more is better: less is better."""
    regret: Array
    """(N, P) cost over that of the best policy in the future."""
    regret_se: Array
    """(N, P) of the paired difference to the best."""
    regret_floor: Array
    """(N, P) the same with the best picked on other paths; may be below 0."""
    pair_se: Array
    """(N, P, P) of the paired difference of two policies."""
    holds: Flags
    """(N, P) whether all thresholds of the criterion hold; true without one."""
    open: Flags
    """(N, P) whether a value is within two errors of a threshold."""

    @property
    def best(self) -> Flags:
        """(N, P) the best policy; of several that are exactly as good, each."""
        return np.asarray(self.regret == 0)

    @property
    def surely_best(self) -> Flags:
        """(N, P) whether a policy beats every other by more than two errors."""
        sure = self.surely_better
        p = sure.shape[1]
        return np.asarray((sure | np.eye(p, dtype=bool)).all(2))

    @property
    def surely_better(self) -> Flags:
        """(N, P, P) whether a policy beats another by more than two errors."""
        gap = self.cost[:, None, :] - self.cost[:, :, None]
        return np.asarray(gap > SURE * self.pair_se)

    def take(self, futures: npt.NDArray[np.intp]) -> Judged:
        """The same of some futures."""
        return Judged(**{name: getattr(self, name)[futures] for name in self.__dataclass_fields__})


def judge(estimates: Estimates, criterion: Criterion, k: int) -> Judged:
    """The futures and policies by criterion number `k`."""
    sign = -1.0 if criterion.higher else 1.0
    value, halves = estimates.value[:, :, k], sign * estimates.halves[:, :, :, k]
    cov = estimates.covariance[:, k]
    var = np.diagonal(cov, axis1=1, axis2=2)
    pair_se = np.sqrt(np.maximum(var[:, :, None] + var[:, None, :] - 2 * cov, 0.0))
    cost = sign * value
    pair_se[pair_se < 1e-9 * np.abs(cost).max()] = 0.0  # the rounding of a difference of equal numbers
    at = cost.argmin(1)
    regret = cost - cost.min(1, keepdims=True)
    regret_se = np.take_along_axis(pair_se, at[:, None, None], axis=2)[:, :, 0]
    se = np.sqrt(np.maximum(var, 0.0))
    holds, near = np.ones(cost.shape, bool), np.zeros(cost.shape, bool)
    for level, x, error in ((criterion.satisfied, value, se), (criterion.regret, regret, regret_se)):
        if level is not None:
            holds &= _holds(x, level)
            near |= np.abs(x - level.level) < SURE * error
    floor = _floor(halves)
    return Judged(value, se, cost, regret, regret_se, floor, pair_se, holds, near)


def _holds(x: Array, level: Level) -> Flags:
    return np.asarray(COMPARE[level.operator](x, level.level), np.bool_)


def _floor(halves: Array) -> Array:
    """(N, P) regret against the policy that the other half of the paths names, mean of both ways."""
    both = []
    for picked, judged in ((halves[0], halves[1]), (halves[1], halves[0])):
        best = np.take_along_axis(judged, picked.argmin(1)[:, None], axis=1)
        both.append(judged - best)
    return np.asarray(np.mean(both, axis=0))


FIGURES: dict[str, Statistic] = {
    "mean": lambda j: j.cost.mean(0),
    "p90": lambda j: _tail(j.cost),
    "worst": lambda j: j.cost.max(0),
    "regret_mean": lambda j: j.regret.mean(0),
    "regret_floor": lambda j: j.regret_floor.mean(0),
    "regret_p90": lambda j: _tail(j.regret),
    "regret_max": lambda j: j.regret.max(0),
    "best_share": lambda j: j.best.mean(0),
    "surely_best_share": lambda j: j.surely_best.mean(0),
    "holds_share": lambda j: j.holds.mean(0),
    "open_share": lambda j: j.open.mean(0),
}
"""Figures (P,) of the policies over the futures; of values where more is better the first three are less them."""
VALUES = ("mean", "p90", "worst")
EXTREMES = ("worst", "regret_max")
"""Figures of a single future: their error comes from the noise of that future, not from the draw of futures."""
CHOICES = {
    "mean": "mean", "90 % of futures": "p90", "worst future": "worst", "mean regret": "regret_mean",
    "90 % of regrets": "regret_p90", "largest regret": "regret_max", "best in most futures": "best_share",
    "good enough in most futures": "holds_share",
}  # fmt: skip
"""Rules by which one would choose, and the figure of each; of shares the largest is best, else the least."""


def _tail(x: Array) -> Array:
    return np.asarray(np.quantile(x, TAIL, axis=0))


class Summary(NamedTuple):
    """Figures of P policies by one criterion."""

    value: dict[str, Array]
    se: dict[str, Array]
    beats: Array
    """(P, P) share of futures in which a policy is better than another."""
    beats_se: Array
    surely_beats: Array
    """(P, P) by more than two errors."""
    chosen: dict[str, int]
    """The policy of each rule."""
    support: dict[str, float]
    """Share of resamples of the futures in which the rule names the same one."""


def summarise(j: Judged, criterion: Criterion, seed: int = 1) -> Summary:
    """Figures with errors, and what each rule of choice names."""
    value = {name: figure(j) for name, figure in FIGURES.items()}
    random, n = np.random.Generator(np.random.Philox(seed)), len(j.cost)
    samples = [j.take(random.integers(0, n, n)) for _ in range(RESAMPLES)]
    drawn = {name: np.array([figure(s) for s in samples]) for name, figure in FIGURES.items()}
    se = {name: x.std(0, ddof=1) for name, x in drawn.items()} | _extreme_errors(j)
    rules = {r: name for r, name in CHOICES.items() if name != "holds_share" or criterion.satisfied or criterion.regret}
    chosen = {r: _choice(value[name], name) for r, name in rules.items()}
    support = {r: float(np.mean([_choice(x, name) == chosen[r] for x in drawn[name]])) for r, name in rules.items()}
    better = j.cost[:, :, None] < j.cost[:, None, :]
    beats = better.mean(0)
    if criterion.higher:
        value |= {name: -value[name] for name in VALUES}
    return Summary(value, se, beats, np.sqrt(beats * (1 - beats) / n), j.surely_better.mean(0), chosen, support)


def _extreme_errors(j: Judged) -> dict[str, Array]:
    """Errors (P,) of figures of a single future: the noise of that future. Resamples of futures do not show it."""
    policies = np.arange(j.cost.shape[1])
    ends = {"worst": (j.cost, j.se), "regret_max": (j.regret, j.regret_se)}
    return {name: se[x.argmax(0), policies] for name, (x, se) in ends.items()}


def _choice(figure: Array, name: str) -> int:
    return int(figure.argmax() if name.endswith("share") else figure.argmin())
