"""Prints the answer of a run with a book, and writes its table and its picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..common.safe_text import command_line
from ..common.sentence_lines import sentence_lines
from ..store.branch import branch_words
from ..store.object_store.address import Address
from .command_helpers import print_json
from .print_answer import folder_of_run
from .study_options import print_table

if TYPE_CHECKING:
    import xarray as xr


def print_exposure(run: xr.DataTree, place: Path | Address, options: Mapping[str, Any], *, checked: bool) -> None:
    """Tables, or JSON, to stdout; a table and a picture beside the run, or here for one in object storage."""
    from ..analysis.exposure.figures import exposure_of
    from ..analysis.exposure.parameter_errors import with_parameter_errors
    from ..analysis.summary_tables.parameter_errors import digests_of
    from ..common.machine_limits import usable_cores

    folder = folder_of_run(place)
    figures = exposure_of(run, options["threads"] or usable_cores())
    results = with_parameter_errors(figures, digests_of(run), folder)
    files = {"results": f"{folder or place}/results.zarr", **_write(results, folder or Path())}
    if options["as_json"]:
        print_json(_facts(results, files) | {k: options[k] for k in ("warnings",) if k in options})
    elif not options["quiet"]:
        can_add = folder is not None and not branch_words(run)
        command = command_line("supplyshock", "uncertainty", "--run", str(place)) if can_add else ""
        _print(results, files, command, checked=checked)


def _write(results: xr.Dataset, folder: Path) -> dict[str, str]:
    from ..analysis.exposure.tables import rows
    from ..reporting.plots.exposure import chart
    from ..store.atomic_files import store_errors
    from ..studies.study_files import save_csv

    table = list(rows(results))
    files = {"table": save_csv(folder / "exposure.csv", list(table[0]), [list(row.values()) for row in table])}
    with store_errors(folder):
        files["picture"] = chart(results, folder / "exposure.png")
    return {name: str(path) for name, path in files.items()}


def _facts(results: xr.Dataset, files: dict[str, str]) -> dict[str, Any]:
    from dataclasses import asdict

    from ..analysis.exposure.best_stock import best_stocks
    from ..analysis.exposure.tables import rows

    about = {k: v for k, v in results.attrs.items() if k != "book"}
    return {**files, **about, "rows": list(rows(results)), "best": [asdict(b) for b in best_stocks(results)]}


def _print(results: xr.Dataset, files: dict[str, str], command: str, *, checked: bool) -> None:
    from ..analysis.exposure import captions, tables
    from ..analysis.exposure.at_bound import bound_sentences

    click.echo(sentence_lines(tables.lead(results)))
    if advice := tables.advice(results):
        click.echo(sentence_lines(advice))
    same = "; outcomes are those of the run, bit by bit" if checked else ""
    click.echo(sentence_lines(tables.sample(results) + same) + "\n")
    print_table(*tables.stops(results))
    header, lines = tables.short(results)
    if lines:
        click.echo()
        print_table(header, lines)
    click.echo("\n" + sentence_lines(captions.money_caption(results)))
    for sentence in bound_sentences(results):
        click.echo(sentence_lines(sentence))
    print_table(*tables.money(results))
    for s, title in enumerate(results["scenario_title"].values):
        header, lines = tables.options(results, s)
        if lines:
            click.echo("\n" + sentence_lines(captions.option_caption(results, str(title))))
            print_table(header, lines)
    best = list(tables.best_lines(results))
    for sweep in tables.sweeps(results):
        for s, name in enumerate(results["scenario"].values):
            title = str(results["scenario_title"].values[s])
            click.echo("\n" + sentence_lines(captions.sweep_caption(results, title, sweep)))
            print_table(*tables.curve(results, s, sweep))
            for line in (text for scenario, what, text in best if (scenario, what) == (str(name), sweep)):
                click.echo(sentence_lines(line))
    click.echo("\n" + sentence_lines(tables.what_errors_hold(results, command)) + "\n")
    for name, path in files.items():
        click.echo(f"  {name:8} {path}")
