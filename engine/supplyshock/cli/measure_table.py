"""Measures as text: a heading for each, a line for each scenario, a column for each statistic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from ..analysis.summary_tables.rows import QUANTILES

if TYPE_CHECKING:
    from ..analysis.summary_tables import Row

HEADS = {"probability": "probability", "mean": "mean", **{q: q for q in QUANTILES}, "CVaR95": "worst 5 %"}
"""Column heads by statistic."""
GAP, WIDE = 2, 80
Cells = Mapping[str, Mapping[str, str]]
"""Text by scenario and column head."""


def measure_lines(
    rows: Sequence[Row], labels: Mapping[str, str], text: Callable[[Row], str], width: int = WIDE
) -> Iterator[str]:
    """A table for each measure: `labels` by item and unit, `text` of a figure.

    Where a table would be wider than `width`, its columns stand below each other.
    """
    for name, cells in _grouped(rows, text).items():
        yield from wrap(labels[name], width, subsequent_indent="  ", break_on_hyphens=False)
        yield from _table(cells) if _width(cells) <= width else _stacked(cells, width)


def _table(cells: Cells) -> Iterator[str]:
    widths, first = _widths(cells), _first(cells)
    yield " " * first + "".join(" " * GAP + head.rjust(w) for head, w in widths.items())
    for scenario, figures in cells.items():
        line = "".join(" " * GAP + figures.get(head, "").rjust(w) for head, w in widths.items())
        yield f"  {scenario}".ljust(first) + line.rstrip()


def _stacked(cells: Cells, width: int) -> Iterator[str]:
    glue = "\N{NO-BREAK SPACE}"
    for scenario, figures in cells.items():
        parts = (f"{head} {text}".replace(" ", glue) for head, text in figures.items())
        for line in wrap(f"  {scenario}: " + ", ".join(parts), width, subsequent_indent="    "):
            yield line.replace(glue, " ")


def _width(cells: Cells) -> int:
    return _first(cells) + sum(GAP + width for width in _widths(cells).values())


def _first(cells: Cells) -> int:
    return max(map(len, cells)) + 2


def _widths(cells: Cells) -> dict[str, int]:
    """Widths of the columns that a measure has, in the order of `HEADS`."""
    columns = {head: [figures[head] for figures in cells.values() if head in figures] for head in HEADS.values()}
    return {head: max(len(head), *map(len, texts)) for head, texts in columns.items() if texts}


def _grouped(rows: Sequence[Row], text: Callable[[Row], str]) -> dict[str, dict[str, dict[str, str]]]:
    """Text by measure, scenario and column head."""
    out: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows:
        out.setdefault(f"{row.item}, {row.unit}", {}).setdefault(row.scenario, {})[HEADS[row.statistic]] = text(row)
    return out
