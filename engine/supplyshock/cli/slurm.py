"""`supplyshock slurm`."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from supplyshock_kernels import backends

from ..common.errors import UsageError
from ..common.safe_text import command_line
from .command_helpers import Count, debug_option, json_option, print_json, say
from .places import Folder, OutputFile
from .run_options import force_option, make_request, run_options
from .sizes import say_sizes
from .slurm_types import GPUS, MEMORY, TIME

if TYPE_CHECKING:
    from ..execution.slurm.script import Job

RUN = ("paths", "weeks", "seed", "backend", "device", "precision", "threads", "changes", "save_series", "book", "force")
"""Options that the script hands on to `run`."""
PLACES = ("partition", "account", "qos", "constraint")
OURS = ("array", "signal", "requeue", "no-requeue", "open-mode", "output", "chdir", "nodes", "ntasks", "job-name")
MAX_ARRAY_SIZE = 1001
"""The default of Slurm."""
SLACK = 60
"""Seconds by which Slurm may send a signal early (manual page of sbatch, ``--signal``)."""


@click.command(short_help="Write a job array for Slurm, and submit it.")
@run_options
@click.option("--out", type=Folder(), required=True, metavar="DIR", help="Folder of the run.")
@click.option(
    "--tasks", type=Count(1, 10**6), metavar="N", help="Number of tasks of the array. Each task is a shard of the run."
)
@click.option("--nodes", type=Count(1, 10**6), metavar="N", help="Number of tasks, each on its own node.")
@click.option(
    "--max-concurrent",
    "max_concurrent",
    type=Count(1, 10**6),
    metavar="N",
    help="Maximum number of tasks that run at a time.",
)
@click.option("--cpus", type=Count(1, 4096), metavar="N", help="Number of cores of a task.")
@click.option("--gpus", type=GPUS, metavar="[TYPE:]N", help="Number and type of the GPUs of a task.")
@click.option("--mem", type=MEMORY, metavar="SIZE", help="Memory of a task, such as 16G.")
@click.option("--time", type=TIME, metavar="LIMIT", help="Time limit of a task, such as 4:00:00 or 1-12.")
@click.option("--partition", metavar="NAME", help="Partition of the cluster.")
@click.option("--account", metavar="NAME", help="Account to charge.")
@click.option("--qos", metavar="NAME", help="Quality of service.")
@click.option(
    "--constraint",
    metavar="FEATURES",
    help="Required node features, such as one type of GPU: a run needs a single type.",
)
@click.option(
    "--sbatch",
    "more",
    multiple=True,
    metavar="OPTION",
    help="Additional sbatch option, such as mail-type=END; repeatable.",
)
@click.option("--name", metavar="NAME", help="Name of the job. Default: the name of the first config.")
@click.option(
    "--prologue", multiple=True, metavar="LINE", help="Bash line before the run, such as module load cuda; repeatable."
)
@click.option("--command", metavar="PROGRAM", help="Path of supplyshock on the nodes. Default: this installation.")
@click.option(
    "--grace",
    type=Count(10, 65535),
    default=120,
    help="Seconds before the time limit at which a task stops. Default: 120.",
)
@click.option(
    "--requeues", type=Count(0, 10**6), default=1000, help="Maximum number of requeues of a task. Default: 1000."
)
@click.option(
    "--max-array-size",
    "window",
    type=Count(2, 10**7),
    metavar="N",
    help="Maximum array size. Default: the limit of Slurm here, or 1001.",
)
@force_option
@click.option("-o", "script", type=OutputFile(), metavar="FILE", help="Write the script to this file.")
@click.option("--submit", "send", is_flag=True, help="Submit the job array.")
@json_option
@debug_option
@click.pass_context
def slurm(ctx: click.Context, /, out: Path, script: Path | None, send: bool, as_json: bool, **options: Any) -> None:
    """Write a job array that computes a run on a cluster with Slurm, and submit it with --submit.

    \b
      supplyshock slurm status_quo swap_deal --paths 1e8 --out runs/big \\
          --nodes 8 --gpus 4 --time 4:00:00 --partition gpu --prologue "module load cuda" --submit

    Every task computes its shard of the blocks. Before its time limit it finishes its current blocks and requeues
    itself, until the run is complete. Slurm itself requeues a task after preemption or failure of its node. The result
    has the same bytes as that of one machine. Without -o and --submit the script goes to stdout.
    """
    from ..execution.slurm.script import render, windows
    from ..execution.slurm.submit import find_sbatch, submit
    from ..store.atomic_files import file_errors, write_text

    if send:
        find_sbatch()
    run_options = _run_options(options)
    job = _job(out, options, _as_words(ctx, run_options))
    warnings = _check(out, options, run_options, job, quiet=as_json)
    path = script or (out / "logs" / "job.sh" if send else None)
    text = render(job, str(path or "job.sh"))
    with file_errors(out):
        (out / "logs").mkdir(parents=True, exist_ok=True)  # Slurm starts no task whose log it cannot open
    if path is None:
        _show(text, job, as_json, warnings)
        return
    with file_errors(path):
        write_text(path, text)
    ids = submit(path, job) if send else []
    if as_json:
        arrays = [w.array for w in windows(job)]
        print_json({"script": str(path), "jobs": ids, "tasks": job.tasks, "arrays": arrays, "warnings": warnings})
    elif send:
        click.echo("\n".join(ids))
    hint = command_line("supplyshock", "status", out)
    say(f"wrote {path}" + (f"; sent as {', '.join(ids)}; {hint} says how far it is" if send else ""))


def _show(text: str, job: Job, as_json: bool, warnings: list[str]) -> None:
    from ..execution.slurm.script import windows

    if as_json:
        arrays = [w.array for w in windows(job)]
        print_json({"text": text, "jobs": [], "tasks": job.tasks, "arrays": arrays, "warnings": warnings})
    else:
        click.echo(text, nl=False)


def _job(out: Path, options: dict[str, Any], words: list[str]) -> Job:
    from ..execution.slurm.script import Job
    from ..execution.slurm.submit import max_array_size

    if options["tasks"] and options["nodes"]:
        raise UsageError("two numbers of tasks", where="--nodes", expected="--tasks or --nodes", got="both")
    logs = str(out / "logs").replace("%", "%%")
    return Job(
        command=(_program(options["command"]), "run", *options["configs"], *words, "--out", str(out)),
        tasks=options["nodes"] or options["tasks"] or 1,
        name=options["name"] or Path(options["configs"][0]).stem,
        folder=os.getcwd(),
        log=f"{logs}/slurm-%A_%a.log",
        max_concurrent=options["max_concurrent"],
        window=options["window"] or max_array_size() or MAX_ARRAY_SIZE,
        grace=options["grace"],
        requeues=options["requeues"],
        wants=_wants(options),
        prologue=options["prologue"],
    )


def _program(command: str | None) -> str:
    """This very supplyshock, by its full path: in a folder that all nodes see it needs no activation."""
    beside = Path(sys.executable).with_name("supplyshock")
    return command or (str(beside) if beside.is_file() else "supplyshock")


def _run_options(options: dict[str, Any]) -> dict[str, Any]:
    """The options of `run` that the user chose, and what the node implies."""
    chosen = {name: options[name] for name in RUN}
    if options["gpus"] and not chosen["device"] and _may_use_gpu(chosen["backend"]):
        chosen["device"] = "gpu"  # a task that does not see its GPU then fails, and does not compute slowly
    elif options["cpus"] and not options["gpus"] and not chosen["threads"]:
        chosen["threads"] = options["cpus"]
    return chosen


def _may_use_gpu(backend: str | None) -> bool:
    return backend in (None, "auto") or "gpu" in backends.SPECS[str(backend)].device_kinds


def _as_words(ctx: click.Context, chosen: dict[str, Any]) -> list[str]:
    """These options as a command line has them."""
    words: list[str] = []
    for option in (p for p in ctx.command.params if p.name in chosen):
        value = chosen[str(option.name)]
        if isinstance(value, bool):
            words += [option.opts[0]] * value
            continue
        for item in value if isinstance(value, tuple) else () if value is None else (value,):
            words += [option.opts[0], str(item)]
    return words


def _wants(options: dict[str, Any]) -> dict[str, str | None]:
    wants: dict[str, str | None] = {"exclusive": None} if options["nodes"] else {}
    names = {"cpus-per-task": "cpus", "gres": "gpus", **{n: n for n in ("mem", "time", *PLACES)}}
    wants |= {name: str(options[key]) for name, key in names.items() if options[key]}
    for line in options["more"]:
        name, equals, value = line.removeprefix("--").partition("=")
        if name in OURS:
            fix = "the command itself sets what the script needs to stop in time and to resume"
            raise UsageError("not an option to change", where="--sbatch", got=name, fix=fix)
        wants[name] = value if equals else None
    return wants


def _check(out: Path, options: dict[str, Any], chosen: dict[str, Any], job: Job, *, quiet: bool) -> list[str]:
    """Reports what is wrong with a run now, and not hours later in every task; returns warnings of its sizes."""
    from ..execution.backend_selection import assumed_backend
    from ..execution.capacity import Capacity, refuse_shortages
    from ..execution.plan import plan_run
    from ..execution.slurm.values import memory_bytes, seconds

    limit = seconds(options["time"]) if options["time"] else None
    if limit is not None and limit <= job.grace + SLACK:
        expected = f"more than --grace and a minute, {job.grace + SLACK} seconds"
        raise UsageError("too short to compute anything", where="--time", expected=expected, got=f"{limit} seconds")
    request = replace(make_request(options["configs"], chosen), n_processes=job.tasks)
    backend = assumed_backend(str(request.backend), request.device)
    plan = plan_run(request, backend)
    warnings = say_sizes(request, quiet=quiet)
    if plan.blocks < job.tasks:
        say(f"about {plan.blocks} blocks for {job.tasks} tasks: some tasks will have nothing to compute")
    if not options["force"]:
        memory = memory_bytes(options["mem"]) if options["mem"] and chosen["threads"] else None
        refuse_shortages(replace(Capacity.at(out), memory=memory).shortages(plan), out)
    return warnings
