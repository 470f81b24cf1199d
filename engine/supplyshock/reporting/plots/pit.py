"""The histogram of the PIT, and on which side of the bands the misses lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...calibration.backtest.coverage import Coverage
from ...calibration.backtest.null_distribution import BINS, FALSE_ALARM
from .style import (
    BLUE,
    COLUMN,
    FAINT,
    INK,
    ORANGE,
    PAPER,
    add_texts,
    axis_titles,
    legend_below,
    new_figure,
    open_axes,
    save,
)


def draw(counts: Sequence[int], band: tuple[float, float], groups: Sequence[Coverage], path: str | Path) -> Path:
    """Draws both panels into a file and returns its path; `band` is that of the counts. Raises as `save`."""
    figure = new_figure(COLUMN, 5.0)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.15))
    _histogram(left, counts, band)
    _misses(right, [g for g in groups if g.points])
    caption = (
        "Left (the probability integral transform): a correct model gives equal bars, dashed. Grey: where all bars of "
        f"a correct model lie with a probability of {100 * (1 - FALSE_ALARM):g} % at least, the dependence of points "
        "counted. Right: a correct model has 5 % of the points on each side, dashed; in brackets: points."
    )
    add_texts(figure, headline(groups), caption)
    return save(figure, path)


def headline(groups: Sequence[Coverage]) -> str:
    """How many observed numbers lie outside the bands, and on which side."""
    points, below, above = groups[0].points, groups[0].below, groups[0].above
    if not below + above:
        return f"None of {points} observed numbers lies outside its 90 % band"
    return f"{below + above} of {points} observed numbers lie outside their 90 % bands: {above} above, {below} below"


def _histogram(ax: Any, counts: Sequence[int], band: tuple[float, float]) -> None:
    expected = sum(counts) / BINS
    ax.axhspan(*band, color=FAINT, alpha=0.15, lw=0)
    ax.axhline(expected, color=FAINT, lw=1, ls="--")
    ax.bar([(i + 0.5) / BINS for i in range(BINS)], counts, 0.92 / BINS, color=BLUE, alpha=0.85)
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    axis_titles(
        ax, "% of paths below the observed number\n(0: the model says too much, 100: too little)", "observed numbers"
    )
    open_axes(ax)


def _misses(ax: Any, groups: Sequence[Coverage]) -> None:
    places = range(len(groups))
    below, above = ([100 * getattr(g, side) / g.points for g in groups] for side in ("below", "above"))
    ax.barh(
        places, [-share for share in below], color=BLUE, alpha=0.85, label="below the band: the model says too much"
    )
    ax.barh(
        places,
        above,
        color=ORANGE,
        alpha=0.85,
        hatch="///",
        edgecolor=PAPER,
        lw=0,
        label="above the band: the model says too little",
    )
    for end in (-5, 5):
        ax.axvline(end, color=FAINT, lw=1, ls="--")
    ax.axvline(0, color=INK, lw=0.8)
    ax.set_yticks(list(places), [f"{g.group} ({g.points})" for g in groups])
    ax.invert_yaxis()
    reach = max(10.0, *below, *above) * 1.08
    ax.set_xlim(-reach, reach)
    ticks = [t for t in ax.get_xticks() if abs(t) <= reach]
    ax.set_xticks(ticks, [f"{abs(t):g}" for t in ticks])
    axis_titles(ax, "% of the points of a group outside its 90 % band")
    legend_below(ax, drop=-0.13)
    open_axes(ax)
