"""Hazards, clocks and relaxations as posteriors from few spells and counts, with stated priors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from supplyshock_kernels.estimation import conjugate
from supplyshock_kernels.params import PARTIES, REGIMES

from ...common.errors import DataError, Problem, shown
from ...scenarios.dataset.csv_table import number, read_rows
from ...scenarios.dataset.parameter_names import EXPIRY
from .estimate import Estimate
from .events import Event
from .regimes import RegimeHistory, Spell, regime_before, regime_history

COLUMNS = ("quantity", "events", "years", "mark", "source")
HAZARD = "policy.hazard."


@dataclass(frozen=True)
class Prior:
    """A Gamma prior (events in years), or a Dirichlet weight (events)."""

    events: float
    years: float


def read_priors(path: Path) -> dict[str, Prior]:
    """The stated priors by quantity. Raises `DataError` for what cannot be read."""
    problems: list[Problem] = []
    text = read_rows(path.parent, path.stem, COLUMNS, problems)
    priors: dict[str, Prior] = {}
    for line, row in text.rows:
        events, years = number(row["events"]), number(row["years"] or "0")
        for column, value in (("events", events), ("years", years)):
            if value is None or value < 0 or (column == "events" and value == 0):
                problems.append(Problem(f"{text.file}:{line}", column, "a number above 0", shown(row[column])))
        priors[row["quantity"]] = Prior(events or 0.0, years or 0.0)
    if problems:
        raise DataError("the priors cannot be used", where=str(path), problems=problems[:10])
    return priors


def regime_estimates(spells: Sequence[Spell], first: date, last: date, priors: Mapping[str, Prior]) -> list[Estimate]:
    """Hazards, the clock's factors, outcomes of an expiry and lengths of clocks."""
    history = regime_history(spells, first, last)
    return [
        *_hazards(history, priors),
        *_clock_factors(history, priors),
        *_expiry(history, priors),
        _short(history, priors),
    ]


def _hazards(history: RegimeHistory, priors: Mapping[str, Prior]) -> Iterator[Estimate]:
    for name, prior in priors.items():
        if not name.startswith(HAZARD):
            continue
        left, entered = name.removeprefix(HAZARD).split(".")
        n, years = history.changes[left, entered], history.years[left]
        posterior = conjugate.rate(n, years, prior.events, prior.years)
        note = f"{n} in {years:.2f} years of {left}; prior {prior.events:g} in {prior.years:g}"
        yield Estimate(name, *posterior, "1/year", "spells", note)


def _clock_factors(history: RegimeHistory, priors: Mapping[str, Prior]) -> Iterator[Estimate]:
    """Rate of a fall with and without a clock, leaning on their common mean, over that mean."""
    common = priors[f"{HAZARD}truce.escalation"]
    falls = history.changes["truce", "escalation"]
    mean = conjugate.rate(falls, history.years["truce"], common.events, common.years).mean
    lean = priors["policy.truce_clock"].events
    for clocked, name in ((True, "policy.truce_clock"), (False, "policy.truce_no_clock")):
        n, years = history.truce_falls[clocked], history.truce_years[clocked]
        posterior = conjugate.rate(n, years, lean, lean / mean)
        value, low, high = (v / mean for v in posterior)
        note = f"{n} in {years:.2f} years {'with' if clocked else 'without'} a clock; prior {lean:g} events"
        yield Estimate(name, value, low, high, "1", "spells", note)


def _expiry(history: RegimeHistory, priors: Mapping[str, Prior]) -> Iterator[Estimate]:
    counts = [history.expiries[e] for e in EXPIRY]
    weights = [priors[f"policy.expiry.{e}"].events for e in EXPIRY]
    for name, n, weight, posterior in zip(EXPIRY, counts, weights, conjugate.shares(counts, weights), strict=True):
        note = f"{n} of {sum(counts)} expiries; prior {weight:g} of {sum(weights):g}"
        yield Estimate(f"policy.expiry.{name}", *posterior, "1", "spells", note)


def _short(history: RegimeHistory, priors: Mapping[str, Prior]) -> Estimate:
    counts = [history.clocks["short"], history.clocks["long"]]
    weights = [priors["policy.short_roll"].events, priors["policy.long_roll"].events]
    note = f"{counts[0]} of {sum(counts)} clocks were short; prior {weights[0]:g} of {sum(weights):g}"
    return Estimate("policy.short_roll", *conjugate.shares(counts, weights)[0], "1", "spells", note)


def relaxations(
    events: Sequence[Event], spells: Sequence[Spell], first: date, last: date, priors: Mapping[str, Prior]
) -> list[Estimate]:
    """Weeks with a relaxation a year, by party and regime, at the pain of history."""
    history, prior = regime_history(spells, first, last), priors["policy.relax_rate"]
    weeks = {(p, e.day.isocalendar()[:2], regime_before(spells, e.day)) for e in events for p in e.parties
             if e.kind == "relax" and first <= e.day <= last}  # fmt: skip
    count = Counter((party, regime) for party, _, regime in weeks)
    estimates = []
    for party in PARTIES:
        for i, regime in enumerate(REGIMES):
            n, years = count[party, i], history.years[regime]
            if not years:
                continue
            note = f"{n} in {years:.2f} years; prior {prior.events:g} in {prior.years:g}"
            rate = conjugate.rate(n, years, prior.events, prior.years)
            estimates.append(Estimate(f"policy.relax_rate.{party}.{regime}", *rate, "1/year", "spells", note))
    return estimates
