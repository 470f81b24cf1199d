"""Short cuts over a row of a tile give what the long way gives, whatever stands in the other lanes."""

from __future__ import annotations

import numpy as np
import pytest

from supplyshock_kernels import statistics
from supplyshock_kernels.backends.numba_cpu import at_risk, layout, memory, weekly_statistics
from supplyshock_kernels.model import industry
from supplyshock_kernels.outputs import FIXED_POINT
from supplyshock_kernels.params import cast
from support import worlds

LANES = layout.LANES


@pytest.fixture(scope="module")
def params():
    return worlds.status_quo(1)


def row(memory, market: int, offset) -> np.ndarray:
    """A row of a market, as a view."""
    at = int(layout.MARKET) * market + int(offset)
    return memory[at : at + LANES]


def at_risk_of(params, left: np.ndarray, precision: str) -> np.ndarray:
    """(rows, LANES) output at risk of the first chip segment when so much of it is left outside China."""
    p = cast(params, precision)
    tile = memory.new_tile(p, np.dtype(precision))
    for name in (layout.RHO, layout.PER_RHO, layout.THETA.parts):
        tile.path[int(name) : int(name) + LANES] = 2.0
    chip = p.n_materials
    row(tile.market, chip, layout.OUT_X)[:] = left
    at_risk.find_at_risk(tile.market, tile.path, p.markets, p.industry, p.n_materials)
    rows = (layout.OUT_X, layout.PARTS_X, layout.GONE_X)
    return np.stack([row(tile.market, chip, r) for r in rows])


@pytest.mark.parametrize("precision", ["float32", pytest.param("float64", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("mine", [1.0, 1.0 - 1e-12, 0.97, 0.0])
def test_output_at_risk_does_not_depend_on_the_neighbours(params, precision, mine):
    """One lane short makes the tile compute the row; all whole makes it pass over. In float64 a share of
    1 - 1e-12 is short, though it is one in float32."""
    alone = at_risk_of(params, np.full(LANES, mine), precision)
    left = np.full(LANES, mine)
    left[0] = 0.5
    beside = at_risk_of(params, left, precision)
    np.testing.assert_array_equal(alone[:, 1:], beside[:, 1:])
    assert (beside[:, 0] > 0).all()


@pytest.mark.thorough
def test_output_at_risk_is_the_equation_of_the_model(params):
    left = np.linspace(0, 1.2, LANES)
    computed = at_risk_of(params, left, "float64")
    logs, share, two, one = industry.log_of(left), *np.float64([params.industry.share_chip, 2, 1])
    np.testing.assert_allclose(computed[0], industry.shortfall(logs, two, two, share, one), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(computed[1], industry.shortfall(logs, two, two, share, two), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(computed[2], industry.absent(logs), rtol=1e-12, atol=1e-15)


def sums(params, values: np.ndarray, n: int) -> tuple[int, int]:
    """(sum, sum of squares) of a row in fixed point, as the tile adds them up."""
    table, stats = statistics.bin_table(params), statistics.empty(params)
    codes = np.empty(stats.total.size * (LANES + int(layout.PAD)), np.uint16)
    offsets = np.zeros(1, np.uint64)
    at = layout.U(0)
    weekly_statistics._add_rows(values, offsets, 0, codes, at, table, stats.total, stats.square, stats.nonfinite, 0, n)
    return int(stats.total[0, 0]), int(stats.square[0, 0])


@pytest.mark.parametrize("n", [1, 77, LANES])
@pytest.mark.parametrize("largest", [1e-6, 1.0, 30.99, 31.0, 45.0, 45.3, 493.0, 4095.0, -3.0])
def test_sums_are_exact_for_small_and_for_large_numbers(params, largest, n):
    """Rows below 31 are added in 32-bit words, others in 64: both are the sum of the rounded numbers."""
    values = (largest * np.linspace(1, 0.5, LANES)).astype(np.float32)
    scaled = values * np.float32(FIXED_POINT)
    expected = (sum(int(x) for x in np.rint(scaled[:n])), sum(int(x) for x in np.rint((values * scaled)[:n])))
    assert sums(params, values, n) == expected
