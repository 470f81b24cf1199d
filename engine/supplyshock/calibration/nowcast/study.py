"""A nowcast, from Python and for the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from supplyshock_kernels.backends import Simulate

from ...common.arguments import (
    DAY,
    MAPPING,
    MAPPINGS,
    PATH_OR_NONE,
    PLACE,
    PROGRESS,
    WHOLE,
    WHOLE_OR_NONE,
    check_keywords,
    checked,
    names_arguments,
)
from ...common.dates import DAY as DAY_WORDS
from ...common.dates import parse_day
from ...common.errors import UsageError, shown
from ...common.places import local_path
from ...common.progress import make_progress
from ...execution.request_checks import check_whole
from ...execution.run_request import KINDS
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.config.schema import MAX_WEEKS
from .nowcast import MEMBERS, Nowcast, NowcastRequest, find_states

if TYPE_CHECKING:
    from ...common.progress import Progress

PATHS, MOST_MEMBERS = 100_000, 65_536


class NowcastOptions(TypedDict, total=False):
    """The keywords of `nowcast`."""

    observed: str | Path | None
    to: str | date | None
    weeks: int | None
    after: str | Path | None
    events: Sequence[Mapping[str, Any]]
    members: int
    overrides: Mapping[str, Any] | None
    out: str | Path | None
    keep: str | Path | None
    paths: int | None
    seed: int
    backend: str | Simulate
    device: str
    precision: str
    threads: int | None
    progress: str | Progress


@names_arguments
@checked(
    **{name: KINDS[name] for name in ("paths", "seed", "backend", "device", "precision", "threads")},
    record=PLACE,
    observed=PATH_OR_NONE,
    to=DAY,
    weeks=WHOLE_OR_NONE,
    after=PATH_OR_NONE,
    events=MAPPINGS,
    members=WHOLE,
    overrides=MAPPING,
    out=PATH_OR_NONE,
    keep=PATH_OR_NONE,
    progress=PROGRESS,
)
def nowcast(record: str | os.PathLike[str] = "history", **options: Unpack[NowcastOptions]) -> Nowcast:
    """The states of a day: a sample of paths that are likely given a dated record and its observations.

    The same as `supplyshock nowcast`, with the same defaults. Paths follow the record. Each observation weights them
    by the likelihood of their forecast, and likely paths are resampled.

    Parameters
    ----------
    record : str or path, default "history"
        A config with the dated policy up to the day. The default is the shipped record since October 2022.
    observed : str or path, optional
        A CSV file of observations like configs/observed_record.csv, the default. docs/first_day.md explains its
        columns.
    to : str or date, optional
        Last day to simulate. By default the end of the record's weeks.
    weeks : int, optional
        Number of weeks to simulate, instead of `to`.
    after : str or path, optional
        All paths of an earlier nowcast of this record, in the file that `keep` wrote. The nowcast resumes them.
    events : sequence of mapping, optional
        Dated actions to force, as entries of `policy.events` of a config. By default those of the record alone.
    members : int, default 512
        Number of states to keep.
    overrides : mapping, optional
        Keys of the config, as `load_scenario` takes them.
    out : str or path, optional
        File for the states; the method `save` of the result writes it as well.
    keep : str or path, optional
        File for all paths; the method `keep` of the result writes it as well.
    paths : int, default 100_000
        Number of paths that follow the record. With `after` it is the number in that file.
    seed : int, default 1
        Seed of the random numbers.
    backend : str or callable, default "auto"
        Name of a backend, "auto", or a function ``(params, grid, seed, paths, versus=None) -> Observed``.
    device : str, default "auto"
        auto, cpu, gpu or tpu.
    precision : str, default "float32"
        Precision of the kernels: float32 or float64.
    threads : int, optional
        Number of threads. By default all cores, or a few for each device.
    progress : str or Progress, default "auto"
        auto, bar, lines, quiet, or an object of your own.

    Returns
    -------
    Nowcast
        ``day`` is the date of the states. ``coverage`` is the share (0 to 1) of observations in the 90 % band of their
        forecast. ``to_dataframe()`` has one row for each observation. ``save(path)`` writes the states for
        ``initial.states`` of a config.

    Raises
    ------
    ConfigError
        The record cannot be read, or an event does not fit it.
    DataError
        An observation cannot be used, or the paths of `after` do not fit the record.
    UsageError
        A number is out of range, or two arguments contradict each other.
    DeviceError
        This machine lacks the backend or the device.
    Interrupted
        The nowcast was stopped, and keeps nothing.

    Examples
    --------
    >>> import supplyshock as ss
    >>> result = ss.nowcast(weeks=80, paths=256, members=32, progress="quiet")
    >>> str(result.day), len(result.to_dataframe()), result.states.members
    ('2024-04-17', 17, 32)
    >>> file = result.save("april.npz")
    >>> str(ss.load_scenario("base", {"initial": {"states": "april.npz"}, "weeks": 4}).start)
    '2024-04-17'
    """
    given: dict[str, Any] = dict(options)
    check_keywords("nowcast", given, NowcastOptions.__annotations__)
    files = [(given.pop(name, None), name) for name in ("out", "keep")]
    places = [None if file is None else local_path(file, name) for file, name in files]
    progress = make_progress(given.pop("progress", "auto"))
    result = find_states(*make_request(record, given), progress)
    for place, write in zip(places, (result.save, result.keep), strict=True):
        if place is not None:
            write(place)
    return result


def make_request(record: str | os.PathLike[str], given: Mapping[str, Any]) -> tuple[NowcastRequest, SimulationSettings]:
    """What keywords of `nowcast` request; None stands for a default. Raises `UsageError`."""
    asked = {name: value for name, value in given.items() if value is not None}
    for name, other, fix in (
        ("paths", "after", "leave it out: the file with the paths fixes their number"),
        ("weeks", "to", "give either --to or --weeks"),
    ):
        if name in asked and other in asked:
            raise UsageError(
                "two options exclude each other", where=f"--{name}", expected=f"no --{name}", got="both", fix=fix
            )
    members = asked.get("members", MEMBERS)
    check_whole("members", members, 1, MOST_MEMBERS)
    request = NowcastRequest(
        record=os.fspath(record),
        observed=_file(asked, "observed"),
        members=int(members),
        overrides=_overrides(asked) or None,
        to=_day(asked.get("to")),
        after=_file(asked, "after"),
    )
    how = {name: asked[name] for name in ("seed", "backend", "device", "precision", "threads") if name in asked}
    return request, SimulationSettings(asked.get("paths", PATHS), **{"backend": "auto", **how})


def _file(asked: Mapping[str, Any], name: str) -> Path | None:
    return local_path(asked[name], name) if name in asked else None


def _day(text: str | date | None) -> date | None:
    day = None if text is None else parse_day(text)
    if text is not None and day is None:
        raise UsageError("invalid day", where="--to", expected=DAY_WORDS, got=shown(text))
    return day


def _overrides(asked: Mapping[str, Any]) -> dict[str, Any]:
    overrides = dict(asked.get("overrides", {}))
    if "weeks" in asked:
        check_whole("weeks", asked["weeks"], 1, MAX_WEEKS)
        overrides["weeks"] = int(asked["weeks"])
    if events := [*asked.get("events", ())]:
        policy = overrides.get("policy") or {}
        if not isinstance(policy, Mapping):
            raise UsageError("a wrong argument", where="overrides", expected="policy: a mapping", got=shown(policy))
        overrides["policy"] = {**policy, "events": [*(policy.get("events") or ()), *map(dict, events)]}
    return overrides
