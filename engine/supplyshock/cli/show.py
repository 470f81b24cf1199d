"""`supplyshock show`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..common.errors import UsageError
from .command_helpers import debug_option, json_option, say
from .completion import ScenarioName, csv_option, measure_option, run_argument
from .open_results import open_for_command
from .places import Picture
from .row_output import check_forms, print_figures


@click.command(short_help="Print the numbers of a run: regimes, losses, prices, stops, differences.")
@run_argument
@click.argument("scenarios", nargs=-1, type=ScenarioName(), metavar="[SCENARIO]...")
@measure_option("Show this measure alone; repeatable.", multiple=True)
@json_option
@csv_option
@click.option(
    "--figure",
    type=Picture(),
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
def show(
    run: Path,
    scenarios: tuple[str, ...],
    measure: tuple[str, ...],
    as_json: bool,
    csv: Path | str | None,
    **picture: Any,
) -> None:
    """Print the numbers of a run, each with its standard error.

    RUN is the folder that `run --out` made. Scenarios that are named are shown alone, in that order, and the
    first is the one that others are compared with; by default all are. With --measure only these figures are shown:
    mean, quantiles and the mean of the worst 5 % of paths, or a probability.
    """
    check_forms(as_json, csv)
    figure, markets = picture["figure"], picture["markets"]
    if markets and figure is None:
        raise UsageError("a market is chosen for a figure", where="--market", expected="--figure FILE.png too")
    from ..analysis import select_scenarios
    from ..analysis.summary_tables import headline
    from ..analysis.summary_tables.measures import measure_rows

    with open_for_command(run) as tree:
        chosen = select_scenarios(tree, scenarios) if scenarios else tree
        if figure is not None:  # before the numbers, so that an error is the only output
            from ..reporting.plots.fan_chart import fan_chart

            fan_chart(chosen, markets or None, path=figure)
            say(f"drew {figure}")
        rows = measure_rows(chosen, measure) if measure else headline(chosen)
        print_figures(chosen, run, rows, as_json, csv)
