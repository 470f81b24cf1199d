"""`supplyshock show`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .command_helpers import debug_option, json_option, say
from .completion import ScenarioName, csv_option, measure_option, run_argument
from .open_results import open_for_command
from .places import Picture
from .row_output import check_forms, print_figures, write_csv

if TYPE_CHECKING:
    import xarray as xr

    from ..analysis.summary_tables import Row


@click.command(short_help="Print the answer of a run, or all figures with --full.")
@run_argument
@click.argument("scenarios", nargs=-1, type=ScenarioName(), metavar="[SCENARIO]...")
@measure_option("Show only this measure; repeatable.", multiple=True)
@click.option("--full", is_flag=True, help="Print every table.")
@json_option
@csv_option
@click.option(
    "--figure",
    type=Picture(),
    metavar="FILE.png",
    help="Draw a fan chart of quotes to this file.",
)
@click.option(
    "--market",
    "markets",
    multiple=True,
    metavar="NAME",
    help="Market to add to tables and figure; repeatable. Default: the markets that move most. --csv has all.",
)
@debug_option
def show(
    run: Path,
    scenarios: tuple[str, ...],
    measure: tuple[str, ...],
    full: bool,
    as_json: bool,
    csv: Path | str | None,
    **picture: Any,
) -> None:
    """Print the answer of a run: peak prices, their duration, first stops, losses of each side, and errors.

    RUN is the folder that `run --out` wrote. The command shows the named SCENARIOs in that order, by default all, and
    compares them with the first. --full prints every table, with the Monte Carlo error of each figure; --json and
    --csv contain the same figures. --measure shows only that measure: its mean, its quantiles and the mean of its
    worst 5 % of paths, or a probability.
    """
    check_forms(as_json, csv)
    figure, markets = picture["figure"], picture["markets"]
    from ..analysis.run_groups import find_label, select_scenarios
    from .print_answer import figures_of, folder_of_run, print_answer

    with open_for_command(run) as tree:
        chosen = select_scenarios(tree, scenarios) if scenarios else tree
        markets = [find_label(chosen, chosen["outcomes"].to_dataset(), "market", m, "--market") for m in markets]
        if figure is not None:  # before the numbers, so that an error is the only output
            from ..reporting.plots.fan_chart import fan_chart

            fan_chart(chosen, markets or None, path=figure)
            say(f"drew {figure}")
        if measure:
            from ..analysis.summary_tables.measures import measure_rows
            from ..analysis.summary_tables.parameter_errors import with_parameter_sd

            rows = with_parameter_sd(chosen, folder_of_run(run), measure_rows(chosen, measure))
            print_figures(chosen, run, rows, as_json, csv)
        elif full or as_json or csv == "-":
            print_figures(chosen, run, figures_of(chosen, run, markets), as_json, csv, _all(chosen, run, csv))
        else:
            write_csv(csv, _all(chosen, run, csv))
            print_answer(chosen, run, markets)


def _all(tree: xr.DataTree, run: Path, csv: Path | str | None) -> list[Row]:
    """The figures of every market, for CSV."""
    from .print_answer import figures_of

    return [] if csv is None else figures_of(tree, run, [str(m) for m in tree["outcomes"]["market"].to_numpy()])
