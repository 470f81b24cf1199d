"""The fitted action process as estimates of parameters, and how far each can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from supplyshock_kernels.estimation.action_models import GROUPS, action_process
from supplyshock_kernels.estimation.maximum_likelihood import Data, Fit, maximise, profile
from supplyshock_kernels.params import PARTIES, REGIMES

from ...common.progress import Progress
from .estimate import Estimate

Array = npt.NDArray[np.float64]
Z90 = 1.6448536269514722
DECAYS = (5.0, 10.0, 20.0, 50.0, 100.0, 200.0)
WEAK = 0.6
"""A standard error of a logarithm or logit above which the data hardly know a parameter."""


@dataclass(frozen=True)
class FreeNumber:
    """One free number of the process: three fits of it, and how it depends on what is arbitrary."""

    name: str
    likelihood: float
    """at the maximum of the likelihood"""
    log_se: float
    """of its logarithm, or logit for a share; not a number at a bound"""
    profile: tuple[float, float]
    """90 % by the profile likelihood; infinite or a bound where the data set no limit"""
    used: float
    """at the maximum with the priors: what the parameters take"""
    used_log_se: float
    prior: tuple[float, float, float]
    """5, 50 and 95 % points of the prior"""
    starts: tuple[float, float]
    """smallest and largest over the seven days on which weeks may begin"""

    @property
    def is_weak(self) -> bool:
        """The data say little about it."""
        return not self.log_se < WEAK


def free_numbers(found: Fit, used: Fit, data: Data, seed: int, told: Progress) -> list[FreeNumber]:
    """Every free number of the process; takes a profile of each and a fit for each day of the week."""
    alone = np.array([_alone(data, k, seed, told) for k in range(data.weight.shape[0])])
    out = []
    for j, one in enumerate(found.model.free):
        shape = expit if one.is_share else np.exp
        ends = profile(found, data, j)
        told.advance(1)
        out.append(FreeNumber(
            one.name, float(shape(found.x[j])), float(found.se[j]), (float(shape(ends[0])), float(shape(ends[1]))),
            float(shape(used.x[j])), float(used.se[j]),
            tuple(float(shape(one.center + z * one.sd)) for z in (-Z90, 0.0, Z90)),  # type: ignore[arg-type]
            (float(shape(alone[:, j].min())), float(shape(alone[:, j].max()))),
        ))  # fmt: skip
    return out


def _alone(data: Data, k: int, seed: int, told: Progress) -> Array:
    """The fit to one history: weeks that begin on one day."""
    weight = np.zeros_like(data.weight)
    weight[k] = data.weight[k] * data.weight.shape[0]
    told.advance(1)
    return maximise(action_process(), data._replace(weight=weight), prior=True, starts=1, seed=seed).x


def decay_profile(data: Data, seed: int, told: Progress) -> list[tuple[float, float, float]]:
    """(decay a year, largest log-likelihood, cross lag there)."""
    out = []
    for decay in DECAYS:
        fit = maximise(action_process(decay), data, prior=False, starts=2, seed=seed)
        out.append((decay, fit.value, float(fit.params.cross)))
        told.advance(1)
    return out


def estimates(used: Fit) -> list[Estimate]:
    """The process's parameters as parameters.csv names them."""
    return [*_base_rates(used), *_others(used)]


def tariff_shares(used: Fit) -> dict[str, float]:
    """By party."""
    return dict(zip(PARTIES, (float(s) for s in used.params.tariff_share), strict=True))


def _base_rates(used: Fit) -> Iterator[Estimate]:
    names = [one.name for one in used.model.free]
    ratio = names.index("us_over_cn")
    for a, party in enumerate(PARTIES):
        for r, regime in enumerate(REGIMES):
            group = next(n for n, members in GROUPS if r in members)
            which = [names.index(f"base_rate.CN.{group}"), *([ratio] if a else [])]
            log, se = used.x[which].sum(), float(np.sqrt(used.covariance[np.ix_(which, which)].sum()))
            value, low, high = (float(np.exp(log + z * se)) for z in (0.0, -Z90, Z90))
            note = f"log standard error {se:.2f}" if regime != "rift" else "as in escalation: never observed"
            yield Estimate(f"policy.base_rate.{party}.{regime}", value, low, high, "1/year", "likelihood", note)


def _others(used: Fit) -> Iterator[Estimate]:
    for j, one in enumerate(used.model.free):
        if one.name.startswith("base_rate") or one.name == "us_over_cn":
            continue
        shape, scale = (expit, "logit") if one.is_share else (np.exp, "log")
        value, low, high = (float(shape(used.x[j] + z * used.se[j])) for z in (0.0, -Z90, Z90))
        unit = "1/year" if one.name == "cross" else "1"
        note = f"{scale} standard error {used.se[j]:.2f}"
        yield Estimate(f"policy.{one.name}", value, low, high, unit, "likelihood", note)
