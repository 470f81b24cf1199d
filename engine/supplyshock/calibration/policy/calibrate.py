"""The whole calibration of the negotiation: from a timeline to parameters, rivals and checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from supplyshock_kernels.estimation.action_models import Branching, action_process, branching, simpler_models
from supplyshock_kernels.estimation.maximum_likelihood import Data, Fit, maximise

from ...common.errors import DataError, UsageError
from ...common.progress import Progress
from ...scenarios.dataset.dataset_labels import read_labels
from ...scenarios.dataset.table_schemas import read_priors as read_parameter_priors
from ...scenarios.shipped import default_data
from . import action_process as process
from . import predictive_checks as predictive
from .estimate import Estimate
from .events import Event, read_events
from .model_comparison import HoldoutScore, RivalModel, by_aic, holdout_scores, models, rolling
from .regime_posteriors import Prior, read_priors, regime_estimates, relaxations
from .regimes import Spell, read_regimes
from .severities import list_shares, severities, severity_estimates
from .weekly_histories import histories, select_weeks, week_days

ROLLING = 8
"""Last years, each predicted from all years before it."""
FEWEST_YEARS = 2
"""Years of data needed before the first predicted year, and before --train-to."""


@dataclass(frozen=True)
class Options:
    """Options of a calibration of the negotiation."""

    train_to: date | None = None
    """the fit uses weeks that begin before this day; the rest is held out"""
    starts: int = 6
    simulations: int = 2000
    seed: int = 0


@dataclass(frozen=True)
class PolicyFit:
    """The result of a calibration."""

    events: Path
    first: date
    last: date
    trained_to: date
    """the day after the last that was fitted"""
    acts: int
    relaxations: int
    without_priors: Fit
    """maximum of the likelihood"""
    with_priors: Fit
    """maximum of the likelihood times the priors: the parameters in use"""
    free_parameters: list[process.FreeParameterFit]
    decay: list[tuple[float, float, float]]
    branching: Branching
    estimates: list[Estimate]
    rivals: list[RivalModel]
    held_out: list[HoldoutScore]
    """on the weeks that --train-to holds out"""
    rolling: list[HoldoutScore]
    checks: list[predictive.Check]
    predicted: predictive.Predicted


@dataclass(frozen=True)
class History:
    """A timeline and its regimes, ready to fit."""

    events: list[Event]
    spells: list[Spell]
    until: date
    """weeks that begin before this day are fitted"""
    data: Data
    days: list[list[date]]
    """first day of every week"""
    lists: Mapping[str, str]
    """party of each control list"""
    priors: dict[str, Prior]

    @property
    def first(self) -> date:
        """Day of the first event."""
        return self.events[0].day

    @property
    def last(self) -> date:
        """Day of the last event."""
        return self.events[-1].day

    @property
    def fitted_events(self) -> list[Event]:
        """Events that are fitted."""
        return [e for e in self.events if e.day < self.until]

    def weeks(self, first: date, until: date) -> Data:
        """Weeks that begin in [first, until)."""
        return select_weeks(self.data, self.days, first, until)


def read_history(path: Path, regimes: Path | None, options: Options) -> History:
    """A timeline over the regimes of a table, by default those of the default data set.

    Raises `DataError` for a timeline or a table of regimes that cannot be used, `UsageError` for a `train_to` that
    leaves nothing to fit or nothing to test on.
    """
    folder = default_data()
    labels = read_labels(folder / "dataset.yaml")
    events = read_events(path, labels.list_ids)
    regimes = regimes or folder / "policy_regimes.csv"
    spells = read_regimes(regimes)
    if events[0].day < spells[0].start:
        what, expected = "no regime for the first event", f"a spell from {events[0].day} or before"
        raise DataError(what, where=str(regimes), expected=expected, got=f"the first from {spells[0].start}")
    until = _until(options.train_to, events[0].day, events[-1].day)
    data = histories(events, spells, options.seed)
    days = week_days(events, data.weight.shape[1])
    lists = {c.id: c.party for c in labels.control_lists}
    return History(events, spells, until, data, days, lists, read_priors(folder / "policy_priors.csv"))


def fit_process(history: History, options: Options, *, prior: bool) -> Fit:
    """The action process at its maximum, with the priors or without."""
    train = history.weeks(date.min, history.until)
    return maximise(action_process(), train, prior=prior, starts=options.starts, seed=options.seed)


def estimate_all(history: History, with_priors: Fit) -> list[Estimate]:
    """Every parameter that the timeline informs."""
    events, spells, priors = history.fitted_events, history.spells, history.priors
    end = min(history.last, history.until - timedelta(days=1))
    shares = process.tariff_shares(with_priors)
    return [
        *process.estimates(with_priors),
        *severity_estimates(severities(events, relaxed=False), "severity"),
        *_relaxation_severities(events),
        *relaxations(events, spells, history.first, end, priors),
        *list_shares(events, spells, history.lists, shares, priors["policy.list_share"]),
        *regime_estimates(spells, history.first, end, priors),
    ]


def calibrate_policy(path: Path, regimes: Path | None, options: Options, progress: Progress) -> PolicyFit:
    """Fits the action process and the regimes to a timeline. Raises what `read_history` raises."""
    history = read_history(path, regimes, options)
    train, split = history.weeks(date.min, history.until), options.train_to is not None
    years = [y for y in range(history.last.year - ROLLING, history.last.year) if y >= history.first.year + FEWEST_YEARS]
    severity_fits = severities(history.fitted_events, relaxed=False)
    progress.start(_n_fits(len(years), split), 0, unit="fits")
    without_priors, with_priors = (fit_process(history, options, prior=prior) for prior in (False, True))
    progress.advance(1)
    severity_parameters = np.array([m.kumaraswamy for m in severity_fits.values()])
    level_sd = read_parameter_priors(default_data(), [])["policy_level"].sd if split else 0.0
    simulated = predictive.predict(
        with_priors, history.data, severity_parameters, options.simulations, options.seed, level_sd
    )
    tested = history.weeks(history.until, date.max) if split else history.data
    progress.advance(1)
    seed, data, days = options.seed, history.data, history.days
    return PolicyFit(
        events=path,
        first=history.first,
        last=history.last,
        trained_to=history.until,
        acts=sum(len(e.parties) for e in history.fitted_events if e.is_act),
        relaxations=sum(len(e.parties) for e in history.fitted_events if e.kind == "relax"),
        without_priors=without_priors,
        with_priors=with_priors,
        free_parameters=process.free_parameter_fits(without_priors, with_priors, train, seed, progress),
        decay=process.decay_profile(train, seed, progress),
        branching=branching(with_priors.params, [m.a / (m.a + m.b) for m in severity_fits.values()]),
        estimates=estimate_all(history, with_priors),
        rivals=by_aic(train, without_priors, options.starts, seed, progress),
        held_out=holdout_scores(data, [(train, tested)], (), seed, progress) if split else [],
        rolling=holdout_scores(data, rolling(data, days, years), years, seed, progress) if years else [],
        checks=predictive.checks(tested, simulated, days),
        predicted=predictive.cumulative(data, simulated, days),
    )


def _relaxation_severities(events: Sequence[Event]) -> list[Estimate]:
    """Severities of relaxations, where the record has enough of them."""
    try:
        return list(severity_estimates(severities(events, relaxed=True), "severity_relax"))
    except DataError:
        return []


def _until(train_to: date | None, first: date, last: date) -> date:
    if train_to is None:
        return last + timedelta(days=1)
    low = first.replace(day=1, year=first.year + FEWEST_YEARS)
    if not low <= train_to <= last:
        expected = f"a day from {low} to {last}: {FEWEST_YEARS} years to fit and something to test on"
        raise UsageError("the date is out of range", where="--train-to", expected=expected, got=str(train_to))
    return train_to


def _n_fits(years: int, split: bool) -> int:
    n = len(action_process().free)
    return 2 + 7 + n + len(process.DECAYS) + len(simpler_models()) + len(models()) * (years + int(split))
