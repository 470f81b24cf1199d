"""Measures as text: a heading for each, a line for each scenario, a column for each statistic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from ..analysis.summary_tables.measures import QUANTILES

if TYPE_CHECKING:
    from ..analysis.summary_tables import Row

HEADS = {"mean": "mean", **{q: q for q in QUANTILES}, "CVaR95": "worst 5 %"}
"""Column heads by statistic; a probability stands alone, under the mean."""
GAP, WIDE = 2, 80


def measure_lines(
    rows: Sequence[Row], labels: Mapping[str, str], text: Callable[[Row], str], width: int = WIDE
) -> Iterator[str]:
    """The table: `labels` by item and unit, `text` of a figure.

    Where a line would be wider than `width`, the columns stand below each other.
    """
    cells = [_cells(row, text) for row in rows]
    heads = [head for key, head in HEADS.items() if any(column == key for column, _ in cells)]
    only_events = all(row.statistic == "probability" for row in rows)
    longest = max(len(row.scenario) for row in rows) + 2
    widths = {
        head: max(len("probability" if only_events else head), *(len(t) for c, t in cells if HEADS[c] == head))
        for head in heads
    }
    stacked = longest + sum(GAP + w for w in widths.values()) > width
    if not stacked:
        shown = ("probability" if only_events else head for head in heads)
        yield " " * longest + "".join(
            " " * GAP + word.rjust(widths[head]) for head, word in zip(heads, shown, strict=True)
        )
    for name, by_scenario in _grouped(rows, text).items():
        yield from wrap(labels[name], width, subsequent_indent="  ", break_on_hyphens=False)
        for scenario, figures in by_scenario.items():
            if stacked:
                yield from wrap(
                    f"  {scenario}: " + ", ".join(f"{h}\N{NO-BREAK SPACE}{t}" for h, t in figures.items()),
                    width,
                    subsequent_indent="    ",
                )
                continue
            line = "".join(" " * GAP + figures.get(head, "").rjust(widths[head]) for head in heads)
            yield f"  {scenario}".ljust(longest) + line.rstrip()


def _cells(row: Row, text: Callable[[Row], str]) -> tuple[str, str]:
    return ("mean" if row.statistic == "probability" else row.statistic), text(row)


def _grouped(rows: Sequence[Row], text: Callable[[Row], str]) -> dict[str, dict[str, dict[str, str]]]:
    """Text by measure, scenario and column head."""
    out: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows:
        column, cell = _cells(row, text)
        out.setdefault(f"{row.item}, {row.unit}", {}).setdefault(row.scenario, {})[HEADS[column]] = cell
    return out
