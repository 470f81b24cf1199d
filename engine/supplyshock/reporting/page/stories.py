"""Three paths of a scenario, told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...common.errors import SupplyshockError

if TYPE_CHECKING:
    import xarray as xr

LINES = 12
"""Events of a story, besides its beginning and its end."""
WAYS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("A path in the middle", {"middle": True}),
    ("One path in twenty is worse", {"quantile": 0.95}),
    ("The worst path", {"worst_of": 1}),
)


def stories(run: xr.DataTree, scenario: str) -> dict[str, Any]:
    """The typical, the bad and the worst path of a scenario by the loss of the United States."""
    from ..story import choose_paths, story

    paths = []
    try:
        for heading, way in WAYS:
            told = story(run, choose_paths(run, scenario=scenario, measure="loss:US", **way)[0], scenario=scenario)
            lines = [line.split(": ", 1) for line in told.lines(LINES)]
            paths.append({"heading": heading, "path": told.path, "place": told.place(), "lines": lines})
    except SupplyshockError as error:
        return {"paths": paths, "note": f"The paths could not be told: {error}"}
    return {"paths": paths, "note": ""}
