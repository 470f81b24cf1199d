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


@click.command(short_help="Say how far a run got, who works on it and how long it takes.")
@run_argument
@json_option
@debug_option
def status(run: Path | Address, as_json: bool) -> None:
    """Say how far the run in the folder RUN got, who works on it and how long it will take. Changes nothing."""
    from ..store.status import run_status

    found = run_status(run) if isinstance(run, Path) else _far(run)
    if as_json:
        print_json(asdict(found))
    else:
        click.echo("\n".join([*_whole(found), *map(_worker, found.workers)]))


def _far(run: Address) -> Status:
    from ..store.object_store.reader import status_remote

    return status_remote(run)


def _whole(found: Status) -> list[str]:
    share = 100 * found.blocks_done / max(found.blocks, 1)
    first = f"{found.status}: {found.blocks_done} of {found.blocks} blocks ({share:.0f} %)"
    if found.status != "complete":
        first += f", {found.blocks_running} running, {found.blocks_missing} missing"
    if found.paths_per_second:
        left = f", {duration(found.seconds_left)} left" if found.seconds_left else ""
        first += f"; {found.paths_per_second:,.0f} paths/s{left}"
    names, summaries = ", ".join(found.scenarios), f"{found.summaries_done} of {len(found.scenarios)} summaries"
    size = f"{found.paths:,} paths x {found.weeks} weeks"
    return [first, f"{names}; {size}; {summaries}; {found.sessions} commands came to an end"]


def _worker(worker: Worker) -> str:
    shard = f", shard {worker.shard}" if worker.shard else ""
    rate = f", {worker.paths_per_second:,.0f} paths/s" if worker.paths_per_second else ""
    state = f"{len(worker.doing)} in hand" if worker.alive else "gone without a word"
    return f"  {worker.host} {worker.pid}{shard}: {state}, {worker.blocks_done} blocks done{rate}"
