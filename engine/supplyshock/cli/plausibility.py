"""`supplyshock plausibility`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .command_helpers import debug_option, json_option, print_json, say
from .places import OutputFile
from .run_options import simulation_options

if TYPE_CHECKING:
    from ..calibration.plausibility.observed import ObservedRate
    from ..calibration.plausibility.simulated import Simulated

PATHS = 20_000
FORWARD = ("status_quo", "swap_deal", "breakdown")
OTHERS = ("hindcast_2010", "hindcast_2025", "dysprosium_stop", "samarium_stop", "rare_earth_stop")
CALM_WEEKS = 52
"""For the scenario in which nobody acts, only the first moves count."""
FEWER = 5
"""Scenarios that only add to lost output simulate one path of so many."""


@click.command(short_help="Compare forward scenarios with historical frequencies.")
@click.option("--page", type=OutputFile(), metavar="MD", help="Write a Markdown page.")
@click.option("--quiet", is_flag=True, help="Print no progress and no table.")
@json_option
@debug_option
@simulation_options
def plausibility(page: Path | None, quiet: bool, as_json: bool, **options: Any) -> None:
    """Compare forward scenarios with the record since 2009.

    The command compares status_quo, swap_deal and breakdown with observed frequencies: first price moves, extremes,
    stops of exports, truces and actions. Intervals show how few observations there are. --set changes every scenario.

    \b
    supplyshock plausibility --page docs/plausibility.md
    """
    from dataclasses import replace

    from ..calibration.plausibility.observed import observed_rates
    from ..calibration.plausibility.simulated import simulate
    from ..calibration.plausibility.statistic import CALM
    from ..common.progress import make_progress
    from ..scenarios.scenario import load_scenario
    from .study_options import parse_settings

    settings, overrides = parse_settings(options, PATHS)
    fewer = replace(settings, paths=max(settings.paths // FEWER, 1))
    observed = observed_rates()
    progress = make_progress("quiet" if quiet else "auto")
    forward = [simulate(load_scenario(name, overrides or None), settings, progress) for name in FORWARD]
    forward.append(simulate(load_scenario(CALM, {"weeks": CALM_WEEKS, **overrides}), settings, progress))
    others = [simulate(load_scenario(name, overrides or None), fewer, progress) for name in OTHERS]
    files = [_write(page, forward, others, observed, settings.seed)] if page else []
    if as_json:
        print_json({"seed": settings.seed, "scenarios": [x._asdict() for x in (*forward, *others)],
                    "observed": {name: o._asdict() for name, o in observed.items()}})  # fmt: skip
    elif not quiet:
        _print(forward, observed)
    for path in files:
        say(f"wrote {path}")


def _write(
    file: Path, forward: list[Simulated], others: list[Simulated], observed: dict[str, ObservedRate], seed: int
) -> Path:
    from ..calibration.backtest.published_losses import published_losses
    from ..reporting.page.backtest_publish import backtest
    from ..reporting.page.plausibility import page, publish

    rows, _ = backtest()
    return publish(page(forward, others, observed, published_losses(rows), seed), file)


def _print(forward: list[Simulated], observed: dict[str, ObservedRate]) -> None:
    from ..calibration.plausibility.statistic import STATISTICS
    from ..reporting.page.plausibility import verdict
    from .study_options import print_table

    by_name = {x.scenario: x for x in forward}
    rows = []
    for s in STATISTICS:
        value, o = by_name[s.scenario].values[s.name], observed[s.name]
        rows.append(
            [s.title, s.unit, f"{value:.3g}", f"{o.value:.3g}", f"{o.low:.3g} to {o.high:.3g}", verdict(value, o)]
        )
    print_table(["", "unit", "simulated", "observed", "90 % interval", ""], rows)
