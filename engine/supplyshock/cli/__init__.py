"""The command `supplyshock`: every command parses, calls one function and prints."""

from __future__ import annotations

import atexit
import gc
import os
from typing import Any

import click

from ..common.hidden_libraries import hide_libraries
from ..common.places import local_path
from ..common.streams import steady_streams
from .command_helpers import check_output, debug_option, guarded
from .lazy_group import LazyGroup

CACHE = "SUPPLYSHOCK_CACHE_DIR"
HELP = """Monte Carlo paths through rare-earth and chip supply shocks.

\b
  supplyshock run status_quo swap_deal breakdown --paths 100_000 --out runs/first
  supplyshock show runs/first --figure fan.png

Results go to stdout, all other output goes to stderr. Environment variables can set options:
SUPPLYSHOCK_RUN_PATHS=1e6 means `run --paths 1e6`.

\b
Exit codes: 0 success, 2 wrong use, 65 bad config or data, 69 device unavailable, 70 a defect,
71 not enough memory, threads or processes, 73 the run does not fit on the disk or in memory,
74 reading or writing failed, 75 interrupted (repeat the command to resume), 76 the run reached --paths
before every goal of --target-se.

\b
Completion: eval "$(_SUPPLYSHOCK_COMPLETE=bash_source supplyshock)"      (zsh_source, fish_source)"""


class Commands(LazyGroup):
    """The commands; turns errors into one line and an exit code."""

    names = (
        "run", "plan", "show", "compare", "measures", "replay", "report", "bargain", "sweep", "sensitivity",
        "uncertainty", "robustness", "exposure", "calibrate", "hindcast", "nowcast", "plausibility", "losses",
        "status", "verify", "cite",
        "clean", "merge", "slurm", "bench", "data", "schema", "doctor",
    )  # fmt: skip

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the command line of this process; a program that calls `main` keeps its libraries as they are."""
        hide_libraries()
        return super().__call__(*args, **kwargs)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the command line; what stdout could not take decides the exit code of a command that succeeded."""
        with steady_streams() as (out, _):
            try:
                result = super().main(*args, **kwargs)
            except SystemExit as end:
                if not end.code:
                    check_output(out)
                raise
            check_output(out)
            return result

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command."""
        return guarded(super().invoke, ctx)


@click.group(
    cls=Commands,
    help=HELP,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "SUPPLYSHOCK",
        "max_content_width": 110,
    },
)
@click.version_option(package_name="supplyshock", message="%(prog)s %(version)s")
@debug_option
def main() -> None:
    """See `HELP`."""
    if cache := os.environ.get(CACHE):
        os.environ[CACHE] = str(local_path(cache, CACHE))  # an address would become a folder named `s3:`
    gc.set_threshold(200_000)  # imports make many objects and no garbage
    atexit.register(gc.freeze)  # the last collection, of all modules, takes 0.15 s and frees what goes anyway
