"""Any path of a run, computed again alone, held against the store to the last bit, and told as a dated story."""

from __future__ import annotations

from .narrative import MOST, Story, story
from .path_chart import draw
from .path_choice import choose_paths
from .replay import ReplayedPath, replay_path

__all__ = ["MOST", "ReplayedPath", "Story", "choose_paths", "draw", "replay_path", "story"]
