"""Regret by policy, and the futures in which one policy fails with the box that PRIM found."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from ...studies.robustness.boxes import range_text, restrictions, told_policy, why_no_box
from ...studies.robustness.tables import lead, size
from .style import (
    BLUE,
    COLUMN,
    FAINT,
    INK,
    NOTE,
    ORANGE,
    PAPER,
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

TOP, BOTTOM = 1.6, 1.2
"""Inches of the texts above and below."""
ROW = 0.55
CAPTION = (
    "Left: bar to the regret that 90 % of futures do not exceed, line to the largest, tick the median, dot the mean. "
    "Right: a point is a future; the frame is the box that PRIM found, over the two parameters that keep out most."
)


def chart(results: xr.Dataset, path: str | Path) -> Path:
    """Draws the regret of the first outcome, and where the policy fails that the answer tells of. Raises as `save`."""
    height = TOP + BOTTOM + max(3.3, ROW * results.sizes["policy"] + 0.9)
    figure = new_figure(COLUMN, height)
    left, right = figure.subplots(1, 2, gridspec_kw={"wspace": 0.1, "width_ratios": (1, 1.15)})
    draw_regret(left, results)
    policy = told_policy(results)
    if policy is None:
        _nothing(right, results)
    else:
        draw_failures(right, results, policy)
    text = f"{size(results)}. {CAPTION}"
    add_texts(figure, _headline(results), text)
    return save(figure, path)


def _headline(results: xr.Dataset) -> str:
    whole = lead(results)
    first, *rest = whole.split(". ")
    last = rest[-1] if len(rest) > 1 else ""
    return f"{first.rstrip('.')}. {last}".strip()


def draw_regret(ax: Any, results: xr.Dataset) -> None:
    """A row for each policy: how far its regret goes over the futures."""
    one = results.isel(outcome=0)
    for y in range(results.sizes["policy"]):
        regret = one["regret"].values[:, y]
        ax.plot([0, regret.max()], [y, y], color=INK, lw=1.2, zorder=1)
        ax.barh(y, np.quantile(regret, 0.9), height=0.42, color=BLUE, alpha=0.45, lw=0, zorder=2)
        ax.plot(np.median(regret), y, "|", ms=17, mew=2.2, color=INK, zorder=3)
        ax.plot(regret.mean(), y, "o", ms=6, color=INK, zorder=4, clip_on=False)
        best = 100 * float(one["best_share"][y])
        ax.annotate(f"best in {best:.0f} %", (1, y), xycoords=("axes fraction", "data"), xytext=(0, 12),
                    textcoords="offset points", size=TEXT, color=INK, ha="right")  # fmt: skip
    titles = [fill(str(t), 17) for t in results["policy"].values]
    ax.set_yticks(range(len(titles)), titles, size=TEXT, color=INK)
    ax.set_ylim(len(titles) - 0.45, -0.65)
    ax.set_xlim(left=0)
    axis_titles(ax, x=f"regret, {one['outcome_unit'].item()}")
    words = str(one["outcome_title"].item())
    panel_title(ax, fill(f"Regret: {words}", 44), pad=20)
    open_axes(ax)


def draw_failures(ax: Any, results: xr.Dataset, policy: int) -> None:
    """Futures over the two parameters that restrict most, or over one and the value of the first outcome."""
    from matplotlib.patches import Rectangle

    parameters = [*dict.fromkeys(r.parameter for r in restrictions(results, policy))][:2]
    fails = results["fails"].values[:, policy]
    x = results["parameter_value"].values[:, parameters[0]]
    alone = len(parameters) == 1
    y = results["value"].values[:, policy, 0] if alone else results["parameter_value"].values[:, parameters[1]]
    ax.plot(x[~fails], y[~fails], "o", ms=4.2, mfc=PAPER, mec=BLUE, mew=0.8, alpha=0.8, ls="none", label="holds")
    ax.plot(x[fails], y[fails], "D", ms=4.6, color=ORANGE, mec=INK, mew=0.4, ls="none", label="fails")
    ax.margins(0.03)
    left, right = _side(ax, results, policy, parameters[0], "x")
    bottom, top = ax.get_ylim() if alone else _side(ax, results, policy, parameters[1], "y")
    frame = Rectangle((left, bottom), right - left, top - bottom, fill=False, ec=INK, lw=2, zorder=5, clip_on=False)
    ax.add_patch(frame)
    outcome = f"{results['outcome_title'].values[0]}, {results['outcome_unit'].values[0]}"
    y_title = outcome if alone else _label(results, policy, parameters[1])
    axis_titles(ax, x=fill(_label(results, policy, parameters[0]), 44), y=fill(y_title, 38))
    panel_title(ax, fill(f"Where “{results['policy'].values[policy]}” fails", 44), pad=20)
    ax.legend(
        loc="lower left",
        bbox_to_anchor=(-0.02, 1),
        ncols=2,
        frameon=False,
        fontsize=NOTE,
        borderpad=0.1,
        handletextpad=0.1,
    )
    open_axes(ax)


def _side(ax: Any, results: xr.Dataset, policy: int, parameter: int, axis: str) -> tuple[float, float]:
    """Ends of the box along an axis; those of the axis where it is free."""
    low, high = (float(results[f"box_{end}"].values[policy, parameter]) for end in ("low", "high"))
    start, stop = ax.get_xlim() if axis == "x" else ax.get_ylim()
    getattr(ax, f"set_{axis}lim")(start, stop)
    return (low if np.isfinite(low) else start), (high if np.isfinite(high) else stop)


def _label(results: xr.Dataset, policy: int, parameter: int) -> str:
    low, high = (float(results[f"box_{end}"].values[policy, parameter]) for end in ("low", "high"))
    name = results["parameter_name"].values[parameter]
    return f"{name} (box: {range_text(results, parameter, low, high)})"


def _nothing(ax: Any, results: xr.Dataset) -> None:
    """What the search says where it found nothing."""
    ax.axis("off")
    lines = [fill(f"{t}: {why_no_box(results, p)}", 46) for p, t in enumerate(results["policy"].values)]
    if not any(results["threshold"].values != ""):
        lines = ["No measure has a threshold, so no policy fails."]
    ax.text(0, 0.98, "\n\n".join(lines), size=TEXT, color=FAINT, va="top", transform=ax.transAxes)
