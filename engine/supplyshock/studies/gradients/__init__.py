"""How losses, bills and shortages answer to a small step of a parameter or a lever: gradients with standard errors."""

from __future__ import annotations

from .directions import DEFAULT, Direction, find_directions
from .effects import Answer, gradient_answers
from .targets import Target, find_target

__all__ = ["DEFAULT", "Answer", "Direction", "Target", "find_directions", "find_target", "gradient_answers"]
