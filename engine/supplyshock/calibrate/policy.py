"""The whole calibration of the negotiation: from a timeline to parameters, rivals and checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from supplyshock_kernels.fit.maximum import Fit, maximise
from supplyshock_kernels.fit.models import Branching, action_process, branching, rivals

from ..config.datalabels import read_labels
from ..errors import DataError, UsageError
from ..progress import Progress
from ..resources import default_data
from . import checks as predictive
from . import process
from .estimate import Estimate
from .events import Event, read_events
from .marks import list_shares, severities, severity_estimates
from .regimes import Spell, read_regimes
from .rivals import Held, Rival, by_aic, held_out, models, rolling
from .spells import read_priors, regime_estimates, relaxations
from .weeks import histories, part, week_days

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
    rivals: list[Rival]
    held: list[Held]
    """on what --train-to left"""
    rolling: list[Held]
    checks: list[predictive.Check]
    predicted: predictive.Predicted


def calibrate_policy(path: Path, regimes: Path | None, options: Options, told: Progress) -> PolicyFit:
    """Fits the action process and the regimes to a timeline.

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
    first, last = events[0].day, events[-1].day
    until = _until(options.train_to, first, last)
    data = histories(events, spells, options.seed)
    days = week_days(events, data.weight.shape[1])
    train = part(data, days, date.min, until)
    years = [y for y in range(last.year - ROLLING, last.year) if y >= first.year + FEWEST_YEARS]
    told.start(_steps(len(years), options.train_to is not None), 0)

    found = maximise(action_process(), train, prior=False, starts=options.starts, seed=options.seed)
    used = maximise(action_process(), train, prior=True, starts=options.starts, seed=options.seed)
    told.advance(1)
    seen = [e for e in events if e.day < until]
    marks = severities(seen, relaxed=False)
    hard = np.array([marks[p].kumaraswamy for p in marks])
    made = predictive.predict(used, data, hard, options.simulations, options.seed)
    judged = part(data, days, until, date.max) if options.train_to else data
    told.advance(1)
    priors = read_priors(folder / "policy_priors.csv")
    end = min(last, until - timedelta(days=1))
    lists = {c.id: c.party for c in labels.control_lists}
    return PolicyFit(
        events=path,
        first=first,
        last=last,
        trained_to=until,
        acts=sum(len(e.parties) for e in seen if e.is_act),
        relaxations=sum(len(e.parties) for e in seen if e.kind == "relax"),
        likelihood=found,
        used=used,
        numbers=process.free_numbers(found, used, train, options.seed, told),
        decay=process.decay_profile(train, options.seed, told),
        branching=branching(used.law, [m.a / (m.a + m.b) for m in marks.values()]),
        estimates=[
            *process.estimates(used),
            *severity_estimates(marks, "severity"),
            *_relaxed(seen, spells, first, end, priors),
            *list_shares(seen, spells, lists, process.tariff_shares(used), priors["policy.list_share"]),
            *regime_estimates(spells, first, end, priors),
        ],
        rivals=by_aic(train, found, options.starts, options.seed, told),
        held=held_out(data, [(train, judged)], (), options.seed, told) if options.train_to else [],
        rolling=held_out(data, rolling(data, days, years), years, options.seed, told) if years else [],
        checks=predictive.checks(judged, made, days),
        predicted=predictive.cumulative(data, made, days),
    )


def _relaxed(seen: Sequence[Event], spells: Sequence[Spell], first: date, end: date, priors) -> list[Estimate]:  # type: ignore[no-untyped-def]
    """Relaxations: how hard, where the record has enough of them, and how often."""
    try:
        hard = list(severity_estimates(severities(seen, relaxed=True), "severity_relax"))
    except DataError:
        hard = []
    return [*hard, *relaxations(seen, spells, first, end, priors)]


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
    return 2 + 7 + n + len(process.DECAYS) + len(rivals()) + len(models()) * (years + int(split))


