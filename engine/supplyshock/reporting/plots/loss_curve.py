"""Lost output along the elasticity of substitution, a panel per scenario, over the published elasticities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from ...calibration.backtest.loss_curve import PUBLISHED, Loss, published
from .style import (
    BLUE,
    COLUMN,
    FAINT,
    GREY,
    INK,
    NOTE,
    ORANGE,
    TEXT,
    add_texts,
    axis_titles,
    new_figure,
    open_axes,
    panel_title,
    save,
)

NOTHING = 0.01
"""bn USD below which a loss counts as none."""
TICKS = (0.03, 0.05, 0.1, 0.2, 0.5)
CAPTION = (
    "Line: mean over paths; band: 5 to 95 % of paths. Elasticity: by how many per cent users do with less of an input "
    "that becomes 1 % dearer than others. Grey: published elasticities, with their ranges. Orange: a published loss, "
    "with its range."
)


def draw(rows: Sequence[Loss], titles: Mapping[str, str], path: str | Path) -> Path:
    """Draws a panel per scenario into a file and returns its path. Raises as `save`."""
    figure = new_figure(max(COLUMN * len(titles) / 2, 6.0), 6.2)
    axes = figure.subplots(2, len(titles), squeeze=False, sharex=True, height_ratios=(3, 1.15))
    for (ax, below), (scenario, title) in zip(axes.T, titles.items(), strict=True):
        own = [r for r in rows if r.scenario == scenario and r.party == "US"]
        _curve(ax, own, scenario)
        panel_title(ax, fill(title, 44))
        _published(below)
    axis_titles(axes[0, 0], y="lost output of the United States, bn USD")
    add_texts(figure, headline(rows, titles), CAPTION)
    return save(figure, path)


def headline(rows: Sequence[Loss], titles: Mapping[str, str]) -> str:
    """Losses of the United States if inputs are hard and if they are easy to substitute, by scenario."""
    return "\n".join(_sentence([r for r in rows if r.scenario == s and r.party == "US"], t) for s, t in titles.items())


def _sentence(rows: Sequence[Loss], title: str) -> str:
    if max((r.mean for r in rows), default=0.0) < NOTHING:
        return f"{title}: the United States loses next to nothing."
    hard, easy = rows[0].mean, rows[-1].mean
    return f"{title} costs the United States {hard:.2g} bn USD if inputs are hard to substitute, {easy:.2g} if easy."


def _curve(ax: Any, rows: Sequence[Loss], scenario: str) -> None:
    x = [r.sigma for r in rows]
    ax.fill_between(x, [r.low for r in rows], [r.high for r in rows], color=BLUE, alpha=0.2, lw=0)
    ax.plot(x, [r.mean for r in rows], color=BLUE, lw=2, marker="o", ms=4)
    tops = [r.high for r in rows]
    for p in published():
        if p.scenario == scenario and p.value is not None:
            ax.axhspan(p.low, p.high, color=ORANGE, alpha=0.15, lw=0)
            ax.axhline(p.value, color=ORANGE, lw=1.4, ls="--")
            ax.text(0.98, p.value, f"published: {p.value:g} bn USD", color=ORANGE, size=NOTE, ha="right", va="bottom",
                    transform=ax.get_yaxis_transform())  # fmt: skip
            tops.append(p.high or p.value)
    top = max(*tops, 1.0)
    ax.set_ylim(-0.015 * top, 1.06 * top)
    if rows and max(r.mean for r in rows) < NOTHING:
        ax.text(
            0.02, 0.05 * top, "the model: next to nothing", color=BLUE, size=NOTE, transform=ax.get_yaxis_transform()
        )
    open_axes(ax)


def _published(ax: Any) -> None:
    """Published elasticities, one a line, and what low and high ones mean."""
    ax.set(xscale="log", xlim=(0.027, 0.56))
    low, high = ax.get_xlim()
    for y, e in enumerate(PUBLISHED):
        ax.plot([max(e.low, low), min(e.high, high)], [y, y], color=FAINT, lw=5, alpha=0.5, solid_capstyle="butt")
        ax.plot(e.central, y, "o", color=GREY, ms=5)
        ax.text(TICKS[0], y - 0.2, e.what, size=NOTE, color=INK, va="bottom")
    ax.set_ylim(len(PUBLISHED) - 0.6, -1)
    ax.set_yticks([])
    ax.set_xticks(TICKS, [f"{t:g}" for t in TICKS])
    ax.minorticks_off()
    axis_titles(ax, "← harder to substitute    elasticity    easier →")
    open_axes(ax, ("top", "right", "left"), size=TEXT)
