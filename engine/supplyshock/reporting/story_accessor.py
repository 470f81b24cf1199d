"""Gives ``run.supplyshock`` the method `story`: results know nothing of stories, which are told above them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..analysis.accessor import Accessor

if TYPE_CHECKING:
    from .story import Story


def story(self: Accessor, path: int, *, scenario: str | None = None, measure: str = "loss:US") -> Story:
    """See `supplyshock.story`. Raises `UsageError` for a Dataset: a story needs the whole run."""
    from .story import story as tell

    return tell(self.run, path, scenario=scenario, measure=measure)


Accessor.story = story  # type: ignore[attr-defined]
