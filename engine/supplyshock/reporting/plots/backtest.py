"""Observed points over the simulated fan, a panel per curve."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from ...calibration.backtest.run import CurveFan, Episode
from .style import BLUE, INK, ORANGE, add_texts, new_figure, open_axes, save, scale_multiples

COLUMNS = 3
PANEL = (4.2, 2.7)


def fan_chart(episode: Episode, path: str | Path) -> Path | None:
    """Draws the fans of an episode into a file and returns its path; None where it has no curve. Raises as `save`."""
    fans = episode.fans
    if not fans:
        return None
    columns = min(COLUMNS, len(fans))
    lines = ceil(len(fans) / columns)
    size = (PANEL[0] * columns + 0.4, PANEL[1] * lines + 1.2)
    figure = new_figure(*size, constrained=True)
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    for ax, fan in zip(axes, fans, strict=False):
        _draw(ax, fan)
    for ax in axes[len(fans) :]:
        ax.set_visible(False)
    title = "; ".join(episode.titles.values())
    caption = f"Bands: 50 and 90 % of {episode.paths:,} paths, line: median; dots: observed; vertical: bounds."
    add_texts(figure, title, caption, (int(9 * size[0]), int(15 * size[0])), size=12)
    return save(figure, path)


def _draw(ax: Any, fan: CurveFan) -> None:
    from matplotlib.dates import ConciseDateFormatter

    days: Any = [fan.start + timedelta(weeks=t) for t in range(fan.quantiles.shape[1])]
    low, lower, middle, upper, high = np.maximum(fan.quantiles, 1e-3)
    ax.fill_between(days, low, high, color=BLUE, alpha=0.2, lw=0)
    ax.fill_between(days, lower, upper, color=BLUE, alpha=0.35, lw=0)
    ax.plot(days, middle, color=BLUE, lw=2)
    for p in fan.points:
        first = max(p.first, fan.start)
        middle_day: Any = first + (p.end - first) / 2
        if p.value is None:  # a bound
            ends = [max(p.low or 0.0, 0.01), p.high if p.high is not None else float(max(high))]
            ax.plot([middle_day] * 2, ends, color=ORANGE, lw=2, alpha=0.6)
            continue
        ax.plot([first, p.end], [p.value] * 2, color=ORANGE, lw=2)
        ax.plot(middle_day, p.value, "o", color=ORANGE, ms=5)
    label = fan.label[0].upper() + fan.label[1:]
    ax.set_title(label, loc="left", size=9.5, color=INK)
    if fan.points[0].unit == "1":
        _scale_ratios(ax, [*low, *high, *(p.value for p in fan.points if p.value is not None)])
    open_axes(ax, size=8)
    dates = ConciseDateFormatter(ax.xaxis.get_major_locator())  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_formatter(dates)


def _scale_ratios(ax: Any, values: Sequence[float]) -> None:
    """A logarithmic scale over the values, down to a hundredth of the baseline."""
    scale_multiples(ax)
    ax.set_ylim(max(min(values) / 1.15, 0.01), max(max(values), 1.2) * 1.15)
