"""`supplyshock measures`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .command_helpers import debug_option, json_option, print_json
from .places import Place

if TYPE_CHECKING:
    from ..analysis.measures import Vocabulary

NEEDS = "[axis]: a label of it may be named; axis: has to be named"


@click.command(short_help="List the measures that commands take, with their units.")
@click.argument("run", type=Place(), required=False, metavar="[RUN]")
@json_option
@debug_option
def measures(run: Path | None, as_json: bool) -> None:
    """List the measures that `--measure` and Python take, with labels, units and meaning.

    RUN is the folder that `run --out` wrote. With RUN the list has the measures, markets and sectors of that run.
    """
    from ..analysis.measures.listing import GRAMMAR, label_lines, records

    names = _names(run) if run is not None else None
    rows = records(names)
    if as_json:
        print_json({"grammar": GRAMMAR, "measures": rows})
        return
    click.echo(f"{GRAMMAR}\n")
    _print(rows)
    click.echo(f"\n{NEEDS}")
    for line in label_lines(names) if names else ():
        click.echo(line)


def _names(run: Path) -> Vocabulary:
    from ..analysis.measures import run_vocabulary
    from .open_results import open_for_command

    with open_for_command(run) as tree:
        return run_vocabulary(tree)


def _print(rows: list[dict[str, Any]]) -> None:
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        labels = ",".join(row["labels"])
        click.echo(f"{row['name']:{width}}  {row['unit']:12}  {labels}")
        click.echo(f"{'':{width}}  {row['meaning']} (e.g. {row['example']})")
