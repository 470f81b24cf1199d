"""The dated record of actions, read and checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from supplyshock_kernels.params import PARTIES

from ...common.dates import DAY, parse_day
from ...common.errors import DataError, Problem, did_you_mean, shown
from ...scenarios.dataset.csv_table import number, read_rows

ACTS = ("restrict", "retaliate")
KINDS = (*ACTS, "relax", "truce", "deal")
ACTORS = (*PARTIES, "both", "ally")
TARGETS = ("rare-earths", "minerals", "chips", "tariffs")
PRECISIONS = ("", "day", "day-unverified", "approx", "month")
COLUMNS = ("date", "actor", "kind", "target", "severity")
"""Without these there is no event; `include_in_point_process`, `date_precision` and `lists` may be left out."""


@dataclass(frozen=True)
class Event:
    """One row that counts."""

    day: date
    precision: str
    """day, day-unverified, approx (within a week) or month."""
    parties: tuple[str, ...]
    kind: str
    target: str
    severity: float
    lists: tuple[str, ...] | None
    """Control lists it falls on, none for a tariff; `None` where the record does not say."""

    @property
    def is_act(self) -> bool:
        """A restriction or a retaliation."""
        return self.kind in ACTS

    @property
    def is_tariff(self) -> bool:
        """It falls on the party's tariff list, which gates no market."""
        return self.target == "tariffs" if self.lists is None else not self.lists


def read_events(path: Path, lists: Collection[str]) -> list[Event]:
    """The rows of a timeline that count, in order of date; `lists` are the control lists there are.

    Raises `DataError` that names file, line, column, what was expected and what was got.
    """
    problems: list[Problem] = []
    text = read_rows(path.parent, path.name.removesuffix(".csv"), COLUMNS, problems) if path.suffix == ".csv" else None
    if text is None:
        raise DataError("cannot read the events", where=str(path), expected="a CSV table", got=shown(path.name))
    events: list[Event] = []
    last = date.min
    for line, row in text.rows:
        where = f"{text.file}:{line}"
        row_problems = _problems(where, row, lists)
        problems.extend(row_problems)
        if row_problems:
            continue
        day = date.fromisoformat(row["date"])
        if day < last:
            problems.append(Problem(where, "date", f"rows in order of date, {last} or later", str(day)))
        last = max(last, day)
        if row.get("include_in_point_process", "1") == "1" and row["actor"] != "ally":
            events.append(_event(day, row))
    if problems:
        raise DataError("the events cannot be used", where=str(path), problems=problems[:10])
    if not any(e.is_act for e in events):
        raise DataError("no events", where=str(path), expected="rows of kind restrict or retaliate", got="none")
    return events


def _event(day: date, cell: Mapping[str, str]) -> Event:
    parties = PARTIES if cell["actor"] == "both" else (cell["actor"],)
    lists = tuple(filter(None, cell["lists"].split(";"))) if "lists" in cell else None
    precision = cell.get("date_precision", "") or "day"
    return Event(day, precision, parties, cell["kind"], cell["target"], float(cell["severity"]), lists)


def _problems(where: str, cell: Mapping[str, str], lists: Collection[str]) -> list[Problem]:
    row_problems = []
    if parse_day(cell["date"]) is None:
        row_problems.append(Problem(where, "date", DAY, shown(cell["date"])))
    known: dict[str, Sequence[str]] = {"actor": ACTORS, "kind": KINDS, "target": TARGETS}
    known |= {"date_precision": PRECISIONS, "include_in_point_process": ("0", "1")}
    for column, names in known.items():
        if column in cell and cell[column] not in names:
            hint = did_you_mean(cell[column], names)
            expected = f"one of {', '.join(n for n in names if n)}"
            row_problems.append(Problem(where, column, expected, shown(cell[column]), hint))
    for name in filter(None, cell.get("lists", "").split(";")):
        if name not in lists:
            row_problems.append(Problem(where, "lists", "a known control list", shown(name), did_you_mean(name, lists)))
    severity = number(cell["severity"])
    if severity is None or not 0 <= severity <= 1:
        row_problems.append(Problem(where, "severity", "a number in 0..1", shown(cell["severity"])))
    return row_problems
