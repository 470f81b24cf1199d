"""Lost output along the elasticity of substitution, a panel per scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...calibration.backtest.loss_curve import PUBLISHED, Loss, published
from .style import BLUE, FAINT, INK, ORANGE, add_texts, new_figure, open_axes, save


def draw(rows: Sequence[Loss], titles: Mapping[str, str], path: str | Path) -> Path:
    """Draws a panel per scenario into a file and returns its path. Raises as `save`."""
    figure = new_figure(5.2 * len(titles) + 0.4, 4.4, constrained=True)
    axes = figure.subplots(1, len(titles), squeeze=False)[0]
    for ax, (scenario, title) in zip(axes, titles.items(), strict=True):
        _panel(ax, [r for r in rows if r.scenario == scenario], scenario, title)
    axes[0].set_ylabel("lost output of the United States, bn USD", size=9, color=INK)
    caption = "Line: mean; band: 5 to 95 % of paths. Grey: published elasticities. Dashed: published loss."
    add_texts(figure, "", caption, (200, 200))
    return save(figure, path)


def _panel(ax: Any, rows: Sequence[Loss], scenario: str, title: str) -> None:
    us = [r for r in rows if r.party == "US"]
    x = [r.sigma for r in us]
    floor = max(max((r.mean for r in us), default=1.0) / 2000.0, 1e-3)
    ax.fill_between(x, [max(r.low, floor) for r in us], [max(r.high, floor) for r in us], color=BLUE, alpha=0.2, lw=0)
    ax.plot(x, [max(r.mean, floor) for r in us], color=BLUE, lw=2, marker="o", ms=4)
    for e in PUBLISHED:
        ax.axvspan(max(e.low, min(x)), min(e.high, max(x)), color=FAINT, alpha=0.1, lw=0)
        ax.axvline(e.central, color=FAINT, lw=0.8, ls=":")
    for p in published():
        if p.scenario == scenario:
            ax.axhspan(p.low, p.high, color=ORANGE, alpha=0.15, lw=0)
            ax.axhline(p.value, color=ORANGE, lw=1.2, ls="--")
    ax.set(xscale="log", yscale="log")
    ticks = [0.03, 0.05, 0.1, 0.2, 0.5]
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.set_xlabel("elasticity of substitution", size=9, color=INK)
    ax.set_title(title, loc="left", size=11, weight="bold", color=INK)
    open_axes(ax)
