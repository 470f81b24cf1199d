"""Memory for tiles and for the bins that wait to be counted."""

from __future__ import annotations

import threading

import numpy as np

from ...outputs import outcome_rows
from ...params import Array, Params
from . import layout
from .tile import Tile

_LINE = 128
"""Bytes; rows start at a multiple of it. Memory from NumPy starts anywhere, and vector loads then straddle lines."""


def new_tile(params: Params, dtype: np.dtype[np.generic]) -> Tile:
    """Memory of one tile. One spare list stays open; one spare market takes odd normals."""

    def rows(n: int) -> Array:
        size = n * layout.LANES
        memory = np.zeros(size + _LINE // dtype.itemsize, dtype)
        skip = -memory.ctypes.data % _LINE // memory.itemsize
        return memory[skip : skip + size]

    markets = len(params.markets.group)
    return Tile(
        path=rows(layout.PATH_ROWS),
        market=rows((markets + 1) * layout.MARKET_ROWS),
        source=rows(len(params.sources.lead) * layout.SOURCE_ROWS),
        lists=rows((len(params.policy.list_party) + 1) * layout.LIST_ROWS),
        sector=rows(len(params.sectors.buffer) * layout.SECTOR_ROWS),
        out=rows(outcome_rows(params)[-1].stop),
    )


_kept = threading.local()


def bin_codes(rows: int, paths: int) -> Array:
    """Room for the bins of a group of tiles that are counted together: up to 16 in about 85 MB.

    A thread keeps its room from call to call: fresh memory would cost as much as a twentieth of the call.
    """
    tiles = min(16, max(1, 85_000_000 // (2 * layout.LANES * rows)), -(-paths // layout.LANES))
    size = rows * (tiles * layout.LANES + int(layout.PAD))
    room: Array | None = getattr(_kept, "codes", None)
    if room is None or room.size < size:
        room = _kept.codes = np.empty(size, np.uint16)
    return room[:size]
