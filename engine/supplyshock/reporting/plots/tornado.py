"""Parts of tornado pictures: a row per factor, bars with two standard errors to each side."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Any, NamedTuple

import numpy as np

from ...analysis.path_values import Array
from ...scenarios.display_names import factor_name
from .style import COLUMN, INK, NOTE, PAPER, TEXT, add_texts, axis_titles, new_figure, open_axes, panel_title

ROW, HEAD = 0.46, 2.0
"""Inches: a row, and the rest of the picture."""
NAME = 34
"""Characters of a line of a row's label."""
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
    figure = new_figure(COLUMN, HEAD + ROW * rows)
    axes = figure.subplots(1, len(ratios), sharey=True, width_ratios=list(ratios))
    add_texts(figure, headline, caption)
    return figure, list(np.atleast_1d(axes))


def bars(ax: Any, names: Sequence[str], details: Sequence[str], sides: Sequence[Side], unit: str, title: str) -> None:
    """Draws the sides over each other and labels the rows: the factor in words, its detail below."""
    rows = np.arange(len(names))
    for side in sides:
        style = {"hatch": side.hatch, "edgecolor": PAPER, "lw": 0, "label": side.label or None}
        ax.barh(rows, side.values, 0.62, color=side.colour, alpha=0.8, **style)
        ax.errorbar(side.values, rows, xerr=2 * side.errors, fmt="none", ecolor=INK, elinewidth=1, capsize=2.5)
    ax.axvline(0, color=INK, lw=0.8)
    labels = [f"{fill(factor_name(name), NAME)}\n{detail}" for name, detail in zip(names, details, strict=True)]
    ax.set_yticks(rows, labels, size=NOTE, color=INK)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.locator_params(axis="x", nbins=6)
    axis_titles(ax, fill(unit, 44))
    plain(ax, fill(title, 34))


def plain(ax: Any, title: str) -> None:
    """No frame, a title, and a legend where bars have labels."""
    named = ax.get_legend_handles_labels()[1]
    panel_title(ax, title, pad=20 if named else 6)
    if named:
        place = {"loc": "lower left", "bbox_to_anchor": (-0.01, 0.995)}
        ax.legend(**place, ncols=2, frameon=False, fontsize=NOTE, labelcolor=INK, borderpad=0)
    open_axes(ax, ("top", "right", "left"), size=TEXT)
    ax.tick_params(axis="y", length=0)
