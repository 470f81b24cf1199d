"""The stories of three paths of a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...common.errors import SupplyshockError
from ..story import PathChoice, choose_paths, story

if TYPE_CHECKING:
    import xarray as xr

LINES = 12
"""Events of a story, besides its beginning and its end."""
CHOICES: tuple[tuple[str, PathChoice], ...] = (
    ("A path in the middle", PathChoice(middle=True)),
    ("One path in twenty is worse", PathChoice(quantile=0.95)),
    ("The worst path", PathChoice(worst_of=1)),
)


def stories(run: xr.DataTree, scenario: str) -> dict[str, Any]:
    """The typical, the bad and the worst path of a scenario by the loss of the United States."""
    paths = []
    try:
        for heading, choice in CHOICES:
            one = story(run, choose_paths(run, choice, scenario=scenario)[0], scenario=scenario)
            lines = [line.split(": ", 1) for line in one.lines(LINES)]
            paths.append({"heading": heading, "path": one.path, "place": one.rank_text(), "lines": lines})
    except SupplyshockError as error:
        return {"paths": paths, "note": f"The paths could not be replayed: {error}"}
    return {"paths": paths, "note": ""}
