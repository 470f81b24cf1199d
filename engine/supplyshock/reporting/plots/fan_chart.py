"""Fan charts: weekly quantiles of quotes over the paths, by market and scenario."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.summary_tables.rows import PLACES
from .fan_panels import Panel, caption, headline, read_panels, times
from .style import (
    COLOURS,
    DASHES,
    FAINT,
    INK,
    add_texts,
    literal,
    new_figure,
    open_axes,
    save,
    scale_multiples,
    spread_labels,
)

if TYPE_CHECKING:
    import xarray as xr

PANEL = (4.1, 2.9)
"""Inches."""
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
    width = PANEL[0] * columns + 1.7
    figure = new_figure(width, PANEL[1] * rows + 1.5, constrained=True)
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    titles = [literal(str(t)) for t in run["inputs"]["scenario_title"].to_numpy()]
    for i, line in enumerate(panels):
        for j, panel in enumerate(line):
            _draw(axes[i, j], panel)
            _head(axes[i, j], panel, title=titles[j] if i == 0 else "", first=j == 0)
    _frame(axes[0, 0], panels)
    for i, line in enumerate(panels):
        _label_lines(axes[i, -1], line[-1])
    characters = int(13.5 * width)
    add_texts(figure, headline(panels, titles), caption(run), (int(0.62 * characters), characters))
    return save(figure, path)


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
    ax.annotate(
        f"1 in 20 above {times(panel.top)}",
        (panel.time[week], panel.top),
        xytext=(0, 6),
        textcoords="offset points",
        ha="right" if week > len(panel.time) // 2 else "left",
        size=9,
        color=colour,
        weight="bold",
    )


def _head(ax: Any, panel: Panel, *, title: str, first: bool) -> None:
    if title:
        ax.set_title(title, loc="left", size=12, weight="bold", color=INK)
    if first:
        place = PLACES.get(panel.bloc, panel.bloc)
        ax.set_ylabel(f"{literal(panel.name)}\nquote {place},\n{panel.base}", size=9, color=INK)
    open_axes(ax)
    ax.spines[["left", "bottom"]].set_color(FAINT)


def _frame(ax: Any, panels: list[list[Panel]]) -> None:
    """Scales, which all panels share."""
    from matplotlib.dates import DateFormatter, MonthLocator

    low = min(float(np.nanmin(p.fan[0.05])) for line in panels for p in line)
    high = max(p.top for line in panels for p in line)
    scale_multiples(ax)
    ax.set_ylim(min(0.7, low / 1.1), max(3.0, high * 1.45))
    months = (1, 7) if len(panels[0][0].time) > 40 else (1, 3, 5, 7, 9, 11)
    ax.xaxis.set_major_locator(MonthLocator(bymonth=months))  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_formatter(DateFormatter("%b\n%Y"))  # type: ignore[no-untyped-call]


def _label_lines(ax: Any, panel: Panel) -> None:
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
    gap = (high / low) ** (LINE / PANEL[1])
    for y, (_, text, ink, weight) in zip(spread_labels([e[0] for e in ends], gap), ends, strict=True):
        ax.annotate(
            text,
            (1.02, y),
            xycoords=("axes fraction", "data"),
            va="center",
            size=8.5,
            color=ink,
            weight=weight,
            annotation_clip=False,
        )
