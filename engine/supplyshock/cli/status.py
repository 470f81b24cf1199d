"""`supplyshock status`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from .common import debug_option, json_option, print_json
from .names import run_argument


@click.command(short_help="Say how far a run got.")
@run_argument
@json_option
@debug_option
def status(run: Path, as_json: bool) -> None:
    """Say how far the run in the folder RUN got. Reads its journal and changes nothing."""
    from ..store.inspect import run_status

    found = run_status(run)
    if as_json:
        print_json(asdict(found))
        return
    names = ", ".join(found.scenarios)
    share = 100 * found.blocks_done / max(found.blocks, 1)
    click.echo(f"{found.status}: {found.blocks_done} of {found.blocks} blocks ({share:.0f} %)")
    click.echo(f"{names}; {found.paths:,} paths x {found.weeks} weeks; {found.sessions} commands worked on it")
