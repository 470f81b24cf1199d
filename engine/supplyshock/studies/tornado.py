"""Tornado and indices of a sensitivity, as a picture."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from ..figure import COLOURS, DPI, FAINT, INK

if TYPE_CHECKING:
    import xarray as xr

ROW, HEAD = 0.42, 2.3
MOST = 15
"""Factors shown, the strongest first."""
LOW, HIGH = COLOURS["XC"], COLOURS["CN"]


def tornado(found: xr.Dataset, path: str | Path, outcome: str | None = None) -> Path:
    """Draws the swings and Sobol indices of one outcome (the first by default) into a PNG file.

    Raises `OSError` for a file that cannot be written and `KeyError` for an outcome that is not there.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    one = ranked(found.sel(outcome=outcome or str(found["outcome"].values[0])))
    k = one.sizes["factor"]
    height = HEAD + ROW * k
    figure = Figure(figsize=(12.5, height), dpi=DPI)
    FigureCanvasAgg(figure)
    top, bottom = 1 - 1.25 / height, 0.85 / height
    grid = {"left": 0.27, "right": 0.98, "top": top, "bottom": bottom, "wspace": 0.08, "width_ratios": (1.5, 1)}
    swing, share = figure.subplots(1, 2, sharey=True, gridspec_kw=grid)
    _swings(swing, one)
    _indices(share, one)
    figure.text(0.012, 1 - 0.14 / height, fill(headline(one), 105), size=13, weight="bold", color=INK, va="top")
    figure.text(0.012, 0.1 / height, caption(one), size=8, color=FAINT, va="bottom")
    figure.savefig(path, format="png")
    return Path(path)


def ranked(one: xr.Dataset, most: int = MOST) -> xr.Dataset:
    """The factors of one outcome, the strongest total index first; without indices, the widest swing first."""
    total = one["total"].to_numpy()
    swing = np.abs(one["high"].to_numpy() - one["low"].to_numpy())
    key = np.where(np.isfinite(total), total, swing)
    return one.isel(factor=np.argsort(-key, kind="stable")[:most])


def headline(one: xr.Dataset) -> str:
    """What drives the outcome, in words."""
    title, unit = str(one["outcome_title"].item()), str(one["outcome_unit"].item())
    total, ci = one["total"].to_numpy(), one["total_ci"].to_numpy()
    if not np.isfinite(total).any():
        return f"None of these moves it: {title}."
    name = str(one["factor"].values[0])
    low, high = (float(one[side][0]) for side in ("low", "high"))
    spread = f"{100 * total[0]:.0f} ± {100 * ci[0]:.0f} % of the spread"
    return (
        f"{title[0].upper()}{title[1:]}: {name} matters most, {spread}; "
        f"from its low to its high end {low:+.3g} to {high:+.3g} {unit}."
    )


def caption(one: xr.Dataset) -> str:
    """How it was made."""
    about = one.attrs
    return (
        f"{one.sizes['point']:,} scenarios x {int(about['paths']):,} paths on the same random numbers, seed "
        f"{about['seed']}, base: {about['base_title']}. Left: mean difference to the base, this factor alone at its "
        "low or high end,\n± two standard errors. Right: share of the variance over the design, 95 % confidence; alone "
        "(first order) and with others (total)."
    )


def _swings(ax: Any, one: xr.Dataset) -> None:
    rows = np.arange(one.sizes["factor"])
    for side, colour, hatch in (("low", LOW, "///"), ("high", HIGH, "")):
        x, se = one[side].to_numpy(), one[f"{side}_se"].to_numpy()
        label = f"at its {'5' if side == 'low' else '95'} % point"
        ax.barh(rows, x, 0.62, color=colour, alpha=0.8, hatch=hatch, edgecolor="white", lw=0, label=label)
        ax.errorbar(x, rows, xerr=2 * se, fmt="none", ecolor=INK, elinewidth=1, capsize=2.5)
    ax.axvline(0, color=INK, lw=0.8)
    units, tips = one["factor_unit"].values, one["end"].to_numpy()
    names = [
        f"{f}\n{a:.3g} … {b:.3g} {u}".strip() for f, (a, b), u in zip(one["factor"].values, tips, units, strict=True)
    ]
    ax.set_yticks(rows, names, size=8.5, color=INK)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel(f"change against the base, {one['outcome_unit'].item()}", size=9, color=INK)
    _plain(ax, "Swing of one factor alone")


def _indices(ax: Any, one: xr.Dataset) -> None:
    rows = np.arange(one.sizes["factor"])
    for name, shift, marker, label in (("first", -0.14, "o", "alone"), ("total", 0.14, "D", "with others")):
        x, ci = one[name].to_numpy(), one[f"{name}_ci"].to_numpy()
        face = "white" if name == "first" else INK
        ax.errorbar(
            x, rows + shift, xerr=ci, fmt=marker, ms=5, mfc=face, color=INK, elinewidth=1, capsize=2.5, label=label
        )
    ax.axvline(0, color=FAINT, lw=0.8)
    ax.set_xlabel("share of the spread", size=9, color=INK)
    ax.tick_params(labelleft=False, length=0)
    _plain(ax, "Sobol indices")


def _plain(ax: Any, title: str) -> None:
    ax.set_title(title, loc="left", size=10.5, weight="bold", color=INK, pad=20)
    ax.legend(loc="lower left", bbox_to_anchor=(-0.01, 0.995), ncols=2, frameon=False, fontsize=8.5, borderpad=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(colors=INK, labelsize=8.5)
