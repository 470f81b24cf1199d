"""The traced program: every week of a stack of paths in one `lax.scan`, statistics reduced as they arise."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ... import statistics
from ...model import likelihood, negotiation
from ...outputs import FIXED_POINT
from ...params import REGIMES, Array, Params
from ..array_program import record
from ..array_program.event_log_likelihood import log_ratio
from ..array_program.random_inputs import draw_theta, draw_week
from ..array_program.start import begin
from ..array_program.week import advance

WARP = 32
"""Paths whose bins of one row are counted by neighbours; divides every width."""


class Shape(NamedTuple):
    """What else decides the compiled program."""

    width: int
    """paths of a device."""
    kept: int
    """of these, the first whose series are returned."""
    precision: str
    inverse: bool


class Part(NamedTuple):
    """What a device returns of one width of paths; T weeks."""

    outcomes: Any
    """(rows, width)."""
    series: Any
    """(T, rows, kept)."""
    log_ratio: Any
    """(width,), or none where paths are not weighed."""


class Sums(NamedTuple):
    """The statistics of `observe.Stats`, added up on the device over a call; T weeks, V weekly rows, B bins."""

    total: Any
    square: Any
    regime: Any
    histogram: Any
    """(T * B,) int32."""


def simulate_part(
    params: Params, shape: Shape, key: Any, path0: Any, count: Any, sums: Sums, other: likelihood.Other | None = None
) -> tuple[Part, Sums]:
    """Simulate ``shape.width`` paths from ``path0``; the first ``count`` of them are added to the sums.

    With another policy paths are weighed against that.
    """
    one = np.dtype(shape.precision).type(1)
    lane = jnp.arange(shape.width, dtype=jnp.uint64)
    index, live = path0 + lane, lane < count
    rules, table = negotiation.rules(params.policy), statistics.bin_table(params)
    theta = draw_theta(params, index, key, one, shape.inverse)
    markets, sources = params.markets.group.shape[0], params.sources.lead.shape[0]

    def week(carry: Any, t: Any) -> tuple[Any, Any]:
        before, totals, _, histogram, ratio = carry
        step = (t + 1).astype(jnp.uint64)
        luck = draw_week(index, step, key, markets, one, shape.inverse)
        state, seen = advance(params, rules, theta, before, luck, t)
        if other is not None:
            ratio = ratio + log_ratio(params, rules, other, theta, before, state, luck, t)
        rows = record.rows_of(params, state, seen)
        totals = record.add_totals(totals, record.increments(params, state, seen), state, seen, rows, t)
        kept = record.series_of(rows, state)[:, : shape.kept].astype(jnp.float32)
        histogram = counted(histogram, rows, live, table, t)
        return (state, totals, seen.output, histogram, ratio), (kept, *reduced(rows, state.regime, live))

    none = jnp.zeros((sources, shape.width), one.dtype)
    ratio = jnp.zeros(shape.width if other is not None else 0, one.dtype)
    start = (begin(params, theta), record.no_totals(params, theta), none, sums.histogram, ratio)
    (_, totals, output, histogram, ratio), (series, *more) = lax.scan(
        week, settled(week, start), jnp.arange(params.weeks)
    )
    total, square, regime = (old + new for old, new in zip(sums[:3], more, strict=True))
    part = Part(record.finish(params, totals, output), series, ratio.astype(jnp.float32))
    return part, Sums(total, square, regime, histogram)


def no_sums(params: Params) -> Sums:
    """The sums of no paths."""
    of = statistics.bin_table(params).start
    weeks, rows = params.weeks, len(of) - 1
    total, square = (jnp.zeros((weeks, rows), jnp.int64) for _ in range(2))
    return Sums(total, square, jnp.zeros((weeks, len(REGIMES)), jnp.int64), jnp.zeros(weeks * int(of[-1]), jnp.int32))


def settled(week: Any, start: Any) -> Any:
    """The start with the shapes and types that a week gives back, as a scan asks for."""
    (after, _) = jax.eval_shape(week, start, jnp.int64(0))
    return jax.tree.map(lambda x, to: jnp.broadcast_to(jnp.asarray(x, to.dtype), to.shape), start, after)


def reduced(rows: Array, regime: Array, live: Array) -> tuple[Any, Any, Any]:
    """(sums, sums of squares, paths in each regime) of one week over the live paths."""
    wide = rows.astype(jnp.float32)
    scaled = wide * np.float32(FIXED_POINT)
    weight = live.astype(jnp.int64)
    total = (jnp.rint(scaled).astype(jnp.int64) * weight).sum(1)
    square = (jnp.rint(wide * scaled).astype(jnp.int64) * weight).sum(1)
    return total, square, ((regime == np.arange(len(REGIMES))[:, None]) * weight).sum(1)


def counted(histogram: Any, rows: Array, live: Array, table: statistics.BinTable, t: Any) -> Any:
    """The counts of all weeks with the live paths of week ``t``: in place, since nothing else of them is touched.

    Neighbouring threads of a GPU count different rows: most paths share a bin of a row in a quiet week, and
    increments of one place wait for each other (3.2x on an H100; eight sets of counts by lane gave 1.1x more).
    """
    index = bin_index(rows.astype(jnp.float32), table) + (t * int(table.start[-1])).astype(jnp.int32)
    index = jnp.where(live, index, histogram.shape[0]).reshape(len(rows), -1, WARP)
    return histogram.at[index.swapaxes(0, 1).ravel()].add(1, mode="drop")


def bin_index(wide: Any, table: statistics.BinTable) -> Any:
    """(V, N) int32 index in the whole histogram of a week, as `statistics.bin_index`."""
    first, last = table.start[:-1, None].astype(np.int32), table.start[1:, None].astype(np.int32) - 1
    bits = lax.bitcast_convert_type(wide + table.offset[:, None], jnp.int32)
    index = (bits - table.low_bits[:, None]) >> table.shift[:, None]
    return jnp.clip(index + first, first, last)
