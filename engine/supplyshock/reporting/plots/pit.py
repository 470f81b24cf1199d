"""The histogram of the PIT, and on which side of the bands the misses lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...calibration.backtest.coverage import Coverage
from ...calibration.backtest.null_distribution import BINS, FALSE_ALARM
from .style import BLUE, FAINT, INK, ORANGE, add_texts, new_figure, open_axes, save


def draw(counts: Sequence[int], band: tuple[float, float], groups: Sequence[Coverage], path: str | Path) -> Path:
    """Draws both panels into a file and returns its path; `band` is that of the counts. Raises as `save`."""
    figure = new_figure(11.5, 4.6, constrained=True)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.2))
    _histogram(left, counts, band)
    _misses(right, [g for g in groups if g.points])
    caption = (
        f"Left: share of paths below the observed number; right bands give equal bars. Grey: the bars of a right model "
        f"leave it somewhere with a probability of {100 * FALSE_ALARM:g} % at most, the dependence of points "
        "counted. Right: share of points outside the 90 % band; dashed: 5 % a side."
    )
    add_texts(figure, "Where observed numbers lie in the simulated distributions", caption, (110, 170), size=12)
    return save(figure, path)


def _histogram(ax: Any, counts: Sequence[int], band: tuple[float, float]) -> None:
    expected = sum(counts) / BINS
    ax.axhspan(*band, color=FAINT, alpha=0.15, lw=0)
    ax.axhline(expected, color=FAINT, lw=1, ls="--")
    ax.bar([(i + 0.5) / BINS for i in range(BINS)], counts, 0.92 / BINS, color=BLUE, alpha=0.85)
    ax.set_xlim(0, 1)
    ax.set_xlabel("PIT: 0 the model says too much, 1 too little", size=9, color=INK)
    ax.set_ylabel("observed numbers", size=9, color=INK)
    open_axes(ax)


def _misses(ax: Any, groups: Sequence[Coverage]) -> None:
    places = range(len(groups))
    below, above = ([100 * getattr(g, side) / g.points for g in groups] for side in ("below", "above"))
    ax.barh(
        places, [-share for share in below], color=BLUE, alpha=0.85, label="below the band: the model says too much"
    )
    ax.barh(places, above, color=ORANGE, alpha=0.85, label="above the band: the model says too little")
    for end in (-5, 5):
        ax.axvline(end, color=FAINT, lw=1, ls="--")
    ax.axvline(0, color=INK, lw=0.8)
    ax.set_yticks(list(places), [f"{g.group} ({g.points})" for g in groups])
    ax.invert_yaxis()
    reach = max(10.0, *below, *above) * 1.08
    ax.set_xlim(-reach, reach)
    ticks = [t for t in ax.get_xticks() if abs(t) <= reach]
    ax.set_xticks(ticks, [f"{abs(t):g}" for t in ticks])
    ax.set_xlabel("% of the points of a group outside its 90 % band", size=9, color=INK)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=1, frameon=False, fontsize=8)
    open_axes(ax, size=8.5)
