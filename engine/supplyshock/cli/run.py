"""`supplyshock run`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from ..store.object_store.address import FORMS, Address
from .carry_out import carry_out, check_run, engine_options
from .command_helpers import debug_option, json_option, print_json, say
from .places import Picture, Place
from .print_run import print_targets, run_summary
from .run_options import check_out, make_request, run_options
from .sizes import say_sizes

MOST_READ = 10_000_000
"""Paths of all scenarios whose answer a run prints at its end: it reads for some seconds."""


@click.command(short_help="Simulate scenarios into a folder, or resume a run.")
@run_options
@click.option("--out", type=Place(), metavar="DIR", help=f"Folder of the run, or {FORMS}.")
@engine_options
@click.option("--dry-run", is_flag=True, help="Print the plan, as `plan` does, and do not run.")
@click.option(
    "--figure", type=Picture(), metavar="FILE.png", help="Draw a fan chart of quotes to this file at the end."
)
@click.option("--quiet", is_flag=True, help="Print no progress and no summary.")
@json_option
@debug_option
def run(out: Path | Address | None, dry_run: bool, figure: Path | None, **options: Any) -> None:
    """Simulate scenarios into a folder.

    A CONFIG is a file or a shipped name. Each CONFIG is a scenario of the run. All scenarios use common random
    numbers. The first scenario is the baseline of comparisons, and its `run` section gives the defaults. If the run
    is interrupted, the same command resumes it.

    --target-se adds paths in stages until every standard error is small enough. A GOAL is a measure (loss:US,
    quote:Dy), a statistic and an error. The statistic is mean, p95, cvar99 or a threshold such as > 10 or
    > 100 bn USD, which means the share of paths beyond it. The error is 1% of the value, or a number.
    `diff loss:US mean 2%` applies to differences from the first scenario. The exit code is 76 if the run reaches
    --paths before every goal.

    --importance-sample runs a pilot that finds a proposal. Most paths are drawn from this proposal, under which the
    statistic has a smaller error for the same number of paths. The run stores the weight of each path, and all
    commands that read results use it.

    --from-run starts each path from the state of a path of a finished run on the day --at. A config keeps its dates;
    its initial state does not apply. By default the branch has one path for each path that meets --where. Additional
    paths repeat these with other random numbers.

    Many machines that share DIR can run the same command. Each one computes its --shard first, then the missing
    blocks. The last one writes the summaries. The results have the same bytes as those of one process.
    """
    out = check_out(out, dry_run)
    targets = check_run(out, options)
    request = make_request(options["configs"], options)
    if dry_run:
        from .plan import print_plan

        print_plan(request, out, as_json=options["as_json"])
        return
    warnings = say_sizes(request, quiet=options["quiet"] or options["as_json"])
    result = carry_out(request, out, targets, options)
    if result.targets is not None:
        print_targets(result.targets, options, warnings)
        sys.exit(result.exit_code)
    report = result.report
    picture = _draw(out, figure) if figure is not None and report.complete else None
    if options["as_json"]:
        print_json({**report.as_dict(), "warnings": warnings})
    elif not options["quiet"]:
        if report.complete and isinstance(out, Path) and len(report.scenarios) * report.paths <= MOST_READ:
            from .print_answer import say_answer

            say_answer(out)
        click.echo(run_summary(report, picture))


def _draw(out: Path | Address, path: Path) -> Path:
    from ..analysis.open_run import open_run
    from ..reporting.plots.fan_chart import fan_chart

    fan_chart(open_run(out), path=path)
    say(f"drew {path}")
    return path
