"""The firm of a run on the page: the answer first, then stops, costs, options, the best stock, and the picture."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...analysis.exposure import captions, tables
from ...analysis.exposure.at_bound import bound_sentences
from ...analysis.exposure.figures import exposure_of, has_exposure
from ...analysis.exposure.parameter_errors import with_parameter_errors
from ...analysis.summary_tables.parameter_errors import digests_of
from ...common.machine_limits import usable_cores
from ..plots.exposure import chart

if TYPE_CHECKING:
    import xarray as xr


def firm(run: xr.DataTree, folder: Path | None = None) -> dict[str, Any] | None:
    """Texts, tables (caption, header, rows) and a picture; None for a run without a book.

    `folder` is that of the run, where it may hold what parameters leave open of the figures.
    """
    if not has_exposure(run):
        return None
    results = with_parameter_errors(exposure_of(run, usable_cores()), digests_of(run), folder)
    short = tables.short(results)
    unit, _ = captions.money_unit(results)
    costs = " ".join([f"What it costs, {unit}.", captions.money_caption(results), *bound_sentences(results)])
    return {
        "title": results.attrs["title"],
        "unit": unit,
        "lead": f"{tables.lead(results)} {tables.advice(results)}".strip(),
        "sample": f"{tables.sample(results)}. {tables.what_errors_hold(results)}",
        "answers": [_table("How often it stands, and when", tables.stops(results)),
                    *([_table("Which input is the first that slows a line", short)] if short[1] else []),
                    _table(costs, tables.money(results))],
        "options": list(_options(results)),
        "sweeps": list(_sweeps(results)),
        "picture": _picture(results),
    }  # fmt: skip


def _table(caption: str, table: tables.Table) -> dict[str, Any]:
    return {"caption": caption, "header": table[0], "rows": table[1]}


def _options(results: xr.Dataset) -> Any:
    for s, title in enumerate(results["scenario_title"].values):
        header, rows = tables.options(results, s)
        if rows:
            yield _table(captions.option_caption(results, str(title)), (header, rows))


def _sweeps(results: xr.Dataset) -> Any:
    """The curve of every sweep in every scenario, and which value is best."""
    best = list(tables.best_lines(results))
    for sweep in tables.sweeps(results):
        for s, name in enumerate(results["scenario"].values):
            sentences = [text for scenario, what, text in best if (scenario, what) == (str(name), sweep)]
            table = tables.curve(results, s, sweep)
            caption = captions.sweep_caption(results, str(results["scenario_title"].values[s]), sweep)
            yield _table(caption, table) | {"best": sentences}


def _picture(results: xr.Dataset) -> str:
    """As an address that needs no network."""
    with tempfile.TemporaryDirectory() as folder:
        file = chart(results, Path(folder) / "firm.png")
        return f"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()}"
