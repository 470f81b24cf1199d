"""Fan charts: weekly quantiles of quotes over the paths, by market and scenario."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.price_bound import PRICE_BOUND
from ...analysis.summary_tables.rows import PLACES
from .fan_panels import Panel, caption, headline, read_panels, times
from .style import (
    COLOURS,
    DASHES,
    FAINT,
    GREY,
    INK,
    NOTE,
    add_texts,
    new_figure,
    open_axes,
    panel_title,
    save,
    scale_multiples,
    spread_labels,
)
from .wrap_text import literal

if TYPE_CHECKING:
    import xarray as xr

PANEL, MARGINS, LEAST = 2.35, 2.6, 7.2
"""Inches: width of a panel, width beside the panels, and least width of the picture."""
TALLEST, SHORTEST = 2.7, 1.4
"""Inches of a row."""
LINE = 0.16
"""Height of a label, inches."""
BANDS = ((0.05, 0.95, 0.20), (0.25, 0.75, 0.38))
"""Lower and upper quantile, opacity."""


def fan_chart(run: xr.DataTree, markets: Sequence[str] | None = None, path: str | Path = "fan.png") -> Path:
    """Draws a row per market and a column per scenario into a file (`save`), and returns its path.

    Only /summary is read. `run` comes from `open_run`; `markets` are ids, by default those of `MARKETS` that the
    run has. Raises `UsageError` for a market that the run does not have, `OSError` for a file that
    cannot be written.
    """
    panels = read_panels(run, markets)
    rows, columns = len(panels), len(panels[0])
    ends, heights = scales(panels)
    width = max(LEAST, PANEL * columns + MARGINS)
    figure = new_figure(width, sum(heights) + 0.15 * rows + 1.7)
    axes = figure.subplots(rows, columns, sharex=True, sharey="row", squeeze=False, height_ratios=heights)
    titles = [literal(str(t)) for t in run["inputs"]["scenario_title"].to_numpy()]
    for i, line in enumerate(panels):
        scale_multiples(axes[i, 0], *ends[i])
        for j, panel in enumerate(line):
            _draw(axes[i, j], panel)
            _head(axes[i, j], panel, title=titles[j] if i == 0 else "", first=j == 0)
        _label_lines(axes[i, -1], line[-1], heights[i])
    _months(axes[0, 0], len(panels[0][0].time))
    add_texts(figure, headline(panels, titles), caption(run))
    return save(figure, path)


def scales(panels: list[list[Panel]]) -> tuple[list[tuple[float, float]], list[float]]:
    """Ends and height in inches of each row: a factor has the same height in all rows, so that fans compare."""
    ends = []
    for line in panels:
        low = min(float(np.nanmin(p.fan[0.05])) for p in line)
        ends.append((min(0.7, low / 1.1), max(2.0, 1.05 * max(p.top for p in line))))
    longest = max(float(np.log(high / low)) for low, high in ends)
    inch = longest / (TALLEST - 2 * LINE)
    rows = []
    for low, high in ends:
        high = max(high * np.exp(2 * LINE * inch), low * np.exp(SHORTEST * inch))  # room for the label of a peak
        rows.append((low, float(high)))
    return rows, [float(np.log(high / low)) / inch for low, high in rows]


def _draw(ax: Any, panel: Panel) -> None:
    colour = COLOURS.get(panel.bloc, INK)
    other = next(c for b, c in COLOURS.items() if b != panel.bloc)
    for low, high, opacity in BANDS:
        ax.fill_between(panel.time, panel.fan[low], panel.fan[high], color=colour, alpha=opacity, lw=0)
    ax.axhline(1, color=FAINT, lw=0.6, zorder=1)
    ax.plot(panel.time, panel.other, color=other, lw=1.3)
    ax.plot(panel.time, panel.paid, color=INK, lw=1.3, ls=DASHES)
    ax.plot(panel.time, panel.fan[0.5], color=colour, lw=2.4)
    week = int(np.nanargmax(panel.fan[0.95]))
    ax.plot(panel.time[week], panel.top, "o", color=colour, ms=4)
    place, text = week / len(panel.time), f"1 in 20 above {times(panel.top)}"
    if panel.at_bound:  # its label is about as wide as the panel
        ax.axhline(PRICE_BOUND, color=GREY, lw=0.8, ls=":")
        place, text = 0.5, f"1 in 20 at the bound, {times(PRICE_BOUND)}"
    ax.annotate(
        text,
        (0.5 if panel.at_bound else panel.time[week], panel.top),
        xycoords=("axes fraction" if panel.at_bound else "data", "data"),
        xytext=(0, 6),
        textcoords="offset points",
        ha="left" if place < 1 / 3 else "right" if place > 2 / 3 else "center",
        size=NOTE,
        color=colour,
        weight="bold",
    )


def _head(ax: Any, panel: Panel, *, title: str, first: bool) -> None:
    if title:
        panel_title(ax, fill(title, 26))
    if first:
        place = PLACES.get(panel.bloc, panel.bloc)
        name = fill(literal(panel.name), 18)
        ax.set_ylabel(f"{name}\nquote {place},\n{panel.base}", size=NOTE, color=INK)
    open_axes(ax)
    ax.spines[["left", "bottom"]].set_color(FAINT)


def _months(ax: Any, weeks: int) -> None:
    """Dates, which all panels share."""
    from matplotlib.dates import DateFormatter, MonthLocator

    months = (1, 7) if weeks > 40 else (1, 4, 7, 10)
    ax.xaxis.set_major_locator(MonthLocator(bymonth=months))  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_formatter(DateFormatter("%b\n%Y"))  # type: ignore[no-untyped-call]


def _label_lines(ax: Any, panel: Panel, inches: float) -> None:
    """Labels beside the ends of the lines, moved apart where they would touch."""
    colour = COLOURS.get(panel.bloc, INK)
    other = next((b, c) for b, c in COLOURS.items() if b != panel.bloc)
    ends = [
        (panel.fan[0.95][-1], "90 % of paths", colour, "normal"),
        (panel.fan[0.75][-1], "half of the paths", colour, "normal"),
        (panel.fan[0.5][-1], f"median {PLACES[panel.bloc]}", colour, "bold"),
        (panel.paid[-1], "median paid outside China", INK, "normal"),
        (panel.other[-1], f"median {PLACES[other[0]]}", other[1], "normal"),
    ]
    low, high = ax.get_ylim()
    gap = (high / low) ** (LINE / inches)
    for y, (_, text, ink, weight) in zip(spread_labels([e[0] for e in ends], gap), ends, strict=True):
        ax.annotate(
            text,
            (1.02, y),
            xycoords=("axes fraction", "data"),
            va="center",
            size=NOTE,
            color=ink,
            weight=weight,
            annotation_clip=False,
        )
