"""How losses, bills and shortages answer to a small step of a parameter or a lever: gradients with standard errors."""

from __future__ import annotations

from .answers import Answer, gradient_answers
from .directions import DEFAULT, Direction, find_directions
from .picture import tornado
from .targets import Target, find_target

__all__ = ["DEFAULT", "Answer", "Direction", "Target", "find_directions", "find_target", "gradient_answers", "tornado"]
