"""Fan charts: how far quotes spread over the paths, market by market and scenario by scenario."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.summary_tables.rows import PLACES
from ...common.errors import UsageError
from ...scenarios.display_names import PICTURES, market_name
from .fan_panels import Panel, caption, headline, read_panels, times

if TYPE_CHECKING:
    import xarray as xr

COLOURS = {"CN": "#D55E00", "XC": "#0072B2"}
"""Okabe and Ito's vermilion and blue: apart for every kind of colour vision, and in grey."""
INK, FAINT = "#222222", "#888888"
PANEL = (4.1, 2.9)
"""Inches."""
LINE = 0.16
"""Height of a label, inches."""
DPI = 150
BANDS = ((0.05, 0.95, 0.20), (0.25, 0.75, 0.38))
"""Lower and upper quantile, opacity."""


def fan_chart(run: xr.DataTree, markets: Sequence[str] | None = None, path: str | Path = "fan.png") -> Path:
    """Draws a row per market and a column per scenario into a file (`save`), and returns its path.

    Only /summary is read. `run` is what `open_run` gives; `markets` are ids, by default those of `MARKETS`
    that the run has. Raises `UsageError` for a market that the run does not have, `OSError` for a file that
    cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = read_panels(run, markets)
    rows, columns = len(panels), len(panels[0])
    figure = Figure(figsize=(PANEL[0] * columns + 1.7, PANEL[1] * rows + 1.5), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    titles = [str(t).replace("$", r"\$") for t in run["inputs"]["scenario_title"].to_numpy()]  # no formula
    for i, line in enumerate(panels):
        for j, panel in enumerate(line):
            _draw(axes[i, j], panel)
            _head(axes[i, j], panel, title=titles[j] if i == 0 else "", first=j == 0)
    _frame(axes[0, 0], panels)
    for i, line in enumerate(panels):
        _label_lines(axes[i, -1], line[-1])
    width = int(13.5 * (PANEL[0] * columns + 1.7))
    said = "\n".join(fill(line, int(0.62 * width)) for line in headline(panels, titles).split("\n"))
    figure.suptitle(said, x=0.01, ha="left", size=13, weight="bold", color=INK)
    figure.supxlabel(fill(caption(run), width), x=0.01, ha="left", size=8, color=FAINT)
    return save(figure, path)


def save(figure: Any, path: str | Path) -> Path:
    """Writes a picture of the kind that the ending says (`PICTURES`), and returns its path.

    Raises `UsageError` for another ending and `OSError` for a file that cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in PICTURES:
        raise UsageError("no such kind of picture", where=str(path), expected=" or ".join(PICTURES), got=path.suffix)
    figure.savefig(path, format=path.suffix.lower()[1:])
    return path


def _draw(ax: Any, panel: Panel) -> None:
    colour = COLOURS.get(panel.bloc, INK)
    other = next(c for b, c in COLOURS.items() if b != panel.bloc)
    for low, high, opacity in BANDS:
        ax.fill_between(panel.time, panel.fan[low], panel.fan[high], color=colour, alpha=opacity, lw=0)
    ax.axhline(1, color=FAINT, lw=0.6, zorder=1)
    ax.plot(panel.time, panel.other, color=other, lw=1.3)
    ax.plot(panel.time, panel.paid, color=INK, lw=1.3, ls=(0, (4, 2)))
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
        ax.set_ylabel(f"{market_name(panel.market)}\nquote {place},\nmultiple of baseline", size=9, color=INK)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(FAINT)
    ax.tick_params(colors=INK, labelsize=9, which="both")


def _frame(ax: Any, panels: list[list[Panel]]) -> None:
    """Scales, which all panels share."""
    from matplotlib.dates import DateFormatter, MonthLocator
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    low = min(float(np.nanmin(p.fan[0.05])) for line in panels for p in line)
    high = max(p.top for line in panels for p in line)
    ax.set_yscale("log")
    ax.set_ylim(min(0.7, low / 1.1), max(3.0, high * 1.45))
    steps = [f * 10.0**e for e in range(-3, 5) for f in (1, 2, 5)]
    ax.yaxis.set_major_locator(FixedLocator(steps))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}×"))
    months = (1, 7) if len(panels[0][0].time) > 40 else (1, 3, 5, 7, 9, 11)
    ax.xaxis.set_major_locator(MonthLocator(bymonth=months))  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_formatter(DateFormatter("%b\n%Y"))  # type: ignore[no-untyped-call]


def _label_lines(ax: Any, panel: Panel) -> None:
    """Names beside the ends of the lines, moved apart where they would touch."""
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
    for y, (_, text, ink, weight) in zip(spread([e[0] for e in ends], gap), ends, strict=True):
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


def spread(values: Sequence[float], gap: float = 1.14) -> list[float]:
    """The values moved apart, in their order, so that neighbours differ by the factor `gap` at least."""
    logs = np.log(np.maximum(np.asarray(values, float), 1e-6))
    order, step = np.argsort(-logs, kind="stable"), float(np.log(gap))
    placed = logs[order].copy()
    for _ in range(200):
        for i in range(len(placed) - 1):
            short = step - (placed[i] - placed[i + 1])
            if short > 1e-9:
                placed[i] += short / 2
                placed[i + 1] -= short / 2
    out = np.empty_like(placed)
    out[order] = np.exp(placed)
    return [float(v) for v in out]
