"""`supplyshock compare`."""

from __future__ import annotations

from pathlib import Path

import click

from .command_helpers import debug_option, json_option
from .completion import ScenarioName, csv_option, measure_option, run_argument
from .open_results import open_for_command
from .row_output import check_forms, print_figures


@click.command(short_help="Compare the scenarios of a run, path by path.")
@run_argument
@click.argument("scenarios", nargs=-1, type=ScenarioName(), metavar="[BASE OTHER...]")
@measure_option("Compare this measure; repeatable. Default: losses, bills, compute and how runs end.", multiple=True)
@json_option
@csv_option
@debug_option
def compare(
    run: Path, scenarios: tuple[str, ...], measure: tuple[str, ...], as_json: bool, csv: Path | str | None
) -> None:
    """Print the differences between scenarios on the same paths, each with its standard error.

    RUN is the folder that `run --out` wrote. The first scenario named is the base of the differences. By default the
    command compares all scenarios with the first of the run. It compares a single named scenario with that one, too.
    """
    check_forms(as_json, csv)
    from ..analysis.comparison import base_and_others, compare_rows
    from ..analysis.run_groups import select_scenarios

    with open_for_command(run) as tree:
        chosen = select_scenarios(tree, base_and_others(tree, scenarios))
        print_figures(chosen, run, compare_rows(chosen, measure=measure), as_json, csv)
