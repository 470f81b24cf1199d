"""How losses answer to a small step of a parameter or a lever: gradients with standard errors."""

from __future__ import annotations

from .answers import Answer, gradient_answers
from .directions import DEFAULT, Direction, find_directions
from .picture import tornado

__all__ = ["DEFAULT", "Answer", "Direction", "find_directions", "gradient_answers", "tornado"]
