"""Statistics of paths of the tiny world, and whether two are the same."""

from __future__ import annotations

from itertools import pairwise

from supplyshock.execution.accumulators import PathStatistics
from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import Grid

from . import synthetic

PARAMS = synthetic.tiny_params()


def observed(start: int, stop: int, keep: int = 0) -> Observed:
    """Of paths `start` to `stop`, `keep` of them with their series."""
    return synthetic.simulate(PARAMS, Grid(keep=keep), 1, range(start, stop))


def tally(*edges: int) -> PathStatistics:
    """The sum over the paths between these edges, part by part."""
    parts = [PathStatistics.of(observed(a, b)) for a, b in pairwise(edges)]
    whole = PathStatistics.like(parts[0])
    for part in parts:
        whole.add(part)
    return whole


def same(a: PathStatistics, b: PathStatistics) -> bool:
    """Whether all numbers are the same."""
    return a.count == b.count and all((x == y).all() for x, y in zip(a.arrays(), b.arrays(), strict=True))
