"""The bargain as a picture: the gains of each side, where both gain, and the leverage that no gain counts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...studies.bargain_summary import bargain_caption, bargain_headline, world_hold
from .style import (
    BLUE,
    COLUMN,
    DIVERGING,
    FAINT,
    INK,
    NOTE,
    ORANGE,
    PAPER,
    TEXT,
    ZONE_COLOURS,
    add_texts,
    axis_titles,
    legend_below,
    new_figure,
    open_axes,
    panel_title,
    save,
)

if TYPE_CHECKING:
    import xarray as xr

HEIGHT, SQUARE = 10.4, 3.6
"""Inches, of the picture and of a square."""
TICKS = 11
"""Labelled cells along an axis, at most."""
FEW = 6
"""Cells along an axis that have room for two decimals."""
ZONES = {1: "both gain", -1: "× one side loses", 0: "? unclear (within two SE)"}
SIDES = (("US", "Gain of the United States, bn USD"), ("CN", "Gain of China, bn USD"))
CHINA = "China exempts, % of its gated material trade"
US = "the United States exempts,\n% of its gated chip trade"


def heat_map(bargain: xr.Dataset, path: str | Path) -> Path:
    """Draws three squares and the leverage beside them into a file and returns its path. Raises as `save`."""
    figure = new_figure(COLUMN, HEIGHT)
    grid = figure.add_gridspec(2, 2)
    for i, (party, title) in enumerate(SIDES):
        ax = figure.add_subplot(grid[0, i])
        _gain(ax, bargain.sel(party=party))
        _frame(ax, bargain["china"].to_numpy(), title)
    ax = figure.add_subplot(grid[1, 0])
    _zone(ax, bargain)
    _frame(ax, bargain["china"].to_numpy(), "Where both gain")
    _legend(ax)
    beside = grid[1, 1].subgridspec(2, 1, hspace=0.12)
    _leverage([figure.add_subplot(beside[i]) for i in range(2)], bargain)
    add_texts(figure, bargain_headline(bargain), bargain_caption(bargain))
    return save(figure, path)


def _gain(ax: Any, one: xr.Dataset) -> None:
    from matplotlib.colors import TwoSlopeNorm

    gain, se = (one[name].transpose("us", "china").to_numpy() for name in ("gain", "gain_se"))
    top = max(float(np.abs(gain).max()), 1e-9)
    shares, edges = one["china"].to_numpy(), _edges(one["china"].to_numpy())
    ax.pcolormesh(edges, edges, gain, cmap=DIVERGING, norm=TwoSlopeNorm(0, -top, top), lw=0)
    places = 0 if top >= 10 else 1 if top >= 1 or len(shares) > FEW else 2
    for (i, j), x in np.ndenumerate(gain):
        sure = abs(x) > 2 * se[i, j]
        shown = f"{abs(x):.{places}f}"
        text = (
            f"−{shown}" if x < 0 and (sure or float(shown)) else shown
        )  # a sure loss that rounds to none keeps its sign
        text = text if sure else f"({text})"
        size = min(TEXT, 72 * 0.88 * SQUARE / len(shares) / (0.6 * len(text)))
        ink = PAPER if abs(x) > 0.55 * top else INK
        ax.text(shares[j], shares[i], text, ha="center", va="center", size=size, color=ink)


def _zone(ax: Any, bargain: xr.Dataset) -> None:
    from matplotlib.colors import ListedColormap

    shares = bargain["china"].to_numpy()
    zone = bargain["both_gain"].transpose("us", "china").to_numpy()
    edges = _edges(shares)
    ax.pcolormesh(edges, edges, zone, cmap=ListedColormap(list(ZONE_COLOURS.values())), vmin=-1, vmax=1, lw=0)
    for (i, j), z in np.ndenumerate(zone):
        if z <= 0:
            ax.text(shares[j], shares[i], "×" if z < 0 else "?", ha="center", va="center", size=NOTE, color=INK)
    for name, style in (("frontier", FRONTIER), ("nash", NASH)):
        cells = np.argwhere(bargain[name].transpose("us", "china").to_numpy())
        ax.plot(shares[cells[:, 1]], shares[cells[:, 0]], ls="none", **style)


FRONTIER: dict[str, Any] = {"marker": "o", "ms": 7, "mfc": "none", "mec": INK, "mew": 1.4}
NASH: dict[str, Any] = {"marker": "*", "ms": 16, "color": INK, "mec": PAPER, "mew": 0.8}


def _legend(ax: Any) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [Patch(fc=ZONE_COLOURS[zone], label=label) for zone, label in ZONES.items()]
    handles.append(Line2D([], [], ls="none", label="no swap is better for both", **FRONTIER))
    handles.append(Line2D([], [], ls="none", label="largest product of gains (Nash)", **NASH))
    legend_below(ax, handles, columns=2, drop=-0.17)


def _leverage(axes: Any, bargain: xr.Dataset) -> None:
    """Costs that neither gain counts: China's compute by the US exemption, its hold by the Chinese exemption."""
    compute = 100 * (float(bargain["base_compute"]) + bargain["compute_change"].mean("china").to_numpy())
    hold = 100 * world_hold(bargain)[0].mean("us").to_numpy()
    panel_title(axes[0], "Not counted: what leverage is worth")
    for ax, values, colour in zip(axes, (compute, hold), (BLUE, ORANGE), strict=True):
        ax.plot(100 * bargain["china"].to_numpy(), values, color=colour, marker="o", ms=4, lw=1.8)
        ax.grid(axis="y", color=FAINT, lw=0.4, alpha=0.5)
        ax.set_xticks(*_ticks(bargain["china"].to_numpy(), 100.0))
        open_axes(ax)
    axis_titles(axes[0], US.replace("\n", " "), "advanced chips China gets,\n% of what it would buy")
    axis_titles(axes[1], CHINA, "China's share of material\nsupply at the end,\nchange in % points")


def _edges(x: Any) -> Any:
    middle = (x[1:] + x[:-1]) / 2
    return np.concatenate([[x[0] - (x[1] - x[0]) / 2], middle, [x[-1] + (x[-1] - x[-2]) / 2]])


def _ticks(shares: Any, scale: float = 1.0) -> tuple[Any, list[str]]:
    """The middle of cells, all or every other one, and their shares in percent."""
    shown = shares[:: -(-len(shares) // TICKS)]
    return scale * shown, [f"{100 * t:.0f}" for t in shown]


def _frame(ax: Any, shares: Any, title: str) -> None:
    panel_title(ax, title)
    ax.set_xticks(*_ticks(shares))
    ax.set_yticks(*_ticks(shares))
    axis_titles(ax, CHINA, US)
    ax.set_aspect("equal")
    ax.spines[:].set_visible(False)
    ax.tick_params(colors=INK, labelsize=TEXT, length=0)
