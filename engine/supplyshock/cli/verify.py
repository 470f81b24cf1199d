"""`supplyshock verify`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from .common import IO_FAILED, debug_option, json_option, print_json
from .names import run_argument


@click.command(short_help="Read every file of every finished block, and compare checksums.")
@run_argument
@json_option
@debug_option
@click.pass_context
def verify(ctx: click.Context, run: Path, as_json: bool) -> None:
    """Read every file of every finished block of RUN (outcomes and kept series), and compare checksums.

    Exit code 74 where one is damaged or missing. Remove what is named, and the same `run` makes its blocks anew.
    Summaries, pairs and inputs have no checksums yet.
    """
    from ..store.inspect import verify_run

    found = verify_run(run)
    if as_json:
        print_json(asdict(found))
    else:
        click.echo("\n".join([f"damaged  {name}" for name in found.damaged]) or "sound")
        click.echo(f"{found.files:,} files, {found.bytes / 1e6:,.0f} MB, {len(found.damaged)} damaged")
    if found.damaged:
        ctx.exit(IO_FAILED)
