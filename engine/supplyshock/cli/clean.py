"""`supplyshock clean`."""

from __future__ import annotations

from pathlib import Path

import click

from ..common.safe_text import harmless
from .command_helpers import debug_option, json_option, print_json
from .completion import folder_argument


@click.command(short_help="Remove leftovers of killed processes from a run.")
@folder_argument
@click.option("--dry-run", is_flag=True, help="List the files, and remove nothing.")
@json_option
@debug_option
def clean(run: Path, dry_run: bool, as_json: bool) -> None:
    """Remove leftovers of killed processes from RUN: partial files, sums that a summary includes, announcements.

    The command removes only files with names that this program uses, and only while no process works on the run. A
    resumed run cleans up after killed processes itself. Use this command for a run that you do not resume.
    """
    from ..store.atomic_files import store_errors
    from ..store.cleanup import clean_run, find_litter

    with store_errors(run):
        if dry_run:
            names = [path.relative_to(run).as_posix() for path in find_litter(run)]
            if as_json:
                print_json({"litter": names})
            else:
                click.echo(harmless("\n".join(names)) or "clean")
            return
        files, size = clean_run(run)
    if as_json:
        print_json({"files": files, "bytes": size})
    else:
        click.echo(f"{files} files, {size / 1e6:,.1f} MB removed" if files else "clean")
