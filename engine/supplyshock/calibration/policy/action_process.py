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
WEAKLY_IDENTIFIED_SE = 0.6
"""A standard error of a logarithm or logit above which the data hardly inform a parameter."""


@dataclass(frozen=True)
class FreeParameterFit:
    """One free parameter of the process: its estimates, and how far they depend on the first day of a week."""

    name: str
    ml_value: float
    """at the maximum of the likelihood"""
    ml_se: float
    """of its logarithm, or logit for a share; not a number at a bound"""
    profile: tuple[float, float]
    """90 % by the profile likelihood; infinite, or a bound, where the data give no limit"""
    value: float
    """at the maximum with the priors: what the parameters take"""
    se: float
    prior: tuple[float, float, float]
    """5, 50 and 95 % points of the prior"""
    start_day_range: tuple[float, float]
    """smallest and largest over the seven days on which weeks may begin"""

    @property
    def is_weak(self) -> bool:
        """The data carry little information about it."""
        return not self.ml_se < WEAKLY_IDENTIFIED_SE


def free_parameter_fits(
    without_priors: Fit, with_priors: Fit, data: Data, seed: int, progress: Progress
) -> list[FreeParameterFit]:
    """Every free parameter of the process; takes a profile of each and a fit for each day of the week."""
    start_day_fits = np.array([_fit_one_start_day(data, k, seed, progress) for k in range(data.weight.shape[0])])
    out = []
    for j, one in enumerate(without_priors.model.free):
        shape = expit if one.is_share else np.exp
        ends = profile(without_priors, data, j)
        progress.advance(1)
        out.append(FreeParameterFit(
            one.name, float(shape(without_priors.x[j])), float(without_priors.se[j]),
            (float(shape(ends[0])), float(shape(ends[1]))),
            float(shape(with_priors.x[j])), float(with_priors.se[j]),
            tuple(float(shape(one.center + z * one.sd)) for z in (-Z90, 0.0, Z90)),  # type: ignore[arg-type]
            (float(shape(start_day_fits[:, j].min())), float(shape(start_day_fits[:, j].max()))),
        ))  # fmt: skip
    return out


def _fit_one_start_day(data: Data, k: int, seed: int, progress: Progress) -> Array:
    """The fit to one history: weeks that begin on one day."""
    weight = np.zeros_like(data.weight)
    weight[k] = data.weight[k] * data.weight.shape[0]
    progress.advance(1)
    return maximise(action_process(), data._replace(weight=weight), prior=True, starts=1, seed=seed).x


def decay_profile(data: Data, seed: int, progress: Progress) -> list[tuple[float, float, float]]:
    """(decay a year, largest log-likelihood, cross lag there)."""
    out = []
    for decay in DECAYS:
        fit = maximise(action_process(decay), data, prior=False, starts=2, seed=seed)
        out.append((decay, fit.value, float(fit.params.cross)))
        progress.advance(1)
    return out


def estimates(with_priors: Fit) -> list[Estimate]:
    """The process's parameters as parameters.csv names them."""
    return [*_base_rates(with_priors), *_others(with_priors)]


def tariff_shares(with_priors: Fit) -> dict[str, float]:
    """Share of its actions, by party, that are tariffs."""
    return dict(zip(PARTIES, (float(s) for s in with_priors.params.tariff_share), strict=True))


def _base_rates(with_priors: Fit) -> Iterator[Estimate]:
    names = [one.name for one in with_priors.model.free]
    ratio = names.index("us_over_cn")
    for a, party in enumerate(PARTIES):
        for r, regime in enumerate(REGIMES):
            group = next(n for n, members in GROUPS if r in members)
            which = [names.index(f"base_rate.CN.{group}"), *([ratio] if a else [])]
            log, se = with_priors.x[which].sum(), float(np.sqrt(with_priors.covariance[np.ix_(which, which)].sum()))
            value, low, high = (float(np.exp(log + z * se)) for z in (0.0, -Z90, Z90))
            note = f"log standard error {se:.2f}" if regime != "rift" else "as in escalation: never observed"
            yield Estimate(f"policy.base_rate.{party}.{regime}", value, low, high, "1/year", "likelihood", note)


def _others(with_priors: Fit) -> Iterator[Estimate]:
    for j, one in enumerate(with_priors.model.free):
        if one.name.startswith("base_rate") or one.name == "us_over_cn":
            continue
        shape, scale = (expit, "logit") if one.is_share else (np.exp, "log")
        value, low, high = (float(shape(with_priors.x[j] + z * with_priors.se[j])) for z in (0.0, -Z90, Z90))
        unit = "1/year" if one.name == "cross" else "1"
        note = f"{scale} standard error {with_priors.se[j]:.2f}"
        yield Estimate(f"policy.{one.name}", value, low, high, unit, "likelihood", note)
