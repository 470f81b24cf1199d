"""The exposure of a firm: cost against protection along what was swept, and a calendar of when lines stand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.exposure import tables
from .style import FAINT, GREY, INK, LINE_COLOURS, add_texts, new_figure, open_axes, save

if TYPE_CHECKING:
    import xarray as xr

M = 1e6
MARKERS = ("o", "s", "^", "D")


def chart(results: xr.Dataset, path: str | Path) -> Path:
    """Draws the costs of options on the left and the weeks of trouble on the right. Raises as `save`."""
    figure = new_figure(11.5, 5.4, constrained=True)
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
    swept = tables.sweeps(results)
    if swept:
        _frontier(left, results, swept[0])
    else:
        _bars(left, results)
    _calendar(right, results)
    add_texts(figure, tables.lead(results), caption(results), (105, 170), size=11)
    return save(figure, path)


def caption(results: xr.Dataset) -> str:
    """Sample and definitions."""
    return (
        f"{results.attrs['paths']:,} paths of {results.attrs['weeks']} weeks in each scenario, the same for every "
        "option. All costs: lost value added, what is paid above base prices, holding and one-off costs, less the gain "
        "on what is left in stock. Bars: one Monte Carlo standard error of the difference to the book as it is."
    )


def _frontier(ax: Any, results: xr.Dataset, sweep: str) -> None:
    """Mean and tail of all costs against the first value of the sweep, by value."""
    at = [o for o, s in enumerate(results["sweep"].values) if str(s) == sweep]
    labels = [str(v) for v in results["value"].values[at]]
    for s, title in enumerate(results["scenario_title"].values):
        colour = LINE_COLOURS[s % len(LINE_COLOURS)]
        for weight, dash, words in ((0.0, "-", "mean"), (1.0, ":", "CVaR95")):
            one = results.isel(scenario=s, option=at).sel(tail_weight=weight)
            y, e = (one[f"total_cost_usd_difference{x}"].values / M for x in ("", "_se"))
            ax.errorbar(
                range(len(at)), y, yerr=e, color=colour, ls=dash, marker=MARKERS[s % 4], ms=4, lw=1.6,
                label=f"{title}, {words}",
            )  # fmt: skip
            best = int(np.argmin(y))
            ax.plot(best, y[best], "o", ms=11, mfc="none", mec=colour, mew=1.4)
    ax.axhline(0, color=GREY, lw=0.8)
    ax.set_xticks(range(len(at)), [label.replace(" weeks", "") for label in labels])
    unit = "weeks of use" if any("weeks" in label for label in labels) else ""
    ax.set_xlabel(f"{sweep}{', ' + unit if unit else ''}", size=9, color=INK)
    ax.set_ylabel("all costs less those of the book as it is, M USD", size=9, color=INK)
    ax.set_title("Cost against protection (ring: cheapest)", loc="left", size=10, color=INK)
    ax.legend(frameon=False, fontsize=8)
    open_axes(ax)


def _bars(ax: Any, results: xr.Dataset) -> None:
    """What every option changes, where nothing was swept."""
    names = [str(o) for o in results["option"].values][1:]
    for s, title in enumerate(results["scenario_title"].values):
        one = results.isel(scenario=s).sel(tail_weight=0.0)
        y, e = (one[f"total_cost_usd_difference{x}"].values[1:] / M for x in ("", "_se"))
        place = np.arange(len(names)) + 0.15 * s
        ax.errorbar(y, place, xerr=e, fmt=MARKERS[s % 4], color=LINE_COLOURS[s % len(LINE_COLOURS)], label=str(title))
    ax.axvline(0, color=GREY, lw=0.8)
    ax.set_yticks(range(len(names)), names, size=9)
    ax.invert_yaxis()
    ax.set_xlabel("all costs less those of the book as it is, M USD", size=9, color=INK)
    ax.set_title("What the options change", loc="left", size=10, color=INK)
    ax.legend(frameon=False, fontsize=8)
    open_axes(ax)


def _calendar(ax: Any, results: xr.Dataset) -> None:
    """Share of paths on which some line stands, or runs below its full rate, by week, of the book as it is."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    weeks = results["time"].values
    stands = results["standing_probability"].isel(option=0).max("line")
    slow = results["slower_probability"].isel(option=0).max("line")
    for s, title in enumerate(results["scenario_title"].values):
        colour = LINE_COLOURS[s % len(LINE_COLOURS)]
        ax.plot(weeks, 100 * slow[s], color=colour, lw=1.6, label=f"{title}: slower or standing")
        ax.fill_between(weeks, 0, 100 * stands[s], color=colour, alpha=0.35, lw=0, label=f"{title}: standing")
    ax.set_ylim(0, max(0.1, 130 * float(slow.max())))
    locator = AutoDateLocator(maxticks=6)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    ax.set_ylabel("% of paths", size=9, color=INK)
    ax.set_title("When lines run slower or stand (book as it is)", loc="left", size=10, color=INK)
    ax.grid(axis="y", color=FAINT, lw=0.4, alpha=0.4)
    ax.legend(frameon=False, fontsize=8)
    open_axes(ax)
