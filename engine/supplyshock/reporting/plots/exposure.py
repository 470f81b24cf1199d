"""The exposure of a firm: cost against protection along what was swept, and a calendar of when lines stand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.exposure import tables
from ...analysis.exposure.at_bound import bound_sentences
from ...analysis.exposure.captions import money_unit, rate_sentence
from .style import (
    COLUMN,
    FAINT,
    GREY,
    LINE_COLOURS,
    TEXT,
    add_texts,
    axis_titles,
    date_axis,
    legend_below,
    new_figure,
    open_axes,
    panel_title,
    save,
)

if TYPE_CHECKING:
    import xarray as xr

MARKERS = ("o", "s", "^", "D")
MOST = 5
"""Sweeps that are drawn; the table has all."""
APART = 0.08
"""Between the marks of lines at one value, so that bars of error do not cover each other."""


def chart(results: xr.Dataset, path: str | Path) -> Path:
    """Draws the costs along each sweep, or of the options, and the weeks of trouble. Raises as `save`."""
    swept = tables.sweeps(results)[:MOST]
    panels = max(len(swept), 1)
    rows = panels // 2 + 1
    figure = new_figure(COLUMN, 5.6 * rows)
    grid = figure.add_gridspec(rows, 2)
    costs = [figure.add_subplot(grid[i // 2, i % 2]) for i in range(panels)]
    for ax, sweep in zip(costs, swept, strict=False):
        _frontier(ax, results, sweep)
    if not swept:
        _bars(costs[0], results)
    _calendar(figure.add_subplot(grid[-1, :] if panels % 2 == 0 else grid[-1, 1]), results)
    add_texts(figure, tables.lead(results), caption(results))
    return save(figure, path)


def caption(results: xr.Dataset) -> str:
    """Sample and definitions."""
    more = len(tables.sweeps(results)) - MOST
    left_out = f" {more} more sweeps are in exposure.csv." if more > 0 else ""
    bound = "".join(f" {sentence}" for sentence in bound_sentences(results))
    return (
        f"{results.attrs['paths']:,} paths of {results.attrs['weeks']} weeks in each scenario, the same for every "
        "option. All costs: lost value added, what is paid above base prices, holding and one-off costs, less the gain "
        "on what is left in stock. Bars: one Monte Carlo standard error of the difference to the book as it is."
        f"{left_out}{rate_sentence(results)}{bound}"
    )


def _frontier(ax: Any, results: xr.Dataset, sweep: str) -> None:
    """Mean and tail of all costs against the first value of the sweep, by value."""
    at = [o for o, s in enumerate(results["sweep"].values) if str(s) == sweep]
    labels = [str(v) for v in results["value"].values[at]]
    unit, usd = money_unit(results)
    count = 2 * results.sizes["scenario"]
    for s, title in enumerate(results["scenario_title"].values):
        colour = LINE_COLOURS[s % len(LINE_COLOURS)]
        for k, (weight, dash, words) in enumerate(((0.0, "-", "mean"), (1.0, ":", "CVaR95"))):
            one = results.isel(scenario=s, option=at).sel(tail_weight=weight)
            y, e = (one[f"total_cost_usd_difference{x}"].values / usd for x in ("", "_se"))
            x = np.arange(len(at)) + APART * (2 * s + k - (count - 1) / 2)
            ax.errorbar(
                x, y, yerr=e, color=colour, ls=dash, marker=MARKERS[s % 4], ms=4, lw=1.6,
                label=f"{title}, {words}",
            )  # fmt: skip
            best = int(np.argmin(y))
            ax.plot(x[best], y[best], "o", ms=11, mfc="none", mec=colour, mew=1.4)
    ax.axhline(0, color=GREY, lw=0.8)
    ax.set_xticks(range(len(at)), [label.replace(" weeks", "") for label in labels])
    values = ", weeks of use" if any("weeks" in label for label in labels) else ""
    axis_titles(ax, f"{sweep}{values}", f"all costs less those of the book as it is, {unit}")
    panel_title(ax, "Cost against protection (ring: cheapest)")
    legend_below(ax, drop=-0.15)
    open_axes(ax)


def _bars(ax: Any, results: xr.Dataset) -> None:
    """The change from every option, if nothing was swept."""
    names = [str(o) for o in results["option"].values][1:]
    unit, usd = money_unit(results)
    for s, title in enumerate(results["scenario_title"].values):
        one = results.isel(scenario=s).sel(tail_weight=0.0)
        y, e = (one[f"total_cost_usd_difference{x}"].values[1:] / usd for x in ("", "_se"))
        place = np.arange(len(names)) + 0.15 * s
        ax.errorbar(y, place, xerr=e, fmt=MARKERS[s % 4], color=LINE_COLOURS[s % len(LINE_COLOURS)], label=str(title))
    ax.axvline(0, color=GREY, lw=0.8)
    ax.set_yticks(range(len(names)), names, size=TEXT)
    ax.invert_yaxis()
    axis_titles(ax, f"all costs less those of the book as it is, {unit}")
    panel_title(ax, "What the options change")
    legend_below(ax, drop=-0.15)
    open_axes(ax)


def _calendar(ax: Any, results: xr.Dataset) -> None:
    """Share of paths on which some line stands, or runs below its full rate, by week, of the book as it is."""
    weeks = results["time"].values
    stands = results["standing_probability"].isel(option=0).max("line")
    slow = results["slower_probability"].isel(option=0).max("line")
    for s, title in enumerate(results["scenario_title"].values):
        colour, dash = LINE_COLOURS[s % len(LINE_COLOURS)], ("-", "--", ":", "-.")[s % 4]
        ax.plot(weeks, 100 * slow[s], color=colour, ls=dash, lw=1.6, label=f"{title}: slower or standing")
        if float(stands[s].max()) > 0:
            ax.fill_between(weeks, 0, 100 * stands[s], color=colour, alpha=0.35, lw=0, label=f"{title}: standing")
    ax.set_ylim(0, max(0.1, min(100.0, 110 * float(slow.max()))))
    date_axis(ax, 5)
    axis_titles(ax, y="% of paths")
    panel_title(ax, "When lines run slower or stand, as the book is")
    ax.grid(axis="y", color=FAINT, lw=0.4, alpha=0.4)
    legend_below(ax, drop=-0.15)
    open_axes(ax)
