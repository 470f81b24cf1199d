"""Prints what a run did: its summary, and how far it is from its targets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..common.places import scheme_of
from ..common.safe_text import command_line
from .command_helpers import print_json

if TYPE_CHECKING:
    from ..execution.run_report import RunReport
    from ..execution.stopping_rule import AdaptiveRunResult


def print_targets(result: AdaptiveRunResult, options: dict[str, Any], warnings: list[str]) -> None:
    """Prints each target with the error that was reached, then the summary. JSON has the warnings of sizes, too."""
    from ..common.number_format import number
    from .study_options import print_table

    if options["as_json"]:
        print_json({**result.as_dict(), "warnings": warnings})
    elif not options["quiet"]:
        rows = [
            [g.goal, g.scenario, number(g.value, g.se), f"{g.allowed:.3g}", "met" if g.met else "not met"]
            for g in result.goals
        ]
        print_table(["target", "scenario", "value and standard error", "largest error", ""], rows)
        click.echo(f"\n{result.limit}")
        click.echo(run_summary(result.report))


def run_summary(report: RunReport, picture: Path | None = None) -> str:
    """Two or three lines on what a run did, and where to look next."""
    names = ", ".join(report.scenarios)
    size = f"{len(report.scenarios)} x {report.paths:,} paths x {report.weeks} weeks"
    if not report.complete:
        rest = f"others have the last {report.blocks_left}" if report.blocks_left else "another writes the summaries"
        part = f"{size} ({names}): {report.blocks_computed} blocks done here; {rest}"
        return f"{part}\n  next     {command_line('supplyshock', 'status', report.run)}"
    if not report.blocks_computed:
        first = f"{size} ({names}): all of it was there already"
    else:
        resumed = f", {report.blocks_resumed} blocks were there already" if report.blocks_resumed else ""
        first = (
            f"{size} ({names}) in {report.seconds:.1f} s on {report.device} with {report.backend}: "
            f"{report.market_steps_per_second / 1e6:.3g} million market-steps/s{resumed}"
        )
    drawn = f"  picture  {picture}\n" if picture else ""
    file = "fan.png" if scheme_of(report.run) else f"{report.run}/fan.png"
    hint = command_line("supplyshock", "show", report.run, *([] if picture else ["--figure", file]))
    results = f"  results  {report.run}/results.zarr\n"
    return f"{first}\n{results}{drawn}  next     {hint}"
