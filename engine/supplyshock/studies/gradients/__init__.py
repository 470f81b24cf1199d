"""How losses, bills and shortages answer to a small step of a parameter or a lever: gradients with standard errors."""

from __future__ import annotations

from .directions import DEFAULT, Direction, find_directions
from .effects import Effect, gradient_effects
from .targets import Target, find_target

__all__ = ["DEFAULT", "Direction", "Effect", "Target", "find_directions", "find_target", "gradient_effects"]
