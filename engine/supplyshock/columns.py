"""Per-path values of a run, read piece by piece: four million paths never stand in memory with all axes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import xarray as xr

Array = npt.NDArray[Any]

AT_LEAST = 131_072
"""Paths read at once: whole chunks of the store, about so many."""


def blocks(variable: xr.DataArray) -> Iterator[Array]:
    """The values (paths, ...) of a variable of one scenario, whole chunks or shards at a time."""
    step = _step(variable)
    for start in range(0, variable.sizes["path"], step):
        part = variable.isel(path=slice(start, start + step))
        yield part.transpose("path", ...).to_numpy()


def column(variable: xr.DataArray, pick: Callable[[Array], Array], dtype: str = "float32") -> Array:
    """`pick` of each block (paths, ...), one after the other: the few numbers a path that are wanted."""
    return np.concatenate([pick(block).astype(dtype, copy=False) for block in blocks(variable)])


def _step(variable: xr.DataArray) -> int:
    cut = variable.encoding.get("shards") or variable.encoding.get("chunks")
    if not cut:
        return AT_LEAST
    names = variable.encoding.get("preferred_chunks", {})
    chunk = max(int(names.get("path", 1)), int(cut[1]) if len(cut) > 1 else 1)
    return chunk * max(1, AT_LEAST // chunk)
