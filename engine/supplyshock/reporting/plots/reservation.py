"""How many swaps both sides take, by what leverage is worth: a square for every horizon."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...studies.reservation import Reservation, find_reservation, reservation_sentences, widest
from .style import (
    COLUMN,
    INK,
    NOTE,
    PAPER,
    SHADES,
    TEXT,
    add_texts,
    axis_titles,
    new_figure,
    open_axes,
    panel_title,
    save,
)

if TYPE_CHECKING:
    import xarray as xr

WIDTH, HEIGHT = 3.2, 4.7
"""Inches, of a square and of the picture."""


def reservation_map(bargains: Sequence[xr.Dataset], path: str | Path) -> Path:
    """Draws a square for every bargain into a file and returns its path. Raises as `save`."""
    figure = new_figure(max(WIDTH * len(bargains), COLUMN if len(bargains) > 1 else 6.6), HEIGHT)
    axes = figure.subplots(1, len(bargains), squeeze=False)[0]
    for ax, bargain in zip(axes, bargains, strict=True):
        _square(ax, find_reservation(bargain), bargain)
    axis_titles(axes[0], y="what a point of China's hold on materials\nis worth to the United States, bn USD")
    finding = reservation_sentences(bargains[0])
    caption = (
        "Swaps in which both sides concede something and both gain, after the United States has counted what it "
        "gives up at these values. A point is one per cent of what China would buy of advanced chips over the horizon, "
        "or of the world's supply of materials at its end. Gains without a value for leverage: corner at 0, 0."
    )
    add_texts(figure, " ".join(finding[:2]), caption)
    return save(figure, path)


def _square(ax: Any, reservation: Reservation, bargain: xr.Dataset) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap

    most = max(len(reservation.swaps.us), 1)
    edges = [-0.5, 0.5, *np.linspace(0.5, most + 0.5, len(SHADES))[1:]]
    shades = ListedColormap(list(SHADES))
    compute, hold = reservation.compute_values, reservation.hold_values
    number, swaps = reservation.number.T, reservation.swaps
    ax.pcolormesh(compute, hold, number, cmap=shades, norm=BoundaryNorm(edges, shades.N), shading="nearest")
    ax.contour(compute, hold, number, levels=[0.5], colors=INK, linewidths=1.2)
    ax.text(
        0.98,
        0.97,
        "beyond the line\nno swap is left",
        transform=ax.transAxes,
        size=NOTE,
        color=INK,
        ha="right",
        va="top",
    )
    best = widest(reservation)
    if best is not None:
        label = f"China {100 * swaps.china[best]:.0f} %,\nUnited States {100 * swaps.us[best]:.0f} %"
        place = {"textcoords": "axes fraction", "ha": "right", "va": "top", "size": TEXT, "color": INK}
        ax.annotate(
            label, (reservation.compute[best], 0), (0.98, 0.48), arrowprops={"arrowstyle": "->", "color": INK}, **place
        )
    ax.text(0.02, 0.02, f"{reservation.number[0, 0]} of {most} swaps", transform=ax.transAxes, size=TEXT, color=INK,
            bbox={"fc": PAPER, "ec": "none", "alpha": 0.7, "pad": 1.5})  # fmt: skip
    years = float(bargain.attrs["weeks"]) / 52
    panel_title(ax, f"Over {years:.3g} {'year' if years == 1 else 'years'}")
    axis_titles(ax, "what a point of China's compute\nis worth to it, bn USD")
    ax.locator_params(nbins=5)
    open_axes(ax, ("top", "right", "left", "bottom"))
    ax.tick_params(length=0)
