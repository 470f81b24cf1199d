"""The model on CPU cores: tiles of paths in the cache, compiled by numba, one thread a call.

``simulate`` releases the GIL, so a pool of threads runs blocks side by side.
"""

from __future__ import annotations

import threading

import numpy as np

from ... import statistics
from ...model import likelihood
from ...model.negotiation import rules as policy_rules
from ...model.supply import chance
from ...outputs import MAX_BLOCK, Observed, outcome_rows, series_rows
from ...params import REGIMES, Array, Grid, Params, Policy, cast, other_policy
from ...rng.philox import key_of
from ...uncertain_parameters import NAMES
from . import layout
from .kernel_cache import compiled_from_sources

with compiled_from_sources():
    from . import record, tile


_LINE = 128
"""Bytes; rows start at a multiple of it. Memory from NumPy starts anywhere, and vector loads then straddle lines."""


def _fixed(params: Params, versus: Policy | None) -> tile.Fixed:
    """What every tile shares, in the precision of the parameters."""
    k, src, pol = params.markets, params.sources, params.policy
    real = k.use.dtype.type
    p = chance(src.outage_hazard)
    high = np.cumsum(p, dtype=p.dtype)
    fab = src.basket[:, params.n_materials :].sum(1) > 0
    weight = k.us_coverage * k.value * k.use[:, 0]
    tariff = pol.tariff_share[pol.list_party]
    own = np.where(pol.list_is_tariff > 0, tariff, (1 - tariff) * (pol.list_cum[:, 1] - pol.list_cum[:, 0]))
    return tile.Fixed(
        policy_rules(pol),
        likelihood.other(pol, versus or pol),
        versus is not None,
        record.at_rows(params),
        record.shown_rows(params),
        np.array([layout.LOSS_CN, layout.LOSS_US]),
        record.total_rows(params),
        statistics.bin_table(params),
        np.maximum(k.use[:, 1] - k.supply[:, 1], real(1e-4)),
        (weight / max(weight.sum(), 1e-9) / params.weeks).astype(real),
        own.astype(real),
        np.stack([high - p, high], 1),
        np.where(fab, real(0), params.material.supply_elasticity).astype(real),
        params.n_materials,
        len(pol.list_party),
        len(REGIMES),
        len(NAMES),
        real(1e-9),
    )


def _tile(params: Params, dtype: np.dtype[np.generic]) -> tile.Tile:
    """Memory of one tile. One spare list stays open; one spare market takes odd normals."""

    def rows(n: int) -> Array:
        size = n * layout.LANES
        memory = np.zeros(size + _LINE // dtype.itemsize, dtype)
        skip = -memory.ctypes.data % _LINE // memory.itemsize
        return memory[skip : skip + size]

    markets = len(params.markets.group)
    return tile.Tile(
        rows(layout.PATH_ROWS),
        rows((markets + 1) * layout.MARKET_ROWS),
        rows(len(params.sources.lead) * layout.SOURCE_ROWS),
        rows((len(params.policy.list_party) + 1) * layout.LIST_ROWS),
        rows(len(params.sectors.buffer) * layout.SECTOR_ROWS),
        rows(outcome_rows(params)[-1].stop),
    )


_kept = threading.local()


def _codes(rows: int, paths: int) -> Array:
    """Room for the bins of a group of tiles that are counted together: up to 16 in about 85 MB.

    A thread keeps its room from call to call: fresh memory would cost as much as a twentieth of the call.
    """
    tiles = min(16, max(1, 85_000_000 // (2 * layout.LANES * rows)), -(-paths // layout.LANES))
    size = rows * (tiles * layout.LANES + int(layout.PAD))
    room: Array | None = getattr(_kept, "codes", None)
    if room is None or room.size < size:
        room = _kept.codes = np.empty(size, np.uint16)
    return room[:size]


def simulate(params: Params, grid: Grid, seed: int, paths: range, versus: Policy | None = None) -> Observed:
    """Simulate a contiguous range of paths. Raises ValueError for more than `MAX_BLOCK` of them.

    With another policy, `Observed.log_ratio` says how much likelier each path's events are under that one.
    """
    if not 0 < len(paths) <= MAX_BLOCK:
        raise ValueError(f"paths of one call: expected 1 to {MAX_BLOCK}, got {len(paths)}")
    params, versus = cast(params, grid.precision), other_policy(params, versus, grid.precision)
    dtype = np.dtype(grid.precision)
    kept = min(max(grid.keep - paths.start, 0), len(paths))
    stats = statistics.empty(params)
    series = np.empty((series_rows(params)[-1].stop, params.weeks, kept), np.float32)
    outcomes = np.empty((outcome_rows(params)[-1].stop, len(paths)), np.float32)
    codes = _codes(stats.total.size, len(paths))
    log_ratio = np.zeros(len(paths) if versus else 0, np.float32)
    sink = tile.Sink(stats.total, stats.square, stats.regime, stats.histogram, codes, series, outcomes, log_ratio)
    tile.run(
        _tile(params, dtype),
        params,
        _fixed(params, versus),
        sink,
        key_of(seed),
        dtype.type(1),
        grid.normals == "inverse",
        np.uint64(paths.start),
        len(paths),
        kept,
    )
    clipped = statistics.clipped(stats.histogram, params)
    return Observed(outcomes, series, stats._replace(paths=len(paths)), clipped, log_ratio)
