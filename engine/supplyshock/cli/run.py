"""`supplyshock run`."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..common.errors import Interrupted, UsageError
from ..common.places import scheme_of
from ..common.safe_text import command_line
from ..store.object_store.address import FORMS, Address, folder_of
from .command_helpers import Count, debug_option, json_option, print_json, say
from .places import Folder, Place
from .run_options import check_out, force_option, make_request, request_backend, run_options

if TYPE_CHECKING:
    from ..execution.backend_selection import Backend
    from ..execution.precision_targets import PrecisionTarget
    from ..execution.run_report import RunReport
    from ..execution.run_request import RunControl, RunRequest
    from ..execution.shard import Shard
    from ..execution.stopping_rule import AdaptiveRunResult

MOST_READ = 10_000_000
"""Paths of all scenarios whose answer a run prints at its end: it reads for some seconds."""


@click.command(short_help="Simulate scenarios into a folder; the same command again resumes.")
@run_options
@click.option("--out", type=Place(), metavar="DIR", help=f"Folder of the run, or {FORMS}.")
@click.option("--mantissa-bits", type=Count(12, 22), metavar="N", help="Keep N of 23 bits of mantissa: smaller files.")
@click.option("--workers", type=Count(1, 1024), default=1, metavar="N", help="Processes to divide the threads among.")
@click.option("--dask", metavar="ADDRESS", help="Give the blocks to a dask.distributed scheduler; or `local`.")
@click.option("--shard", metavar="I/N", help="Begin with every N-th block, from the I-th; default: Slurm's array task.")
@click.option("--no-shard", is_flag=True, help="All blocks, in a Slurm array task too.")
@click.option("--first-path", type=Count(0, 10**12), default=0, metavar="K", help="Number of the first path.")
@click.option("--extend", type=Folder(), metavar="RUN", help="Take the paths of a complete run from it.")
@click.option("--from-run", type=Folder(), metavar="RUN",
              help="Go on from the states that paths of a finished run had on the day --at.")  # fmt: skip
@click.option("--at", metavar="DATE", help="The day of --from-run: the first of a week of that run.")
@click.option("--where", multiple=True, metavar="CONDITION",
              help="Of --from-run only paths that meet it before that day, such as regime=rift, 'quote:Dy now > 2' or "
                   "'truce -> escalation', a change in the last four weeks; "
                   "repeatable, all are met.")  # fmt: skip
@click.option("--from-scenario", metavar="NAME", help="Scenario of --from-run. Default: its first.")
@click.option("--target-se", multiple=True, metavar="GOAL",
              help="Add paths until a standard error is small enough, such as 'loss:US cvar99 1%'; repeatable. "
                   "--paths is the most.")  # fmt: skip
@click.option("--importance-sample", metavar="STATISTIC",
              help="Draw more of the paths that a statistic depends on (importance sampling), "
                   "such as 'loss:US cvar99' or 'quote:Dy >10'.")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace a run of another kind that is there.")
@force_option
@click.option("--dry-run", is_flag=True, help="Say what would be done, as `plan` does, and do nothing.")
@click.option("--figure/--no-figure", help="Draw DIR/fan.png at the end.")
@click.option("--quiet", is_flag=True, help="No progress and no summary.")
@json_option
@debug_option
def run(out: Path | Address | None, dry_run: bool, figure: bool, **options: Any) -> None:
    """Simulate scenarios into a folder.

    A CONFIG is a file or a shipped name. Several are scenarios of one run on the same random numbers: the
    first is the baseline that the others are compared with, and its `run` section gives the defaults.
    Stopped anywhere, the same command resumes.

    With --target-se a run grows by stages until every standard error is small enough. A GOAL is a measure
    (loss:US, quote:Dy), a statistic (mean, p95, cvar99, or a threshold such as > 10 or > 100 bn USD: the share of
    paths beyond it) and an error (1% of the value, or a number); `diff loss:US mean 2%` is about differences to the
    first scenario. The exit code is 76 where --paths was reached before every goal.

    With --importance-sample a pilot finds a proposal to draw most paths from, under which that statistic has a smaller
    error for the same number of paths. Each path's weight is stored, and everything that reads results uses it.

    With --from-run the scenarios go on from a finished run: path by path, from the states its paths had on a day. A
    config keeps its dates, and what it says of the first day does not apply. The default is a path for each that meets
    --where; more repeat them with other random numbers.

    The same command may run on many machines that share DIR. Each begins with its --shard, then does what is
    missing; the last one writes the summaries. Results have the same bytes as those of one process.
    """
    out = check_out(out, dry_run)
    if options["dask"] and (options["shard"] or options["workers"] > 1):
        raise UsageError("dask has workers of its own", where="--dask", expected="neither --workers nor --shard")
    _check_branch(options, out)
    targets = _targets(options, out)
    control = _control(options, no_shard=bool(options["no_shard"] or options["dask"] or targets))
    request = make_request(options["configs"], options)
    targets = _fitted(targets, request)
    if dry_run:
        from .plan import print_plan

        print_plan(request, out, as_json=options["as_json"])
        return
    backend = request_backend(request)
    if options["importance_sample"]:
        if not (options["force"] or targets):
            _check_capacity(request, backend, out)  # before the pilot
        request = _with_proposal(request, backend, out, options)
    if targets:
        from ..execution.stopping_rule import run_to_targets

        result = run_to_targets(request, str(out), targets, backend, control)
        _print_targets(result, options)
        sys.exit(result.exit_code)
    from ..execution.run import execute

    report = execute(request, out, backend, control)
    picture = _draw(out) if figure and report.complete else None
    if options["as_json"]:
        print_json(report.as_dict())
    elif not options["quiet"]:
        if report.complete and isinstance(out, Path) and len(report.scenarios) * report.paths <= MOST_READ:
            from .print_answer import say_answer

            say_answer(out)
        click.echo(summary(report, picture))


def _check_branch(options: dict[str, Any], out: Path | Address) -> None:
    """What a branch needs and cannot have. A branch that is begun in a folder has found its paths."""
    for name in ("at", "where", "from_scenario"):
        if options[name] and not options["from_run"]:
            option = f"--{name.replace('_', '-')}"
            raise UsageError("a branch goes on from a run", where=option, expected="--from-run RUN")
    if not options["from_run"]:
        return
    if options["at"] is None:
        raise UsageError("missing option --at DATE", where="--from-run", expected="the day to go on from")
    for name in ("importance_sample", "target_se"):
        if options[name]:
            option = f"--{name.replace('_', '-')}"
            raise UsageError("a branch has as many paths as it is given", where="--from-run", expected=f"no {option}")
    if isinstance(out, Path) and not options["overwrite"]:
        options["begun"] = out


def _control(options: dict[str, Any], no_shard: bool) -> RunControl:
    from ..execution.run_request import RunControl

    return RunControl(
        extend=options["extend"],
        workers=options["workers"],
        dask=options["dask"],
        shard=find_shard(options["shard"], no_shard, options["overwrite"]),
        overwrite=options["overwrite"],
        force=options["force"],
        progress="quiet" if options["quiet"] else "auto",
    )


def _targets(options: dict[str, Any], out: Path | Address) -> list[PrecisionTarget]:
    if not options["target_se"]:
        return []
    from ..execution.precision_targets import PrecisionTarget

    folder_of(out, "--target-se")
    for name in ("shard", "first_path", "extend"):
        if options[name]:
            option = f"--{name.replace('_', '-')}"
            raise UsageError("runs in stages of its own", where="--target-se",
                             expected=f"no {option}", got=f"{option} {options[name]}")  # fmt: skip
    return [PrecisionTarget.parse(text) for text in options["target_se"]]


def _fitted(targets: list[PrecisionTarget], request: RunRequest) -> list[PrecisionTarget]:
    """With thresholds in the units of their measures; a wrong one is refused before a pilot, too."""
    if not targets:
        return []
    from ..execution.precision_targets import fit_targets

    return fit_targets(targets, request.scenarios)


def _check_capacity(request: RunRequest, backend: Backend, out: Path | Address) -> None:
    from ..execution.capacity import check_capacity
    from ..execution.plan import plan_run

    check_capacity(plan_run(request, backend), out)


def _with_proposal(request: RunRequest, backend: Backend, out: Path | Address, options: dict[str, Any]) -> RunRequest:
    """The request with a proposal, and with a number of paths that importance sampling can have."""
    from ..common.progress import make_progress
    from ..common.signals import stop_on_signal
    from ..common.thread_pool import Stopped
    from ..execution.importance_sampling.pilot import PATHS, Pilot, find_proposal, parse_statistic, proposal_of_run
    from ..execution.plan import check_importance_sampling
    from ..store.proposal import round_up_to_period

    target = parse_statistic(options["importance_sample"])
    if request.paths != (paths := round_up_to_period(request.paths)):
        say(f"--paths {paths:,}: with importance sampling a multiple of {round_up_to_period(1):,}")
        request = replace(request, paths=paths)
    check_importance_sampling(request.scenarios, request.first_path, paths)
    if proposal := proposal_of_run(out, target):
        return replace(request, proposal=proposal)
    progress = make_progress("quiet" if options["quiet"] else "auto")
    try:
        with stop_on_signal() as stop:
            proposal = find_proposal(Pilot(request, target, backend, PATHS), progress, stop)
            return replace(request, proposal=proposal)
    except Stopped:
        raise Interrupted("interrupted; nothing was written yet", fix="give the same command again") from None
    finally:
        progress.close()


def _print_targets(result: AdaptiveRunResult, options: dict[str, Any]) -> None:
    from ..common.number_format import number
    from .study_options import print_table

    if options["as_json"]:
        print_json(result.as_dict())
    elif not options["quiet"]:
        rows = [
            [g.goal, g.scenario, number(g.value, g.se), f"{g.allowed:.3g}", "met" if g.met else "not met"]
            for g in result.goals
        ]
        print_table(["target", "scenario", "value and standard error", "largest error", ""], rows)
        click.echo(f"\n{result.limit}")
        click.echo(summary(result.report))


def find_shard(text: str | None, no_shard: bool, overwrite: bool) -> Shard | None:
    """The shard of ``--shard``, or else that of the Slurm array task that this is. Raises `UsageError`."""
    from ..execution.shard import Shard

    if no_shard:
        if text:
            raise UsageError(
                "two options exclude each other", where="--no-shard", expected="--shard or --no-shard", got="both"
            )
        return None
    shard = Shard.parse(text) if text else Shard.of_slurm(os.environ)
    if shard and overwrite:
        fix = "replace the run once, with --no-shard or into another --out, and then start the shards"
        raise UsageError("a shard cannot replace a run that others may be in", where="--overwrite", fix=fix)
    if shard and not text:
        say(f"shard {shard}, from SLURM_ARRAY_TASK_ID (--no-shard does all blocks)")
    return shard


def _draw(out: Path | Address) -> Path:
    from ..analysis.open_run import open_run
    from ..reporting.plots.fan_chart import fan_chart

    path = out / "fan.png" if isinstance(out, Path) else Path("fan.png")
    fan_chart(open_run(out), path=path)
    say(f"drew {path}")
    return path


def summary(report: RunReport, picture: Path | None = None) -> str:
    """Two or three lines on what a run did, and where to look next."""
    names = ", ".join(report.scenarios)
    size = f"{len(report.scenarios)} x {report.paths:,} paths x {report.weeks} weeks"
    if not report.complete:
        rest = f"others have the last {report.blocks_left}" if report.blocks_left else "another writes the summaries"
        done = f"{size} ({names}): {report.blocks_computed} blocks done here; {rest}"
        return f"{done}\n  next     {command_line('supplyshock', 'status', report.run)}"
    if not report.blocks_computed:
        first = f"{size} ({names}): all of it was there already"
    else:
        resumed = f", {report.blocks_resumed} blocks were there already" if report.blocks_resumed else ""
        first = (
            f"{size} ({names}) in {report.seconds:.1f} s on {report.device} with {report.backend}: "
            f"{report.market_steps_per_second / 1e6:.3g} million market-steps/s{resumed}"
        )
    line = f"  picture  {picture}\n" if picture else ""
    file = "fan.png" if scheme_of(report.run) else f"{report.run}/fan.png"
    hint = command_line("supplyshock", "show", report.run, *([] if picture else ["--figure", file]))
    results = f"  results  {report.run}/results.zarr\n"
    return f"{first}\n{results}{line}  next     {hint}"
