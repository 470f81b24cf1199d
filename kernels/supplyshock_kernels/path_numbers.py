"""Which paths a call simulates: a range of numbers, or any numbers in any order."""

from __future__ import annotations

import numpy as np

from .params import Array

Paths = range | Array
"""Numbers of paths below 2**64. A path is determined by its number, not by its place in the call."""


def number_paths(paths: Paths, room: int = 1) -> Array:
    """(N,) uint64 numbers; filled up to a multiple of ``room``."""
    filled = -(-len(paths) // room) * room
    if isinstance(paths, range):
        return np.arange(paths.start, paths.start + filled, dtype=np.uint64)
    numbers = np.asarray(paths, np.uint64)
    return np.concatenate([numbers, np.repeat(numbers[-1:], filled - len(paths))])


def count_kept(keep: int, paths: Paths) -> int:
    """Paths of a call that return their series: of a range those numbered below ``keep``, else the first so many."""
    first = paths.start if isinstance(paths, range) else 0
    return min(max(keep - first, 0), len(paths))
