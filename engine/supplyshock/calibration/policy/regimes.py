"""The regimes of the past: dated spells, read and checked; how long each lasted and how it ended."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from supplyshock_kernels.params import REGIMES

from ...common.dates import DAY, parse_day
from ...common.errors import DataError, Problem, did_you_mean, shown
from ...scenarios.dataset.csv_table import read_rows

COLUMNS = ("date", "regime", "clock_end")
YEAR = 365.25
DUE = timedelta(days=14)
"""A clock in its last two weeks may be resolved (docs/model.md, "Expiry"). A truce renewed sooner counts as rolled."""


@dataclass(frozen=True)
class Spell:
    """From the day after which a regime is in force; a truce that is renewed begins a new spell."""

    start: date
    regime: str
    clock_end: date | None = None


def read_regimes(path: Path) -> list[Spell]:
    """The spells, in order. Raises `DataError` that names file, line, column, expected and got."""
    if path.suffix != ".csv":
        raise DataError("cannot read the regimes", where=str(path), expected="a CSV table", got=shown(path.name))
    problems: list[Problem] = []
    text = read_rows(path.parent, path.stem, COLUMNS, problems)
    spells: list[Spell] = []
    for line, row in text.rows:
        where, before = f"{text.file}:{line}", len(problems)
        start = _day(where, "date", row["date"], problems)
        end = _day(where, "clock_end", row["clock_end"], problems) if row["clock_end"] else None
        if row["regime"] not in REGIMES:
            hint = did_you_mean(row["regime"], REGIMES)
            problems.append(Problem(where, "regime", f"one of {', '.join(REGIMES)}", shown(row["regime"]), hint))
        if end and row["regime"] != "truce":
            problems.append(Problem(where, "clock_end", "nothing: only a truce has a clock", row["clock_end"]))
        if start and spells and start <= spells[-1].start:
            problems.append(Problem(where, "date", f"a day after {spells[-1].start}", str(start)))
        if start and len(problems) == before:
            spells.append(Spell(start, row["regime"], end))
    if problems:
        raise DataError("the regimes cannot be used", where=str(path), problems=problems[:10])
    if not spells:
        raise DataError("no regimes", where=str(path), expected="a row for each spell", got="none")
    return spells


def _day(where: str, column: str, text: str, problems: list[Problem]) -> date | None:
    day = parse_day(text)
    if day is None:
        problems.append(Problem(where, column, DAY, shown(text)))
    return day


def regime_before(spells: Sequence[Spell], day: date) -> int:
    """Index of the regime in force when the day begins: a change of that day comes after its actions."""
    now = [s for s in spells if s.start < day] or [spells[0]]
    return REGIMES.index(now[-1].regime)


@dataclass(frozen=True)
class RegimeHistory:
    """Exposure and changes of regime between two days."""

    years: defaultdict[str, float]
    """in each regime"""
    changes: Counter[tuple[str, str]]
    """regime left, regime entered; without those decided by the end of a clock"""
    expiries: Counter[str]
    """roll, deal, lapse or talks at the end of a clock"""
    truce_years: defaultdict[bool, float]
    """with a clock running (True) and without"""
    truce_falls: Counter[bool]
    """into escalation, likewise"""
    clocks: Counter[str]
    """short or long"""


OUTCOME = {"truce": "roll", "deal": "deal", "escalation": "lapse", "talks": "talks"}
SHORT = 26 * 7
"""A clock of at most so many days is a short one."""


def regime_history(spells: Sequence[Spell], first: date, last: date) -> RegimeHistory:
    """Exposure and changes of the spells from `first` to `last`."""
    out = RegimeHistory(defaultdict(float), Counter(), Counter(), defaultdict(float), Counter(), Counter())
    for spell, after in _pairs(spells, last):
        begin, end = max(spell.start, first), min(after.start if after else last, last)
        if end <= begin:
            continue
        years, clocked = (end - begin).days / YEAR, spell.clock_end is not None
        out.years[spell.regime] += years
        if spell.regime == "truce":
            out.truce_years[clocked] += years
        if clocked and spell.clock_end:
            out.clocks["short" if (spell.clock_end - spell.start).days <= SHORT else "long"] += 1
        if after:
            _count(out, spell, after, clocked)
    return out


def _pairs(spells: Sequence[Spell], last: date) -> Iterator[tuple[Spell, Spell | None]]:
    started = [s for s in spells if s.start <= last]
    yield from zip(started, [*started[1:], None], strict=True)


def _count(out: RegimeHistory, spell: Spell, after: Spell, clocked: bool) -> None:
    renewed = after.regime == spell.regime
    if spell.clock_end and after.regime in OUTCOME and (renewed or after.start >= spell.clock_end - DUE):
        out.expiries[OUTCOME[after.regime]] += 1
    elif not renewed:
        out.changes[spell.regime, after.regime] += 1
        if (spell.regime, after.regime) == ("truce", "escalation"):
            out.truce_falls[clocked] += 1
