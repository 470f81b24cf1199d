"""Carries out a run for a command: the options that only runs have, and what they ask for."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..common.errors import UsageError
from ..common.hidden_libraries import show_libraries
from ..store.object_store.address import Address, folder_of
from .command_helpers import Count, say
from .places import Folder
from .run_options import force_option, request_backend

if TYPE_CHECKING:
    from ..execution.backend_selection import Backend
    from ..execution.precision_targets import PrecisionTarget
    from ..execution.run_report import RunReport
    from ..execution.run_request import RunControl, RunRequest
    from ..execution.shard import Shard
    from ..execution.stopping_rule import AdaptiveRunResult

Command = TypeVar("Command", bound=Callable[..., Any])
_ENGINE = (
    click.option(
        "--mantissa-bits",
        type=Count(12, 22),
        metavar="N",
        help="Keep N of 23 mantissa bits, which makes files smaller.",
    ),
    click.option(
        "--workers", type=Count(1, 1024), default=1, metavar="N", help="Number of processes that share the threads."
    ),
    click.option(
        "--dask", metavar="ADDRESS", help="Compute blocks on this dask.distributed scheduler, or on `local` workers."
    ),
    click.option(
        "--shard",
        metavar="I/N",
        help="Compute every N-th block first, from the I-th on. Default: the Slurm array task.",
    ),
    click.option("--no-shard", is_flag=True, help="Compute all blocks, even in a Slurm array task."),
    click.option("--first-path", type=Count(0, 10**12), default=0, metavar="K", help="Number of the first path."),
    click.option("--extend", type=Folder(), metavar="RUN", help="Copy the paths of this complete run and add more."),
    click.option(
        "--from-run",
        type=Folder(),
        metavar="RUN",
        help="Branch from a finished run: start from the states of its paths on the day --at.",
    ),
    click.option("--at", metavar="DATE", help="Day of the branch: the first day of a week of --from-run."),
    click.option(
        "--where",
        multiple=True,
        metavar="CONDITION",
        help="Branch only from paths that meet this condition before --at, such as regime=rift, 'quote:Dy now > 2' or "
        "'truce -> escalation' (a change in the last four weeks). Repeatable: a path must meet all.",
    ),
    click.option("--from-scenario", metavar="NAME", help="Scenario of --from-run. Default: its first scenario."),
    click.option(
        "--target-se",
        multiple=True,
        metavar="GOAL",
        help="Add paths until a standard error is small enough, such as 'loss:US cvar99 1%'; repeatable. "
        "--paths is the upper limit.",
    ),
    click.option(
        "--importance-sample",
        metavar="STATISTIC",
        help="Draw more of the paths on which a statistic depends (importance sampling), "
        "such as 'loss:US cvar99', 'quote:Dy >10' or, with a book, 'stands'.",
    ),
    click.option("--overwrite", is_flag=True, help="Replace another run in the folder."),
    force_option,
)


def engine_options(command: Command) -> Command:
    """Adds the options that only runs have."""
    for option in reversed(_ENGINE):
        command = option(command)
    return command


@dataclass(frozen=True)
class RunResult:
    """The result of a run or of a run with targets, for the command that asked for it."""

    report: RunReport
    targets: AdaptiveRunResult | None = None
    """Where it had standard errors to reach."""

    @property
    def exit_code(self) -> int:
        """Exit code of the command."""
        return self.targets.exit_code if self.targets else 0


def check_run(out: Path | Address, options: dict[str, Any]) -> list[PrecisionTarget]:
    """The targets, before a config is read. Raises `UsageError` for options that do not go together."""
    if options["dask"]:
        if options["shard"] or options["workers"] > 1:
            raise UsageError("Dask starts its own workers", where="--dask", expected="neither --workers nor --shard")
        show_libraries("dask", "fsspec")  # dask reads files by fsspec
    _check_branch(options, out)
    return _targets(options, out)


def carry_out(
    request: RunRequest, out: Path | Address, targets: list[PrecisionTarget], options: dict[str, Any]
) -> RunResult:
    """Carries out a request under the options that only runs have. Raises as `run_scenarios` does."""
    control = _control(options, no_shard=bool(options["no_shard"] or options["dask"] or targets))
    targets = _fitted(targets, request)
    backend = request_backend(request)
    if options["importance_sample"]:
        if not (options["force"] or targets):
            _check_capacity(request, backend, out)  # before the pilot
        request = _with_proposal(request, backend, out, options)
    if targets:
        from ..execution.stopping_rule import run_to_targets

        result = run_to_targets(request, str(out), targets, backend, control)
        return RunResult(result.report, result)
    from ..execution.run import execute

    return RunResult(execute(request, out, backend, control))


def _check_branch(options: dict[str, Any], out: Path | Address) -> None:
    """Checks the options of a branch. A branch that has begun in a folder already has its paths."""
    for name in ("at", "where", "from_scenario"):
        if options[name] and not options["from_run"]:
            option = f"--{name.replace('_', '-')}"
            raise UsageError("a branch continues a run", where=option, expected="--from-run RUN")
    if not options["from_run"]:
        return
    if options["at"] is None:
        raise UsageError("missing option --at DATE", where="--from-run", expected="the day on which the branch begins")
    for name in ("importance_sample", "target_se"):
        if options[name]:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(
                "a branch cannot use importance sampling or precision targets",
                where="--from-run",
                expected=f"no {option}",
            )
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
            raise UsageError(
                "a run with precision targets cuts its paths into stages itself",
                where="--target-se",
                expected=f"no {option}",
                got=f"{option} {options[name]}",
            )
    return [PrecisionTarget.parse(text) for text in options["target_se"]]


def _fitted(targets: list[PrecisionTarget], request: RunRequest) -> list[PrecisionTarget]:
    """With thresholds in the units of their measures; a wrong one is refused before a pilot, too."""
    if not targets:
        return []
    from ..execution.precision_targets import fit_targets
    from ..execution.run_request import book_of

    return fit_targets(targets, request.scenarios, book_of(request))


def _check_capacity(request: RunRequest, backend: Backend, out: Path | Address) -> None:
    from ..execution.capacity import check_capacity
    from ..execution.plan import plan_run

    check_capacity(plan_run(request, backend), out)


def _with_proposal(request: RunRequest, backend: Backend, out: Path | Address, options: dict[str, Any]) -> RunRequest:
    """The request with a proposal, and with a number of paths that importance sampling can have."""
    from ..common.interruption import interruptible
    from ..common.progress import make_progress
    from ..execution.importance_sampling.pilot import PATHS, Pilot, find_proposal, parse_statistic, proposal_of_run
    from ..execution.plan import check_importance_sampling
    from ..store.proposal import round_up_to_period

    target = parse_statistic(options["importance_sample"])
    if request.paths != (paths := round_up_to_period(request.paths)):
        say(f"using --paths {paths:,}: importance sampling needs a multiple of {round_up_to_period(1):,}")
        request = replace(request, paths=paths)
    check_importance_sampling(request.scenarios, request.first_path, paths)
    if proposal := proposal_of_run(out, target):
        return replace(request, proposal=proposal)
    progress = make_progress("quiet" if options["quiet"] else "auto")
    with interruptible(progress, "nothing was written yet", "give the same command again") as stop:
        proposal = find_proposal(Pilot(request, target, backend, PATHS), progress, stop)
        return replace(request, proposal=proposal)


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
        raise UsageError("a shard cannot replace a run that other shards may be writing", where="--overwrite", fix=fix)
    if shard and not text:
        say(f"shard {shard}, from SLURM_ARRAY_TASK_ID (--no-shard does all blocks)")
    return shard
