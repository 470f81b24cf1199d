"""The grammar of measures: text to parts, without a look at any data.

``NAME[:LABEL[,LABEL]] [REDUCTION] [WINDOW] [COMPARISON NUMBER [UNIT]]``, such as ``quote:Tb peak before 2027-04-07``,
``paid:Dy at week 26`` or ``loss:US > 50 bn USD``. ``loss_usd_bn[US]`` is ``loss_usd_bn:US``. A label with a comma, or
with words of a time, stands in quotes: ``stands:"eight weeks, two sources"``.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from ...common.dates import DAY, FIRST, FORM, LAST, parse_day
from ...common.errors import UsageError, did_you_mean
from ...common.number_marks import number_fix
from .quoted_labels import label_at, put_back, quoted, take_out

TIMES = (
    "at week 26, at 2027-04-07, peak before 2027-04-07, peak after week 26 or mean from 2026-10-07 to 2027-04-07 "
    "(peak, lowest, mean, total)"
)
THRESHOLDS = "a threshold such as > 5, >= 26 weeks or < 20 %"
REDUCTIONS = ("peak", "lowest", "mean", "total")

_WHEN = r"(?:week\s+\d+|\d{4}-\d{2}-\d{2})"
_TIME = re.compile(
    rf"(?P<head>\S.*?)(?:\s+(?P<reduction>{'|'.join(REDUCTIONS)}))?"
    rf"(?:\s+(?:(?P<word>at|before|after)\s+(?P<when>{_WHEN})|from\s+(?P<first>{_WHEN})\s+to\s+(?P<last>{_WHEN})))?$"
)
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_THRESHOLD = re.compile(rf"(?P<head>[^<>]*?)\s*(?P<operator>>=|<=|>|<)\s*(?P<number>{_NUMBER})\s*(?P<unit>[^<>=\d]*)$")
_LEFT_OVER = re.compile(r"\s(at|before|after|from|to|week|peak|lowest|mean|total|until|in|on)(\s|$)")
_OTHER_DAY = re.compile(r"\d+([./-])\d+\1\d+$")
"""A date in the form of another country."""
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = re.compile(
    rf"\s(?:at|in|on|before|after|from|until|to)\s+(?P<text>(?P<month>{'|'.join(_MONTHS)})[a-z]*\.?\s+(?P<year>\d{{4}}))$",
    re.IGNORECASE,
)
"""A month and its year, in words."""
TIME_WORDS = ("at", "before", "after", "peak", "mean", "week")
_COMMA = re.compile(r",(?![^()]*\))")
"""Between labels; a name may have one in brackets."""
_BRACKETS = re.compile(r"^(\w+)\[([^\]]*)\]")
LONGEST = 300
"""Characters of a measure."""


@dataclass(frozen=True)
class When:
    """A week by its number, from 0, or a day."""

    week: int = 0
    day: date | None = None

    def __str__(self) -> str:
        return str(self.day) if self.day else f"week {self.week}"


@dataclass(frozen=True)
class TimeText:
    """A reduction and a window of weeks, as the text has them."""

    reduction: str = ""
    word: str = ""
    """at, before, after, from, or nothing for the whole run."""
    first: When | None = None
    last: When | None = None

    def __str__(self) -> str:
        if self.word == "from":
            return f"{self.reduction} from {self.first} to {self.last}".strip()
        return " ".join(x for x in (self.reduction, self.word, str(self.first or "")) if x)


@dataclass(frozen=True)
class ThresholdText:
    """A comparison, as the text has it."""

    operator: str
    number: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.operator} {self.number:g} {self.unit}".strip()

    @property
    def with_unit(self) -> str:
        """The text, if it names a unit; else empty: the unit is that of the measure."""
        return str(self) if self.unit else ""


@dataclass(frozen=True)
class Expression:
    """The parts of a measure."""

    text: str
    name: str
    labels: tuple[str, ...]
    time: TimeText | None
    threshold: ThresholdText | None

    @property
    def without_threshold(self) -> str:
        """The text of the number that is compared with the threshold."""
        labels = f":{','.join(map(written, self.labels))}" if self.labels else ""
        return f"{self.name}{labels} {self.time or ''}".strip()


def parse_expression(text: str) -> Expression:
    """The parts of a measure. Raises `UsageError` for text that is none."""
    if len(text.strip()) > LONGEST:
        where, expected = f"{text.strip()[:30]}...", f"{LONGEST} characters at most"
        raise UsageError("too long for a measure", where=where, expected=expected)
    open_text, in_quotes = take_out(text.strip())
    head, threshold = _split_threshold(_BRACKETS.sub(r"\1:\2", open_text), text)
    match = _TIME.match(head)
    if match is None:
        raise UsageError("no measure", where=repr(text), expected="NAME[:LABEL,...] [TIME] [> NUMBER]")
    head = match["head"]
    if _LEFT_OVER.search(head) and not match["word"] and not match["first"]:
        raise UsageError("no such time", where=text, expected=TIMES, fix=_nearest_time(head, in_quotes))
    name, _, tail = head.partition(":")
    parts = [part.strip() for part in _COMMA.split(tail) if part.strip()]
    labels = tuple(_label(part, in_quotes, text) for part in parts)
    return Expression(text, name.strip(), labels, _time(match, text), threshold)


def written(label: str) -> str:
    """A label as a measure names it: in quotes where the grammar would split it."""
    try:
        alone = parse_expression(f"x:{label}")
    except UsageError:
        return quoted(label)
    return label if alone == Expression(alone.text, "x", (label,), None, None) else quoted(label)


def _label(part: str, in_quotes: tuple[str, ...], text: str) -> str:
    label, bare = label_at(part, in_quotes), put_back(part, in_quotes)
    if label is None and bare[0] in "\"'":
        fix = "close it behind the label; a quotation mark within the label is doubled"
        raise UsageError("a quotation mark is not closed", where=text, expected=quoted("a, b"), got=bare, fix=fix)
    return bare if label is None else label


def split_threshold(text: str) -> tuple[str, ThresholdText | None]:
    """The text before a threshold, and the threshold. Raises `UsageError` for one that cannot be read."""
    open_text, in_quotes = take_out(text)
    head, threshold = _split_threshold(open_text, text)
    return put_back(head, in_quotes), threshold


def _split_threshold(open_text: str, text: str) -> tuple[str, ThresholdText | None]:
    """The same of ``text`` whose labels in quotes are taken out."""
    if match := _THRESHOLD.match(open_text):
        return match["head"], ThresholdText(match["operator"], float(match["number"]), match["unit"].strip())
    if "<" in open_text or ">" in open_text:
        number = re.split(r"[<>]=?", open_text)[-1]
        raise UsageError("no such threshold", where=text, expected=THRESHOLDS, fix=number_fix(number))
    return open_text, None


def _nearest_time(head: str, in_quotes: tuple[str, ...]) -> str:
    words = head.split()[1:]
    if day := next((w for w in words if _OTHER_DAY.match(w)), ""):
        return f"a date has the form {FORM}, got {day}"
    if month := _MONTH.search(put_back(head, in_quotes)):
        return _span_of(month)
    for word in words:
        hint = did_you_mean(word, TIME_WORDS)
        if hint and word.casefold() not in (*TIME_WORDS, "weeks"):
            return hint
    name, _, label = put_back(head, in_quotes).partition(":")
    return f"if {label!r} is a label, put it in quotes: {name}:{quoted(label)}" if label else ""


def _span_of(month: re.Match[str]) -> str:
    """How to write the days of a month."""
    year, number = int(month["year"]), 1 + _MONTHS.index(month["month"].casefold())
    if year < FIRST.year or year > LAST.year:
        return ""
    span = f"from {date(year, number, 1)} to {date(year, number, monthrange(year, number)[1])}"
    return f"{month['text']!r} is no date: write {span}"


def _time(match: re.Match[str], text: str) -> TimeText | None:
    reduction = match["reduction"] or ""
    if match["first"]:
        return TimeText(reduction, "from", _when(match["first"], text), _when(match["last"], text))
    if match["word"]:
        return TimeText(reduction, match["word"], _when(match["when"], text))
    return TimeText(reduction) if reduction else None


def _when(part: str, text: str) -> When:
    if part.startswith("week"):
        return When(int(part.split()[1]))
    day = parse_day(part)
    if day is None:
        raise UsageError("no such day", where=text, expected=DAY, got=part)
    return When(day=day)
