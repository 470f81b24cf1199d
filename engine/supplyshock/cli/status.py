"""`supplyshock status`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .command_helpers import debug_option, duration, json_option, print_json
from .completion import run_argument

if TYPE_CHECKING:
    from ..store.object_store.address import Address
    from ..store.status import Status, Worker


@click.command(short_help="Show the progress, workers and remaining time of a run.")
@run_argument
@json_option
@debug_option
def status(run: Path | Address, as_json: bool) -> None:
    """Show the progress of the run in the folder RUN, its workers and its remaining time. Changes nothing."""
    from ..store.status import run_status

    report = run_status(run) if isinstance(run, Path) else _remote_status(run)
    if as_json:
        print_json(asdict(report))
    else:
        click.echo("\n".join([*_whole(report), *map(_worker, report.workers)]))


def _remote_status(run: Address) -> Status:
    from ..store.object_store.reader import status_remote

    return status_remote(run)


def _whole(report: Status) -> list[str]:
    from ..store.status import in_words

    state = in_words(report.status, any(worker.alive for worker in report.workers))
    share = 100 * report.blocks_done / max(report.blocks, 1)
    first = f"{state}: {report.blocks_done} of {report.blocks} blocks ({share:.0f} %)"
    if report.status != "complete":
        first += f", {report.blocks_running} running, {report.blocks_missing} missing"
    if report.paths_per_second:
        left = f", {duration(report.seconds_left)} left" if report.seconds_left else ""
        first += f"; {report.paths_per_second:,.0f} paths/s{left}"
    names, summaries = ", ".join(report.scenarios), f"{report.summaries_done} of {len(report.scenarios)} summaries"
    size = f"{report.paths:,} paths x {report.weeks} weeks"
    return [first, f"{names}; {size}; {summaries}; ended commands: {report.sessions}"]


def _worker(worker: Worker) -> str:
    shard = f", shard {worker.shard}" if worker.shard else ""
    rate = f", {worker.paths_per_second:,.0f} paths/s" if worker.paths_per_second else ""
    state = f"{len(worker.doing)} in hand" if worker.alive else "ended without a report"
    return f"  {worker.host} {worker.pid}{shard}: {state}, {worker.blocks_done} blocks done{rate}"
