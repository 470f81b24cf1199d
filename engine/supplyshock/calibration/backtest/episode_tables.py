"""Which table of observed points has an episode: the shipped one, one of an optional data set, or the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ...scenarios.shipped import OBSERVED, optional_sets
from .observations import shipped_points
from .observed_point import ObservedPoint
from .run import choose_episodes, episodes, known_points

ALL = "all"


class ChosenEpisode(NamedTuple):
    """An episode with its points."""

    name: str
    points: tuple[ObservedPoint, ...]
    held_out: bool
    """True for an optional data set, on which no parameter was fitted: it is scored separately."""


def choose(name: str, observed: Path | None = None) -> list[ChosenEpisode]:
    """The episode or config of that name, or all; from one table, or from every one that ships.

    Raises `ConfigError` if there is no such episode or config, `DataError` if nothing was observed for it.
    """
    tables = [observed] if observed else [shipped_points(), *(folder / OBSERVED for folder in optional_sets())]
    if name == ALL:
        return [_chosen(e, points, file) for file in tables for e, points in episodes(known_points(file)).items()]
    for file in tables:
        points = known_points(file)
        if name in episodes(points) or Path(name).stem in {Path(p.scenario).stem for p in points}:
            return [_chosen(name, choose_episodes(name, points, file), file)]
    return [_chosen(name, choose_episodes(name, known_points(tables[0]), tables[0]), tables[0])]


def _chosen(name: str, points: Sequence[ObservedPoint], file: Path) -> ChosenEpisode:
    return ChosenEpisode(name, tuple(points), file.parent in optional_sets())
