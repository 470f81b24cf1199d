"""`supplyshock verify`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..common.safe_text import harmless
from .command_helpers import IO_FAILED, Count, debug_option, json_option, print_json
from .completion import run_argument

if TYPE_CHECKING:
    from ..common.progress import Progress
    from ..store.object_store.address import Address


@click.command(short_help="Compare every file of a run with its checksum; --repair remakes damaged ones.")
@run_argument
@click.option("--repair", is_flag=True, help="Make anew what is damaged, and nothing else.")
@click.option("--threads", type=Count(1, 4096), metavar="N", help="For a repair; default: all cores.")
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
@debug_option
@click.pass_context
def verify(
    ctx: click.Context, run: Path | Address, repair: bool, threads: int | None, quiet: bool, as_json: bool
) -> None:
    """Read every file of RUN (outcomes, kept series, summaries, pairs, inputs, metadata) and compare checksums.

    Exit code 74 where one is damaged or missing. --repair computes just those blocks and summaries again, from the
    parameters in the run, and writes the rest from a copy; the run then has the bytes it had. In object
    storage it takes damaged parts back, and the command that made the run makes them anew.
    """
    from ..common.progress import make_progress

    told = make_progress("quiet" if quiet else "auto")
    if repair:
        _repair(run, threads, told, as_json)
        return
    from ..store.object_store.reader import verify_remote
    from ..store.verify import verify_run

    try:
        found = verify_run(run, told) if isinstance(run, Path) else verify_remote(run, told)
    finally:
        told.close()
    if as_json:
        print_json(asdict(found))
    else:
        lines = [f"damaged  {name}" for name in found.damaged] or ["sound"]
        click.echo(harmless("\n".join(lines + [f"unknown  {name}" for name in found.unknown])))
        missing = f", {found.parts_missing} parts are not made yet" if found.parts_missing else ""
        click.echo(f"{found.files:,} files, {found.bytes / 1e6:,.0f} MB, {len(found.damaged)} damaged{missing}")
    if found.damaged:
        ctx.exit(IO_FAILED)


def _repair(run: Path | Address, threads: int | None, told: Progress, as_json: bool) -> None:
    from ..execution.repair import repair_run
    from ..store.object_store.reader import drop_damaged_entries

    done = repair_run(run, threads=threads, told=told) if isinstance(run, Path) else drop_damaged_entries(run, told)
    if as_json:
        print_json(asdict(done))
        return
    word = "mended  " if isinstance(run, Path) else "removed "
    click.echo("\n".join([f"{word} {name}" for name in done.mended]) or "sound: nothing to mend")
    if done.parts:
        click.echo(f"{done.parts} parts computed again")
    if done.parts_missing:
        click.echo(f"{done.parts_missing} parts are not made; the command that made the run goes on")
