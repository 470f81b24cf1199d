"""The outputs of a simulation, their order and their meaning: the one declaration of every output.

Backends compute the rows below in this order; stores take names, axes, units and long names from here, measures
their folds, and comparisons which differences to keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from .model.uncertain_parameters import NAMES as THETA
from .params import ACTION_KINDS, BLOCS, ECONOMIES, PARTIES, REGIMES, Array, Grid, Params

FIXED_POINT = 2.0**20
"""Sums are kept as integers of ``round(x * FIXED_POINT)``: exact to merge, in any order."""

LARGEST = 2.0**12
"""Sums take values below this in magnitude: their squares over the paths of any call fit 64 bits. Larger ones, and
those that are not finite, are counted instead (`Stats.nonfinite`)."""

MAX_BLOCK = 65_535
"""Paths of one call: what a 16-bit count of the histogram can hold."""


class Bins(NamedTuple):
    """A fixed grid for quantiles: bins of equal width within each power of two of ``x + offset``.

    ``per_octave`` is a power of two. Values below the grid have a bin of their own, the first; values above the
    grid fall into the last.
    """

    low: float
    octaves: int
    per_octave: int
    offset: float = 0.0
    zero_below: bool = False
    """Values below the grid count as zero, as most of them are; otherwise as its lower end, and as clipped."""
    mirrored: bool = False
    """The grid is repeated for negative values: of these it takes the magnitudes, and puts their bins first."""

    @property
    def before(self) -> int:
        """Bins of negative values."""
        return self.mirrored * self.octaves * self.per_octave

    @property
    def number(self) -> int:
        """Bins of the grid, and one for what lies below it."""
        return self.before + self.octaves * self.per_octave + 1

    @property
    def below(self) -> float:
        """The value in quantiles of a number below the grid."""
        return 0.0 if self.zero_below else self.low - self.offset


class Weekly(NamedTuple):
    """A weekly quantity with statistics over all paths."""

    name: str
    axes: tuple[str, ...]
    units: str
    long_name: str
    bins: Bins
    labels: tuple[str, ...] = ()
    """Meanings of the values 0, 1, 2 ...; empty for a number."""


class Series(NamedTuple):
    """A weekly quantity that only paths with series return."""

    name: str
    axes: tuple[str, ...]
    units: str
    long_name: str
    labels: tuple[str, ...] = ()
    """Meanings of the values 0, 1, 2 ...; empty for a number."""


NOT, MEANS, PATHS = "not", "means", "paths"
"""The stored part of an outcome's difference between two scenarios: nothing, its mean, or every path's difference."""


class Outcome(NamedTuple):
    """A per-path total: everything about it except how to compute it.

    To add one, add a row to `OUTCOMES` and compute it in the two loops: `backends.array_program.path_totals` and
    `backends.numba_cpu.path_totals`.
    """

    name: str
    axes: tuple[str, ...]
    units: str
    long_name: str
    fold: Mapping[str, str] = MappingProxyType({})
    """How an axis without a label in a measure is reduced: ``sum``, ``max``, or one label of it."""
    dated: bool = False
    """A week, or NaN if it never happens. In all others NaN is a value that is missing."""
    paired: str = MEANS
    """`NOT` for what has no mean difference: a week that may never come, a label, or what all scenarios share."""
    paired_over: str = ""
    """Axis that the differences of every path are summed over."""
    labels: tuple[str, ...] = ()
    """Meanings of the values 0, 1, 2 ...; empty for a number."""


WEEKLY = (
    Weekly(
        "price_ratio",
        ("market", "bloc"),
        "1",
        "quoted price (chips: broker price), ratio to its baseline",
        Bins(2.0**-4, 13, 256),
    ),
    Weekly(
        "inventory_weeks",
        ("market", "bloc"),
        "weeks",
        "inventory, weeks of the bloc's own baseline use",
        Bins(2.0**-6, 13, 128, zero_below=True),
    ),
    Weekly("shortage_ratio", ("market", "bloc"), "1", "unmet share of wanted use", Bins(1.0, 1, 1024, offset=1.0)),
    Weekly(
        "paid_price_ratio",
        ("market",),
        "1",
        "price paid outside China (volume-weighted; chips: contract price), ratio to baseline",
        Bins(2.0**-4, 13, 256),
    ),
    Weekly(
        "export_ratio",
        ("market",),
        "1",
        "gated flow over its baseline: exports from China, or into China for chips on a US list",
        Bins(2.0**-2, 5, 128, offset=0.25),
    ),
    Weekly("lead_time_weeks", ("chip",), "weeks", "lead time of a chip, order to delivery", Bins(2.0**0, 7, 128)),
    Weekly(
        "loss_usd_bn",
        ("party",),
        "1e9 USD week-1",
        "output the party loses in the week, along the chain; gains are negative",
        Bins(2.0**-10, 17, 64, zero_below=True, mirrored=True),
    ),
)

_SERIES_ONLY = (
    Series("control_level", ("list",), "1", "level of the control list, 0 open to 1 closed"),
    Series("regime", (), "1", "regime of the negotiation, as an index", labels=REGIMES),
)
SERIES: tuple[Weekly | Series, ...] = (*WEEKLY, *_SERIES_ONLY)
"""What paths with series return."""

OUTCOMES = (
    Outcome(
        "peak_price_ratio",
        ("market", "bloc"),
        "1",
        "highest quoted price, ratio to its baseline",
        fold={"market": "max", "bloc": "XC"},
    ),
    Outcome("peak_week", ("market", "bloc"), "weeks", "week of the highest quoted price, from 0", paired=NOT),
    Outcome(
        "peak_paid_price_ratio",
        ("market",),
        "1",
        "highest price paid outside China, ratio to baseline",
        fold={"market": "max"},
    ),
    Outcome(
        "shortage_weeks",
        ("market", "bloc"),
        "weeks",
        "weeks in shortage",
        fold={"market": "max", "bloc": "XC"},
    ),
    Outcome(
        "unmet_weeks_of_use",
        ("market", "bloc"),
        "weeks",
        "use that was wanted and not met, weeks of the bloc's baseline use",
        fold={"market": "max", "bloc": "XC"},
        paired=PATHS,
    ),
    Outcome(
        "loss_usd_bn",
        ("party", "sector"),
        "1e9 USD",
        "output lost along the chain against the first day's world, in all weeks together; gains are negative",
        fold={"party": "sum", "sector": "sum"},
        paired=PATHS,
        paired_over="sector",
    ),
    Outcome(
        "loss_abroad_usd_bn",
        ("economy",),
        "1e9 USD",
        "output that other economies lose along the chain, in all weeks together",
        fold={"economy": "sum"},
        paired=PATHS,
    ),
    Outcome(
        "standing_cost_usd_bn",
        (),
        "1e9 USD",
        "output that gates of the first day cost China's gated sectors, along the chain, if they stood in all weeks",
        paired=NOT,
    ),
    Outcome(
        "price_bill_usd_bn",
        ("party",),
        "1e9 USD",
        "extra cost of the inputs used through higher prices, in all weeks together",
        fold={"party": "sum"},
        paired=PATHS,
    ),
    Outcome(
        "substitution_usd_bn",
        ("party",),
        "1e9 USD",
        "extra cost of what users take instead of an input because of its price, in all weeks together",
        fold={"party": "sum"},
        paired=PATHS,
    ),
    Outcome(
        "first_plant_week",
        ("bloc", "sector"),
        "weeks",
        "first week in which the sector's first plant stops, from 0; NaN: never",
        dated=True,
        paired=NOT,
    ),
    Outcome(
        "first_stop_week",
        ("bloc", "sector"),
        "weeks",
        "first week in which the sector stops (a tenth of its output is lost), from 0; NaN: never",
        dated=True,
        paired=NOT,
    ),
    Outcome(
        "stop_weeks",
        ("bloc", "sector"),
        "weeks",
        "weeks in which the sector has stopped (a tenth of its output is lost)",
        fold={"sector": "max", "bloc": "XC"},
    ),
    Outcome(
        "regime_end", (), "1", "regime of the negotiation in the last week, as an index", paired=NOT, labels=REGIMES
    ),
    Outcome("weeks_in_regime", ("regime",), "weeks", "weeks in the regime"),
    Outcome("deal_week", (), "weeks", "first week of a deal, from 0; NaN: never", dated=True, paired=NOT),
    Outcome("rift_week", (), "weeks", "first week of a rift, from 0; NaN: never", dated=True, paired=NOT),
    Outcome("actions", ("party", "kind"), "1", "number of actions of the party", fold={"party": "sum", "kind": "sum"}),
    Outcome("ex_china_supply_share", ("market",), "1", "share of supply made outside China in the last week"),
    Outcome(
        "supply_concentration",
        ("market",),
        "1",
        "concentration of supply over sources in the last week (Herfindahl index)",
    ),
    Outcome(
        "compute_delivered_ratio",
        (),
        "1",
        "gated chips delivered to China over its baseline use, mean over the weeks",
        paired=PATHS,
    ),
    Outcome(
        "stock_drawn_weeks_of_use", ("market",), "weeks", "strategic stock drawn, weeks of baseline use outside China"
    ),
    Outcome("theta", ("parameter",), "1", "uncertain parameter of the path, as drawn", paired=NOT),
)

DATED = tuple(o.name for o in OUTCOMES if o.dated)
"""Outcomes that are a week, or NaN if it never happens."""


def sizes(params: Params) -> dict[str, int]:
    """Length of every axis named above."""
    markets = int(params.markets.group.shape[0])
    return {
        "market": markets,
        "chip": markets - params.n_materials,
        "bloc": len(BLOCS),
        "party": len(PARTIES),
        "economy": len(ECONOMIES),
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


def _stack(table: Iterable[Weekly | Series | Outcome], size: dict[str, int]) -> tuple[Rows, ...]:
    rows: list[Rows] = []
    start = 0
    for row in table:
        rows.append(Rows(name=row.name, start=start, shape=tuple(size[a] for a in row.axes), axes=row.axes))
        start = rows[-1].stop
    return tuple(rows)


def weekly_rows(params: Params) -> tuple[Rows, ...]:
    """Rows of `Stats.total` (second axis) and the first rows of `Observed.series`."""
    return _stack(WEEKLY, sizes(params))


def series_rows(params: Params) -> tuple[Rows, ...]:
    """Rows of `Observed.series`."""
    return _stack(SERIES, sizes(params))


def returned_rows(params: Params, grid: Grid) -> tuple[int, ...]:
    """Numbers of the rows of `series_rows` that a call returns, in the order in which it returns them.

    Raises ValueError for one that is named twice or that is not there.
    """
    count = series_rows(params)[-1].stop
    if grid.rows is None:
        return tuple(range(count))
    if len(set(grid.rows)) < len(grid.rows) or not set(grid.rows) <= set(range(count)):
        raise ValueError(f"rows of the series: expected each once, from 0 to {count - 1}, got {grid.rows}")
    return grid.rows


def outcome_rows(params: Params) -> tuple[Rows, ...]:
    """Rows of `Observed.outcomes`."""
    return _stack(OUTCOMES, sizes(params))


class Stats(NamedTuple):
    """Integers only, so that merging is exact and has no order. V rows of `weekly_rows`."""

    paths: int
    total: Array
    """(T, V) int64, sum of ``round(x * FIXED_POINT)``."""
    square: Array
    """(T, V) int64, sum of ``round(x * x * FIXED_POINT)``."""
    nonfinite: Array
    """(T, V) int64, values that the sums leave out: not finite, or of `LARGEST` and more."""
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
    """(rows, T, kept) float32; which rows: `returned_rows`."""
    stats: Stats
    clipped: int
    """Weekly values in the last bin of their grid or beyond it, and below it where that does not count as zero."""
    log_ratio: Array = np.empty(0, np.float32)
    """(n,) float32 log of how much likelier a path's events are under another policy; empty without one."""
    state: Array = np.empty((0, 0), np.float32)
    """(R, n) state after the last week in the precision of the run: `path_state.locate_parts`. Empty if not asked."""
