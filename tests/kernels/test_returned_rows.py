"""A call may return some rows of the series alone: the same bits, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest

from supplyshock_kernels import backends
from supplyshock_kernels.outputs import returned_rows, series_rows
from supplyshock_kernels.params import Grid
from support.worlds import status_quo


@pytest.mark.parametrize("name", ["numba", "reference", pytest.param("jax", marks=pytest.mark.slow)])
def test_some_rows_of_the_series(name: str) -> None:
    params, simulate = status_quo(4), backends.SPECS[name].load()
    last = series_rows(params)[-1].stop - 1
    chosen = (last, 3, 60)
    whole = simulate(params, Grid(keep=150), 1, range(140, 155))
    some = simulate(params, Grid(keep=150, rows=chosen), 1, range(140, 155))
    none = simulate(params, Grid(keep=150, rows=()), 1, range(140, 155))
    assert whole.series.shape == (last + 1, 4, 10) and none.series.shape == (0, 4, 10)
    np.testing.assert_array_equal(some.series, whole.series[list(chosen)])
    np.testing.assert_array_equal(some.outcomes, whole.outcomes)
    np.testing.assert_array_equal(some.stats.histogram, whole.stats.histogram)


@pytest.mark.parametrize("rows", [(3, 3), (-1,), (10_000,)])
def test_rows_that_are_named_twice_or_are_not_there(rows: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="rows of the series: expected each once"):
        returned_rows(status_quo(4), Grid(rows=rows))
