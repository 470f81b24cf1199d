"""The phases of the fused kernel, compiled for processor cores: the bits of numba, and every promise of a backend."""

from __future__ import annotations

import numpy as np
import pytest

from supplyshock_kernels import backends
from supplyshock_kernels.backends import SPECS, BackendSpec
from supplyshock_kernels.backends.numba_cuda.call import MAX_CALL
from supplyshock_kernels.backends.numba_cuda.on_cpu import simulate_on_cpu
from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import Grid
from supplyshock_kernels.params.path_state import part_of
from support import worlds
from support.conformance import PATHS, Conformance, same
from support.conformance import SEED as CONFORMANCE_SEED

SEED = 7
SOME = range(1000, 1070)
"""Paths of two blocks and a part of a third."""
ALL = Grid(keep=10**9, state=True)
numba = backends.get("numba")


@pytest.fixture(scope="module", autouse=True)
def spec():
    """The blocks as a backend, for the tests that every backend passes."""
    SPECS["blocks"] = BackendSpec(name="blocks", load=lambda: simulate_on_cpu)
    yield
    del SPECS["blocks"]


def equal(a: Observed, b: Observed) -> None:
    """To the last bit, statistics included."""
    same(a.outcomes, b.outcomes)
    same(a.series, b.series)
    same(a.state, b.state)
    same(a.log_ratio, b.log_ratio)
    assert a.clipped == b.clipped
    for x, y in zip(a.stats, b.stats, strict=True):
        np.testing.assert_array_equal(x, y)
    assert a.stats.histogram.dtype == b.stats.histogram.dtype


@pytest.mark.parametrize("name", ["status_quo", "rift", "gallium_stop", "hindcast_2010"])
def test_shipped_scenarios_have_the_bits_of_numba(name):
    """In either order of the threads of a phase."""
    params = worlds.load_scenario(name).params
    expected = numba(params, ALL, SEED, SOME)
    equal(simulate_on_cpu(params, ALL, SEED, SOME), expected)
    equal(simulate_on_cpu(params, ALL, SEED, SOME, backwards=True), expected)


def harsher(params):
    return params.policy._replace(base_rate=1.5 * params.policy.base_rate, cross=2 * params.policy.cross)


@pytest.mark.parametrize(
    ("grid", "versus", "paths"),
    [
        (ALL._replace(normals="inverse"), None, SOME),
        (ALL, harsher, SOME),
        (ALL, None, np.array([137, 5, 2**40 + 9, 64, 5], np.uint64)),
        (Grid(keep=1050, rows=(3, 216, 0, 226)), None, SOME),
        (Grid(), None, range(32)),
    ],
    ids=["inverse", "weighed", "numbers", "rows", "a block"],
)
def test_what_a_call_asks_for_has_the_bits_of_numba(grid, versus, paths):
    params = worlds.scenario("rift").params
    other = versus and versus(params)
    observed = simulate_on_cpu(params, grid, SEED, paths, other)
    equal(observed, numba(params, grid, SEED, paths, other))
    assert observed.log_ratio.shape == ((len(paths),) if versus else (0,))
    assert versus is None or np.ptp(observed.log_ratio) > 1


@pytest.mark.parametrize("weeks", [range(1), range(7, 60), range(60, 104)])
def test_any_weeks_from_any_state_have_the_bits_of_numba(weeks):
    params = worlds.scenario("rift").params
    state = numba(part_of(params, range(60)), ALL, SEED, SOME).state
    part = part_of(params, weeks, state)
    equal(simulate_on_cpu(part, ALL, SEED, SOME), numba(part, ALL, SEED, SOME))


def test_another_seed_would_be_seen():
    """Negative control."""
    params = worlds.status_quo(3)
    with pytest.raises(AssertionError):
        equal(simulate_on_cpu(params, ALL, SEED + 1, SOME), numba(params, ALL, SEED, SOME))


def test_another_precision_is_refused():
    with pytest.raises(ValueError, match="precision of the cuda backend: expected float32, got float64"):
        simulate_on_cpu(worlds.status_quo(2), Grid("float64"), SEED, SOME)


class TestBlocks(Conformance):
    backend = "blocks"
    most = MAX_CALL

    def test_threads_backwards(self, params, whole):
        other = simulate_on_cpu(params, Grid(keep=10**9), CONFORMANCE_SEED, range(PATHS), backwards=True)
        same(other.outcomes, whole.outcomes)
        same(other.series, whole.series)
