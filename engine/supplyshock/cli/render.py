"""Rows of figures as text tables, as JSON and as CSV."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analysis.base_prices import base_words
from ..analysis.nonfinite import nonfinite_counts
from ..analysis.price_bound import AT_BOUND
from ..analysis.summary_tables import TITLES, Row, Table
from ..analysis.summary_tables.rows import PER_KG
from ..common.number_format import MISSING, day, number
from ..common.safe_text import plain_cell
from ..store.branch import branch_words
from .measure_table import measure_lines

if TYPE_CHECKING:
    import xarray as xr
    from rich.console import Console

WIDE = 1000
"""Width of a file or a pipe, in characters: no line is wrapped there."""
MEASURES = 80
"""Width of the table of measures there."""
SIDE_BY_SIDE = 4
"""Scenarios next to each other."""
LABEL = 20
"""Narrowest first column; on a narrower terminal the figures of a cell stand below each other."""
STACKED: tuple[Table, ...] = ("losses", "leverage")
"""Tables with a line per statistic; the others have a line per item."""
MIXED: tuple[Table, ...] = ("measures", "differences", "weekly")
"""Tables whose items have units of their own."""
SECOND = ("times", "weeks from the start")
"""Units of a figure that stands behind another one in its line."""
ERROR = "±: one Monte Carlo standard error, without errors of the model or its priors"
BOTH_ERRORS = "±: one standard error of paths and parameters together, without errors of the model"
NOTES = {
    "losses": "CVaR95 is the mean of the worst 5 % of paths. Bill and substitutes are extra cost, not lost output.",
    "sampled": "A tail figure with fewer than 100 effective paths beyond it is not printed (–).",
    "stops": "A sector stops in a week in which it loses more than {threshold:.0f} % of its output.",
    "weekly": "Weeks of the mean over all paths; single paths have higher values in other weeks.",
}


def facts(run: xr.DataTree, path: Path) -> dict[str, Any]:
    """Attributes of the run: folder, scenarios, number of paths, seed and so on."""
    keys = ("paths", "weeks", "start", "seed", "backend", "precision")
    return {"run": str(path), "scenarios": list(run.attrs["scenarios"]), **{k: run.attrs[k] for k in keys}}


def as_dict(run: xr.DataTree, path: Path, rows: Sequence[Row]) -> dict[str, Any]:
    """The run and its rows, for JSON."""
    return {**facts(run, path), "nonfinite_values": nonfinite_counts(run), "rows": [row._asdict() for row in rows]}


def as_csv(rows: Sequence[Row]) -> str:
    """A line per figure, with a header; an error that is not known is empty."""
    from ..common.csv_text import csv_text

    return csv_text(Row._fields, ([("" if v != v else plain_cell(v)) for v in row] for row in rows))


def print_tables(run: xr.DataTree, path: Path, rows: Sequence[Row]) -> None:
    """The tables, in reading order, to stdout."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False, markup=False)
    together = bool(rows) and all(row.table == "measures" and row.parameter_sd == row.parameter_sd for row in rows)
    for line in (*_head(run, path), BOTH_ERRORS if together else ERROR):
        console.print(line, soft_wrap=True)
    start = date.fromisoformat(str(run.attrs["start"]))
    for name, title in TITLES.items():
        in_table = [row for row in rows if row.table == name]
        if name == "measures" and in_table:
            console.print()
            console.print(title, style="bold", soft_wrap=True)
            both = list(_also_in_usd([row._replace(se=row.error) for row in in_table] if together else in_table))
            labels, text = _labels(name, both), partial(_text, start=start)
            width = console.width if console.is_terminal else MEASURES
            for line in measure_lines(both, labels, text, width):
                console.print(line, soft_wrap=True)
        for group in _groups(in_table) if name != "measures" else []:
            console.print()
            console.print(_titled(name, title, in_table), style="bold", soft_wrap=True)
            _print(console, name, [row for row in in_table if row.scenario in group], group, start)
        if any(row.at_bound for row in in_table):
            console.print(AT_BOUND, style="dim", soft_wrap=True)
        if in_table and name in NOTES:
            console.print(_note(run, NOTES[name]), style="dim", soft_wrap=True)


def _also_in_usd(rows: Sequence[Row]) -> Iterator[Row]:
    """Every measure, and after a price ratio of a material the same in USD/kg."""
    for _, group in groupby(rows, key=lambda row: (row.item, row.unit)):
        of_measure = list(group)
        yield from of_measure
        for row in of_measure:
            if (usd := row.usd_per_kg_at_1) == usd:
                yield row._replace(value=row.value * usd, se=row.se * usd, unit=PER_KG)


def _head(run: xr.DataTree, path: Path) -> Iterator[str]:
    about = facts(run, path)
    pairing = "common random numbers, " if len(about["scenarios"]) > 1 else ""
    yield (
        f"{path}: {about['paths']:,} paths of {about['weeks']} weeks from {about['start']}\n"
        f"  {pairing}seed {about['seed']}, {about['backend']}, {about['precision']}"
    )
    if words := branch_words(run):
        yield f"  {words}"
    titles = run["inputs"]["scenario_title"].to_numpy()
    for name, title in zip(about["scenarios"], titles, strict=True):
        yield f"  {name}: {title}" if title else f"  {name}"
    yield from problems(run)


def problems(run: xr.DataTree) -> Iterator[str]:
    """Defects in the numbers of a run, one line per scenario."""
    for name, counts in nonfinite_counts(run).items():
        listed = ", ".join(f"{n:,} of {quantity}" for quantity, n in counts.items())
        yield f"{name}: weekly values that are not finite, or too large: {listed}; figures over them are missing (–)"


def _note(run: xr.DataTree, text: str) -> str:
    if "{threshold" not in text:
        return text
    known = run["inputs"]["value"].isel(scenario=0).sel(scalar="industry.stop_threshold")
    return text.format(threshold=100 * float(known))


def _groups(rows: Sequence[Row]) -> list[list[str]]:
    names = list(dict.fromkeys(row.scenario for row in rows))
    return [names[i : i + SIDE_BY_SIDE] for i in range(0, len(names), SIDE_BY_SIDE)]


def _titled(name: Table, title: str, rows: Sequence[Row]) -> str:
    units = {row.unit for row in rows if row.unit != "weeks from the start"}
    return f"{title}, %" if units == {"%"} and name not in (*MIXED, "stops", "regimes") else title


def _print(console: Console, name: Table, rows: Sequence[Row], scenarios: list[str], start: date) -> None:
    from rich import box
    from rich.table import Table as Grid

    lines, labels = _cells(name, rows, start), _labels(name, rows)
    columns = [[cells.get(s, [MISSING]) for cells in lines.values()] for s in scenarios]
    gap = " · "
    if LABEL + sum(3 + max(len(gap.join(cell)) for cell in column) for column in columns) > console.width:
        gap = "\n"
    look = box.SIMPLE_HEAD if console.is_terminal else None
    grid = Grid(box=look, pad_edge=False, padding=(0, 2, 0, 0))
    grid.add_column("", no_wrap=not console.is_terminal)
    for scenario, column in zip(scenarios, columns, strict=True):
        widest = max(len(line) for cell in column for line in gap.join(cell).split("\n"))
        grid.add_column(scenario, justify="right", min_width=widest)
    for line, *cells in zip(lines, *columns, strict=True):
        grid.add_row(labels[line], *(gap.join(cell) for cell in cells))
    console.print(grid)


def _cells(name: Table, rows: Sequence[Row], start: date) -> dict[str, dict[str, list[str]]]:
    """Texts by line, which is named by ids, and by scenario."""
    lines: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        line = row.item + _ending(name, row)
        if name in MIXED and row.unit in SECOND:
            line = next(k for k in lines if k.startswith(f"{row.item}, "))
        lines.setdefault(line, {}).setdefault(row.scenario, []).append(_text(row, start))
    return lines


def _labels(name: Table, rows: Sequence[Row]) -> dict[str, str]:
    """The names that people read for each line: two ids may have one name. A price ratio says what 1 is."""
    words: dict[str, str] = {}
    prices: dict[str, list[float]] = {}
    for row in rows:
        line = row.item + (end := _ending(name, row))
        words[line] = row.label + end
        if row.unit != PER_KG:
            prices.setdefault(line, []).append(row.usd_per_kg_at_1)
    priced = {k for k, v in prices.items() if name == "prices" or any(p == p for p in v)}
    return {k: f"{v} ({base_words(prices[k])})" if k in priced else v for k, v in words.items()}


def _ending(name: Table, row: Row) -> str:
    if name in MIXED:
        return f", {row.unit}"
    return f", {row.statistic}" if name in STACKED else ""


def _text(row: Row, start: date) -> str:
    if row.unit == "weeks from the start":
        return day(start, row.value, row.se)
    if row.unit == "times":
        digits = 0 if row.value >= 100 else 1  # so that two differences fit a narrow terminal
        return f"SE {row.value:.{digits}f}x smaller (paired)" if row.value == row.value else MISSING
    return f"{number(row.value, row.se)} (bound)" if row.at_bound else number(row.value, row.se)
