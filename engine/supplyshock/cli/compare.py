"""`supplyshock compare`."""

from __future__ import annotations

from pathlib import Path

import click

from .command_helpers import debug_option, json_option
from .completion import ScenarioName, csv_option, measure_option, run_argument
from .open_results import open_for_command
from .row_output import check_forms, print_figures


@click.command(short_help="Print what scenarios change, path by path with common random numbers.")
@run_argument
@click.argument("scenarios", nargs=-1, type=ScenarioName(), metavar="[BASE OTHER...]")
@measure_option("Compare this measure; repeatable. Default: losses, bills, compute, how the run ends.", multiple=True)
@json_option
@csv_option
@debug_option
def compare(
    run: Path, scenarios: tuple[str, ...], measure: tuple[str, ...], as_json: bool, csv: Path | str | None
) -> None:
    """Print what scenarios change on the same paths, each difference with its standard error.

    RUN is the folder that `run --out` made. The first scenario named is the base of the differences; by default all
    are compared with the first of the run, and so is one that is named alone.
    """
    check_forms(as_json, csv)
    from ..analysis import base_and_others, compare_rows, select_scenarios

    with open_for_command(run) as tree:
        chosen = select_scenarios(tree, base_and_others(tree, scenarios))
        print_figures(chosen, run, compare_rows(chosen, measure=measure), as_json, csv)
