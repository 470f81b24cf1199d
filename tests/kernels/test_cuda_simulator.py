"""The CUDA kernels and what launches them, in numba's simulator: no GPU, and no package but numba is needed."""

from __future__ import annotations

import numpy as np
import pytest

from supplyshock_kernels import backends
from supplyshock_kernels.outputs import FIXED_POINT, weekly_rows
from supplyshock_kernels.statistics import bin_index, bin_table
from support.cuda_simulator import GRID, PATHS, SEED, WEEKS, harsher, world
from support.processes import environment, run_module


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    to = tmp_path_factory.mktemp("simulator") / "found.npz"
    run_module("cuda_simulator", to, env=environment(NUMBA_ENABLE_CUDASIM="1"))
    with np.load(to) as stored:
        return dict(stored)


@pytest.fixture(scope="module")
def reference():
    return backends.get("reference")(world(), GRID, SEED, PATHS, harsher(world()))


@pytest.mark.parametrize("name", ["outcomes", "series", "state", "log_ratio"])
def test_paths_are_those_of_the_reference(simulated, reference, name):
    """To rounding: both run in NumPy, whose functions of one number and of many differ in the last bits."""
    actual, expected = simulated[name], getattr(reference, name)
    assert actual.shape == expected.shape
    assert actual.dtype == np.float32
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


def test_another_seed_would_be_seen(simulated):
    """Negative control."""
    other = backends.get("reference")(world(), GRID, SEED + 1, PATHS)
    assert np.abs(other.outcomes - simulated["outcomes"])[np.isfinite(other.outcomes)].max() > 0.1


def test_regimes_and_counts(simulated, reference):
    assert simulated["paths"] == len(PATHS)
    np.testing.assert_array_equal(simulated["regime"], reference.stats.regime)
    np.testing.assert_array_equal(simulated["nonfinite"], 0)
    assert simulated["histogram"].dtype == np.uint16
    assert np.abs(simulated["histogram"].astype(int) - reference.stats.histogram).sum() <= 4  # rounding at an edge
    assert simulated["clipped"] == reference.clipped


def test_sums_and_bins_are_exactly_those_of_the_series(simulated):
    """Of paths that all return their series."""
    params, series = world(), simulated["whole_series"]
    rows, table = weekly_rows(params)[-1].stop, bin_table(params)
    x = series[:rows]
    scaled = x * np.float32(FIXED_POINT)
    np.testing.assert_array_equal(np.rint(scaled).astype(np.int64).sum(-1).T, simulated["whole_total"])
    np.testing.assert_array_equal(np.rint(x * scaled).astype(np.int64).sum(-1).T, simulated["whole_square"])
    counts = np.zeros((WEEKS, int(table.start[-1])), np.int64)
    for t in range(WEEKS):
        for v in range(rows):
            np.add.at(counts[t], bin_index(x[v, t], v, table), 1)
    np.testing.assert_array_equal(counts, simulated["whole_histogram"])


def test_a_call_begins_its_sums_and_further_launches_add(simulated):
    """Whatever was in the memory before."""
    for name in ("total", "square"):
        np.testing.assert_array_equal(simulated[f"twice_{name}"][:, :-1], 2 * simulated[f"whole_{name}"])
    bins = simulated["whole_histogram"].shape[1]
    np.testing.assert_array_equal(simulated["twice_histogram"][:, :bins], 2 * simulated["whole_histogram"].astype(int))
    np.testing.assert_array_equal(simulated["twice_left_out"], 0)


def test_a_path_does_not_depend_on_its_company(simulated):
    """Path 3 stands twice among the numbers."""
    np.testing.assert_array_equal(simulated["outcomes"][:, 0], simulated["outcomes"][:, 4])
    assert (simulated["outcomes"][:, 0] != simulated["outcomes"][:, 1]).any()
