"""`supplyshock merge`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .command_helpers import Count, debug_option, json_option, print_json
from .places import Folder
from .print_run import run_summary
from .run_options import force_option


@click.command(short_help="Join runs of one config and seed whose paths adjoin.")
@click.argument("runs", nargs=-1, required=True, type=Folder(), metavar="RUN...")
@click.option("--out", required=True, type=Folder(), metavar="DIR", help="Folder of the joined run.")
@click.option("--threads", type=Count(1, 4096), metavar="N", help="Number of threads. Default: all cores.")
@click.option("--overwrite", is_flag=True, help="Replace another run in the folder.")
@force_option
@click.option("--quiet", is_flag=True, help="Print no progress and no summary.")
@json_option
@debug_option
def merge(runs: tuple[Path, ...], out: Path, quiet: bool, as_json: bool, **options: Any) -> None:
    """Join complete RUNs of the same config and seed into DIR. Their paths must adjoin: for
    example 0 to 1e6, and 1e6 to 5e6 from `run --first-path 1e6`.

    The command computes nothing again: it copies outcomes and series, and adds exact sums. It only reads the RUNs. The
    result has the bytes of one run of that size. To add paths to one run, `run --extend` is simpler.
    """
    from ..execution.merge import merge_runs

    report = merge_runs(runs, out, **options, progress="quiet" if quiet else "auto")
    if as_json:
        print_json(report.as_dict())
    elif not quiet:
        click.echo(run_summary(report))
