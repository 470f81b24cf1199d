"""Tiles that stop after a week and go on later: the rows that a week hands to the next one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable

from ...numba_dialect import JIT
from ...outputs import OUTCOMES, outcome_rows
from ...params import Array, Params
from . import layout, path_state, path_totals
from .compile_options import compiled_loop
from .layout import LANES, PER_RHO, RHO, VALUE_C, VALUE_X, L, U


class CarriedRows(NamedTuple):
    """uint64 offsets of the rows that are carried, by array of a tile. All else a week sets before it reads it.

    The arrays have the order of `tile.Tile`. They hold the state (`params.path_state`), what follows from it at the
    start, and the running totals.
    """

    path: Any
    market: Any
    source: Any
    lists: Any
    sector: Any
    out: Any


def locate_carried(params: Params) -> CarriedRows:
    """The rows for some markets, sources, sectors and lists."""
    state, markets = path_state.locate_rows(params), len(params.markets.group)
    own = np.array([VALUE_C, VALUE_X], np.uint64)
    values = (np.arange(markets, dtype=np.uint64)[:, None] * layout.MARKET + own).ravel()
    totals = path_totals.locate_totals(params).market_rows
    delivered = np.arange(params.n_materials, markets, dtype=np.uint64) * layout.MARKET + layout.TO_CHINA
    return CarriedRows(
        path=np.concatenate([state.theta.offset, state.path.offset, np.array([RHO, PER_RHO], np.uint64)]),
        market=np.concatenate([state.market.offset, values, totals, delivered]),
        source=state.source.offset,
        lists=state.lists.offset,
        sector=state.sector.offset,
        out=_own_totals(params),
    )


def _own_totals(params: Params) -> Array:
    """Offsets of the totals that do not live with a market."""
    rows = zip(OUTCOMES, outcome_rows(params), strict=True)
    kept = [np.arange(r.start, r.stop) for o, r in rows if o.name not in path_totals.WITH_MARKETS]
    return np.concatenate(kept).astype(np.uint64) * L


def new_memory(rows: CarriedRows, paths: int, dtype: np.dtype[np.generic]) -> Array:
    """Room for the tiles of so many paths."""
    return np.empty((-(-paths // LANES), sum(len(offsets) for offsets in rows) * LANES), dtype)


@compiled_loop
def carry(tile: Any, rows: Any, paused: Any, number: Any, back: Any) -> None:
    """Copy what a tile carries into the memory of paused tiles, or back into a tile that was cleared."""
    kept, at = paused[number], U(0)
    for k in range(len(rows)):
        own, offsets = tile[k], rows[k]
        for r in range(offsets.shape[0]):
            if back:
                _copy(kept, at, own, offsets[r])
            else:
                _copy(own, offsets[r], kept, at)
            at += L


@register_jitable(**JIT)
def _copy(of: Any, i: Any, to: Any, j: Any) -> None:
    for l in range(L):
        to[j + l] = of[i + l]
