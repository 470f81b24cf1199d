"""`supplyshock nowcast`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .command_helpers import Count, debug_option, json_option, print_json, say
from .places import InputFile, OutputFile
from .run_options import ConfigName, simulation_options

if TYPE_CHECKING:
    from ..calibration.nowcast.nowcast import Nowcast

PATHS = 65_536


@click.command(short_help="Find the states of a day: paths that the record and observations leave likely.")
@click.argument("record", type=ConfigName(), default="history")
@click.option("--observed", type=InputFile(), metavar="CSV", help="Observed points. Default: those since April 2025.")
@click.option("--members", type=Count(1, 65_536), default=512, show_default=True, metavar="N", help="States to keep.")
@click.option("--out", type=OutputFile(), metavar="NPZ", help="Write the states, for `initial.states` of a config.")
@click.option("--page", type=OutputFile(), metavar="MD", help="Write a Markdown page with the evidence.")
@click.option("--quiet", is_flag=True, help="Print no progress and no table.")
@json_option
@debug_option
@simulation_options
def nowcast(
    record: str,
    observed: Path | None,
    members: int,
    out: Path | None,
    page: Path | None,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Find the states of a day: the paths that the record and its observations leave likely.

    RECORD is a config with the dated policy up to that day; by default the record since April 2025, whose last day
    is the first of the shipped scenarios. Paths follow it; each observed number weighs them by how well they forecast
    it, and the likely ones go on. A config starts from the states by `initial.states`, the name of a file
    states/NAME.npz in its data set.

    \b
    supplyshock nowcast --out first_day.npz
    """
    from ..calibration.nowcast.nowcast import find_states
    from ..common.progress import make_progress
    from ..reporting.page.nowcast import page_text
    from ..scenarios.state_file import encode_states
    from ..store.atomic_files import file_errors, write_text, write_whole
    from .study_options import parse_settings

    settings, overrides = parse_settings(options, PATHS)
    progress = make_progress("quiet" if quiet else "auto")
    result = find_states(record, observed, members, settings, overrides or None, progress)
    files = []
    if out is not None:
        with file_errors(out):
            write_whole(out, encode_states(result.states))
        files.append(out)
    if page is not None:
        with file_errors(page):
            write_text(page, page_text(result))
        files.append(page)
    if as_json:
        print_json(_as_dict(result, files))
    elif not quiet:
        _print(result)
    for path in files:
        say(f"wrote {path}")


def _as_dict(result: Nowcast, files: list[Path]) -> dict[str, Any]:
    return {
        "record": result.scenario.name,
        "day": str(result.states.day),
        "paths": result.settings.paths,
        "seed": result.settings.seed,
        "members": result.states.members,
        "inside_90": result.inside,
        "observations": [
            {
                "measure": f.point.measure, "market": f.point.market, "bloc": f.point.bloc, "from": str(f.point.first),
                "observed": f.point.value, "low": f.low, "median": f.median, "high": f.high,
                "position": f.position, "effective": f.effective, "log_evidence": f.log_evidence,
            }
            for f in result.filtered.forecasts
        ],
        "files": [str(path) for path in files],
    }  # fmt: skip


def _print(result: Nowcast) -> None:
    from ..reporting.page.nowcast import HEADER, headline, rows
    from .study_options import print_table

    click.echo(headline(result) + "\n")
    print_table(HEADER, rows(result))
