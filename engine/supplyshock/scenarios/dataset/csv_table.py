"""Reading a CSV table of figures, keeping the file and line of every row."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ...common.errors import Problem, did_you_mean, reason, shown
from ...common.number_marks import number_fix
from ...common.safe_text import is_harmless

MARKS = ("sourced", "derived", "unverified", "expert judgement")
"""Where a figure comes from, strongest first."""
MAX_TEXT = 10_000_000
"""Characters of a table at most; the default tables have a hundredth of it."""
COMMON = ("value", "unit", "mark", "source")


@dataclass(frozen=True)
class Figure:
    """One number and where it comes from."""

    table: str
    key: tuple[str, ...]
    value: float
    unit: str
    mark: str
    """One of `MARKS`: where the number comes from."""
    source: str
    where: str
    """file:line"""
    low: float | None = None
    high: float | None = None
    note: str = ""


Table = Mapping[tuple[str, ...], Figure]


@dataclass(frozen=True)
class Rows:
    """A table as text: its file and, for each row, its line and cells."""

    file: str
    rows: tuple[tuple[int, Mapping[str, str]], ...]


def read_rows(folder: Path, name: str, columns: tuple[str, ...], problems: list[Problem]) -> Rows:
    """The rows of ``folder/name.csv``; defects of the whole file go to `problems`."""
    file = str(folder / f"{name}.csv")
    try:
        with open(file, newline="", encoding="utf-8-sig") as opened:
            text = opened.read(MAX_TEXT + 1)
            if len(text) > MAX_TEXT:
                problems.append(Problem(file, "", f"at most {MAX_TEXT:,} characters", "a larger file"))
                return Rows(file, ())
            if not is_harmless(text.replace("\r\n", "\n")):
                problems.append(Problem(file, "", "printable text", "control characters"))
                return Rows(file, ())
            stream = io.StringIO(text, newline="")
            reader = csv.DictReader(stream, restkey="", strict=True)
            missing = [c for c in columns if c not in (reader.fieldnames or ())]
            if missing:
                problems.append(_header_problem(f"{file}:1", missing[0], reader.fieldnames or ()))
                return Rows(file, ())
            return Rows(file, tuple(_checked(reader, file, problems)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        expected = "a file that can be read" if isinstance(error, OSError) else "a CSV table in UTF-8"
        problems.append(Problem(file, "", expected, reason(error)))
        return Rows(file, ())


def _header_problem(where: str, missing: str, header: Sequence[str]) -> Problem:
    """A table without a column, or with another separator than the comma."""
    if not header:
        return Problem(where, "", f"a column {missing!r}", "an empty file")
    for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(header) == 1 and separator in header[0]:
            fix = "save the table as CSV with commas between its columns, and with decimal points"
            return Problem(where, "", "columns separated by commas", f"columns separated by {name}", fix)
    columns = "1 other column" if len(header) == 1 else f"{len(header)} other columns"
    return Problem(where, "", f"a column {missing!r}", columns, did_you_mean(missing, header))


def _checked(reader: csv.DictReader[str], file: str, problems: list[Problem]) -> list[tuple[int, Mapping[str, str]]]:
    rows: list[tuple[int, Mapping[str, str]]] = []
    width = len(reader.fieldnames or ())
    for row in reader:
        if "" in row or None in row.values():
            got = "more" if "" in row else "fewer"
            problems.append(Problem(f"{file}:{reader.line_num}", "", f"{width} cells", got))
        else:
            rows.append((reader.line_num, row))
    return rows


def weakest(marks: Iterable[str]) -> str:
    """The mark of arithmetic on figures with these marks: on sourced figures alone it is derived."""
    mark = max(marks, key=MARKS.index)
    return "derived" if mark == "sourced" else mark


def number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


@dataclass(frozen=True)
class Rule:
    """What a value must be."""

    low: float = 0.0
    high: float = math.inf
    unit: str | None = None
    positive: bool = False
    """Zero is refused too."""

    def admits(self, value: float | None) -> bool:
        """Whether the rule allows a value."""
        return value is not None and self.low <= value <= self.high and (value > 0 or not self.positive)

    def __str__(self) -> str:
        if self.positive:
            return "a number above 0" + (f", at most {self.high:g}" if self.high < math.inf else "")
        if self.high < math.inf:
            return f"a number in {self.low:g}..{self.high:g}"
        return f"a number of at least {self.low:g}" if self.low > -math.inf else "a finite number"


@dataclass(frozen=True)
class Reader:
    """What a table's rows must be."""

    name: str
    key: tuple[str, ...]
    """Columns that name a row."""
    known: Mapping[str, Collection[str]]
    """Names a key column may hold."""
    rule: Callable[[tuple[str, ...]], Rule]
    """What the value for a key must be."""

    def read(self, folder: Path, problems: list[Problem]) -> Table:
        """The table as figures by key; every defect is added to `problems`."""
        text = read_rows(folder, self.name, (*self.key, *COMMON), problems)
        table: dict[tuple[str, ...], Figure] = {}
        for line, row in text.rows:
            figure = self._figure(f"{text.file}:{line}", row, problems)
            if figure is None:
                continue
            if figure.key in table:
                first = table[figure.key].where
                problems.append(Problem(figure.where, " ".join(figure.key), "one row", f"a second one, see {first}"))
            table[figure.key] = figure
        return MappingProxyType(table)

    def _figure(self, where: str, row: Mapping[str, str], problems: list[Problem]) -> Figure | None:
        key = tuple(row[c] for c in self.key)
        before = len(problems)
        for column, name in zip(self.key, key, strict=True):
            known = self.known.get(column)
            if known is not None and name not in known:
                problems.append(Problem(where, column, f"a known {column}", shown(name), did_you_mean(name, known)))
        if row["mark"] not in MARKS:
            problems.append(Problem(where, "mark", f"one of {', '.join(MARKS)}", shown(row["mark"])))
        for column in ("unit", "source"):
            if not row[column].strip():
                problems.append(Problem(where, column, "some text", "nothing"))
        if len(problems) > before:
            return None
        return self._valued(where, key, row, problems)

    def _valued(
        self, where: str, key: tuple[str, ...], row: Mapping[str, str], problems: list[Problem]
    ) -> Figure | None:
        value, rule = number(row["value"]), self.rule(key)
        if rule.unit is not None and row["unit"] != rule.unit:
            problems.append(Problem(where, "unit", rule.unit, shown(row["unit"])))
            return None
        if value is None or not rule.admits(value):
            problems.append(Problem(where, "value", str(rule), shown(row["value"]), number_fix(row["value"])))
            return None
        ends = [number(row.get(c, "")) for c in ("low", "high")]
        note = row.get("note", "")
        return Figure(self.name, key, value, row["unit"], row["mark"], row["source"], where, ends[0], ends[1], note)
