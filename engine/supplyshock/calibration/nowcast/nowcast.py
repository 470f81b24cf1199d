"""From a record and a table of observations to the states of a day."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...common.errors import DataError, UsageError
from ...common.interruption import interruptible
from ...common.places import local_path
from ...common.progress import Progress
from ...execution.request_checks import check_numbers
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.scenario import Scenario, load_scenario
from ...scenarios.state_file import StateFile, encode_states
from ...store.atomic_files import file_errors, write_whole
from ..backtest.observed_point import ObservedPoint
from ..backtest.simulated_view import PIECE
from .first_day import states_of
from .held_approval import with_held_approval
from .observations import record_points
from .particle_file import day_of, encode_particles, read_particles
from .particle_filter import Filtered, FilterOptions, Watch, follow_record
from .particles import Particles

if TYPE_CHECKING:
    import pandas as pd


MEMBERS = 512
"""States to keep, where nobody says."""


COLUMNS = [
    "measure", "market", "bloc", "from", "observed", "low", "median", "high", "position", "effective", "whole",
    "log_evidence",
]  # fmt: skip
"""What a row says of an observation."""


def _write(path: str | Path, content: bytes) -> Path:
    file = local_path(path, "a file of states")
    with file_errors(file):
        write_whole(file, content)
    return file


@dataclass(frozen=True, repr=False)
class Nowcast:
    """The states of a day, and how every observation was forecast."""

    scenario: Scenario
    """The record, to the day."""
    settings: SimulationSettings
    filtered: Filtered
    """All paths, and the forecast of each observation."""
    states: StateFile
    """Those of `members` paths."""

    @property
    def day(self) -> date:
        """The day of the states: the first of the week that follows them."""
        return self.states.day

    @property
    def inside(self) -> int:
        """Observations within the 90 % band of their forecasts, errors of observation included."""
        return sum(0.05 <= f.position <= 0.95 for f in self.filtered.forecasts)

    @property
    def coverage(self) -> float:
        """Share of the observations within the 90 % band of their forecasts; NaN without any."""
        count = len(self.filtered.forecasts)
        return self.inside / count if count else math.nan

    def rows(self) -> list[dict[str, Any]]:
        """A row for each observation, in the order in which they were used: what was seen, and how it was forecast."""
        return [
            {
                "measure": f.point.measure, "market": f.point.market, "bloc": f.point.bloc, "from": str(f.point.first),
                "observed": f.point.value, "low": f.low, "median": f.median, "high": f.high,
                "position": f.position, "effective": f.effective, "whole": f.whole, "log_evidence": f.log_evidence,
            }
            for f in self.filtered.forecasts
        ]  # fmt: skip

    def to_dataframe(self) -> pd.DataFrame:
        """The rows as a table: observed and forecast numbers as ratios to the price or flow of the data set."""
        import pandas as pd

        return pd.DataFrame(self.rows(), columns=COLUMNS)

    def save(self, path: str | Path) -> Path:
        """Writes the states, for `initial.states` of a config; an ending .npz is needed there. Raises `StoreError`."""
        return _write(path, encode_states(self.states))

    def keep(self, path: str | Path) -> Path:
        """Writes all paths, so that a later nowcast goes on `after` them. Raises `StoreError`."""
        return _write(path, encode_particles(self.scenario, self.filtered.particles))

    def __str__(self) -> str:
        count = len(self.filtered.forecasts)
        seen = (
            f"{self.inside} of {count} observations lie in the 90 % band of their forecast"
            if count
            else ("no observation was used")
        )
        return f"{seen[0].upper()}{seen[1:]}; {self.states.members} states of {self.day}."

    def __repr__(self) -> str:
        return f"<Nowcast of {self.scenario.name}: {self}>"


@dataclass(frozen=True)
class NowcastRequest:
    """What to follow, and from where."""

    record: str = "history"
    """A config, by path or shipped name: the dated policy from its start to the end of its weeks."""
    observed: Path | None = None
    """A table like configs/observed_record.csv; by default the shipped observations since October 2022."""
    members: int = MEMBERS
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
    with interruptible(progress) as stop:
        progress.start(paths * weeks, 0, f"path-weeks of {scenario.name}")
        filtered = follow_record(scenario, points, settings, Watch(progress, stop), begun, request.options)
    return Nowcast(scenario, settings, filtered, states_of(scenario, filtered, request.members, settings.seed))


def _record_to(request: NowcastRequest) -> Scenario:
    record, overrides = load_scenario(request.record), dict(request.overrides or {})
    if request.to is not None:
        overrides["weeks"] = _weeks_to(record.start, request.to)
    if not overrides:
        return record
    return load_scenario(request.record, with_held_approval(record, overrides))


def _weeks_to(start: date, day: date) -> int:
    """Weeks from the start of a record to a day, on which a week begins. Raises `UsageError`."""
    weeks, rest = divmod((day - start).days, 7)
    if weeks < 1:
        raise UsageError(
            "the record has no week before this day",
            where="--to",
            expected=f"a day from {start + timedelta(weeks=1)} on",
            got=str(day),
        )
    if rest:
        near = f"{start + timedelta(weeks=weeks)} or {start + timedelta(weeks=weeks + 1)}"
        raise UsageError("not the first day of a week of the record", where="--to", expected=near, got=str(day))
    return weeks


def _points(request: NowcastRequest, scenario: Scenario, begun: Particles | None) -> list[ObservedPoint]:
    if begun is None:
        return record_points(request.observed, scenario)
    if request.observed is None:
        return []
    points, day = record_points(request.observed, scenario), day_of(scenario, begun)
    for p in points:
        if p.first < day:
            expected = f"a window that begins on {day}, where the paths end, or later"
            raise DataError(
                "this observation cannot weight paths", where=p.where, expected=expected, got=f"{p.first} to {p.end}"
            )
    return points
