"""Tiles that stop after a week and go on later: the rows that a week hands to the next one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...outputs import OUTCOMES, outcome_rows
from ...params import Array, Params
from . import layout, path_state, path_totals
from .compile_options import compiled_loop
from .layout import LANES, PER_RHO, RHO, VALUE_C, VALUE_X, L, U


class CarriedRows(NamedTuple):
    """uint64 offsets of the rows that are carried, by array of a tile. All else a week sets before it reads it.

    They are the state (`params.path_state`), what follows from it at the start, and the running totals.
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
def _lay_down(memory: Any, rows: Any, to: Any, first: Any) -> Any:
    for r in range(rows.shape[0]):
        i, j = rows[r], U(first) + U(r) * L
        for l in range(L):
            to[j + l] = memory[i + l]
    return first + rows.shape[0] * int(L)


@compiled_loop
def _take_up(memory: Any, rows: Any, of: Any, first: Any) -> Any:
    for r in range(rows.shape[0]):
        i, j = rows[r], U(first) + U(r) * L
        for l in range(L):
            memory[i + l] = of[j + l]
    return first + rows.shape[0] * int(L)


@compiled_loop
def lay_down(tile: Any, rows: Any, paused: Any, number: Any) -> None:
    """Copy what a tile carries into the memory of paused tiles."""
    to = paused[number]
    at = _lay_down(tile.path, rows.path, to, 0)
    at = _lay_down(tile.market, rows.market, to, at)
    at = _lay_down(tile.source, rows.source, to, at)
    at = _lay_down(tile.lists, rows.lists, to, at)
    at = _lay_down(tile.sector, rows.sector, to, at)
    _lay_down(tile.out, rows.out, to, at)


@compiled_loop
def take_up(tile: Any, rows: Any, paused: Any, number: Any) -> None:
    """Copy it back, into a tile that was cleared."""
    of = paused[number]
    at = _take_up(tile.path, rows.path, of, 0)
    at = _take_up(tile.market, rows.market, of, at)
    at = _take_up(tile.source, rows.source, of, at)
    at = _take_up(tile.lists, rows.lists, of, at)
    at = _take_up(tile.sector, rows.sector, of, at)
    _take_up(tile.out, rows.out, of, at)
