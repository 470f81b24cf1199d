"""The traced program: every week of a stack of paths in one `lax.scan`, statistics reduced as they arise."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ... import statistics
from ...model import likelihood, negotiation
from ...params import REGIMES, Params
from ..array_program.event_log_likelihood import PolicyRun, Week, add_log_ratio
from ..array_program.lift import HOLDERS
from ..array_program.path_state import copy_state
from ..array_program.path_totals import add_totals, finish_totals, start_totals
from ..array_program.random_inputs import Draws, draw_theta, draw_week
from ..array_program.start import start_paths
from ..array_program.week import simulate_week
from ..array_program.weekly_statistics import gather_rows, gather_series
from .packed import pack
from .weekly_statistics import count_bins, sum_week

HOLDERS[jnp] = lax.optimization_barrier


class Shape(NamedTuple):
    """What else decides the compiled program."""

    width: int
    """paths of a device."""
    kept: int
    """of these, the first whose series are returned."""
    precision: str
    inverse: bool
    state: bool = False
    """paths return their state after the last week."""


class Part(NamedTuple):
    """What a device returns of one width of paths; T weeks."""

    outcomes: Any
    """(rows, width)."""
    series: Any
    """(T, rows, kept)."""
    log_ratio: Any
    """(width,), or none where paths are not weighed."""
    state: Any
    """(R, width), or (0, width) unless asked for."""


class Sums(NamedTuple):
    """The statistics of `outputs.Stats`, added up on the device over a call; T weeks, V weekly rows, B bins."""

    total: Any
    square: Any
    nonfinite: Any
    regime: Any
    histogram: Any
    """(T * B,) int32."""


def simulate_part(
    params: Params,
    shape: Shape,
    key: Any,
    stretch: tuple[Any, Any, Any],
    sums: Sums,
    other: likelihood.OtherPolicy | None = None,
) -> tuple[Part, Sums]:
    """Simulate ``shape.width`` paths; of a stretch (numbers, place of the first in the call, how many) that many are
    added to the sums.

    With another policy paths are weighed against that.
    """
    one = np.dtype(shape.precision).type(1)
    lane = jnp.arange(shape.width, dtype=jnp.int64)
    live = lane < stretch[2]
    rules, bins = negotiation.build_rules(params.policy), statistics.bin_table(params)
    draws = Draws(paths=stretch[0], place=stretch[1] + lane, key=key, one=one, inverse=shape.inverse)
    theta = draw_theta(params, draws)
    run = PolicyRun(params=params, rules=rules, theta=theta)
    elapsed = jnp.asarray(params.initial.elapsed).astype(jnp.uint64)
    markets, sources = params.markets.group.shape[0], params.sources.lead.shape[0]
    packed, unpack = pack((params, rules, theta))

    def week(carry: Any, t: Any) -> tuple[Any, Any]:
        held, t = lax.optimization_barrier((packed, t))  # with t, or the slices would be taken before the first week
        params, rules, theta = unpack(held)
        before, totals, _, histogram, ratio = carry
        step = elapsed + (t + 1).astype(jnp.uint64)
        random_inputs = draw_week(draws, step, markets)
        state, shown = simulate_week(params, rules, theta, before, random_inputs, t)
        if other is not None:
            ratio = add_log_ratio(ratio, run, other, Week(before, state, random_inputs, t))
        rows = gather_rows(params, state, shown)
        totals = add_totals(params, totals, state, shown, rows, t)
        kept = gather_series(rows, state)[:, : shape.kept].astype(jnp.float32)
        histogram = count_bins(histogram, rows, live, bins, t)
        return (state, totals, shown.output, histogram, ratio), (kept, *sum_week(rows, state.regime, live))

    none = jnp.zeros((sources, shape.width), one.dtype)
    ratio = jnp.zeros(shape.width if other is not None else 0, one.dtype)
    start = (start_paths(params, theta, draws), start_totals(params, theta), none, sums.histogram, ratio)
    (last, totals, output, histogram, ratio), (series, *more) = lax.scan(
        week, match_carry_types(week, start), jnp.arange(params.weeks)
    )
    total, square, nonfinite, regime = (old + new for old, new in zip(sums[:-1], more, strict=True))
    part = Part(
        outcomes=finish_totals(params, totals, output, last),
        series=series,
        log_ratio=ratio.astype(jnp.float32),
        state=copy_state(last, theta) if shape.state else jnp.zeros((0, shape.width), one.dtype),
    )
    return part, Sums(total=total, square=square, nonfinite=nonfinite, regime=regime, histogram=histogram)


def no_sums(params: Params) -> Sums:
    """The sums of no paths."""
    of = statistics.bin_table(params).start
    weeks, rows = params.weeks, len(of) - 1
    total, square, nonfinite = (jnp.zeros((weeks, rows), jnp.int64) for _ in range(3))
    return Sums(
        total=total,
        square=square,
        nonfinite=nonfinite,
        regime=jnp.zeros((weeks, len(REGIMES)), jnp.int64),
        histogram=jnp.zeros(weeks * int(of[-1]), jnp.int32),
    )


def match_carry_types(week: Any, start: Any) -> Any:
    """The start with the shapes and types that a week gives back, as a scan asks for."""
    (after, _) = jax.eval_shape(week, start, jnp.int64(0))
    return jax.tree.map(lambda x, to: jnp.broadcast_to(jnp.asarray(x, to.dtype), to.shape), start, after)
