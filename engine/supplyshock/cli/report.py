"""`supplyshock report`."""

from __future__ import annotations

from pathlib import Path

import click

from ..store.object_store.address import Address
from .command_helpers import debug_option, say
from .completion import run_argument
from .open_results import open_for_command
from .places import InputFile, OutputFile


@click.command(short_help="Write a run as one self-contained HTML page.")
@run_argument
@click.option(
    "-o",
    "--output",
    type=OutputFile(),
    metavar="FILE.html",
    help="File to write. Default: RUN/report.html, or report.html for a run in object storage.",
)
@click.option("--question", default="", metavar="TEXT", help="Question at the top of the page.")
@click.option(
    "--stories/--no-stories",
    default=True,
    help="Describe three recomputed paths, or leave them out. Default: describe.",
)
@click.option(
    "--backtest",
    type=InputFile(),
    metavar="FILE.csv",
    help="Back-test table to show. Default: the shipped one, if any.",
)
@debug_option
def report(run: Path | Address, output: Path | None, question: str, stories: bool, backtest: Path | None) -> None:
    """Write a page about a run: one HTML file with interactive charts, which needs no network.

    RUN is the folder that `run --out` wrote.

    \b
    supplyshock report runs/first -o first.html
    """
    from ..reporting.page import find_backtest, read_backtest, write_report
    from .print_answer import folder_of_run

    folder = folder_of_run(run)
    table = backtest or find_backtest()
    scores = read_backtest(table) if table else None
    with open_for_command(run) as tree:
        path = write_report(
            tree,
            output or (folder or Path()) / "report.html",
            question=question,
            stories=stories,
            backtest=scores,
            folder=folder,
        )
    if path.is_file():
        click.echo(f"wrote {path} ({path.stat().st_size / 1e6:.1f} MB)")
    else:
        say(f"wrote {path}")  # it may be stdout
