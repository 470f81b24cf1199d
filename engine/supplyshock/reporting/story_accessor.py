"""Gives ``run.supplyshock`` the method `story`, which lies in a layer above the accessor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..analysis.accessor import Accessor

if TYPE_CHECKING:
    from .story import Story


def story(self: Accessor, path: int, *, scenario: str | None = None, measure: str = "loss:US") -> Story:
    """See `supplyshock.story`. Raises `UsageError` for a Dataset: a story needs the whole run."""
    from .story import story as story_of_run  # imported late: opening a run does not load the story modules

    return story_of_run(self.run, path, scenario=scenario, measure=measure)


Accessor.story = story  # type: ignore[attr-defined]
