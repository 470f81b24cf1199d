"""In which weeks sectors stand still, from nothing but the count of such weeks up to any week."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from supplyshock_kernels.params import Array


def weekly_stops(upto: Callable[[int], Array], weeks: int, shape: tuple[int, ...]) -> Array:
    """(weeks, *shape) bool. ``upto(t)`` counts the stops in the first t weeks.

    Halves the horizon until each piece is all or nothing in every sector, so that few counts are asked for: one
    where nothing stops, and about ``2 log2(weeks)`` for each beginning and each end otherwise.
    """
    table = np.zeros((weeks, *shape), bool)
    counts = {0: np.zeros(shape), weeks: np.asarray(upto(weeks), float)}
    pieces = [(0, weeks)]
    while pieces:
        a, b = pieces.pop()
        stopped = counts[b] - counts[a]
        if np.isin(stopped, (0, b - a)).all():
            table[a:b] = stopped > 0
            continue
        half = (a + b) // 2
        counts[half] = np.asarray(upto(half), float)
        pieces += [(a, half), (half, b)]
    return table
