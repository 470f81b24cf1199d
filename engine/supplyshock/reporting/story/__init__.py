"""Recomputes any path of a run, compares it with the store bit by bit, and describes it as dated events."""

from __future__ import annotations

from .narrative import MOST, Story, story
from .path_chart import draw
from .path_choice import PathChoice, choose_paths
from .replay import ReplayedPath, replay_path

__all__ = ["MOST", "PathChoice", "ReplayedPath", "Story", "choose_paths", "draw", "replay_path", "story"]
