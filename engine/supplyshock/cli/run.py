"""`supplyshock run`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..common.errors import Interrupted, UsageError
from ..store.object_store.address import SCHEME, Address, folder_of
from .command_helpers import Count, debug_option, json_option, print_json, say
from .completion import Folder, Place
from .run_options import check_out, make_request, run_options

if TYPE_CHECKING:
    from ..execution.run_report import RunReport
    from ..execution.scheduler import Shard
    from ..store.proposal import Proposal
    from .run_options import Request


@click.command(short_help="Simulate scenarios into a folder; the same command again resumes.")
@run_options
@click.option("--out", type=Place(), metavar="DIR", help="Folder of the run, or s3://BUCKET/KEY.")
@click.option("--mantissa-bits", type=Count(12, 22), metavar="N", help="Keep N of 23 bits of mantissa: smaller files.")
@click.option("--workers", type=Count(1, 1024), default=1, metavar="N", help="Processes to divide the threads among.")
@click.option("--dask", metavar="ADDRESS", help="Give the blocks to a dask.distributed scheduler; or `local`.")
@click.option("--shard", metavar="I/N", help="Begin with every N-th block, from the I-th; default: Slurm's array task.")
@click.option("--no-shard", is_flag=True, help="All blocks, in a Slurm array task too.")
@click.option(
    "--first-path", "first_path", type=Count(0, 10**12), default=0, metavar="K", help="Number of the first path."
)
@click.option("--extend", type=Folder(), metavar="RUN", help="Take the paths of a complete run from it.")
@click.option("--target-se", "until", multiple=True, metavar="GOAL",
              help="Add paths until a standard error is reached, such as 'loss:US cvar99 1%'; repeatable. "
                   "--paths is the most.")  # fmt: skip
@click.option("--importance-sample", "aim", metavar="STATISTIC",
              help="Draw more of the paths that a statistic depends on (importance sampling), "
                   "such as 'loss:US cvar99' or 'quote:Dy >10'.")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace a run of another kind that is there.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, as `plan` does, and do nothing.")
@click.option("--figure/--no-figure", help="Draw DIR/fan.png at the end.")
@click.option("--quiet", is_flag=True, help="No progress and no summary.")
@json_option
@debug_option
def run(
    out: Path | Address | None,
    mantissa_bits: int | None,
    workers: int,
    dask: str | None,
    shard: str | None,
    no_shard: bool,
    first_path: int,
    extend: Path | None,
    until: tuple[str, ...],
    aim: str | None,
    overwrite: bool,
    dry_run: bool,
    figure: bool,
    **options: Any,
) -> None:
    """Simulate scenarios into a folder.

    A CONFIG is a file or a shipped name. Several are scenarios of one run on the same random numbers: the
    first is the baseline that the others are compared with, and its `run` section gives the defaults.
    Stopped anywhere, the same command goes on where it was.

    With --target-se a run grows by stages until every standard error is reached in every scenario. A GOAL is a measure
    (loss:US, quote:Dy), a statistic (mean, p95, cvar99, or >10: the share of paths above) and an error (1% of the
    value, or a number); `diff loss:US mean 2%` is about differences to the first scenario.

    With --importance-sample a pilot finds a proposal to draw most paths from, under which that statistic has a smaller
    error for the same number of paths. Each path's weight is stored, and everything that reads results uses it.

    The same command may run on many machines that share DIR. Each begins with its --shard, then does what is
    missing; the last one writes the summaries. Results have the same bytes as those of one process.
    """
    out = check_out(out, dry_run)
    if dask and (shard or workers > 1):
        raise UsageError("dask has workers of its own", where="--dask", expected="neither --workers nor --shard")
    goals = _goals(until, out, shard, first_path, extend)
    stripe = find_shard(shard, no_shard or bool(dask) or bool(goals), overwrite)
    request = make_request(**_of_request(options))
    if dry_run:
        from .plan import print_plan

        print_plan(request, out, as_json=options["as_json"])
        return
    from ..execution.session import run_scenarios

    request, tilt = _aimed(request, aim, out, first_path, quiet=options["quiet"]) if aim else (request, None)
    mode = "quiet" if options["quiet"] else "auto"
    how: dict[str, Any] = {"workers": workers, "shard": stripe, "overwrite": overwrite, "progress": mode}
    how |= {"dask": dask, "mantissa_bits": mantissa_bits or 0, "tilt": tilt}
    if goals:
        from ..execution.stopping_rule import run_until

        ended = run_until(request.scenarios, str(out), goals, **how, **request.as_dict())
        if options["as_json"]:
            print_json(ended.as_dict())
        elif not options["quiet"]:
            _tell(ended)
        return
    how |= {"first_path": first_path, "extend": extend}
    report = run_scenarios(request.scenarios, out, **how, **request.as_dict())
    drawn = _draw(out) if figure and report.complete else None
    if options["as_json"]:
        print_json(report.as_dict())
    elif not options["quiet"]:
        click.echo(summary(report, drawn))


def _goals(
    texts: tuple[str, ...], out: Path | Address, shard: str | None, first_path: int, extend: Path | None
) -> list[Any]:
    if not texts:
        return []
    from ..execution.precision_targets import PrecisionTarget

    folder_of(out, "--target-se")
    for name, given in (("--shard", shard), ("--first-path", first_path), ("--extend", extend)):
        if given:
            raise UsageError("goes on until errors are reached, in stages of its own", where="--target-se",
                             expected=f"no {name}", got=f"{name} {given}")  # fmt: skip
    return [PrecisionTarget.parse(text) for text in texts]


def _aimed(
    request: Request, text: str, out: Path | Address, first_path: int, *, quiet: bool
) -> tuple[Request, Proposal]:
    """The request for a number of paths that such a run can have, and the law to draw most of them from."""
    from ..common.progress import make_progress
    from ..common.signals import stop_on_signal
    from ..common.thread_pool import Stopped
    from ..execution.backend_selection import find_backend
    from ..execution.importance_sampling import pilot as aims
    from ..execution.plan import check_importance_sampling
    from ..store.proposal import round_up_to_period

    aim = aims.parse_statistic(text)
    if request.paths != (paths := round_up_to_period(request.paths)):
        say(f"--paths {paths:,}: with importance sampling a multiple of {round_up_to_period(1):,}")
        request = replace(request, paths=paths)
    check_importance_sampling(request.scenarios, first_path, paths)
    if tilt := aims.proposal_of_run(out, aim):
        return request, tilt
    backend, told = find_backend(request.backend, request.device), make_progress("quiet" if quiet else "auto")
    how = (backend, request.precision, request.seed, request.threads, aims.PATHS)
    pilot = aims.Pilot(request.scenarios[0], aim, *how)
    try:
        with stop_on_signal() as stop:
            return request, aims.find_proposal(pilot, told, stop)
    except Stopped:
        raise Interrupted("interrupted; nothing was written yet", fix="give the same command again") from None
    finally:
        told.close()


def _tell(ended: Any) -> None:
    from ..common.number_format import number
    from .study_options import print_table

    rows = [
        [g.goal, g.scenario, number(g.value, g.se), f"{g.allowed:.3g}", "reached" if g.met else "not reached"]
        for g in ended.goals
    ]
    print_table(["goal", "scenario", "value and standard error", "wanted", ""], rows)
    click.echo(f"\n{ended.limit}")
    click.echo(summary(ended.report))


def _of_request(options: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in options.items() if k not in ("quiet", "as_json")}


def find_shard(text: str | None, without: bool, overwrite: bool) -> Shard | None:
    """The shard that was asked for, or that of the Slurm array task this runs in. Raises `UsageError`."""
    from ..execution.scheduler import Shard

    if without:
        if text:
            raise UsageError("both were given", where="--no-shard", expected="one of --shard and --no-shard")
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


def summary(report: RunReport, drawn: Path | None = None) -> str:
    """Two or three lines on what a run did, and where to look next."""
    names = ", ".join(report.scenarios)
    size = f"{len(report.scenarios)} x {report.paths:,} paths x {report.weeks} weeks"
    if not report.complete:
        rest = f"others have the last {report.blocks_left}" if report.blocks_left else "another writes the summaries"
        done = f"{size} ({names}): {report.blocks_computed} blocks done here; {rest}"
        return f"{done}\n  next     supplyshock status {report.run}"
    if not report.blocks_computed:
        first = f"{size} ({names}): all of it was there already"
    else:
        resumed = f", {report.blocks_resumed} blocks were there already" if report.blocks_resumed else ""
        first = (
            f"{size} ({names}) in {report.seconds:.1f} s on {report.device} with {report.backend}: "
            f"{report.market_steps_per_second / 1e6:.3g} million market-steps/s{resumed}"
        )
    picture = f"  picture  {drawn}\n" if drawn else ""
    hint = "" if drawn else f" --figure {'fan.png' if report.run.startswith(SCHEME) else f'{report.run}/fan.png'}"
    results = f"  results  {report.run}/results.zarr\n"
    return f"{first}\n{results}{picture}  next     supplyshock show {report.run}{hint}"
