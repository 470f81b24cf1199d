"""Paths that stopped after a week, and the memory from which a later call continues them.

If a backend can stop (`backends.spec.Pausing`), continued paths have the bits of paths that never stopped. States and
running totals stay in its memory, and random numbers and outcomes count the weeks of the whole run.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import statistics
from .outputs import Stats, returned_rows
from .params import Array, Grid, Params
from .path_numbers import Paths, count_kept


class Paused(NamedTuple):
    """Paths after some weeks; they may go on more than once, under parameters that were the same until then."""

    week: int
    """Weeks that are simulated."""
    memory: Any
    """States and running totals, as the backend keeps them."""
    stats: Stats
    """Of these weeks; rows of later ones are zero."""
    series: Array
    """(rows, T, kept) of these weeks."""


def begin_outputs(params: Params, grid: Grid, paths: Paths, since: Paused | None) -> tuple[Stats, Array]:
    """Statistics, and series (rows, T, kept), that hold the weeks already simulated and have room for the others."""
    stats = statistics.empty(params)
    series = np.empty((len(returned_rows(params, grid)), params.weeks, count_kept(grid.keep, paths)), np.float32)
    if since is not None:
        for mine, theirs in zip(stats[1:], since.stats[1:], strict=True):
            mine[: since.week] = theirs[: since.week]
        series[:, : since.week] = since.series[:, : since.week]
    return stats, series


def weeks_to_do(params: Params, stop: int, since: Paused | None) -> range:
    """From the week after a pause to one before ``stop``. Raises ValueError where there is none."""
    weeks = range(since.week if since is not None else 0, stop)
    if not weeks or stop > params.weeks:
        raise ValueError(f"weeks to simulate: expected one or more of {params.weeks}, got {weeks.start} to {stop}")
    return weeks
