"""A sweep as a picture: a panel for every measure, over what varies."""

from __future__ import annotations

from functools import partial
from math import ceil
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from ...common.number_format import number
from .style import COLUMN, INK, TEXT, add_texts, axis_titles, legend_row, new_figure, save
from .sweep_findings import Measured, curve_headline, key_text, others, whole_finding
from .sweep_layout import NAMED, Layout, has_base, layout_of, lettered, point_names, with_base
from .sweep_panels import BASE, BASE_LINE, NAME, POINT, base_cell, curve, dots, heat, nothing
from .wrap_text import literal

if TYPE_CHECKING:
    import xarray as xr

MOST, ACROSS = 6, 2
"""Panels, of which the files have more, and panels side by side."""
AROUND, TITLES, CURVE, CELL, ROW = 1.9, 1.3, 1.7, 0.34, 0.24
"""Inches: the texts above and below, those of a panel, a curve, a row of cells, and one of dots."""


def chart(results: xr.Dataset, path: str | Path) -> Path:
    """Draws the first `MOST` measures into a file. Raises as `save`."""
    text = partial(caption, results)
    results = with_base(results.load())
    layout = layout_of(results)
    measured = [Measured.of(results, i, layout.points) for i in range(results.sizes["outcome"])]
    count = min(len(measured), MOST)
    across = min(ACROSS, count)
    down = ceil(count / across)
    height = _height(results, layout)
    figure = new_figure(COLUMN, AROUND + down * (TITLES + height))
    grid = figure.add_gridspec(down + 1, across, height_ratios=[0.2, *[height] * down])
    first = None
    for i, one in enumerate(measured[:count]):
        shared = first if layout.kind == "dots" else None
        ax = figure.add_subplot(grid[1 + i // across, i % across], sharey=shared)
        first = first or ax
        _panel(ax, results, i, layout, one)
    _legend(figure.add_subplot(grid[0, :]), results, layout)
    add_texts(figure, _headline(results, layout, measured), literal(text(layout)))
    return save(figure, path)


def caption(results: xr.Dataset, layout: Layout) -> str:
    """Sample, definitions, and what the picture leaves out."""
    about, more = results.attrs, results.sizes["outcome"] - MOST
    bars = "Bars: two standard errors of the mean, or of its change against the config as it is where that is smaller."
    brackets = "In brackets: not told from the config as it is by two standard errors."
    parts = [
        f"{results.sizes['point']:,} points x {int(about['paths']):,} paths of {about['weeks']} weeks on the same "
        f"random numbers, seed {about['seed']}.",
        brackets if layout.kind == "map" else bars,
        f"The config as it is, {about['base_title']}, ± one standard error: {_base(results)}.",
        "Points have their number in sweep.zarr." if layout.kind == "dots" and len(layout.factors) > NAMED else "",
        layout.left_out,
        f"{more} more measure{'s are' if more > 1 else ' is'} not drawn." if more > 0 else "",
        "sweep.csv has all." if layout.left_out or more > 0 else "",
    ]
    return " ".join(part for part in parts if part)


def _base(results: xr.Dataset) -> str:
    columns = (results[name].values[:MOST] for name in ("outcome", "base", "base_se", "outcome_unit"))
    return "; ".join(f"{o} {number(float(x), float(se))} {unit}" for o, x, se, unit in zip(*columns, strict=True))


def _headline(results: xr.Dataset, layout: Layout, measured: list[Measured]) -> str:
    one, keys = measured[0], [str(results["factor"].values[f]) for f in layout.factors]
    if not one.points:
        return f"{one.title}: on some path of every point it is not a number."
    names = point_names(results, layout, one.points)
    if layout.kind == "curve":
        return curve_headline(one, key_text(keys[0]), names) + others(measured)
    over = "" if len(keys) > 2 else f" ({', '.join(map(key_text, keys))})"
    return f"{one.title}, {one.unit}: {whole_finding(one, names)}{over}.{others(measured)}"


def _height(results: xr.Dataset, layout: Layout) -> float:
    if layout.kind == "curve":
        return CURVE
    if layout.kind == "dots":
        lines = [fill(name, NAME).count("\n") + 1 for name in point_names(results, layout, layout.points)]
        return max(CURVE, ROW * 0.75 * sum(lines) + ROW * 0.25 * len(lines))
    return max(CURVE, CELL * len(np.unique(results["value"].values[layout.points, layout.factors[1]])))


def _panel(ax: Any, results: xr.Dataset, outcome: int, layout: Layout, one: Measured) -> None:
    if not one.points:
        nothing(ax, one)
    elif layout.kind == "curve":
        curve(ax, results, outcome, layout.factors[0], one)
    elif layout.kind == "map":
        heat(ax, results, layout.factors, one, point_names(results, layout, one.points))
    else:
        dots(ax, results, outcome, one, layout.points)
        names = [fill(name, NAME) for name in point_names(results, layout, layout.points)]
        ax.set_yticks(range(len(names)), names, size=TEXT, color=INK)
        ax.tick_params(labelleft=outcome % ACROSS == 0)
        if outcome % ACROSS == 0 and len(layout.factors) <= NAMED:
            keys = lettered([key_text(str(results["factor"].values[f])) for f in layout.factors])
            axis_titles(ax, y=fill("; ".join(map(" ".join, keys)), 60))


def _legend(ax: Any, results: xr.Dataset, layout: Layout) -> None:
    from matplotlib.lines import Line2D

    words = "the config as it is"
    ax.axis("off")
    if layout.kind == "map":
        levels = [np.unique(results["value"].values[layout.points, f]) for f in layout.factors]
        frame = Line2D([], [], label=words, **{**BASE, "marker": "s", "ms": 9})
        if base_cell(results, layout.factors, levels):
            legend_row(ax, [frame], columns=1)
        return
    marked = BASE if layout.kind == "curve" and has_base(results) else {}
    point = Line2D([], [], ls="none", marker="o", ms=POINT["ms"], color=POINT["color"], label="mean over the paths")
    legend_row(ax, [point, Line2D([], [], label=words, **{**marked, **BASE_LINE})], columns=2)
