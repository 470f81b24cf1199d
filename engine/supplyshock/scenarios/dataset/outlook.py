"""The outlook for the years ahead: growth of use and of supply by market and year, and dated projects."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ...common.dates import DAY, parse_day
from ...common.errors import Problem, did_you_mean, shown
from ...common.number_marks import number_fix
from .csv_table import MARKS, Figure, Reader, Rule, Table, number, read_rows

TREND_FIELDS = ("use_ratio", "supply_ratio")
"""Growth over the year before: of the use of a market by sectors, and of the supply of its sources."""
RATIO = Rule(unit="1", low=0.1, high=10.0)
FIRST_YEAR, LAST_YEAR = 1900, 2200
COLUMNS = (
    "project", "supplier", "market", "value", "unit", "online", "ramp_weeks", "delay_weeks", "never", "mark", "source",
)  # fmt: skip
NUMBERS = {
    "value": Rule(positive=True),
    "ramp_weeks": Rule(high=10_000.0),
    "delay_weeks": Rule(high=10_000.0),
    "never": Rule(high=1.0),
}


@dataclass(frozen=True)
class Project:
    """Capacity that is announced for a day."""

    tonnage: Figure
    """t/yr of `market` at full output."""
    name: str
    source: str
    market: str
    online: date
    ramp: float
    """weeks from first to full output."""
    delay: float
    """mean delay, weeks."""
    never: float
    """probability that it is never built."""


def read_trends(folder: Path, markets: Collection[str], problems: list[Problem]) -> Table:
    """(market, field, year) of ``trends.csv``; empty without the file. Every defect is added to `problems`."""
    if not (folder / "trends.csv").exists():
        return {}
    known = {"market": markets, "field": TREND_FIELDS, "year": [str(y) for y in range(FIRST_YEAR, LAST_YEAR + 1)]}
    table = Reader("trends", ("market", "field", "year"), known, lambda _: RATIO).read(folder, problems)
    problems.extend(_unpaired(table))
    return table


def _unpaired(table: Table) -> Iterator[Problem]:
    """Trends are departures of use from supply, so each needs the other."""
    for (market, field, year), figure in table.items():
        (other,) = set(TREND_FIELDS) - {field}
        if (market, other, year) not in table:
            yield Problem(figure.where, "field", f"a row of {other} for {market} in {year} as well", "none")


def read_projects(folder: Path, known: Mapping[str, Collection[str]], problems: list[Problem]) -> tuple[Project, ...]:
    """``projects.csv``; empty without the file. `known` holds ids under supplier and market."""
    if not (folder / "projects.csv").exists():
        return ()
    text = read_rows(folder, "projects", COLUMNS, problems)
    projects: dict[str, Project] = {}
    for line, row in text.rows:
        where = f"{text.file}:{line}"
        row_problems = list(_row_problems(where, row, known))
        if row["project"] in projects:
            first = projects[row["project"]].tonnage.where
            row_problems.append(Problem(where, "project", "each project once", f"a second one, see {first}"))
        problems.extend(row_problems)
        if not row_problems:
            projects[row["project"]] = _project(where, row)
    return tuple(projects.values())


def _row_problems(where: str, row: Mapping[str, str], known: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    for column, names in (("supplier", known["supplier"]), ("market", known["market"]), ("mark", MARKS)):
        if row[column] not in names:
            yield Problem(where, column, f"a known {column}", shown(row[column]), did_you_mean(row[column], names))
    for column in ("project", "source"):
        if not row[column].strip():
            yield Problem(where, column, "some text", "nothing")
    if row["unit"] != "t/yr":
        yield Problem(where, "unit", "t/yr", shown(row["unit"]))
    if parse_day(row["online"]) is None:
        yield Problem(where, "online", DAY, shown(row["online"]))
    for column, rule in NUMBERS.items():
        if not rule.admits(number(row[column])):
            yield Problem(where, column, str(rule), shown(row[column]), number_fix(row[column]))


def _project(where: str, row: Mapping[str, str]) -> Project:
    key = (row["project"], row["supplier"], row["market"])
    online = parse_day(row["online"])
    assert online is not None  # checked by _row_problems
    return Project(
        tonnage=Figure("projects", key, float(row["value"]), row["unit"], row["mark"], row["source"], where),
        name=row["project"],
        source=row["supplier"],
        market=row["market"],
        online=online,
        ramp=float(row["ramp_weeks"]),
        delay=float(row["delay_weeks"]),
        never=float(row["never"]),
    )


def project_problems(projects: Collection[Project], market: Table, basket: Table) -> Iterator[Problem]:
    """Projects of goods without tonnes, or that their source does not supply."""
    for p in projects:
        share = basket.get((p.source, p.market))
        if (p.market, "world_volume") not in market or share is None or share.value == 0.0:
            yield Problem(p.tonnage.where, "market", f"a material that {p.source} supplies", p.market)
