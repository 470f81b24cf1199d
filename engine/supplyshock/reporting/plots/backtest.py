"""Observed points over the simulated fan, a panel per curve, with the score of the bands as the title."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from ...calibration.backtest.observed_point import ObservedPoint
from ...calibration.backtest.run import CurveFan, Episode
from .style import (
    BLUE,
    COLUMN,
    NOTE,
    ORANGE,
    PAPER,
    add_texts,
    date_axis,
    new_figure,
    open_axes,
    panel_title,
    save,
    scale_multiples,
)

COLUMNS, ROW = 3, 2.5
"""Panels side by side, and height of one in inches."""
SINGLE_DAY = 21
"""Days up to which a number is drawn as a point, not as an average."""


def fan_chart(episode: Episode, path: str | Path) -> Path | None:
    """Draws the fans of an episode into a file and returns its path; None if it has no curve. Raises as `save`."""
    fans = episode.fans
    if not fans:
        return None
    columns = min(COLUMNS, len(fans))
    lines = ceil(len(fans) / columns)
    figure = new_figure(COLUMN if columns > 1 else 6.6, ROW * lines + 1.4)
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    missed = {row.point.where for row in episode.rows if row.inside is False}
    for ax, fan in zip(axes, fans, strict=False):
        _draw(ax, fan, missed)
    for ax in axes[len(fans) :]:
        ax.set_visible(False)
    add_texts(figure, headline(episode), caption(episode))
    return save(figure, path)


def headline(episode: Episode) -> str:
    """The episode and how many of its observed numbers lie in the 90 % bands."""
    title = "; ".join(episode.titles.values())
    judged = [row.inside for row in episode.rows if row.inside is not None]
    if not judged:
        return f"{title}: no observed number, bounds only"
    return f"{title}: {sum(judged)} of {len(judged)} observed numbers lie in the 90 % bands"


def caption(episode: Episode) -> str:
    """How to read the marks, and what is not drawn."""
    drawn = sum(p.value is not None for fan in episode.fans for p in fan.points)
    judged = sum(row.inside is not None for row in episode.rows)
    rest = f" Of {judged} observed numbers {judged - drawn} have no curve and are not drawn." if judged > drawn else ""
    return (
        f"Bands: 50 and 90 % of {episode.paths:,} paths; line: median. Observed: dot, on one day; broad bar, average "
        "over the days it spans; open mark with a cross, outside the 90 % band; line with arrows, only a bound is "
        f"known.{rest}"
    )


def _draw(ax: Any, fan: CurveFan, missed: set[str]) -> None:
    days: Any = [fan.start + timedelta(weeks=t) for t in range(fan.quantiles.shape[1])]
    low, lower, middle, upper, high = np.maximum(fan.quantiles, 1e-3)
    ax.fill_between(days, low, high, color=BLUE, alpha=0.2, lw=0)
    ax.fill_between(days, lower, upper, color=BLUE, alpha=0.35, lw=0)
    ax.plot(days, middle, color=BLUE, lw=2)
    label = fan.label[0].upper() + fan.label[1:]
    panel_title(ax, "\n".join(fill(part, 38) for part in label.replace(" (", "\n(").split("\n")), bold=False)
    if fan.points[0].unit == "1":
        ends = [*low, *high, *(p.value for p in fan.points if p.value is not None)]
        scale_multiples(ax, max(min(ends) / 1.15, 0.01), max(*ends, 1.2) * 1.15)
    for p in fan.points:
        if p.value is None:
            _bound(ax, p, fan)
        else:
            _point(ax, p, fan, missed=p.where in missed)
    open_axes(ax, size=NOTE)
    date_axis(ax, 5)


def _point(ax: Any, p: ObservedPoint, fan: CurveFan, *, missed: bool) -> None:
    """A number of a day, or an average over more."""
    first = max(p.first, fan.start)
    middle: Any = first + (p.end - first) / 2
    if (p.end - first).days > SINGLE_DAY:
        ax.plot([first, p.end], [p.value] * 2, color=ORANGE, lw=5, alpha=0.7, solid_capstyle="butt", zorder=3)
    elif not missed:
        ax.plot(middle, p.value, "o", color=ORANGE, ms=5, zorder=4)
    if missed:
        ax.plot(middle, p.value, "o", ms=8, mfc=PAPER, mec=ORANGE, mew=1.3, zorder=4, clip_on=False)
        ax.plot(middle, p.value, "x", ms=5, color=ORANGE, mew=1.3, zorder=5, clip_on=False)


def _bound(ax: Any, p: ObservedPoint, fan: CurveFan) -> None:
    """A line that an unknown number lies above, or below, with arrows that say which."""
    first = max(p.first, fan.start)
    span: Any = max(p.end - first, timedelta(days=21))
    for end, way in ((p.low, 9), (p.high, -9)):
        if end is None:
            continue
        ax.plot([first, first + span], [end] * 2, color=ORANGE, lw=1.6, zorder=4)
        for place in (0.1, 0.5, 0.9):
            ax.annotate("", (first + place * span, end), xytext=(0, way), textcoords="offset points",
                        arrowprops={"arrowstyle": "<-", "color": ORANGE, "lw": 1.2})  # fmt: skip
