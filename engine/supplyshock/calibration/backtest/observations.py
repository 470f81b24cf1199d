"""Reads observed points from a table, and checks that each can be compared with a simulation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from supplyshock_kernels.params import BLOCS, PARTIES, REGIMES

from ...common.dates import DAY, parse_day
from ...common.errors import DataError, Problem, did_you_mean, shown
from ...scenarios.dataset.csv_table import MARKS, number, read_rows
from ...scenarios.display_names import DisplayNames
from ...scenarios.shipped import configs_dir
from .observation_operators import OPERATORS
from .observed_point import ObservedPoint

COLUMNS = (
    "episode", "scenario", "target", "measure", "market", "bloc", "from", "to", "value", "low", "high", "unit",
    "mark", "source", "note",
)  # fmt: skip

NAMES = DisplayNames()
"""Of the shipped data set."""


def shipped_points() -> Path:
    """The observed points that ship."""
    return configs_dir() / "observed.csv"


def read_points(file: Path, known: Mapping[str, Collection[str]]) -> tuple[ObservedPoint, ...]:
    """Every point of a CSV table; `known` holds the names of markets, under ``market``.

    Raises `DataError` (65) that lists every defect with file, line, column, expected and got.
    """
    problems: list[Problem] = []
    text = read_rows(file.parent, file.name.removesuffix(".csv"), COLUMNS, problems)
    points = [_point(f"{text.file}:{line}", row, known, problems) for line, row in text.rows]
    if problems:
        raise DataError(f"the observed points have {len(problems)} problem(s)", where=str(file), problems=problems)
    return tuple(p for p in points if p is not None)


def _point(
    where: str, row: Mapping[str, str], known: Mapping[str, Collection[str]], problems: list[Problem]
) -> ObservedPoint | None:
    before = len(problems)

    def bad(column: str, expected: str, fix: str = "") -> None:
        problems.append(Problem(where, column, expected, shown(row[column]), fix))

    if row["measure"] not in OPERATORS:
        bad("measure", f"one of {', '.join(OPERATORS)}", did_you_mean(row["measure"], OPERATORS))
        return None
    for column in ("episode", "scenario", "unit", "source"):
        if not row[column].strip():
            bad(column, "some text")
    if row["mark"] not in MARKS:
        bad("mark", f"one of {', '.join(MARKS)}")
    days = {c: parse_day(row[c]) for c in ("from", "to")}
    for column, day in days.items():
        if day is None:
            bad(column, DAY)
    if days["from"] and days["to"] and days["to"] <= days["from"]:
        bad("to", f"a date after `from` ({days['from']})")
    value = number(row["value"])
    bound = not row["value"].strip() and any(row[c].strip() for c in ("low", "high"))
    if not bound and (value is None or value <= 0.0):
        bad("value", "a number above 0, or nothing beside a bound in `low` or `high`")
    for column in ("low", "high"):
        if row[column] and number(row[column]) is None:
            bad(column, "a number, or nothing")
    row = {**row, "market": _with_ids(row["market"], OPERATORS[row["measure"]].market, known)}
    _names(row, known, bad)
    if len(problems) > before or days["from"] is None or days["to"] is None:
        return None
    return ObservedPoint(
        **{c: row[c].strip() for c in ("episode", "scenario", "target", "measure", "market", "bloc")},
        first=days["from"], end=days["to"], value=value, low=number(row["low"]), high=number(row["high"]),
        **{c: row[c] for c in ("unit", "mark", "source", "note")}, where=where,
    )  # fmt: skip


def _with_ids(cell: str, kind: str, known: Mapping[str, Collection[str]]) -> str:
    """The market column with ids in place of names that people read; unknown names stay."""
    if kind not in known:
        return cell
    if whole := NAMES.find("market", cell, known[kind]):
        return whole
    parts = (part.partition("*") for part in cell.split())
    return " ".join((NAMES.find("market", name, known[kind]) or name) + star + weight for name, star, weight in parts)


def _nearest(name: str, kind: str, names: Collection[str]) -> str:
    return NAMES.nearest("market", name, names) if kind in ("market", "chip") else did_you_mean(name, names)


def _names(row: Mapping[str, str], known: Mapping[str, Collection[str]], bad: object) -> None:
    """The market column and the bloc column hold what the measure needs."""
    operator = OPERATORS[row["measure"]]
    markets = {"market": known["market"], "chip": known["chip"], "regime": REGIMES, "": ("",)}[operator.market]
    blocs = {"bloc": BLOCS, "party": PARTIES, "": ("", *BLOCS)}[operator.bloc]
    assert callable(bad)
    for part in row["market"].split() or [""]:
        name, _, weight = part.partition("*")
        if name not in markets or (weight and number(weight) is None):
            bad(
                "market",
                f"a {operator.market or 'blank'}, or a sum such as La*.5 Ce*.5",
                _nearest(name, operator.market, markets),
            )
    if row["bloc"] not in blocs:
        bad("bloc", f"one of {', '.join(b or '(nothing)' for b in blocs)}")
