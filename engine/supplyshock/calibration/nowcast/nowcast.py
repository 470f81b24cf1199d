"""From a record and a table of observations to the states of a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...common.errors import Interrupted, UsageError
from ...common.progress import Progress
from ...common.signals import stop_on_signal
from ...common.thread_pool import Stopped
from ...execution.request_checks import check_numbers
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.scenario import Scenario, load_scenario
from ...scenarios.state_file import StateFile
from ..backtest.simulated_view import PIECE
from .first_day import states_of
from .observations import record_points
from .particle_filter import Filtered, follow_record


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


def find_states(
    record: str,
    observed: Path | None,
    members: int,
    settings: SimulationSettings,
    overrides: Mapping[str, Any] | None,
    progress: Progress,
) -> Nowcast:
    """Follows a record and weighs its paths by what was observed.

    Parameters
    ----------
    record : str
        A config, by path or shipped name: the dated policy from its start to the end of its weeks.
    observed : path, optional
        A table like configs/observed.csv; by default the shipped observations since October 2022.
    members : int
        States to keep, S.
    settings : SimulationSettings
        How to compute; paths are rounded up to a multiple of 256.
    overrides : mapping, optional
        Keys of the config.
    progress : Progress
        Told of the path-weeks done.

    Raises
    ------
    DataError
        An observation has no value, another measure, or a window outside the record (65).
    UsageError
        Fewer paths than members (2).
    Interrupted
        A signal came (75).
    """
    check_numbers(
        paths=settings.paths, seed=settings.seed, save_series=0, precision=settings.precision, threads=settings.threads
    )
    if settings.paths < members:
        raise UsageError("too few paths", where="--paths", expected=f"at least {members}", got=str(settings.paths))
    settings = replace(settings, paths=-(-settings.paths // PIECE) * PIECE)
    scenario = load_scenario(record, overrides)
    points = record_points(observed, scenario)
    try:
        with stop_on_signal() as stop:
            progress.start(settings.paths * scenario.weeks, 0, f"path-weeks of {scenario.name}")
            filtered = follow_record(scenario, points, settings, progress, stop)
    except Stopped:
        raise Interrupted("interrupted; nothing is kept", fix="run the same command again to start over") from None
    finally:
        progress.close()
    return Nowcast(scenario, settings, filtered, states_of(scenario, filtered, members, settings.seed))
