"""The panels of a sweep: a measure along one factor, over two, or by point."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from .style import BLUE, FAINT, GREY, INK, NOTE, ORANGE, PAPER, SEQUENTIAL, TEXT, axis_titles, open_axes, panel_title
from .sweep_findings import ERRORS, Measured, curve_finding, key_text, value_text, whole_finding
from .sweep_layout import has_base
from .wrap_text import unbroken

if TYPE_CHECKING:
    import xarray as xr

TITLE, NAME, AXIS = 40, 30, 44
"""Characters of a line of a title, of a row's name, and of what is below a panel."""
BASE: dict[str, Any] = {"ls": "none", "marker": "D", "ms": 6.5, "mfc": PAPER, "mec": ORANGE, "mew": 1.6, "zorder": 4}
BASE_LINE: dict[str, Any] = {"color": ORANGE, "ls": (0, (4, 2)), "lw": 1.1, "zorder": 1}
"""The config as it is."""
POINT: dict[str, Any] = {"fmt": "o", "ms": 5, "color": BLUE, "elinewidth": 1.2, "capsize": 2.5, "zorder": 3}
PALE, DARK = -0.15, 1.9
"""Ends of the map of colours, where cells are from 0 to 1: cells differ from the paper, and ink is read on all."""


def curve(ax: Any, results: xr.Dataset, outcome: int, factor: int, one: Measured) -> None:
    """Means along the values of a factor, with two standard errors, and the config as it is."""
    x, base = results["value"].values[one.points, factor], float(results["base"].values[outcome])
    ax.plot(x, one.mean, color=BLUE, lw=1.4, zorder=2)
    ax.errorbar(x, one.mean, yerr=ERRORS * one.bar, **POINT)
    ax.axhline(base, **BASE_LINE)
    if has_base(results):
        ax.plot(float(results["base_value"].values[factor]), base, **BASE)
    if _geometric(x):
        _logarithmic(ax, x)
    key, unit = (str(results[name].values[factor]) for name in ("factor", "factor_unit"))
    axis_titles(ax, fill(key_text(key, unit), AXIS), one.unit)
    ax.ticklabel_format(axis="y", useOffset=False)
    if not one.varies and not one.side:
        _flat(ax, base, float(results["base_se"].values[outcome]))
    ax.grid(axis="y", color=FAINT, lw=0.4, alpha=0.4)
    _finish(ax, f"{one.title}: {curve_finding(one)}")


def _flat(ax: Any, base: float, error: float) -> None:
    """A scale on which a change below the error of the base looks like none."""
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, base - 3 * error), max(high, base + 3 * error))


def _geometric(x: Any) -> bool:
    if len(x) < 3 or x[0] <= 0:
        return False
    steps = np.diff(np.log(x))
    return bool(np.allclose(steps, steps[0], rtol=0.02)) and x[-1] > 4 * x[0]


def _logarithmic(ax: Any, x: Any) -> None:
    from matplotlib.ticker import NullLocator

    ax.set_xscale("log")
    shown = x[:: -(-len(x) // 6)]
    ax.set_xticks(shown, [value_text(v) for v in shown])
    ax.xaxis.set_minor_locator(NullLocator())


def heat(ax: Any, results: xr.Dataset, factors: Sequence[int], one: Measured, names: Sequence[str]) -> None:
    """Means over two factors; in brackets those that the paths do not tell from the config as it is."""
    from matplotlib.patches import Rectangle

    values = results["value"].values[one.points][:, list(factors)]
    levels = [np.unique(values[:, i]) for i in (0, 1)]
    places = [tuple(int(np.searchsorted(levels[i], v[i])) for i in (0, 1)) for v in values]
    cells, own = np.full((len(levels[1]), len(levels[0])), np.nan), base_cell(results, factors, levels)
    differs = np.abs(one.change) > ERRORS * one.change_se
    for (across, up), mean, sure in zip(places, one.mean, differs, strict=True):
        cells[up, across] = (mean - one.mean.min()) / (np.ptp(one.mean) or 1.0)
        text = one.text(mean) if sure or (across, up) == own else f"({one.text(mean)})"
        ax.text(across, up, text, ha="center", va="center", size=_cell_size(text, len(levels[0])), color=INK)
    edges = [np.arange(len(x) + 1) - 0.5 for x in levels]
    ax.pcolormesh(*edges, cells, cmap=SEQUENTIAL, vmin=PALE, vmax=DARK, ec=PAPER, lw=1)
    if own:
        corner = (own[0] - 0.5, own[1] - 0.5)
        ax.add_patch(Rectangle(corner, 1, 1, fill=False, ec=ORANGE, lw=2.2, zorder=5, clip_on=False))
    for axis, level in zip((ax.set_xticks, ax.set_yticks), levels, strict=True):
        axis(range(len(level)), [value_text(v) for v in level])
    keys = [key_text(str(results["factor"].values[f]), str(results["factor_unit"].values[f])) for f in factors]
    axis_titles(ax, fill(keys[0], AXIS), fill(keys[1], NAME))
    _finish(ax, f"{one.title}, {one.unit}: {whole_finding(one, names)}", hidden=("top", "right", "left", "bottom"))
    ax.tick_params(length=0)


def _cell_size(text: str, across: int) -> float:
    """Points of a text that fits a cell of a panel that is about 3.4 inches wide."""
    return float(min(TEXT, 72 * 3.2 / across / (0.64 * len(text))))


def base_cell(results: xr.Dataset, factors: Sequence[int], levels: Sequence[Any]) -> tuple[int, ...] | None:
    """The place of the config as it is among the levels; None where the map does not have it."""
    own = results["base_value"].values[list(factors)]
    at = [np.flatnonzero(np.isclose(level, value)) for level, value in zip(levels, own, strict=True)]
    return tuple(int(a[0]) for a in at) if all(len(a) for a in at) else None


def dots(ax: Any, results: xr.Dataset, outcome: int, one: Measured, rows: Sequence[int]) -> None:
    """A row for every point, by its place in `rows`."""
    ax.errorbar(one.mean, [rows.index(p) for p in one.points], xerr=ERRORS * one.bar, **POINT)
    ax.axvline(float(results["base"].values[outcome]), **BASE_LINE)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.locator_params(axis="x", nbins=5)
    ax.ticklabel_format(axis="x", useOffset=False)
    axis_titles(ax, one.unit)
    ax.grid(axis="y", color=FAINT, lw=0.4, alpha=0.4)
    span = " to ".join(dict.fromkeys(one.text(one.mean[end]) for end in one.ends))
    _finish(ax, f"{one.title}: {span if one.varies or len(rows) == 1 else one.same}")
    ax.tick_params(axis="y", length=0)


def nothing(ax: Any, one: Measured) -> None:
    """A measure that has no mean at any point."""
    ax.axis("off")
    ax.text(0, 0.9, fill(f"{one.title}: on some path of every point it is not a number.", TITLE), size=NOTE,
            color=GREY, va="top", transform=ax.transAxes)  # fmt: skip


def _finish(ax: Any, title: str, hidden: Sequence[str] = ("top", "right")) -> None:
    panel_title(ax, fill(unbroken(title), TITLE))
    open_axes(ax, hidden)
