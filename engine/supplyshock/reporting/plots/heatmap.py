"""The bargain as a picture: the gains of each side, and where both gain."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...studies.bargain_summary import bargain_caption, bargain_headline, world_hold
from .style import GREY, INK, ZONE_COLOURS, add_texts, new_figure, save

if TYPE_CHECKING:
    import xarray as xr

SIZE = (15.6, 6.9)
NUMBERED = 6
"""Rows and columns of cells that carry their number, at most."""
ZONES = {-1: "one side loses ×", 0: "unclear (2 SE) ?", 1: "both gain"}
SIDES = (("US", "Gain of the United States"), ("CN", "Gain of China"))


def heat_map(bargain: xr.Dataset, path: str | Path) -> Path:
    """Draws three squares into a file and returns its path. Raises as `save`."""
    figure = new_figure(*SIZE)
    axes = figure.subplots(
        1, 3, gridspec_kw={"left": 0.075, "right": 0.94, "top": 0.79, "bottom": 0.22, "wspace": 0.14}
    )
    for ax, (party, title) in zip(axes, SIDES, strict=False):
        _gain(ax, bargain.sel(party=party), f"{title}, bn USD")
    _zone(axes[2], bargain)
    axes[0].set_ylabel("The United States concedes:\nexempted share of its gated chip trade", size=10, color=INK)
    axes[1].set_xlabel(
        "China concedes: exempted share of its gated rare-earth, gallium and germanium trade", size=10, color=INK
    )
    texts = bargain_headline(bargain), bargain_caption(bargain)
    add_texts(figure, *texts, (118, 225), size=13.5, edges=(0.965, 0.018))
    return save(figure, path)


def _gain(ax: Any, one: xr.Dataset, title: str) -> None:
    from matplotlib.colors import TwoSlopeNorm

    gain, se = (one[name].transpose("us", "china").to_numpy() for name in ("gain", "gain_se"))
    top = max(float(np.abs(gain).max()), 1e-9)
    edges = _edges(one["china"].to_numpy())
    ax.pcolormesh(edges, edges, gain, cmap="BrBG", norm=TwoSlopeNorm(0, -top, top), lw=0)
    sure = np.abs(gain) > 2 * se
    _frame(ax, one["china"].to_numpy(), title)
    places = 1 if top >= 10 else 2
    shares = one["china"].to_numpy()
    shown = range(0, len(shares), max(1, -(-(len(shares) - 1) // (NUMBERED - 1))))
    for i, j in product(shown, shown):
        text = f"{round(gain[i, j], places) + 0.0:.{places}f}".replace("-", "−")
        ink = "white" if abs(gain[i, j]) > 0.55 * top else INK
        label, size = (text, 9) if sure[i, j] else (f"({text})", 7.5)
        ax.text(shares[j], shares[i], label, ha="center", va="center", size=size, color=ink)


def _zone(ax: Any, bargain: xr.Dataset) -> None:
    from matplotlib.colors import ListedColormap
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shares = bargain["china"].to_numpy()
    zone = bargain["both_gain"].transpose("us", "china").to_numpy()
    edges = _edges(shares)
    ax.pcolormesh(edges, edges, zone, cmap=ListedColormap(list(ZONE_COLOURS.values())), vmin=-1, vmax=1, lw=0)
    for (i, j), z in np.ndenumerate(zone):
        if z <= 0:
            ax.text(shares[j], shares[i], "×" if z < 0 else "?", ha="center", va="center", size=8, color=GREY)
    front = np.argwhere(bargain["frontier"].transpose("us", "china").to_numpy())
    ax.plot(shares[front[:, 1]], shares[front[:, 0]], "o", ms=7, mfc="none", mec=INK, mew=1.4, ls="none", clip_on=False)
    best = np.argwhere(bargain["nash"].transpose("us", "china").to_numpy())
    if len(best):
        ax.plot(shares[best[:, 1]], shares[best[:, 0]], "*", ms=17, color=INK, mec="white", mew=0.8, clip_on=False)
    _frame(ax, shares, "Where both gain", pad=32)
    _compute(ax, bargain)
    _hold(ax, bargain)
    handles: list[Any] = [Patch(fc=ZONE_COLOURS[zone], label=label) for zone, label in ZONES.items()]
    handles.append(Line2D([], [], marker="o", mfc="none", mec=INK, ls="none", label="efficient frontier"))
    handles.append(Line2D([], [], marker="*", ms=11, color=INK, ls="none", label="Nash point"))
    ax.legend(
        handles=handles[::-1],
        loc="upper center",
        bbox_to_anchor=(0.45, -0.09),
        ncols=3,
        frameon=False,
        fontsize=8.5,
        columnspacing=1.2,
    )


def _compute(ax: Any, bargain: xr.Dataset) -> None:
    """China's compute at each share of chips, beside the square."""
    shares = bargain["us"].to_numpy()
    compute = 100 * (float(bargain["base_compute"]) + bargain["compute_change"].mean("china").to_numpy())
    side = ax.get_yaxis_transform()
    for y in ax.get_yticks():
        ax.text(1.03, y, f"{np.interp(y, shares, compute):.0f} %", transform=side, va="center", size=9, color=INK)
    title = "advanced chips China then gets,\n% of what it would buy"
    ax.text(1.15, 0.5, title, transform=ax.transAxes, rotation=90, va="center", ha="left", size=9, color=INK)


def _hold(ax: Any, bargain: xr.Dataset) -> None:
    """The change of China's share of supply at each share of materials, above the square."""
    shares, change = bargain["china"].to_numpy(), 100 * world_hold(bargain)[0].mean("us").to_numpy()
    for x in ax.get_xticks():
        text = f"{round(float(np.interp(x, shares, change)), 2) + 0.0:+.2f}".replace("-", "−")
        ax.text(x, 1.015, text, transform=ax.get_xaxis_transform(), ha="center", va="bottom", size=9, color=INK)
    title = "China's share of all material supply at the end, change in % points"
    ax.text(0, 1.065, title, transform=ax.transAxes, ha="left", va="bottom", size=9, color=INK)


def _edges(x: Any) -> Any:
    middle = (x[1:] + x[:-1]) / 2
    return np.concatenate([[x[0] - (x[1] - x[0]) / 2], middle, [x[-1] + (x[-1] - x[-2]) / 2]])


def _frame(ax: Any, shares: Any, title: str, pad: float = 6) -> None:
    ax.set_title(title, loc="left", size=11.5, weight="bold", color=INK, pad=pad)
    ticks = [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    ax.set_xticks(ticks, [f"{100 * t:.0f} %" for t in ticks])
    ax.set_yticks(ticks, [f"{100 * t:.0f} %" for t in ticks])
    ax.set_aspect("equal")
    ax.spines[:].set_visible(False)
    ax.tick_params(colors=INK, labelsize=9, length=0)
