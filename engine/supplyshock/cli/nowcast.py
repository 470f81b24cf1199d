"""`supplyshock nowcast`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .command_helpers import Count, debug_option, json_option, print_json, say
from .places import InputFile, OutputFile
from .run_options import ConfigName, simulation_options

if TYPE_CHECKING:
    from ..calibration.nowcast.nowcast import Nowcast, NowcastRequest
    from ..common.progress import Progress
    from ..execution.simulation_settings import SimulationSettings

RIVAL_PATHS = 16_384


@click.command(short_help="Estimate the states of a day from its record.")
@click.argument("record", type=ConfigName(), default="history")
@click.option(
    "--observed", type=InputFile(), metavar="CSV", help="Observations. Default: the shipped ones since October 2022."
)
@click.option("--to", metavar="DATE", help="Follow the record to this day. Default: the end of its weeks.")
@click.option("--continue", "after", type=InputFile(), metavar="NPZ", help="Resume the paths that --keep wrote.")
@click.option("--event", "events", multiple=True, metavar="'DATE KEY=VALUE'", help="Force a dated action; repeatable.")
@click.option(
    "--members", type=Count(1, 65_536), default=512, show_default=True, metavar="N", help="Number of states to keep."
)
@click.option("--out", type=OutputFile(), metavar="NPZ", help="Write the states for `initial.states` of a config.")
@click.option("--keep", type=OutputFile(), metavar="NPZ", help="Write all paths for --continue.")
@click.option("--page", type=OutputFile(), metavar="MD", help="Write a Markdown page with the evidence.")
@click.option("--quiet", is_flag=True, help="Print no progress and no table.")
@json_option
@debug_option
@simulation_options
def nowcast(quiet: bool, as_json: bool, **options: Any) -> None:
    """Estimate the states of a day: a sample of paths that are likely given the record and its observations.

    RECORD is a config with the dated policy up to that day. By default it is the record since October 2022, which ends
    on the first day of the shipped scenarios. Paths follow the record. Each observation weights them by the likelihood
    of their forecast, and likely paths are resampled (a particle filter). To start a config from the states, set
    `initial.states` to the name of a file states/NAME.npz in its data set.

    To add news, `--continue` resumes all paths of an earlier nowcast, up to a later day and with newer observations.
    `--event` forces an action, with the keys of `policy.events` in a config.

    \b
    supplyshock nowcast --out first_day.npz --keep paths.npz
    supplyshock nowcast --continue paths.npz --to 2026-11-18 --observed news.csv \\
      --event "2026-10-14 control.ree_2025_04=0.5 until=2027-01-06" --out november.npz
    """
    from ..calibration.nowcast.nowcast import find_states
    from ..common.progress import make_progress

    outputs = {name: options.pop(name) for name in ("out", "keep", "page")}
    request, settings = _request(options)
    progress = make_progress("quiet" if quiet else "auto")
    result = find_states(request, settings, progress)
    files = _write(result, request, outputs, progress)
    if as_json:
        print_json(_as_dict(result, files))
    elif not quiet:
        _print(result)
    from ..reporting.page.nowcast import unexplained

    for sentence in unexplained(result):
        say(f"warning: {sentence}")
    for path in files:
        say(f"wrote {path}")


def _request(options: dict[str, Any]) -> tuple[NowcastRequest, SimulationSettings]:
    from ..calibration.nowcast.study import make_request
    from .overrides import parse_overrides

    events = [_event(text) for text in options.pop("events")]
    overrides = parse_overrides(options.pop("changes"))
    return make_request(options.pop("record"), {**options, "events": events, "overrides": overrides})


def _event(text: str) -> dict[str, Any]:
    """``2026-10-14 control.ree_2025_04=0.5 until=2027-01-06`` as an entry of `policy.events`."""
    from ..common.dates import parse_day
    from ..common.errors import UsageError
    from .overrides import parse_overrides

    day, *changes = text.split() or [""]
    if parse_day(day) is None or not changes:
        expected = "a day and what it changes, such as '2026-10-14 control.ree_2025_04=0.5 until=2027-01-06'"
        raise UsageError("invalid event", where="--event", expected=expected, got=repr(text))
    return {"date": day, **parse_overrides(changes)}


def _write(result: Nowcast, request: NowcastRequest, outputs: dict[str, Path | None], progress: Progress) -> list[Path]:
    """The files that were asked for."""
    from ..calibration.nowcast.particle_file import encode_particles
    from ..scenarios.state_file import encode_states
    from ..store.atomic_files import file_errors, write_whole

    makers = {
        "out": lambda: encode_states(result.states),
        "keep": lambda: encode_particles(result.scenario, result.filtered.particles),
        "page": lambda: _page(result, request, progress),
    }
    files = []
    for name, path in outputs.items():
        if path is not None:
            content = makers[name]()
            with file_errors(path):
                write_whole(path, content)
            files.append(path)
    return files


def _page(result: Nowcast, request: NowcastRequest, progress: Progress) -> bytes:
    """The evidence, against rivals that run on fewer paths."""
    from dataclasses import replace

    from ..calibration.nowcast.rivals import models_without, naive_rivals, the_model
    from ..reporting.page.nowcast import page_text

    settings = replace(result.settings, paths=min(result.settings.paths, RIVAL_PATHS))
    rivals = [*naive_rivals(result), *models_without(request, settings, progress)]
    return page_text(result, rivals, the_model(request, settings, progress)).encode()


def _as_dict(result: Nowcast, files: list[Path]) -> dict[str, Any]:
    return {
        "record": result.scenario.name,
        "day": str(result.states.day),
        "paths": result.settings.paths,
        "seed": result.settings.seed,
        "members": result.states.members,
        "inside_90": result.inside,
        "observations": result.rows(),
        "files": [str(path) for path in files],
    }


def _print(result: Nowcast) -> None:
    from ..reporting.page.nowcast import HEADER, rows
    from .study_options import print_table

    click.echo(f"{result}\n")
    print_table(HEADER, rows(result))
