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


@click.command(short_help="Check the files of a run against their checksums.")
@run_argument
@click.option("--repair", is_flag=True, help="Repair damaged files only.")
@click.option("--threads", type=Count(1, 4096), metavar="N", help="Number of threads for --repair. Default: all cores.")
@click.option("--quiet", is_flag=True, help="Print no progress.")
@json_option
@debug_option
@click.pass_context
def verify(
    ctx: click.Context, run: Path | Address, repair: bool, threads: int | None, quiet: bool, as_json: bool
) -> None:
    """Read every file of RUN (outcomes, stored series, summaries, pairs, inputs, metadata) and compare checksums.

    The exit code is 74 if a file is damaged or missing. --repair recomputes only damaged blocks and summaries, from
    the parameters in the run, and restores other files from a copy. The run then has its original bytes. In object
    storage --repair removes damaged parts, and the command that made the run computes them again.
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
