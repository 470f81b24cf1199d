"""Prints figures as tables, JSON or CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..common.errors import UsageError
from ..store.atomic_files import file_errors, write_text
from .command_helpers import print_json, say

if TYPE_CHECKING:
    import xarray as xr

    from ..analysis.summary_tables import Row


def check_forms(as_json: bool, csv: Path | str | None) -> None:
    """Raises `UsageError` where JSON and CSV would both go to stdout."""
    if as_json and csv == "-":
        raise UsageError("two formats on stdout", where="--json", expected="one of --json and --csv -")


def print_figures(
    tree: xr.DataTree,
    run: Path,
    rows: Sequence[Row],
    as_json: bool,
    csv: Path | str | None,
    csv_rows: Sequence[Row] | None = None,
) -> None:
    """Prints `rows` as tables, as one JSON object or as CSV; a CSV file is written in addition.

    CSV has `csv_rows`, which may be more than people read.
    """
    from .render import as_csv, as_dict, print_tables

    csv_rows = rows if csv_rows is None else csv_rows
    write_csv(csv, csv_rows)
    if as_json:
        print_json(as_dict(tree, run, rows))
    elif csv == "-":
        click.echo(as_csv(csv_rows), nl=False)
    else:
        print_tables(tree, run, rows)


def write_csv(csv: Path | str | None, rows: Sequence[Row]) -> None:
    """Writes a CSV file where one is asked for."""
    from .render import as_csv

    if isinstance(csv, Path):
        with file_errors(csv):
            write_text(csv, as_csv(rows))
        say(f"wrote {csv}")
