"""How often things happened: rates and moments of a table, and counts of the dated record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import chi2

from ...common.dates import parse_day
from ...common.errors import DataError, Problem
from ...scenarios.dataset.csv_table import number, read_rows
from ...scenarios.shipped import configs_dir
from ..backtest.coverage import CONFIDENCE, RESAMPLES
from ..policy.calibrate import History, Options, read_history
from ..policy.regimes import YEAR, Spell
from .durations import survival, survival_interval
from .statistic import CLOSED, STATISTICS, YEARS

COLUMNS = ("statistic", "events", "from", "to", "value", "low", "high", "unit", "mark", "source", "note")
ACTIVE = date(2018, 3, 22)
"""First day of the years whose actions count: parties answer each other from here on."""
TIMELINE = "policy_timeline.csv"


class ObservedRate(NamedTuple):
    """A number of the record, with the ends of its 90 % interval."""

    value: float
    low: float
    high: float
    basis: str
    """What was counted, for a table."""
    source: str
    """With its mark."""
    events: int | None = None
    """Where events are counted."""


def observed_rates() -> dict[str, ObservedRate]:
    """Every number of the record, by name of its statistic. Raises `DataError`."""
    history = read_history(configs_dir() / "data" / TIMELINE, None, Options())
    return {**read_rates(configs_dir() / "observed_rates.csv"), **_record(history)}


def read_rates(file: Path) -> dict[str, ObservedRate]:
    """The numbers of a table: a value with its interval, or events between two days. Raises `DataError`."""
    problems: list[Problem] = []
    text = read_rows(file.parent, file.name.removesuffix(".csv"), COLUMNS, problems)
    rates = {}
    for line, row in text.rows:
        where, names = f"{text.file}:{line}", [s.name for s in STATISTICS]
        if row["statistic"] not in names:
            problems.append(Problem(where, "statistic", f"one of {', '.join(names)}", row["statistic"]))
            continue
        first, last = parse_day(row["from"]), parse_day(row["to"])
        value, low, high, events = (number(row[c]) for c in ("value", "low", "high", "events"))
        source = f"{row['source']} [{row['mark']}]" + (f"; {row['note']}" if row["note"] else "")
        if first and last and first < last and events is not None and events >= 0 and events == int(events):
            years = (last - first).days / YEAR
            rates[row["statistic"]] = probability(int(events), years)._replace(source=source)
        elif value is not None and low is not None and high is not None and low <= value <= high:
            rates[row["statistic"]] = ObservedRate(value, low, high, f"{row['from'][:4]}-{row['to'][:4]}", source)
        else:
            problems.append(
                Problem(where, "value", "a value within low and high, or events between two days", "neither")
            )
    if problems:
        raise DataError(f"the observed rates have {len(problems)} problem(s)", where=str(file), problems=problems)
    return rates


def probability(events: int, years: float) -> ObservedRate:
    """Probability in % of an event within `YEARS`, from events at a constant rate (Garwood's interval of a Poisson
    rate)."""
    tail = (1 - CONFIDENCE) / 2
    rates = (
        events / years,
        float(chi2.ppf(tail, 2 * events)) / 2 / years if events else 0.0,
        float(chi2.ppf(1 - tail, 2 * events + 2)) / 2 / years,
    )
    value, low, high = (100 * (1 - float(np.exp(-rate * YEARS))) for rate in rates)
    return ObservedRate(value, low, high, f"{events} in {years:.1f} years", "", events)


def _record(history: History) -> dict[str, ObservedRate]:
    """Counts of the dated record."""
    last = history.events[-1].day
    years = (last - history.spells[0].start).days / YEAR
    closings = {
        e.day for e in history.events if e.is_act and e.parties == ("CN",) and not e.is_tariff and e.severity >= CLOSED
    }
    source = f"{TIMELINE}: severity of {CLOSED:g} or more; severities are judged [expert judgement]"
    lengths, running = truce_lengths(history.spells, last)
    longest = f"the longest so far: {max(lengths, default=0):.0f} weeks"
    rates = {"list_closed": probability(len(closings), years)._replace(source=source)}
    for weeks in (26, 52):
        ends = survival_interval(lengths, running, weeks, CONFIDENCE)
        value, low, high = (100 * p for p in (survival(lengths, running, weeks), *ends))
        low = low if weeks <= max(lengths, default=0.0) else 0.0  # nobody has seen a truce as long
        basis = f"{len(lengths)} truces, {sum(running)} still running"
        rates[f"truce_{weeks}"] = ObservedRate(
            value, low, high, basis, f"policy_regimes.csv [expert judgement]; {longest}"
        )
    return rates | {f"acts_{name}": _acts(history, party) for name, party in (("china", "CN"), ("us", "US"))}


def truce_lengths(spells: Sequence[Spell], last: date) -> tuple[list[float], list[bool]]:
    """Weeks of each truce, renewals counted in, and whether it still runs."""
    lengths: list[float] = []
    running: list[bool] = []
    begin: date | None = None
    for spell in spells:
        if spell.regime == "truce":
            begin = begin or spell.start
        elif begin:
            lengths.append((spell.start - begin).days / 7)
            running.append(False)
            begin = None
    if begin:
        lengths.append((last - begin).days / 7)
        running.append(True)
    return lengths, running


def _acts(history: History, party: str) -> ObservedRate:
    """Weeks a year with an action since `ACTIVE`; the interval resamples years."""
    last = history.events[-1].day
    days = {e.day for e in history.events if e.is_act and party in e.parties and e.day >= ACTIVE}
    weeks = {(day - ACTIVE).days // 7 for day in days}
    whole = int((last - ACTIVE).days / YEAR)
    counts = np.bincount([int(w * 7 / YEAR) for w in weeks], minlength=whole)[:whole]
    drawn = counts[np.random.default_rng(1).integers(0, whole, (RESAMPLES, whole))].mean(1)
    low, high = (float(q) for q in np.quantile(drawn, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)))
    span = f"{whole} years, {counts.min()} to {counts.max()} a year"
    return ObservedRate(float(counts.mean()), low, high, span, f"{TIMELINE}, since {ACTIVE} [sourced]")
