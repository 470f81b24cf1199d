"""Parts of tornado pictures: a row per factor, bars with two standard errors to each side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...analysis.path_values import Array
from ...scenarios.display_names import factor_name
from .style import INK, add_texts, new_figure, open_axes

ROW, HEAD, WIDTH = 0.46, 2.35, 12.5
"""Inches."""
MOST = 15
"""Factors shown, the strongest first."""


class Side(NamedTuple):
    """One bar in every row."""

    label: str
    """For the legend; empty for none."""
    values: Array
    errors: Array
    """Standard errors."""
    colour: str
    hatch: str = ""


def panels(rows: int, ratios: Sequence[float], headline: str, caption: str) -> tuple[Any, Sequence[Any]]:
    """A figure with a headline, a caption and panels side by side that share their rows."""
    height = HEAD + ROW * rows
    figure = new_figure(WIDTH, height)
    top, bottom = 1 - 1.25 / height, 0.85 / height
    grid = {"left": 0.29, "right": 0.98, "top": top, "bottom": bottom, "wspace": 0.08, "width_ratios": list(ratios)}
    axes = figure.subplots(1, len(ratios), sharey=True, gridspec_kw=grid)
    add_texts(figure, headline, caption, (105, 190), edges=(1 - 0.14 / height, 0.1 / height))
    return figure, list(np.atleast_1d(axes))


def bars(ax: Any, names: Sequence[str], details: Sequence[str], sides: Sequence[Side], unit: str, title: str) -> None:
    """Draws the sides over each other and labels the rows: the factor in words, its detail below."""
    rows = np.arange(len(names))
    for side in sides:
        style = {"hatch": side.hatch, "edgecolor": "white", "lw": 0, "label": side.label or None}
        ax.barh(rows, side.values, 0.62, color=side.colour, alpha=0.8, **style)
        ax.errorbar(side.values, rows, xerr=2 * side.errors, fmt="none", ecolor=INK, elinewidth=1, capsize=2.5)
    ax.axvline(0, color=INK, lw=0.8)
    labels = [f"{factor_name(name)}\n{detail}" for name, detail in zip(names, details, strict=True)]
    ax.set_yticks(rows, labels, size=8.5, color=INK)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel(unit, size=9, color=INK)
    plain(ax, title)


def plain(ax: Any, title: str, pad: float = 20) -> None:
    """No frame, a title, and a legend where bars have labels."""
    ax.set_title(title, loc="left", size=10.5, weight="bold", color=INK, pad=pad)
    if ax.get_legend_handles_labels()[1]:
        ax.legend(loc="lower left", bbox_to_anchor=(-0.01, 0.995), ncols=2, frameon=False, fontsize=8.5, borderpad=0)
    open_axes(ax, ("top", "right", "left"), size=8.5)
    ax.tick_params(axis="y", length=0)
