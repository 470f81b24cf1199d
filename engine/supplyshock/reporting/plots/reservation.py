"""How many swaps both sides take, by what leverage is worth: a square for every horizon."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...studies.reservation import Reservation, find_reservation, reservation_sentences, widest
from .style import INK, add_texts, new_figure, save

if TYPE_CHECKING:
    import xarray as xr

WIDTH, HEIGHT = 5.2, 5.6
STEPS = 5
"""Shades."""


def reservation_map(bargains: Sequence[xr.Dataset], path: str | Path) -> Path:
    """Draws a square for every bargain into a file and returns its path. Raises as `save`."""
    wide = max(WIDTH * len(bargains), 2 * WIDTH)
    figure = new_figure(wide, HEIGHT)
    axes = np.atleast_1d(
        figure.subplots(1, len(bargains), gridspec_kw={"left": 0.08, "right": 0.97, "top": 0.74, "bottom": 0.23})
    )
    for ax, bargain in zip(axes, bargains, strict=True):
        _square(ax, find_reservation(bargain), bargain)
    axes[0].set_ylabel("what a point of China's hold on materials\nis worth to the United States, bn USD", color=INK)
    finding = reservation_sentences(bargains[0])
    caption = (
        "Swaps in which both sides concede something and both gain, after the United States has counted what it "
        "gives up at these values. A point is one per cent of what China would buy of advanced chips over the horizon, "
        "or of the world's supply of materials at its end. Gains without a value for leverage: corner at 0, 0."
    )
    add_texts(figure, " ".join(finding[:2]), caption, (int(8 * wide), int(14 * wide)), size=12, edges=(0.965, 0.02))
    return save(figure, path)


def _square(ax: Any, reservation: Reservation, bargain: xr.Dataset) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap

    most = max(len(reservation.swaps.us), 1)
    edges = [-0.5, 0.5, *np.linspace(0.5, most + 0.5, STEPS)[1:]]
    shades = ListedColormap(["#f2f2f2", "#c6dbef", "#86b8dd", "#3f8fc5", "#0b5a97"])
    compute, hold = reservation.compute_values, reservation.hold_values
    number, swaps = reservation.number.T, reservation.swaps
    ax.pcolormesh(compute, hold, number, cmap=shades, norm=BoundaryNorm(edges, shades.N), shading="nearest")
    lines = ax.contour(compute, hold, number, levels=[0.5], colors=INK, linewidths=1.2)
    ax.clabel(lines, fmt={0.5: "no swap beyond"}, fontsize=8)
    best = widest(reservation)
    if best is not None:
        label = f"China {100 * swaps.china[best]:.0f} %,\nUnited States {100 * swaps.us[best]:.0f} %"
        place = {"textcoords": "axes fraction", "ha": "right", "va": "top", "size": 9, "color": INK}
        ax.annotate(
            label, (reservation.compute[best], 0), (0.98, 0.94), arrowprops={"arrowstyle": "->", "color": INK}, **place
        )
    ax.text(0.02, 0.02, f"{reservation.number[0, 0]} of {most} swaps", transform=ax.transAxes, size=9, color=INK,
            bbox={"fc": "white", "ec": "none", "alpha": 0.7, "pad": 1.5})  # fmt: skip
    years = float(bargain.attrs["weeks"]) / 52
    ax.set_title(f"Over {years:.3g} years", loc="left", size=11, weight="bold", color=INK)
    ax.set_xlabel("what a point of China's compute is worth\nto the United States, bn USD", color=INK)
    ax.spines[:].set_visible(False)
    ax.tick_params(colors=INK, labelsize=9, length=0)
