"""How scenarios look where all are in one panel: colour, dash and mark, and their legend above all panels."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any, NamedTuple

from .style import FAINT, INK, LINE_COLOURS, legend_row

COLOURS = (*LINE_COLOURS, INK, FAINT)
DASHES: tuple[Any, ...] = ("-", "--", ":", "-.", (0, (6, 1.5, 1, 1.5, 1, 1.5)), (0, (1.5, 3)))
MARKS = ("o", "s", "^", "D", "v", "X", "P")
"""One more than colours, so that the seventh scenario differs from the first."""
ROW = 0.22
"""Inches of a line of the legend."""
LINE, LETTER, ROOM = 0.62, 0.078, 9.2
"""Inches: a legend's sample line with its gaps, a letter, and all that fits side by side."""


class Look(NamedTuple):
    """Of a scenario, the same in every panel."""

    colour: str
    dash: Any
    mark: str


def look(scenario: int) -> Look:
    """The look of a scenario by its place."""
    return Look(COLOURS[scenario % len(COLOURS)], DASHES[scenario % len(DASHES)], MARKS[scenario % len(MARKS)])


def legend_height(titles: Sequence[str]) -> float:
    """Inches that the legend takes; a single scenario needs none."""
    return ROW * ceil(len(titles) / _columns(titles)) if len(titles) > 1 else 0.0


def scenario_legend(ax: Any, titles: Sequence[str]) -> None:
    """Fills axes with the titles beside their lines."""
    from matplotlib.lines import Line2D

    looks = [look(s) for s in range(len(titles))]
    handles = [
        Line2D([], [], color=one.colour, ls=one.dash, marker=one.mark, ms=5.5, lw=1.5, label=title)
        for one, title in zip(looks, titles, strict=True)
    ]
    legend_row(ax, handles, columns=_columns(titles))


def _columns(titles: Sequence[str]) -> int:
    most = max(1, int(ROOM / (LINE + LETTER * max(map(len, titles)))))
    return ceil(len(titles) / ceil(len(titles) / most))  # lines of about equally many
