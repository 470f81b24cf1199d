"""`supplyshock verify`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..common.number_format import counted
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

    progress = make_progress("quiet" if quiet else "auto")
    if repair:
        _repair(run, threads, progress, as_json)
        return
    from ..store.object_store.reader import verify_remote
    from ..store.verify import verify_run

    try:
        report = verify_run(run, progress) if isinstance(run, Path) else verify_remote(run, progress)
    finally:
        progress.close()
    if as_json:
        print_json(asdict(report))
    else:
        lines = [f"damaged  {name}" for name in report.damaged] or ["sound"]
        click.echo(harmless("\n".join(lines + [f"unknown  {name}" for name in report.unknown])))
        missing = f", {report.parts_missing} parts are not made yet" if report.parts_missing else ""
        click.echo(f"{report.files:,} files, {report.bytes / 1e6:,.0f} MB, {len(report.damaged)} damaged{missing}")
    if report.damaged:
        ctx.exit(IO_FAILED)


def _repair(run: Path | Address, threads: int | None, progress: Progress, as_json: bool) -> None:
    from ..execution.repair import repair_run
    from ..store.object_store.reader import drop_damaged_entries

    if isinstance(run, Path):
        repaired = repair_run(run, threads=threads, progress=progress)
    else:
        repaired = drop_damaged_entries(run, progress)
    if as_json:
        print_json(asdict(repaired))
        return
    word = "mended  " if isinstance(run, Path) else "removed "
    click.echo("\n".join([f"{word} {name}" for name in repaired.mended]) or "sound: nothing to repair")
    if repaired.parts:
        click.echo(f"{counted(repaired.parts, 'part')} computed again")
    if repaired.parts_missing:
        click.echo(f"{counted(repaired.parts_missing, 'part')} still to be made: run the command of this run again")
