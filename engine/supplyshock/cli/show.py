"""`supplyshock show`."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import UsageError
from .common import debug_option, print_json, say


@click.command(short_help="Print the numbers of a run: odds, losses, prices, stops, differences.")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--json", "form", flag_value="json", help="Print one JSON object.")
@click.option("--csv", "form", flag_value="csv", help="Print a tidy table: a row per figure.")
@click.option(
    "--figure",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.png",
    help="Also draw a fan chart of quotes.",
)
@click.option(
    "--market",
    "markets",
    multiple=True,
    metavar="NAME",
    help="Market of the figure; repeatable. Default: Dy and leading_logic.",
)
@debug_option
def show(run: Path, form: str | None, figure: Path | None, markets: tuple[str, ...]) -> None:
    """Print the numbers of a run, each with its standard error.

    RUN is the folder that `run --out` made.
    """
    from ..open import open_run
    from ..tables import headline
    from .render import as_csv, as_dict, print_tables

    if markets and figure is None:
        raise UsageError("a market is chosen for a figure", where="--market", expected="--figure FILE.png too")
    tree = open_run(run)
    if figure is not None:  # before the numbers: what goes wrong here is then all that is said
        from ..figure import fan_chart

        fan_chart(tree, markets or None, path=figure)
        say(f"drew {figure}")
    rows = headline(tree)
    if form == "json":
        print_json(as_dict(tree, run, rows))
    elif form == "csv":
        click.echo(as_csv(rows), nl=False)
    else:
        print_tables(tree, run, rows)
