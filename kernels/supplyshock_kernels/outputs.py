"""What a simulation gives back, and in which order: the one table that backends and stores share."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from .params import ACTION_KINDS, BLOCS, PARTIES, REGIMES, Array, Params
from .uncertain_parameters import NAMES as THETA

FIXED_POINT = 2.0**20
"""Sums are kept as integers of ``round(x * FIXED_POINT)``: exact to merge, in any order."""

MAX_BLOCK = 65_535
"""Paths of one call: what a 16-bit count of the histogram can hold."""


class Bins(NamedTuple):
    """A fixed grid for quantiles: bins of equal width within each power of two of ``x + offset``.

    ``per_octave`` is a power of two. Values below ``low - offset`` fall into the
    first bin and values above the grid into the last.
    """

    low: float
    octaves: int
    per_octave: int
    offset: float = 0.0

    @property
    def number(self) -> int:
        """Bins of the grid."""
        return self.octaves * self.per_octave


class Weekly(NamedTuple):
    """A weekly quantity with statistics over all paths."""

    name: str
    axes: tuple[str, ...]
    bins: Bins


class Outcome(NamedTuple):
    """A per-path total."""

    name: str
    axes: tuple[str, ...]


WEEKLY = (
    Weekly("price_ratio", ("market", "bloc"), Bins(2.0**-4, 13, 256)),
    Weekly("inventory_weeks", ("market", "bloc"), Bins(2.0**-3, 10, 128)),
    Weekly("shortage_ratio", ("market", "bloc"), Bins(1.0, 1, 1024, offset=1.0)),
    Weekly("paid_price_ratio", ("market",), Bins(2.0**-4, 13, 256)),
    Weekly("export_ratio", ("market",), Bins(2.0**-2, 5, 128, offset=0.25)),
    Weekly("lead_time_weeks", ("chip",), Bins(2.0**0, 7, 128)),
    Weekly("loss_usd_bn", ("party",), Bins(2.0**-10, 17, 64)),
)

SERIES_ONLY = (("control_level", ("list",)), ("regime", ()))
"""Kept paths also return these, after the weekly quantities."""

OUTCOMES = (
    Outcome("peak_price_ratio", ("market", "bloc")),
    Outcome("peak_week", ("market", "bloc")),
    Outcome("peak_paid_price_ratio", ("market",)),
    Outcome("shortage_weeks", ("market", "bloc")),
    Outcome("unmet_weeks_of_use", ("market", "bloc")),
    Outcome("loss_usd_bn", ("party", "sector")),
    Outcome("price_bill_usd_bn", ("party",)),
    Outcome("first_stop_week", ("bloc", "sector")),
    Outcome("stop_weeks", ("bloc", "sector")),
    Outcome("regime_end", ()),
    Outcome("weeks_in_regime", ("regime",)),
    Outcome("deal_week", ()),
    Outcome("rift_week", ()),
    Outcome("actions", ("party", "kind")),
    Outcome("ex_china_supply_share", ("market",)),
    Outcome("supply_concentration", ("market",)),
    Outcome("compute_delivered_ratio", ()),
    Outcome("stock_drawn_weeks_of_use", ("market",)),
    Outcome("theta", ("parameter",)),
)


def sizes(params: Params) -> dict[str, int]:
    """Length of every axis named above."""
    markets = int(params.markets.group.shape[0])
    return {
        "market": markets,
        "chip": markets - params.n_materials,
        "bloc": len(BLOCS),
        "party": len(PARTIES),
        "sector": int(params.sectors.buffer.shape[0]),
        "list": int(params.policy.list_party.shape[0]),
        "regime": len(REGIMES),
        "kind": len(ACTION_KINDS),
        "parameter": len(THETA),
        "time": params.weeks,
    }


class Rows(NamedTuple):
    """Where a quantity with axes sits in a stack of rows."""

    name: str
    start: int
    shape: tuple[int, ...]
    axes: tuple[str, ...]

    @property
    def stop(self) -> int:
        """One past the last row."""
        return self.start + prod(self.shape)


def _stack(table: tuple[tuple[str, tuple[str, ...]], ...], size: dict[str, int]) -> tuple[Rows, ...]:
    rows: list[Rows] = []
    start = 0
    for name, axes in table:
        rows.append(Rows(name, start, tuple(size[a] for a in axes), axes))
        start = rows[-1].stop
    return tuple(rows)


def weekly_rows(params: Params) -> tuple[Rows, ...]:
    """Rows of `Stats.total` (second axis) and the first rows of `Observed.series`."""
    return _stack(tuple((w.name, w.axes) for w in WEEKLY), sizes(params))


def series_rows(params: Params) -> tuple[Rows, ...]:
    """Rows of `Observed.series`."""
    return _stack(tuple((w.name, w.axes) for w in WEEKLY) + SERIES_ONLY, sizes(params))


def outcome_rows(params: Params) -> tuple[Rows, ...]:
    """Rows of `Observed.outcomes`."""
    return _stack(tuple((o.name, o.axes) for o in OUTCOMES), sizes(params))


class Stats(NamedTuple):
    """Integers only, so that merging is exact and has no order. V rows of `weekly_rows`."""

    paths: int
    total: Array
    """(T, V) int64, sum of ``round(x * FIXED_POINT)``."""
    square: Array
    """(T, V) int64, sum of ``round(x * x * FIXED_POINT)``."""
    regime: Array
    """(T, 6) int64, paths in each regime."""
    histogram: Array
    """(T, B) uint16, the bins of every row one after the other (`bin_starts`)."""


class Observed(NamedTuple):
    """The result for n paths, of which the first `kept` returned their series.

    Everything about a path depends only on (params, key, path index).
    """

    outcomes: Array
    """(rows, n) float32; NaN: never happened."""
    series: Array
    """(rows, T, kept) float32."""
    stats: Stats
    clipped: int
    """Weekly values in the last bin of their grid or beyond it."""
    log_ratio: Array = np.empty(0, np.float32)
    """(n,) float32 log of how much likelier a path's events are under another policy; empty where none was given."""
