"""Simpler models beside the action process: by AIC, and by the log-likelihood of held-out weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from supplyshock_kernels.estimation.action_models import Model, action_process, simpler_models
from supplyshock_kernels.estimation.maximum_likelihood import Data, Fit, maximise
from supplyshock_kernels.estimation.objective import weekly_log_likelihood

from ...common.progress import Progress
from .weekly_histories import select_weeks

REFERENCE_MODEL = "regime-Poisson"
"""Gains are over this model."""
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RivalModel:
    """One model on the training weeks."""

    name: str
    free: int
    log_likelihood: float
    aic: float


@dataclass(frozen=True)
class HoldoutScore:
    """Log-likelihood of held-out weeks."""

    name: str
    years: tuple[int, ...]
    """one each year tested; none for a single split"""
    value: float
    gain: float
    """over regime-Poisson on the same weeks"""
    se: float
    """of the gain, from its spread over weeks"""
    by_year: tuple[float, ...]
    """gains"""


def models() -> tuple[Model, ...]:
    """Rivals, then the model of the simulations."""
    return (*simpler_models(), action_process())


def by_aic(train: Data, fitted: Fit, starts: int, seed: int, progress: Progress) -> list[RivalModel]:
    """Every model at its maximum likelihood; `fitted` is that of the last."""
    scores = []
    for one in simpler_models():
        fit = maximise(one, train, prior=False, starts=starts, seed=seed)
        scores.append(RivalModel(one.name, len(fit.x), fit.value, fit.aic))
        progress.advance(1)
    return [*scores, RivalModel(fitted.model.name, len(fitted.x), fitted.value, fitted.aic)]


def holdout_scores(data: Data, splits: Sequence[tuple[Data, Data]], years: Sequence[int], seed: int, progress: Progress
             ) -> list[HoldoutScore]:  # fmt: skip
    """Each model fitted with its priors on the first of every pair and tested on the second."""
    log_likelihoods: dict[str, list[Array]] = {}
    for train, test in splits:
        for one in models():
            fit = maximise(one, train, prior=True, starts=1, seed=seed)
            log_likelihoods.setdefault(one.name, []).append(
                (test.weight * weekly_log_likelihood(one.z(fit.x), data.weeks)).sum(0)
            )
            progress.advance(1)
    base = log_likelihoods[REFERENCE_MODEL]
    scores = []
    for name, parts in log_likelihoods.items():
        gains = [p - b for p, b in zip(parts, base, strict=True)]
        each = np.concatenate(gains)
        counted = np.concatenate([test.weight.sum(0) > 0 for _, test in splits])
        se = float(np.sqrt(counted.sum()) * each[counted].std(ddof=1))
        by_year = tuple(float(g.sum()) for g in gains) if years else ()
        value = float(sum(p.sum() for p in parts))
        scores.append(HoldoutScore(name, tuple(years), value, float(each.sum()), se, by_year))
    return scores


def rolling(data: Data, days: Sequence[Sequence[date]], years: Sequence[int]) -> list[tuple[Data, Data]]:
    """For each year: all weeks before it, and its own."""
    return [
        (select_weeks(data, days, date.min, date(y, 1, 1)), select_weeks(data, days, date(y, 1, 1), date(y + 1, 1, 1)))
        for y in years
    ]
