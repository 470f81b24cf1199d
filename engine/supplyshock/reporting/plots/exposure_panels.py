"""The panels of the exposure of a firm: in pairs, the mean to the left and the worst 5 % to the right."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.exposure.best_stock import cheapest
from ...analysis.exposure.captions import money_unit
from ...analysis.exposure.parameter_errors import whole_error
from ...analysis.exposure.tables import COSTS
from .exposure_findings import ERRORS, calendar_finding, drawn_finding, option_finding, sweep_finding
from .scenario_looks import look
from .style import FAINT, GREY, INK, PAPER, TEXT, axis_titles, date_axis, open_axes, panel_title
from .wrap_text import literal, unbroken

if TYPE_CHECKING:
    import xarray as xr

SIDES = ((0.0, "On average", "mean of all costs"), (1.0, "In the worst 5 %", "CVaR95 of all costs"))
"""Weight of the tail, and what panels call it."""
APART = 0.11
"""Between the marks of scenarios at one value or option, in distances of values."""
BELOW = -0.05
"""Where the axis of a share begins, in tops: marks of a share of none are then whole."""
TITLE, NAME, LABELS = 37, 24, 40
"""Characters of a line of a title, of a line of an option's name, and of all labels below a panel."""


def sweep_panels(axes: Any, results: xr.Dataset, sweep: str) -> None:
    """The change in costs along the values of a sweep; the lowest of a scenario is filled."""
    chosen = results.isel(option=[o for o, s in enumerate(results["sweep"].values) if str(s) == sweep])
    values = [str(v) for v in chosen["value"].values]
    for ax, (weight, words, money) in zip(axes, SIDES, strict=True):
        cost, error = _costs(chosen, weight)
        for s in range(len(cost)):
            _curve(ax, np.arange(len(values)) + _shift(s, len(cost)), cost[s], error[s], s)
        ax.axhline(0, color=GREY, lw=0.8, zorder=0)
        labels = [v.replace(" weeks", "") for v in values]
        every = -(-sum(len(label) + 2 for label in labels) // LABELS)
        weeks = ", weeks of use" if labels != values else ""
        ax.set_xticks(range(0, len(labels), every), labels[::every])
        axis_titles(ax, literal(f"{sweep}{weeks}"), f"change in {money},\n{money_unit(results)[0]}")
        wins = _wins(chosen, weight)
        found = drawn_finding(values, wins) if wins.any() else sweep_finding(values, cost, error)
        _finish(ax, f"{words}: {found}")


def option_panels(axes: Any, results: xr.Dataset, options: list[int]) -> None:
    """The change in costs from every named option."""
    chosen = results.isel(option=options)
    names, titles = ([str(t) for t in chosen[n].values] for n in ("option", "scenario_title"))
    for ax, (weight, words, money) in zip(axes, SIDES, strict=True):
        cost, error = _costs(chosen, weight)
        for s in range(len(cost)):
            own, place = look(s), np.arange(len(names)) + _shift(s, len(cost))
            ax.errorbar(cost[s], place, xerr=ERRORS * error[s], fmt=own.mark, color=own.colour, ms=5.5, elinewidth=1.2)
        ax.axvline(0, color=GREY, lw=0.8, zorder=0)
        for between in np.arange(len(names) - 1) + 0.5:
            ax.axhline(between, color=FAINT, lw=0.4, alpha=0.5)
        axis_titles(ax, f"change in {money}, {money_unit(results)[0]}")
        ax.locator_params(axis="x", nbins=6)
        where = literal(titles[0]) if len(titles) > 1 else ""
        _finish(ax, f"{words}: {option_finding([literal(n) for n in names], cost[0], error[0], where)}")
        ax.tick_params(axis="y", length=0)
    axes[1].tick_params(labelleft=False)
    axes[0].set_yticks(range(len(names)), [fill(literal(n), NAME) for n in names], size=TEXT, color=INK)
    axes[0].set_ylim(len(names) - 0.5, -0.5)


def calendar_panels(axes: Any, results: xr.Dataset) -> None:
    """Shares of paths on which some line is slower, and on which it stands, by week, of the book as it is."""
    titles = [literal(str(t)) for t in results["scenario_title"].values]
    for ax, name, words in zip(axes, ("slower_probability", "standing_probability"),
                               ("Slower or standing", "Standing"), strict=False):  # fmt: skip
        share = weekly_share(results, name)
        weeks = share["time"].values
        step = max(1, len(weeks) // 8)
        for s in range(len(titles)):
            own = look(s)
            start = step * s // len(titles)
            style = {"color": own.colour, "ls": own.dash, "lw": 1.5, "marker": own.mark, "ms": 4.5, "mfc": PAPER}
            ax.plot(weeks, 100 * share.isel(scenario=s), markevery=(start, step), **style)
        top = max(0.1, min(100.0, 105 * float(share.max())))
        ax.set_ylim(BELOW * top, top)
        date_axis(ax, 5)
        axis_titles(ax, y="% of paths, book as it is")
        ax.grid(axis="y", color=FAINT, lw=0.4, alpha=0.4)
        _finish(ax, f"{words}: {calendar_finding(share, titles)}", TITLE * (2 if len(axes) == 1 else 1))


def weekly_share(results: xr.Dataset, name: str) -> xr.DataArray:
    """Of the line that is hit most, of the book as it is."""
    return results[name].isel(option=0).max("line")


def _costs(chosen: xr.Dataset, weight: float) -> tuple[Any, Any]:
    """Differences to the book as it is and their errors, both (scenario, option), in the money of the book."""
    _, usd = money_unit(chosen)
    at = chosen.sel(tail_weight=weight)
    both = (at[COSTS], whole_error(at, COSTS))
    value, error = (x.transpose("scenario", "option").values / usd for x in both)
    return value, error


def _wins(chosen: xr.Dataset, weight: float) -> Any:
    """Under how many draws of the parameters each value costs least, (scenario, option); zeros where unknown."""
    counted = cheapest(weight) in chosen and weight in (0.0, chosen.attrs["tail_weight"])
    cases = chosen.sizes["scenario"], chosen.sizes["option"]
    return chosen[cheapest(weight)].transpose("scenario", "option").values if counted else np.zeros(cases, int)


def _curve(ax: Any, x: Any, cost: Any, error: Any, scenario: int) -> None:
    own, lowest = look(scenario), int(np.argmin(cost))
    ax.errorbar(x, cost, yerr=ERRORS * error, color=own.colour, ls=own.dash, lw=1.4, elinewidth=1.2)
    style = {"ls": "none", "marker": own.mark, "ms": 5.5, "mec": own.colour, "mew": 1.2, "zorder": 3}
    ax.plot(x, cost, mfc=PAPER, **style)
    ax.plot(x[lowest], cost[lowest], mfc=own.colour, **style)


def _shift(scenario: int, count: int) -> float:
    return min(APART, 0.7 / count) * (scenario - (count - 1) / 2)


def _finish(ax: Any, title: str, characters: int = TITLE) -> None:
    panel_title(ax, fill(unbroken(title), characters))
    open_axes(ax)
