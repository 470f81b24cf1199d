"""Observed points over the simulated fan, a panel per curve."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from ...calibration.backtest.run import CurveFan, Episode
from .fan_chart import DPI, FAINT, INK

BAND, SEEN = "#0072B2", "#D55E00"
COLUMNS = 3
PANEL = (4.2, 2.7)


def fan_chart(episode: Episode, path: str | Path) -> Path | None:
    """Draws the fans of an episode into a PNG file and returns its path; None where it has no curve.

    Raises `OSError` for a file it cannot write.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    fans = episode.fans
    if not fans:
        return None
    columns = min(COLUMNS, len(fans))
    lines = ceil(len(fans) / columns)
    size = (PANEL[0] * columns + 0.4, PANEL[1] * lines + 1.2)
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    for ax, fan in zip(axes, fans, strict=False):
        _draw(ax, fan)
    for ax in axes[len(fans) :]:
        ax.set_visible(False)
    title = "; ".join(episode.titles.values())
    figure.suptitle(fill(title, int(9 * size[0])), x=0.01, ha="left", size=12, weight="bold", color=INK)
    said = f"Bands: 50 and 90 % of {episode.paths:,} paths, line: median; dots: observed; upright: bounds."
    figure.supxlabel(fill(said, int(15 * size[0])), x=0.01, ha="left", size=8, color=FAINT)
    figure.savefig(path, format="png", metadata={"Software": None})
    return Path(path)


def _draw(ax: Any, fan: CurveFan) -> None:
    from matplotlib.dates import ConciseDateFormatter

    days: Any = [fan.start + timedelta(weeks=t) for t in range(fan.quantiles.shape[1])]
    low, lower, middle, upper, high = np.maximum(fan.quantiles, 1e-3)
    ax.fill_between(days, low, high, color=BAND, alpha=0.2, lw=0)
    ax.fill_between(days, lower, upper, color=BAND, alpha=0.35, lw=0)
    ax.plot(days, middle, color=BAND, lw=2)
    for p in fan.points:
        first = max(p.first, fan.start)
        middle_day: Any = first + (p.end - first) / 2
        if p.value is None:  # a bound
            ends = [max(p.low or 0.0, 0.01), p.high if p.high is not None else float(max(high))]
            ax.plot([middle_day] * 2, ends, color=SEEN, lw=2, alpha=0.6)
            continue
        ax.plot([first, p.end], [p.value] * 2, color=SEEN, lw=2)
        ax.plot(middle_day, p.value, "o", color=SEEN, ms=5)
    label = fan.label[0].upper() + fan.label[1:]
    ax.set_title(label, loc="left", size=9.5, color=INK)
    if fan.points[0].unit == "1":
        _logs(ax, [*low, *high, *(p.value for p in fan.points if p.value is not None)])
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(colors=INK, labelsize=8, which="both")
    dates = ConciseDateFormatter(ax.xaxis.get_major_locator())  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_formatter(dates)


def _logs(ax: Any, shown: Sequence[float]) -> None:
    """A logarithmic scale of multiples of baseline, no lower than a hundredth."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ax.set_yscale("log")
    ax.set_ylim(max(min(shown) / 1.15, 0.01), max(max(shown), 1.2) * 1.15)
    ax.yaxis.set_major_locator(FixedLocator([f * 10.0**e for e in range(-2, 4) for f in (1, 2, 5)]))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}×"))
