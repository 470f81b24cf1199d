"""Sums and counts of the weekly quantities, on the device."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from ... import statistics
from ...outputs import FIXED_POINT, LARGEST
from ...params import REGIMES, Array

WARP = 32
"""Paths whose bins of one row are counted by neighbours; divides every width."""


def sum_week(rows: Array, regime: Array, live: Array) -> tuple[Any, Any, Any, Any]:
    """(sums, sums of squares, values left out of both, paths in each regime) of one week over the live paths."""
    single = rows.astype(jnp.float32)
    fits = jnp.abs(single) < np.float32(LARGEST)
    wide = jnp.where(fits, single, np.float32(0))
    scaled = wide * np.float32(FIXED_POINT)
    weight = live.astype(jnp.int64)
    total = (jnp.rint(scaled).astype(jnp.int64) * weight).sum(1)
    square = (jnp.rint(wide * scaled).astype(jnp.int64) * weight).sum(1)
    nonfinite = (~fits * weight).sum(1)
    return total, square, nonfinite, ((regime == np.arange(len(REGIMES))[:, None]) * weight).sum(1)


def count_bins(histogram: Any, rows: Array, live: Array, table: statistics.BinTable, t: Any) -> Any:
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
    before = table.before[:, None]
    magnitude = jnp.where(before > 0, bits & np.int32(statistics.MAGNITUDE), bits)
    index = jnp.clip((magnitude - table.low_bits[:, None]) >> table.shift[:, None], 0, last - first - before)
    return first + before + jnp.where((bits < 0) & (before > 0), -index, index)
