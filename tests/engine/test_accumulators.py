"""Sums that merge exactly, and what is made of them."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from supplyshock.execution.accumulators import PathStatistics, SharedPathStatistics, WideInt, pack, unpack
from supplyshock.execution.weekly_summary import regime_probability
from supplyshock_kernels.outputs import series_rows, weekly_rows
from supplyshock_kernels.params import Grid
from supplyshock_kernels.statistics import mean_se, quantiles
from support import synthetic
from support.sums import PARAMS, observed, same, tally


def test_merging_has_no_order_and_no_blocks() -> None:
    one = tally(0, 600)
    assert same(one, tally(0, 100, 101, 350, 600))
    parts = [PathStatistics.of(observed(a, b)) for a, b in ((0, 200), (200, 333), (333, 600))]
    for order in permutations(parts):
        merged = PathStatistics.like(parts[0])
        for part in order:
            merged.add(part)
        assert same(one, merged)


def test_shared_tally_adds_the_same() -> None:
    shared = SharedPathStatistics(PathStatistics.of(observed(0, 10)), most=600)
    shared.add(PathStatistics.of(observed(100, 600)))
    shared.add(PathStatistics.of(observed(0, 100)))
    assert same(shared.statistics, tally(0, 600))
    assert SharedPathStatistics(shared.statistics, most=2**33).statistics.histogram.dtype == np.uint64


def test_packing() -> None:
    one = tally(0, 50)
    assert same(one, unpack(pack(one)))
    assert unpack(pack(PathStatistics.of(observed(0, 50)))).histogram.dtype == np.uint16
    with pytest.raises(ValueError, match="not packed statistics"):
        unpack(b"something else")


def test_sums_beyond_64_bits() -> None:
    values = [2**62, -(2**62), 2**63 - 1, -1, 0, 12345]
    total = WideInt.of(np.zeros(6, np.int64))
    for _ in range(1000):
        total.add(WideInt.of(np.array(values, np.int64)))
    assert list(total.exact()) == [1000 * v for v in values]


def test_bins_widen_before_they_overflow() -> None:
    big = tally(0, 10)
    big.count = 2**32 - 5
    big.histogram[:] = 2**32 - 5
    big.add(tally(0, 10))
    assert big.histogram.dtype == np.uint64
    assert big.histogram.max() > 2**32 - 5


def test_statistics_against_the_series() -> None:
    """Mean, error and quantiles from the tally agree with numpy on the very values."""
    everything = synthetic.simulate(PARAMS, Grid(keep=2000), 1, range(2000))
    values = everything.series[: weekly_rows(PARAMS)[-1].stop].astype(np.float64)
    t = tally(0, 700, 2000)
    mean, se = mean_se(t.count, t.total.exact(), t.square.exact())
    np.testing.assert_allclose(mean, values.mean(2).T, rtol=1e-5)
    np.testing.assert_allclose(se, values.std(2, ddof=1).T / np.sqrt(2000), rtol=1e-3)
    estimates = quantiles(t.histogram, PARAMS, (0.1, 0.5, 0.9))[:, :, 0]
    np.testing.assert_allclose(estimates, np.quantile(values[0], (0.1, 0.5, 0.9), axis=1), rtol=0.01)
    share, error = regime_probability(t)
    regimes = everything.series[series_rows(PARAMS)[-1].start]
    np.testing.assert_allclose(share[:, 1], (regimes == 1).mean(1))
    np.testing.assert_allclose(error[:, 1], (regimes == 1).std(1) / np.sqrt(1999))
