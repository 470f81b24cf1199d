"""``supplyshock show``."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..tables import Table


@click.command("show")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The tables as one JSON object.")
@click.option("--csv", "as_csv", is_flag=True, help="The tables as long-form CSV.")
@click.option("--figure", type=click.Path(path_type=Path), help="Also draw a fan chart into this PNG.")
@click.option("--market", "markets", multiple=True, help="Market of the figure [Dy, leading_logic].")
def command(run: Path, as_json: bool, as_csv: bool, figure: Path | None, markets: tuple[str, ...]) -> None:
    """Print what an analyst wants first of a finished run: odds, losses, prices, stops, differences."""
    from ..open import open_run
    from ..tables import all_tables

    tree = open_run(run)
    tables = list(all_tables(tree))
    if as_json:
        click.echo(json.dumps({"run": str(run), "paths": int(tree.attrs["paths"]), "tables": _plain(tables)}))
    elif as_csv:
        _print_csv(tables)
    else:
        _print_tables(tables, f"{run}: {int(tree.attrs['paths']):,} paths a scenario, seed {tree.attrs['seed']}")
    if figure is not None:
        from ..figure import MARKETS, fan_chart

        fan_chart(tree, markets or MARKETS, figure)
        click.echo(f"figure: {figure}", err=True)
    if not (as_json or as_csv):
        click.echo(f"store: {run / 'results.zarr'}    open with xarray.open_datatree(path, engine='zarr')")


def text(value: Any) -> str:
    """A cell as people read it; an estimate as ``value ± standard error`` to the error's digits."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        number, se = value
        digits = 2 if not math.isfinite(se) or se <= 0 else max(0, min(6, 1 - math.floor(math.log10(se))))
        return f"{number:,.{digits}f} ± {se:,.{digits}f}"
    return f"{value:,.1f}" if isinstance(value, float) else str(value)


def _print_tables(tables: list[Table], head: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table as Rich

    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    console.print(head, highlight=False)
    for t in tables:
        grid = Rich(title=t.title, caption=t.note, box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left")
        for i, name in enumerate(t.columns):
            words = all(isinstance(r[i], str) for r in t.rows)
            grid.add_column(name, justify="left" if words else "right", no_wrap=not words)
        for row in t.rows:
            grid.add_row(*(text(v) for v in row))
        console.print(grid)


def _plain(tables: list[Table]) -> list[dict[str, Any]]:
    def cell(v: Any) -> Any:
        if isinstance(v, tuple):
            return {"value": _finite(v[0]), "se": _finite(v[1])}
        return _finite(v)

    return [
        {
            "title": t.title,
            "note": t.note,
            "columns": t.columns,
            "rows": [[cell(v) for v in row] for row in t.rows],
        }
        for t in tables
    ]


def _finite(v: Any) -> Any:
    return None if isinstance(v, float) and not math.isfinite(v) else v


def _print_csv(tables: list[Table]) -> None:
    import csv
    import sys

    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("table", "row", "column", "value", "se"))
    for t in tables:
        for row in t.rows:
            key = " / ".join(v for v in row if isinstance(v, str))
            for name, v in zip(t.columns, row, strict=True):
                if isinstance(v, tuple):
                    out.writerow((t.title, key, name, v[0], v[1]))
