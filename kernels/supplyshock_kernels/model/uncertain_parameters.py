"""The uncertain parameters of a path: one draw each, before the first week (docs/model.md, "Priors")."""

from __future__ import annotations

from typing import Any

from ..ops import HALF, ONE, clip, exp, scalar, sqrt, where


@scalar
def draw(own: Any, shared: Any, loading: Any, lognormal: Any, center: Any, sd: Any, low: Any, high: Any) -> Any:
    """A normal or lognormal draw in [low, high] that leans on a shared normal by ``loading``."""
    z = loading * shared + sqrt(ONE - loading * loading) * own
    return clip(where(lognormal > HALF, center * exp(sd * z), center + sd * z), low, high)
