"""Means under the best values and under draws of the parameters: a panel per outcome, a row per scenario."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from ...studies.uncertainty_summary import IN_IT, headline, rows, side, size, uncertainty_finding
from .style import (
    BLUE,
    COLUMN,
    FAINT,
    GREY,
    INK,
    NOTE,
    TEXT,
    add_texts,
    axis_titles,
    legend_row,
    new_figure,
    open_axes,
    panel_title,
    save,
)

if TYPE_CHECKING:
    import xarray as xr

MOST, ACROSS = 6, 2
"""Panels, of which the files have more, and panels side by side."""
ROW, HEAD = 0.58, 0.85
"""Inches: a row, and the rest of a panel."""


def chart(results: xr.Dataset, path: str | Path) -> Path:
    """Draws the first `MOST` outcomes into a file. Raises as `save`."""
    count = min(results.sizes["outcome"], MOST)
    across = min(ACROSS, count)
    down = ceil(count / across)
    figure = new_figure(COLUMN, 1.9 + down * (HEAD + ROW * results.sizes["scenario"]))
    heights = [1.0] * down + [0.1]
    grid = figure.add_gridspec(down + 1, across, height_ratios=heights)
    axes = grid[:-1, :].subgridspec(down, across).subplots(squeeze=False, sharey=True)
    table = list(rows(results))
    for i, ax in enumerate(axes.flat):
        if i >= count:
            ax.set_visible(False)
            continue
        one = results.isel(outcome=i)
        _panel(ax, one, [row for row in table if row["outcome"] == str(one["outcome"].item())])
    _legend(figure.add_subplot(grid[-1, :]))
    add_texts(figure, uncertainty_finding(results), caption(results))
    return save(figure, path)


def caption(results: xr.Dataset) -> str:
    """Sample, definitions, and what the picture leaves out."""
    more = results.sizes["outcome"] - MOST
    left_out = f" {more} more outcome{'s' if more > 1 else ''} in the files." if more > 0 else ""
    below = " Below a row: number of draws with the same sign of the difference to the first scenario."
    return f"{headline(results)} {size(results)}.{below if results.sizes['scenario'] > 1 else ''}{left_out} {IN_IT}"


def _panel(ax: Any, one: xr.Dataset, table: list[dict[str, Any]]) -> None:
    from matplotlib.ticker import MaxNLocator

    for y, row in enumerate(table):
        _row(ax, y, row, one["mean"].isel(scenario=y).to_numpy())
    ax.set_yticks(range(len(table)), [fill(str(t), 24) for t in one["scenario_title"].values], size=TEXT, color=INK)
    ax.set_ylim(len(table) - 0.4, -0.5)
    title, unit = str(one["outcome_title"].item()), str(one["outcome_unit"].item())
    ax.margins(x=0.08)
    low, high = ax.get_xlim()
    if unit == "%":  # a share ends at 0 and at 100
        ax.set_xlim(max(low, 0.0), min(high, 100.0))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    panel_title(ax, fill(f"{title[0].upper()}{title[1:]}", 42))
    axis_titles(ax, unit)
    open_axes(ax, ("top", "right", "left"))
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color=FAINT, lw=0.4, alpha=0.4)
    ax.set_axisbelow(True)
    for y, row in list(enumerate(table))[1:]:
        _annotate_sign(ax, y, row, one.sizes["draw"])


def _row(ax: Any, y: int, row: dict[str, Any], draws: Any) -> None:
    """The value under the best parameters above, the draws below it."""
    low = y + 0.1
    ax.plot([row["q05"], row["q95"]], [low, low], color=BLUE, lw=7, alpha=0.28, solid_capstyle="butt", zorder=1, **OVER)
    ax.plot(draws, np.full(len(draws), low), "|", ms=9, mew=0.9, color=BLUE, alpha=0.5, zorder=2, **OVER)
    ax.plot(row["q50"], low, "|", ms=13, mew=2.4, color=BLUE, zorder=3, **OVER)
    error = 2 * row["today_se"] if row["today_se"] == row["today_se"] else 0.0
    style = {"fmt": "o", "ms": 5, "color": INK, "elinewidth": 1.2, "capsize": 2.5, "zorder": 4}
    ax.errorbar(row["today"], y - 0.16, xerr=error, **style, **OVER)


OVER = {"clip_on": False}
"""Marks at the end of an axis are drawn whole."""


def _annotate_sign(ax: Any, y: int, row: dict[str, Any], draws: int) -> None:
    """How many draws agree on the sign, below the draws and within the panel."""
    left, right = ax.get_xlim()
    at = (row["q50"] - left) / (right - left)
    edge = "left" if at < 0.15 else "right" if at > 0.85 else "center"
    x = {"left": 0.01, "right": 0.99, "center": at}[edge]
    ax.text(x, y + 0.41, side(row, draws), transform=ax.get_yaxis_transform(), size=NOTE - 0.5, color=GREY, ha=edge)


def _legend(ax: Any) -> None:
    from matplotlib.lines import Line2D

    today = Line2D([], [], marker="o", ms=5, color=INK, lw=1.2, label="best parameters, ± two Monte Carlo SE")
    one = Line2D([], [], marker="|", ms=11, color=BLUE, alpha=0.6, ls="none", label="one draw")
    middle = Line2D([], [], marker="|", ms=14, mew=2.4, color=BLUE, ls="none", label="median of the draws")
    band = Line2D([], [], lw=5, color=BLUE, alpha=0.3, label="5 to 95 % of the draws")
    legend_row(ax, [today, band, middle, one], columns=4)
