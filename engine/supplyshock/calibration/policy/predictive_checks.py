"""Predictive checks: the record beside what the fitted process produces over the same regimes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from supplyshock_kernels.estimation.action_likelihood import Weeks
from supplyshock_kernels.estimation.maximum_likelihood import Data, Fit
from supplyshock_kernels.estimation.objective import unpack_params
from supplyshock_kernels.estimation.simulate import simulate
from supplyshock_kernels.params import PARTIES

Array = npt.NDArray[np.float64]
ERAS = (2018, 2020, 2022, 2025)
"""Years that begin an era: the tariff war, phase one, chip controls, 2025."""
QUARTER = 13
BAND = (0.05, 0.95)


@dataclass(frozen=True)
class Check:
    """One statistic: its observed value, and its distribution under the fitted process."""

    name: str
    observed: float
    low: float
    median: float
    high: float
    rank: float
    """share of simulated histories at or below the observed value"""

    @property
    def inside(self) -> bool:
        """Within the 5-95 % band."""
        return self.low <= self.observed <= self.high


@dataclass(frozen=True)
class Predicted:
    """Cumulative acts a party: observed, and the band over simulated histories; (T, 2) each."""

    days: tuple[date, ...]
    observed: Array
    low: Array
    median: Array
    high: Array


def predict(fit: Fit, data: Data, severity: Array, simulations: int, seed: int, level_sd: float) -> Weeks:
    """Histories over the regimes of the first history, each with parameters drawn from their posterior.

    `level_sd` is the spread of the logarithm of a path's level Z around 0: that of its prior for weeks that were not
    fitted, 0 for those that were, since one history has one level and the rates have taken it in.
    """
    rng = np.random.default_rng(seed)
    drawn = rng.multivariate_normal(fit.x, np.nan_to_num(fit.covariance), size=simulations).T
    low, high = (np.array([getattr(f, end) for f in fit.model.free])[:, None] for end in ("low", "high"))
    params = unpack_params(fit.model.z(np.clip(drawn, low, high)))
    level = np.exp(level_sd * rng.standard_normal(simulations))
    return simulate(data.weeks.regime[0], params, severity, simulations, rng, level)


def checks(data: Data, simulated_weeks: Weeks, days: Sequence[Sequence[date]]) -> list[Check]:
    """Every statistic over the weeks that count in `data`; the observed value is the mean of the seven histories."""
    used = data.weight > 0
    observed_statistics = [
        _statistics(_cut(data.weeks, k, used[k]), np.array(days[k])[used[k]]) for k in range(len(days))
    ]
    simulated = _statistics(Weeks(*(x[:, used[0]] for x in simulated_weeks)), np.array(days[0])[used[0]])
    results = []
    for name, values in simulated.items():
        observed = float(np.mean([s[name][0] for s in observed_statistics if name in s]))
        low, median, high = (float(v) for v in np.quantile(values, (BAND[0], 0.5, BAND[1])))
        results.append(Check(name, observed, low, median, high, float((values <= observed).mean())))
    return results


def cumulative(data: Data, simulated_weeks: Weeks, days: Sequence[Sequence[date]]) -> Predicted:
    """For the picture: the first history against the band."""
    total = simulated_weeks.acted.cumsum(axis=1)
    low, median, high = np.quantile(total, (BAND[0], 0.5, BAND[1]), axis=0)
    return Predicted(tuple(days[0]), data.weeks.acted[0].cumsum(axis=0), low, median, high)


def _cut(weeks: Weeks, k: int, used: npt.NDArray[np.bool_]) -> Weeks:
    return Weeks(*(x[k : k + 1, used] for x in weeks))


def _statistics(weeks: Weeks, days: npt.NDArray[np.object_]) -> Mapping[str, Array]:
    """By name, (histories,) each, of weeks (histories, T, ...)."""
    acted = weeks.acted
    anyone, both = acted.max(axis=2), acted.prod(axis=2)
    statistics: dict[str, Array] = {}
    years = np.array([d.year for d in days])
    ends = [0, *ERAS, 9999]
    for begin, end in pairwise(ends):
        inside = (years >= begin) & (years < end)
        if inside.any():
            label = f"{years[inside].min()}-{years[inside].max()}"
            for a, party in enumerate(PARTIES):
                statistics[f"weeks with an act of {party}, {label}"] = acted[:, inside, a].sum(axis=1)
    statistics["weeks in which both acted"] = both.sum(axis=1)
    statistics["share of weeks with an act in which both acted"] = both.sum(axis=1) / np.maximum(anyone.sum(axis=1), 1)
    statistics["longest quiet, weeks"] = np.array([_longest(row) for row in anyone])
    window = np.lib.stride_tricks.sliding_window_view(acted.sum(axis=2), min(QUARTER, acted.shape[1]), axis=1)
    statistics["most acts in 13 weeks"] = window.sum(axis=2).max(axis=1)
    return statistics


def _longest(row: Array) -> float:
    """Longest run of zeros."""
    at = np.flatnonzero(np.concatenate([[1.0], row, [1.0]]))
    return float(np.diff(at).max() - 1)
