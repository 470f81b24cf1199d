"""Any path of a run, computed again alone, held against the store to the last bit, and told as a dated story."""

from __future__ import annotations

from .again import Again, again
from .chart import draw
from .choose import choose_paths
from .tell import MOST, Story, story

__all__ = ["MOST", "Again", "Story", "again", "choose_paths", "draw", "story"]
