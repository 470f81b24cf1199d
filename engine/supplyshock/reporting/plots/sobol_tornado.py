"""Tornado and indices of a sensitivity, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...scenarios.display_names import factor_name
from .style import BLUE, FAINT, INK, ORANGE, PAPER, axis_titles, save
from .tornado import MOST, Side, bars, panels, plain

if TYPE_CHECKING:
    import xarray as xr


def tornado(results: xr.Dataset, path: str | Path, outcome: str | None = None) -> Path:
    """Draws the swings and Sobol indices of one outcome (the first by default) into a file.

    Raises as `save`, and `KeyError` for an unknown outcome.
    """
    one = ranked(results.sel(outcome=outcome or str(results["outcome"].values[0])))
    figure, (swing, share) = panels(one.sizes["factor"], (1.5, 1), headline(one), caption(one))
    _swings(swing, one)
    _indices(share, one)
    return save(figure, path)


def ranked(one: xr.Dataset, most: int = MOST) -> xr.Dataset:
    """The factors of one outcome, the strongest total index first; without indices, the widest swing first."""
    total = one["total"].to_numpy()
    swing = np.abs(one["high"].to_numpy() - one["low"].to_numpy())
    key = np.where(np.isfinite(total), total, swing)
    return one.isel(factor=np.argsort(-key, kind="stable")[:most])


def headline(one: xr.Dataset) -> str:
    """The factor with the largest index, in words."""
    title, unit = str(one["outcome_title"].item()), str(one["outcome_unit"].item())
    total, ci = one["total"].to_numpy(), one["total_ci"].to_numpy()
    if not np.isfinite(total).any():
        return f"None of these factors changes it: {title}."
    name = factor_name(str(one["factor"].values[0]))
    low, high = (float(one[side][0]) for side in ("low", "high"))
    spread = f"{100 * total[0]:.0f} ± {100 * ci[0]:.0f} % of the spread"
    return (
        f"{title[0].upper()}{title[1:]}: {name} matters most, {spread}; "
        f"from its low to its high end {low:+.3g} to {high:+.3g} {unit}."
    )


def caption(one: xr.Dataset) -> str:
    """Design, sample and definitions."""
    about = one.attrs
    return (
        f"{one.sizes['point']:,} scenarios x {int(about['paths']):,} paths on common random numbers, seed "
        f"{about['seed']}, base: {about['base_title']}. Left: mean difference to the base, this factor alone at its "
        "low or high end, ± two standard errors. Right: share of the variance over the design, 95 % confidence; alone "
        "(first order) and with others (total)."
    )


def _swings(ax: Any, one: xr.Dataset) -> None:
    sides = [
        Side(f"at its {point} % point", one[side].to_numpy(), one[f"{side}_se"].to_numpy(), colour, hatch)
        for side, point, colour, hatch in (("low", 5, BLUE, "///"), ("high", 95, ORANGE, ""))
    ]
    units, tips = one["factor_unit"].values, one["end"].to_numpy()
    details = [f"{a:.3g} … {b:.3g} {u}".strip() for (a, b), u in zip(tips, units, strict=True)]
    unit = f"change against the base, {one['outcome_unit'].item()}"
    bars(ax, [str(f) for f in one["factor"].values], details, sides, unit, "Swing of one factor alone")


def _indices(ax: Any, one: xr.Dataset) -> None:
    rows = np.arange(one.sizes["factor"])
    for name, shift, marker, label in (("first", -0.14, "o", "alone"), ("total", 0.14, "D", "with others")):
        x, ci = np.clip(one[name].to_numpy(), 0.0, 1.0), one[f"{name}_ci"].to_numpy()
        ends = [np.minimum(ci, x), np.minimum(ci, 1.0 - x)]  # a share ends at 0 and at 1
        face = PAPER if name == "first" else INK
        ax.errorbar(
            x, rows + shift, xerr=ends, fmt=marker, ms=5, mfc=face, color=INK, elinewidth=1, capsize=2.5, label=label,
            clip_on=False,
        )  # fmt: skip
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    ax.grid(axis="x", color=FAINT, lw=0.4, alpha=0.5)
    axis_titles(ax, "% of the spread")
    ax.tick_params(labelleft=False)
    plain(ax, "Sobol indices")
