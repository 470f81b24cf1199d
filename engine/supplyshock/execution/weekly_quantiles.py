"""Weekly quantiles and their standard errors, from the same counts."""

from __future__ import annotations

from math import prod, sqrt

import numpy as np

from supplyshock_kernels.outputs import WEEKLY, Bins, sizes
from supplyshock_kernels.params import Array, Params
from supplyshock_kernels.statistics import quantiles

from ..analysis.risk_measures import rank_interval
from ..store.variables import QUANTILES


def weekly_quantiles(histogram: Array, params: Params, paths: int) -> tuple[Array, Array]:
    """(P, T, V) the quantiles of counts (T, B) of `paths` paths, and their errors.

    The error has two parts, which add as squares. The first is half the distance between the order statistics one
    sigma of rank to either side, as in `analysis.risk_measures.quantiles`. The second is that of a number that is
    known to a bin only: its width over ``sqrt(12)`` (JCGM 100:2008, F.2.2.1). Many paths may have the same value,
    such as no shortage, and then the second part is all there is. NaN for fewer than two paths.
    """
    intervals = [rank_interval(paths, q) for q in QUANTILES]
    ends = [(rank + 0.5) / paths for low, _, high in intervals for rank in (low, high)]
    spread = quantiles(histogram, params, [*QUANTILES, *ends])  # in one call: adding up the counts is the larger part
    estimates, low, high = spread[: len(QUANTILES)], spread[len(QUANTILES) :: 2], spread[len(QUANTILES) + 1 :: 2]
    errors = np.hypot((high - low) / 2, _widths(estimates, params) / sqrt(12))
    return estimates, errors if paths > 1 else np.full_like(errors, np.nan)


def _widths(x: Array, params: Params) -> Array:
    """(P, T, V) the widths of the bins that quantiles lie in; 0 below a grid whose lowest bin counts as zero."""
    size = sizes(params)
    grids = [w.bins for w in WEEKLY for _ in range(prod(size[a] for a in w.axes))]
    return np.stack([_width(x[..., row], grid) for row, grid in enumerate(grids)], -1)


def _width(x: Array, grid: Bins) -> Array:
    magnitude = np.abs(x + grid.offset)
    octave = np.clip(np.floor(np.log2(np.maximum(magnitude, grid.low) / grid.low)), 0, grid.octaves - 1)
    return np.where(magnitude < grid.low, 0.0, grid.low * 2.0**octave / grid.per_octave)
