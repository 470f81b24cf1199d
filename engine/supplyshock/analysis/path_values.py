"""Per-path values of a run, read piece by piece: four million paths never stand in memory with all axes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..common.errors import StoreError
from ..store.variables import LOG_WEIGHT
from .estimators import Weights, WeightSums, weights_of

if TYPE_CHECKING:
    import xarray as xr

Array = npt.NDArray[Any]

WHY_MISSING = (
    "the model gave numbers that are not finite (`supplyshock show` counts them), the run is not complete, or a file "
    "is damaged: see `supplyshock status` and `verify`"
)
AT_LEAST = 131_072
"""Paths read at once: whole chunks of the store, about so many."""


def value_blocks(variable: xr.DataArray) -> Iterator[Array]:
    """The values (paths, ...) of a variable of one scenario, whole chunks or shards at a time."""
    step = _step(variable)
    for start in range(0, variable.sizes["path"], step):
        part = variable.isel(path=slice(start, start + step))
        yield part.transpose("path", ...).to_numpy()


def path_column(variable: xr.DataArray, pick: Callable[[Array], Array], dtype: str = "float32") -> Array:
    """`pick` of each block (paths, ...), one after the other: the few numbers a path that are needed."""
    return np.concatenate([pick(block).astype(dtype, copy=False) for block in value_blocks(variable)])


def require_no_missing(values: Array, name: str) -> Array:
    """`values`; raises `StoreError` if one is missing."""
    if np.isnan(values).any():
        raise StoreError("values are missing", where=name, fix=WHY_MISSING)
    return values


def path_weights(outcomes: xr.Dataset) -> Weights:
    """Weights of the paths of one scenario, with a mean of 1; None if all count alike: without `LOG_WEIGHT`."""
    if LOG_WEIGHT not in outcomes:
        return None
    return weights_of(path_column(outcomes[LOG_WEIGHT], lambda x: x, "float64"))


def total_weight(n: int, w: Weights) -> WeightSums:
    """Sums of the weights of all `n` paths."""
    return WeightSums(n, n) if w is None else WeightSums.of(w)


def weighted_counts(variable: xr.DataArray, happened: Callable[[Array], Array], w: Weights) -> tuple[Array, Array]:
    """``sum(w)`` and ``sum(w^2)`` of the paths on which `happened` is true of a block (paths, ...), read by blocks."""
    start = 0
    sums = squares = np.zeros(())
    for block in value_blocks(variable):
        hit = happened(block)
        mine = np.ones(len(hit)) if w is None else w[start : start + len(hit)]
        start += len(hit)
        sums, squares = sums + np.tensordot(mine, hit, 1), squares + np.tensordot(mine * mine, hit, 1)
    return sums, squares


def _step(variable: xr.DataArray) -> int:
    cut = variable.encoding.get("shards") or variable.encoding.get("chunks")
    if not cut:
        return AT_LEAST
    names = variable.encoding.get("preferred_chunks", {})
    chunk = max(int(names.get("path", 1)), int(cut[1]) if len(cut) > 1 else 1)
    return chunk * max(1, AT_LEAST // chunk)
