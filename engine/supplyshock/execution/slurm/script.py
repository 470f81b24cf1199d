"""The batch script of a run: an array of tasks, each a shard, stopped in time and queued again until it is done."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version

from ...common.errors import UsageError, shown


@dataclass(frozen=True)
class Job:
    """The resources that a script requests from Slurm, and the command that it runs."""

    command: tuple[str, ...]
    """The run, without its ``--shard``."""
    tasks: int
    """Shards, each a task of an array."""
    name: str = "supplyshock"
    folder: str = ""
    """Where it runs."""
    log: str = "supplyshock-%A_%a.log"
    max_concurrent: int | None = None
    """Most tasks that run at a time."""
    window: int = 1001
    """Slurm's MaxArraySize: more tasks than this are submitted one window after another."""
    grace: int = 120
    """Seconds between the signal that stops a task and its time limit."""
    requeues: int = 1000
    wants: Mapping[str, str | None] = field(default_factory=dict)
    """More options of sbatch; None: without a value."""
    prologue: tuple[str, ...] = ()
    """Lines of bash that come before the run: modules, an environment."""


@dataclass(frozen=True)
class ArrayWindow:
    """The tasks that one call of sbatch submits."""

    first: int
    count: int
    max_concurrent: int | None

    @property
    def array(self) -> str:
        """The value of ``--array``; it counts from 0 in every window."""
        return f"0-{self.count - 1}" + (f"%{self.max_concurrent}" if self.max_concurrent else "")


def windows(job: Job) -> list[ArrayWindow]:
    """The calls of sbatch that submit all tasks."""
    size = job.window
    return [ArrayWindow(i, min(size, job.tasks - i), job.max_concurrent) for i in range(0, job.tasks, size)]


def render(job: Job, path: str = "job.sh") -> str:
    """The script; `path` is its name in the instructions that it begins with.

    Raises `UsageError` for text that a line of the script cannot hold.
    """
    head = [f"#SBATCH --{line}" for line in _directives(job)]
    prologue = [*map(_one_line, job.prologue), ""] if job.prologue else []
    lines = ["#!/bin/bash", *head, *_howto(job, path), "", *prologue, _body(job)]
    return "\n".join(lines)


def _directives(job: Job) -> Iterator[str]:
    yield f"job-name={directive(job.name)}"
    yield f"array={windows(job)[0].array}"
    yield "nodes=1"
    yield "ntasks=1"
    for name, value in job.wants.items():
        yield name if value is None else f"{name}={directive(value)}"
    yield "requeue"
    yield "open-mode=append"
    yield f"signal=B:USR1@{job.grace}"
    if job.folder:
        yield f"chdir={directive(job.folder)}"
    yield f"output={directive(job.log)}"


def directive(text: str) -> str:
    """A value as a line ``#SBATCH`` takes it: sbatch knows quotes and backslashes, and a # ends the line."""
    text = _one_line(text)
    if text and all(c.isalnum() or c in "/._-+=:,@%^~[]" for c in text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _one_line(text: str) -> str:
    if any(ord(c) < 32 and c != "\t" for c in text):
        raise UsageError("this value cannot stand in a script", expected="one line of text", got=shown(text))
    return text


def _howto(job: Job, path: str) -> Iterator[str]:
    parts, script = windows(job), shlex.quote(_one_line(path))
    yield ""
    yield f"# Made by supplyshock {version('supplyshock')}. Submit it, again if need be; what is done is kept:"
    if len(parts) == 1:
        yield f"#   sbatch {script}"
        return
    for i, part in enumerate(parts):
        after = f"--dependency=afterany:$job{i - 1} " if i else ""
        yield f"#   job{i}=$(sbatch --parsable {after}--array={part.array} {script} {part.first})"


def _body(job: Job) -> str:
    command = " ".join(map(shlex.quote, job.command))
    return BODY.format(command=command, tasks=job.tasks, requeues=job.requeues)


BODY = """\
shard=$((${{1:-0}} + SLURM_ARRAY_TASK_ID + 1))
signalled='' cancelled='' run=''

# USR1 comes to this shell alone, before the time limit: the run ends the blocks in hand and exits with 75.
# TERM (cancelled, preempted, requeued) comes to all processes, and Slurm has decided what follows.
trap 'signalled=yes; kill -USR1 "$run" 2>/dev/null' USR1
trap 'signalled=yes; cancelled=yes' TERM

{command} --shard "$shard/{tasks}" &
run=$!
wait "$run"
code=$?
while [[ $signalled && $code -gt 128 ]]; do # a trap ended the wait, not the run
    signalled=''
    wait "$run"
    code=$?
done

# 138: the signal came before the run could take it
if [[ ($code -eq 75 || $code -eq 138) && ! $cancelled ]]; then
    if [[ ${{SLURM_RESTART_COUNT:-0}} -lt {requeues} ]]; then
        echo "shard $shard of {tasks}: stopped in time, queued again" >&2
        scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID"
    else
        echo "shard $shard of {tasks}: queued {requeues} times already; submit the script again to go on" >&2
    fi
fi
exit "$code"
"""
