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
from ...scenarios.dataset.table_schemas import read_priors as read_law
from ...scenarios.shipped import default_data
from . import action_process as process
from . import predictive_checks as predictive
from .estimate import Estimate
from .events import Event, read_events
from .model_comparison import HoldoutScore, RivalModel, by_aic, held_out, models, rolling
from .regime_posteriors import Prior, read_priors, regime_estimates, relaxations
from .regimes import Spell, read_regimes
from .severities import list_shares, severities, severity_estimates
from .weekly_histories import histories, part, week_days

ROLLING = 8
"""Years that are predicted from all before them."""
FEWEST_YEARS = 2
"""Before the first year that is predicted, and before --train-to."""


@dataclass(frozen=True)
class Options:
    """How to calibrate."""

    train_to: date | None = None
    """the fit uses weeks that begin before it; the rest is held out"""
    starts: int = 6
    simulations: int = 2000
    seed: int = 0


@dataclass(frozen=True)
class PolicyFit:
    """What a calibration found."""

    events: Path
    first: date
    last: date
    trained_to: date
    """the day after the last that was fitted"""
    acts: int
    relaxations: int
    likelihood: Fit
    used: Fit
    """with the priors"""
    numbers: list[process.FreeNumber]
    decay: list[tuple[float, float, float]]
    branching: Branching
    estimates: list[Estimate]
    rivals: list[RivalModel]
    held: list[HoldoutScore]
    """on what --train-to left"""
    rolling: list[HoldoutScore]
    checks: list[predictive.Check]
    predicted: predictive.Predicted


@dataclass(frozen=True)
class History:
    """A timeline and its regimes, ready to fit."""

    events: list[Event]
    spells: list[Spell]
    until: date
    """weeks that begin before it are fitted"""
    data: Data
    days: list[list[date]]
    """first day of every week"""
    lists: Mapping[str, str]
    """party of each control list"""
    priors: dict[str, Prior]

    @property
    def first(self) -> date:
        """Of the first event."""
        return self.events[0].day

    @property
    def last(self) -> date:
        """Of the last event."""
        return self.events[-1].day

    @property
    def seen(self) -> list[Event]:
        """Events that are fitted."""
        return [e for e in self.events if e.day < self.until]

    def weeks(self, first: date, until: date) -> Data:
        """Weeks that begin in [first, until)."""
        return part(self.data, self.days, first, until)


def read_history(path: Path, regimes: Path | None, options: Options) -> History:
    """A timeline over the regimes of a table, by default those of the default data set.

    Raises `DataError` for a timeline or a table of regimes that cannot be used, `UsageError` for a `train_to` that
    leaves nothing to fit or nothing to judge by.
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


def estimate_all(history: History, used: Fit) -> list[Estimate]:
    """Every parameter that the timeline says something about."""
    seen, spells, priors = history.seen, history.spells, history.priors
    end = min(history.last, history.until - timedelta(days=1))
    shares = process.tariff_shares(used)
    return [
        *process.estimates(used),
        *severity_estimates(severities(seen, relaxed=False), "severity"),
        *_how_hard_relaxed(seen),
        *relaxations(seen, spells, history.first, end, priors),
        *list_shares(seen, spells, history.lists, shares, priors["policy.list_share"]),
        *regime_estimates(spells, history.first, end, priors),
    ]


def calibrate_policy(path: Path, regimes: Path | None, options: Options, told: Progress) -> PolicyFit:
    """Fits the action process and the regimes to a timeline. Raises what `read_history` raises."""
    history = read_history(path, regimes, options)
    train, split = history.weeks(date.min, history.until), options.train_to is not None
    years = [y for y in range(history.last.year - ROLLING, history.last.year) if y >= history.first.year + FEWEST_YEARS]
    marks = severities(history.seen, relaxed=False)
    told.start(_steps(len(years), split), 0, of="fits")
    found, used = (fit_process(history, options, prior=prior) for prior in (False, True))
    told.advance(1)
    hard = np.array([m.kumaraswamy for m in marks.values()])
    level_sd = read_law(default_data(), [])["policy_level"].sd if split else 0.0
    made = predictive.predict(used, history.data, hard, options.simulations, options.seed, level_sd)
    judged = history.weeks(history.until, date.max) if split else history.data
    told.advance(1)
    seed, data, days = options.seed, history.data, history.days
    return PolicyFit(
        events=path,
        first=history.first,
        last=history.last,
        trained_to=history.until,
        acts=sum(len(e.parties) for e in history.seen if e.is_act),
        relaxations=sum(len(e.parties) for e in history.seen if e.kind == "relax"),
        likelihood=found,
        used=used,
        numbers=process.free_numbers(found, used, train, seed, told),
        decay=process.decay_profile(train, seed, told),
        branching=branching(used.params, [m.a / (m.a + m.b) for m in marks.values()]),
        estimates=estimate_all(history, used),
        rivals=by_aic(train, found, options.starts, seed, told),
        held=held_out(data, [(train, judged)], (), seed, told) if split else [],
        rolling=held_out(data, rolling(data, days, years), years, seed, told) if years else [],
        checks=predictive.checks(judged, made, days),
        predicted=predictive.cumulative(data, made, days),
    )


def _how_hard_relaxed(seen: Sequence[Event]) -> list[Estimate]:
    """How hard relaxations are, where the record has enough of them."""
    try:
        return list(severity_estimates(severities(seen, relaxed=True), "severity_relax"))
    except DataError:
        return []


def _until(train_to: date | None, first: date, last: date) -> date:
    if train_to is None:
        return last + timedelta(days=1)
    low = first.replace(day=1, year=first.year + FEWEST_YEARS)
    if not low <= train_to <= last:
        expected = f"a day from {low} to {last}: {FEWEST_YEARS} years to fit and something to judge by"
        raise UsageError("out of range", where="--train-to", expected=expected, got=str(train_to))
    return train_to


def _steps(years: int, split: bool) -> int:
    n = len(action_process().free)
    return 2 + 7 + n + len(process.DECAYS) + len(simpler_models()) + len(models()) * (years + int(split))
