"""From a record and a table of observations to the states of a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from ...common.errors import DataError, Interrupted, UsageError
from ...common.progress import Progress
from ...common.signals import stop_on_signal
from ...common.thread_pool import Stopped
from ...execution.request_checks import check_numbers
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.scenario import Scenario, load_scenario
from ...scenarios.state_file import StateFile
from ..backtest.observed_point import ObservedPoint
from ..backtest.simulated_view import PIECE
from .first_day import states_of
from .observations import record_points
from .particle_file import day_of, read_particles
from .particle_filter import Filtered, FilterOptions, Watch, follow_record
from .particles import Particles


@dataclass(frozen=True)
class Nowcast:
    """The states of a day, and how every observation was forecast."""

    scenario: Scenario
    settings: SimulationSettings
    filtered: Filtered
    states: StateFile

    @property
    def inside(self) -> int:
        """Observations within the 90 % band of their forecasts, errors of observation included."""
        return sum(0.05 <= f.position <= 0.95 for f in self.filtered.forecasts)


@dataclass(frozen=True)
class NowcastRequest:
    """What to follow, and from where."""

    record: str = "history"
    """A config, by path or shipped name: the dated policy from its start to the end of its weeks."""
    observed: Path | None = None
    """A table like configs/observed_record.csv; by default the shipped observations since October 2022."""
    members: int = 512
    """States to keep, S."""
    overrides: Mapping[str, Any] | None = None
    """Keys of the config."""
    to: date | None = None
    """Day to follow the record to, in place of the end of its weeks."""
    after: Path | None = None
    """All paths of an earlier nowcast of this record, which go on; observations begin no earlier than they end."""
    options: FilterOptions = field(default_factory=FilterOptions)


def find_states(request: NowcastRequest, settings: SimulationSettings, progress: Progress) -> Nowcast:
    """Follows a record and weighs its paths by what was observed.

    Parameters
    ----------
    request : NowcastRequest
        The record, the observations and where to begin.
    settings : SimulationSettings
        How to compute; paths are rounded up to a multiple of 256, and are those of ``request.after`` where that is
        given.
    progress : Progress
        Told of the path-weeks done.

    Raises
    ------
    DataError
        An observation has no value, another measure, a window outside the record, or is impossible under every path;
        the paths to go on from do not fit (65).
    UsageError
        Fewer paths than members (2).
    Interrupted
        A signal came (75).
    """
    check_numbers(
        paths=settings.paths, seed=settings.seed, save_series=0, precision=settings.precision, threads=settings.threads
    )
    scenario = _record_to(request)
    begun = None if request.after is None else read_particles(request.after, scenario)
    paths = -(-settings.paths // PIECE) * PIECE if begun is None else begun.count
    settings = replace(settings, paths=paths)
    if paths < request.members:
        raise UsageError("too few paths", where="--paths", expected=f"at least {request.members}", got=str(paths))
    points = _points(request, scenario, begun)
    weeks = scenario.weeks - (0 if begun is None else begun.week)
    try:
        with stop_on_signal() as stop:
            progress.start(paths * weeks, 0, f"path-weeks of {scenario.name}")
            filtered = follow_record(scenario, points, settings, Watch(progress, stop), begun, request.options)
    except Stopped:
        raise Interrupted("interrupted; nothing is kept", fix="run the same command again to start over") from None
    finally:
        progress.close()
    return Nowcast(scenario, settings, filtered, states_of(scenario, filtered, request.members, settings.seed))


def _record_to(request: NowcastRequest) -> Scenario:
    overrides = dict(request.overrides or {})
    if request.to is None:
        return load_scenario(request.record, overrides or None)
    start = load_scenario(request.record).start
    weeks = -(-(request.to - start).days // 7)
    if weeks < 1:
        raise UsageError("nothing to follow", where="--to", expected=f"a day after {start}", got=str(request.to))
    return load_scenario(request.record, overrides | {"weeks": weeks})


def _points(request: NowcastRequest, scenario: Scenario, begun: Particles | None) -> list[ObservedPoint]:
    if begun is None:
        return record_points(request.observed, scenario)
    if request.observed is None:
        return []
    points, day = record_points(request.observed, scenario), day_of(scenario, begun)
    for p in points:
        if p.first < day:
            expected = f"a window that begins no earlier than the paths end, {day}"
            raise DataError("cannot weigh paths", where=p.where, expected=expected, got=f"{p.first} to {p.end}")
    return points
