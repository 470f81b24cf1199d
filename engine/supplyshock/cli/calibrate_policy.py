"""`supplyshock calibrate policy`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from .command_helpers import Count, debug_option, json_option, print_json, say
from .places import InputFile, OutputFile, Picture


@click.command(short_help="Fit the negotiation to a timeline of dated actions.")
@click.argument("events", required=False, type=InputFile(), metavar="[EVENTS.csv]")
@click.option(
    "--regimes", type=InputFile(), metavar="FILE", help="Dated regimes. Default: those of the shipped data set."
)
@click.option(
    "--train-to",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Fit weeks that begin before DATE, and test on later weeks.",
)
@click.option("--starts", type=Count(1, 100), default=6, show_default=True, help="Number of random starts of each fit.")
@click.option(
    "--simulations",
    type=Count(100, 100_000),
    default=2000,
    show_default=True,
    help="Number of simulated histories in the checks.",
)
@click.option("--seed", type=Count(0, 2**32 - 1), default=0, show_default=True, help="Seed of all random numbers.")
@click.option(
    "--out", type=OutputFile(), metavar="FILE", help="Write the parameters: .yaml a config, .csv rows of a data set."
)
@click.option(
    "--figure", type=Picture(), metavar="FILE", help="Draw observed actions over the band of the fitted process."
)
@click.option("--quiet", is_flag=True, help="Print no progress.")
@json_option
@debug_option
def policy(
    events: Path | None,
    regimes: Path | None,
    train_to: datetime | None,
    starts: int,
    simulations: int,
    seed: int,
    out: Path | None,
    figure: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Fit the negotiation to a timeline of dated actions: rates, replies, severities, regimes and clocks.

    \b
    supplyshock calibrate policy                                          the default timeline
    supplyshock calibrate policy mine.csv --out fit.yaml --figure fit.png
    supplyshock calibrate policy --train-to 2025-01-01                    tests on later weeks

    EVENTS.csv has a row for each action: date, actor (CN, US, both), kind (restrict, retaliate, relax, truce, deal),
    target (rare-earths, minerals, chips, tariffs), severity (0..1), in order of date. Optional columns:
    date_precision, lists (control lists, separated by ";"), include_in_point_process (0 excludes a row).

    The command prints each parameter with its standard error, which parameters the data do not identify, simpler
    models for comparison, and observed statistics against those of simulated histories, misses included. It takes
    about half a minute.
    """
    from ..calibration.policy.calibrate import Options, calibrate_policy
    from ..calibration.policy.config_fragment import check_out, write_out
    from ..calibration.policy.policy_report import as_dict, as_text
    from ..common.progress import make_progress
    from ..reporting.plots.policy_fit import draw
    from ..scenarios.shipped import default_data

    check_out(out)
    progress = make_progress("quiet" if quiet else "auto")
    fit_options = Options(train_to.date() if train_to else None, starts, simulations, seed)
    try:
        fit = calibrate_policy(events or default_data() / "policy_timeline.csv", regimes, fit_options, progress)
    finally:
        progress.close()
    if out:
        say(f"wrote {write_out(fit, out)}")
    if figure:
        say(f"drew {draw(fit, figure)}")
    if as_json:
        print_json(as_dict(fit))
    else:
        click.echo(as_text(fit))
