"""Weeks that a measure with a time looks at, and thresholds in its units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ...common.errors import UsageError
from ...scenarios.units import QuantityError, parse
from .expression import THRESHOLDS, ThresholdText, TimeText, When
from .measure_row import NO_WORD, MeasureRow, Reduction


@dataclass(frozen=True)
class Window:
    """Weeks from `first` up to `end`, without it, and their reduction."""

    first: int
    end: int
    reduction: Reduction
    start: date
    """First day of week `first`."""
    words: str = ""

    @property
    def single(self) -> bool:
        """One week, by its number or a day in it."""
        return self.end - self.first == 1


def find_window(time: TimeText, row: MeasureRow, start: date, weeks: int, text: str) -> Window:
    """The weeks of a time in a run of `weeks` weeks from `start`.

    before DATE: weeks that begin before it; after DATE: weeks with a day after it; from A to B: weeks with a day from
    A to B, both included. Raises `UsageError` for weeks outside the run.
    """
    own = row.reduction in NO_WORD
    if own and (time.reduction or time.word == "at"):
        fix = "use before, after or from ... to ..., without peak, lowest, mean or total in front"
        raise UsageError("this measure needs a span of weeks", where=text, got=str(time), fix=fix)
    reduction: Reduction = time.reduction or row.reduction  # type: ignore[assignment]
    if time.reduction == "total" and row.reduction != "total":
        raise UsageError("only a loss has a total over weeks", where=text, expected="peak, lowest or mean")
    first, end = _span(time, start, weeks)
    if time.word == "from" and end <= first:
        raise UsageError("the span ends before it begins", where=text, expected="from FIRST to LAST", got=str(time))
    if not (0 <= first < end <= weeks):
        last = start + timedelta(weeks=weeks) - timedelta(days=1)
        expected = f"weeks 0 to {weeks - 1}, which are {start} to {last}"
        raise UsageError("the time is outside the run", where=text, expected=expected, got=str(time))
    words = str(time) if time.reduction or time.word == "at" else f"{reduction.replace('_', ' ')} {time}"
    return Window(first, end, reduction, _day(start, first), words)


def _day(start: date, week: int) -> date:
    return start + timedelta(weeks=week)


def _span(time: TimeText, start: date, weeks: int) -> tuple[int, int]:
    if time.first is None:
        return 0, weeks
    if time.word == "at":
        week = _containing(time.first, start)
        return week, week + 1
    if time.word == "before":
        return 0, _beginning_before(time.first, start)
    if time.word == "after":
        return _containing(time.first, start, 1), weeks
    assert time.last is not None
    return _containing(time.first, start), _containing(time.last, start) + 1


def _containing(when: When, start: date, later: int = 0) -> int:
    """The week with the day (`later` days later); of a week, itself or the next one."""
    if when.day is None:
        return when.week + later
    return ((when.day - start).days + later) // 7


def _beginning_before(when: When, start: date) -> int:
    return when.week if when.day is None else -((start - when.day).days // 7)


_MONEY = {
    "bn USD": 1.0,
    "M USD": 1e-3,
    "k USD": 1e-6,
    "USD bn": 1.0,
    "m USD": 1e-3,
    "USD m": 1e-3,
    "tn USD": 1e3,
    "USD tn": 1e3,
}
SHARES = ("of supply", "of use", "0 to 1", "1")


def find_level(threshold: ThresholdText, unit: str, text: str) -> float:
    """The number of a threshold in the unit of the measure. Raises `UsageError` for another unit."""
    word, number = threshold.unit, threshold.number
    if not word or word == unit:
        return number
    if unit.startswith("bn USD") and word.removesuffix(" a week") in _MONEY:
        return number * _MONEY[word.removesuffix(" a week")]
    if unit == "USD" and word in _MONEY:
        return number * _MONEY[word] * 1e9
    if unit == "x baseline" and word in ("x", "times"):
        return number
    if word == "%" and (unit in SHARES or unit in ("x baseline", "ratio")):
        return number / 100
    if unit.startswith("weeks"):
        try:
            return parse(f"{number!r} {word}", "duration")[0]
        except QuantityError:
            pass
    priced = " or USD/kg" if unit == "x baseline" else ""
    expected = f"{THRESHOLDS}, in {unit}{priced}"
    raise UsageError("not a unit of this measure", where=text, expected=expected, got=repr(word))
