"""The exposure of a firm: what options and sweeps change in its costs, and a calendar of when lines stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...analysis.exposure import tables
from ...analysis.exposure.at_bound import bound_sentences
from ...analysis.exposure.captions import rate_sentence
from ...analysis.exposure.parameter_errors import knows_parameters
from .exposure_panels import calendar_panels, option_panels, sweep_panels, weekly_share
from .scenario_looks import legend_height, scenario_legend
from .style import COLUMN, add_texts, new_figure, save
from .wrap_text import literal

if TYPE_CHECKING:
    import xarray as xr

MOST, MOST_OPTIONS = 5, 12
"""Sweeps and named options that are drawn; the table has all."""
AROUND, TITLES, CURVE, CALENDAR = 1.6, 1.0, 1.8, 1.5
"""Inches: the texts above and below, those of a row of panels, and the panels."""
OPTION, MARK = 0.16, 0.11
"""Inches of an option, and more for every scenario."""


class _Row(NamedTuple):
    """Panels side by side."""

    height: float
    """Inches."""
    panels: int
    same_y: bool
    """Whether the panels have the same rows."""
    draw: Callable[[Any], None]


def chart(results: xr.Dataset, path: str | Path) -> Path:
    """Draws a row of panels for the options, for each sweep, and for the weeks of trouble. Raises as `save`."""
    titles = [literal(str(t)) for t in results["scenario_title"].values]
    rows, legend = list(_rows(results)), legend_height(titles)
    figure = new_figure(COLUMN, AROUND + legend + sum(TITLES + row.height for row in rows))
    grid = figure.add_gridspec(len(rows) + 1, 2, height_ratios=[max(legend, 0.01), *(row.height for row in rows)])
    head = figure.add_subplot(grid[0, :])
    head.axis("off")
    if legend:
        scenario_legend(head, titles)
    for i, row in enumerate(rows, 1):
        if row.panels == 1:
            row.draw([figure.add_subplot(grid[i, :])])
        else:
            left = figure.add_subplot(grid[i, 0])
            row.draw([left, figure.add_subplot(grid[i, 1], sharey=left if row.same_y else None)])
    add_texts(figure, literal(tables.lead(results)), literal(caption(results)))
    return save(figure, path)


def caption(results: xr.Dataset) -> str:
    """Sample and definitions."""
    bound = "".join(f" {sentence}" for sentence in bound_sentences(results))
    errors = "errors, of paths and parameters," if knows_parameters(results) else "Monte Carlo standard errors"
    return (
        f"{results.attrs['paths']:,} paths of {results.attrs['weeks']} weeks in each scenario, the same for every "
        "option. All costs: lost value added, what is paid above base prices, holding and one-off costs, less the gain "
        f"on what is left in stock. Changes are against the book as it is. Bars: two {errors} of the "
        f"change.{_filled(results)}{_left_out(results)}{rate_sentence(results)}{bound}"
    )


def _filled(results: xr.Dataset) -> str:
    """What marks of sweeps mean, where something is swept."""
    swept = bool(tables.sweeps(results))
    return " Filled mark: the lowest of a scenario; its neighbours may be within the errors." if swept else ""


def _left_out(results: xr.Dataset) -> str:
    counts = (("sweeps", len(tables.sweeps(results)) - MOST), ("options", len(_named(results)) - MOST_OPTIONS))
    return "".join(f" {more} more {what} are in exposure.csv." for what, more in counts if more > 0)


def _named(results: xr.Dataset) -> list[int]:
    """Options other than the book as it is and the values of sweeps."""
    return [o for o, sweep in enumerate(results["sweep"].values) if o and not str(sweep)]


def _rows(results: xr.Dataset) -> Iterator[_Row]:
    """From the options of the book to the calendar."""
    if named := _named(results)[:MOST_OPTIONS]:
        height = len(named) * (OPTION + MARK * max(results.sizes["scenario"], 2))
        yield _Row(height, 2, True, partial(option_panels, results=results, options=named))
    for sweep in tables.sweeps(results)[:MOST]:
        yield _Row(CURVE, 2, False, partial(sweep_panels, results=results, sweep=sweep))
    stands = float(weekly_share(results, "standing_probability").max()) > 0
    yield _Row(CALENDAR, 2 if stands else 1, False, partial(calendar_panels, results=results))
