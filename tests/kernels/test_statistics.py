"""Statistics that merge exactly: bins, moments, quantiles, saturation."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from supplyshock_kernels import backends, statistics
from supplyshock_kernels.backends.numba_cpu import layout
from supplyshock_kernels.backends.numba_cpu import weekly_statistics as numba_statistics
from supplyshock_kernels.backends.numba_cpu.tile import Span
from supplyshock_kernels.backends.reference import weekly_statistics as reference_statistics
from supplyshock_kernels.outputs import FIXED_POINT, LARGEST, WEEKLY, weekly_rows
from supplyshock_kernels.params import Grid
from support import worlds

SEED = 5
WEEKS = 30
PATHS = 1500
FIELDS = ("total", "square", "nonfinite", "regime", "histogram")


@pytest.fixture(scope="module")
def params():
    return worlds.status_quo(WEEKS)


@pytest.fixture(scope="module")
def observed(params):
    """One run with every path kept: (rows, weeks, paths) of the weekly quantities, and the statistics."""
    o = backends.get("numba")(params, Grid("float32", keep=PATHS), SEED, range(PATHS))
    return o.series[: weekly_rows(params)[-1].stop], o.stats


def first_rows(params):
    """(quantity, its first row)."""
    return [(w, r.start) for w, r in zip(WEEKLY, weekly_rows(params), strict=True)]


def test_edges_and_indices_agree(params):
    """Every lower edge opens its bin, the float just below still belongs to the one before; so they do mirrored."""
    table = statistics.bin_table(params)
    for weekly, row in first_rows(params):
        edges, before = statistics.bin_edges(weekly.bins), weekly.bins.before
        assert (np.diff(edges) > 0).all()
        assert len(edges) + before == table.start[row + 1] - table.start[row]  # the first bin lies below the edges
        shifted = (edges + weekly.bins.offset).astype(np.float32)
        np.testing.assert_array_equal(shifted, edges + weekly.bins.offset)  # edges are exact in float32
        below = np.nextafter(shifted, np.float32(0))
        offset = np.float32(weekly.bins.offset)
        for sign in (1, -1) if before else (1,):

            def places(x, row=row, sign=sign, before=before):
                return sign * (statistics.bin_index(np.float32(sign) * x, row, table) - table.start[row] - before)

            if offset == 0:
                np.testing.assert_array_equal(places(shifted[:-1]), np.arange(1, len(edges)))
                np.testing.assert_array_equal(places(below[1:]), np.arange(1, len(edges)))
                assert places(below[:1]) == 0
            middle = ((edges[1:] + edges[:-1]) / 2).astype(np.float32)
            np.testing.assert_array_equal(places(middle), np.arange(1, len(edges)))


def test_bins_are_narrow(params):
    for weekly in WEEKLY:
        edges = statistics.bin_edges(weekly.bins) + weekly.bins.offset
        assert (np.diff(edges) / edges[:-1]).max() <= 1 / weekly.bins.per_octave + 1e-12


@pytest.mark.parametrize("value", [0.0, 1e-30, 1e30, np.inf, -1e30, -np.inf, -0.0])
def test_ends_take_what_lies_beyond(params, value):
    table = statistics.bin_table(params)
    for weekly, row in first_rows(params):
        positive = statistics.bin_edges(weekly.bins)
        edges = np.append(np.append(-positive[:0:-1], -positive[0]), positive) if weekly.bins.mirrored else positive
        index = int(statistics.bin_index(np.array([value], np.float32), row, table)[0] - table.start[row])
        last = int(table.start[row + 1] - table.start[row] - 1)
        side = "left" if weekly.bins.mirrored and value < 0 else "right"
        edge = np.searchsorted(edges, np.float32(value), side=side)
        expected = np.clip(edge - weekly.bins.mirrored, 0, last)
        assert index == expected, weekly.name


def exact_quantiles(series, probabilities):
    """The value of rank ``ceil(p n)``, as `statistics.quantiles` counts."""
    ordered = np.sort(series.astype(np.float64), axis=-1)
    rank = [max(int(np.ceil(p * PATHS - 1e-9)), 1) - 1 for p in probabilities]
    return np.stack([ordered[..., r] for r in rank])


PROBABILITIES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def quantile_errors(params, observed, histogram):
    """(rows,) largest error of a quantile, in widths of the bin it lies in."""
    series, _ = observed
    estimates = statistics.quantiles(histogram, params, PROBABILITIES)
    exact = exact_quantiles(series, PROBABILITIES).transpose(0, 2, 1)
    worst = []
    bins = [w.bins for w, r in zip(WEEKLY, weekly_rows(params), strict=True) for _ in range(r.stop - r.start)]
    for row, grid in enumerate(bins):
        edges = statistics.bin_edges(grid)
        edges = np.append(-edges[::-1], edges) if grid.mirrored else edges
        at = np.clip(np.searchsorted(edges, exact[:, :, row], side="right") - 1, 0, len(edges) - 2)
        inside = (exact[:, :, row] >= edges[0]) & (exact[:, :, row] < edges[-1])
        width = edges[at + 1] - edges[at]
        error = np.abs(estimates[:, :, row] - exact[:, :, row]) / width
        worst.append(np.where(inside, error, 0).max())
    return np.array(worst)


def test_quantiles_are_exact_to_a_bin(params, observed):
    assert quantile_errors(params, observed, observed[1].histogram).max() <= 1.001


def test_quantiles_can_fail(params, observed):
    """Negative control: counts shifted by two bins are further off than a bin."""
    shifted = np.roll(observed[1].histogram, 2, axis=1)
    assert quantile_errors(params, observed, shifted)[0] > 1.001


def test_mean_and_error(params, observed):
    """Against NumPy in float64; rounding to 2**-20 leaves half a unit in each value."""
    series, stats = observed
    mean, se = statistics.mean_se(stats.paths, stats.total, stats.square)
    x = series.astype(np.float64).transpose(1, 0, 2)
    np.testing.assert_allclose(mean, x.mean(-1), rtol=2e-7, atol=1 / FIXED_POINT)
    exact = x.std(-1, ddof=1) / np.sqrt(PATHS)
    # a variance is a difference of two sums: what rounding leaves of it depends on the size of the mean
    rounding = 4 * (1 + np.abs(x).max(-1)) / FIXED_POINT + 4e-7 * x.mean(-1) ** 2
    assert (np.abs(se**2 - exact**2) * PATHS <= rounding).all()
    steady = exact * np.sqrt(PATHS) > 0.02 * np.abs(x.mean(-1)) + 0.02
    assert steady.mean() > 0.3
    np.testing.assert_allclose(se[steady], exact[steady], rtol=2e-2)


def test_error_of_one_path_is_unknown(params):
    o = backends.get("numba")(params, Grid(), SEED, range(1))
    mean, se = statistics.mean_se(1, o.stats.total, o.stats.square)
    assert np.isfinite(mean).all()
    assert np.isnan(se).all()


def test_merging_has_no_order(params, observed):
    """Statistics of parts add up to those of the whole, whatever the parts and their order."""
    run = backends.get("numba")
    cuts = [0, 1, 130, 131, 700, 1000, PATHS]
    parts = [run(params, Grid(), SEED, range(a, b)).stats for a, b in pairwise(cuts)]
    for order in ([0, 1, 2, 3, 4, 5], [5, 3, 1, 0, 2, 4]):
        total = {f: sum(getattr(parts[i], f).astype(np.int64) for i in order) for f in FIELDS}
        for f in FIELDS:
            np.testing.assert_array_equal(total[f], getattr(observed[1], f).astype(np.int64))
    assert sum(p.paths for p in parts) == observed[1].paths == PATHS


def test_bigger_integers_do_not_change_the_mean(observed):
    """Sums of many blocks may be held in object or wider integers."""
    stats = observed[1]
    for dtype in (object, np.int64):
        mean, _ = statistics.mean_se(stats.paths, stats.total.astype(dtype), stats.square.astype(dtype))
        np.testing.assert_allclose(mean, stats.total / (FIXED_POINT * PATHS), rtol=1e-14)


WRONG = np.array([np.nan, -np.nan, np.inf, -np.inf, LARGEST, -LARGEST, 1e30], np.float32)


def numba_sums(params, values):
    """(total, square, nonfinite) of one row of numbers by the numba backend, a tile at a time."""
    stats, table = statistics.empty(params), statistics.bin_table(params)
    codes = np.empty(stats.total.size * (layout.LANES + int(layout.PAD)), np.uint16)
    for start in range(0, len(values), layout.LANES):
        part = values[start : start + layout.LANES]
        lanes = np.zeros(layout.LANES, np.float32)
        lanes[: len(part)] = part
        numba_statistics._add_rows(
            lanes, np.zeros(1, np.uint64), 0, codes, layout.U(0), table, stats.total, stats.square, stats.nonfinite,
            0, len(part),
        )  # fmt: skip
    return [int(x[0, 0]) for x in (stats.total, stats.square, stats.nonfinite)]


def add_tiles(params, values):
    """The codes of one group of tiles, where every weekly row has these numbers."""
    stats, table = statistics.empty(params), statistics.bin_table(params)
    lanes = layout.LANES
    tiles = -(-len(values) // lanes)
    codes = np.zeros(stats.total.size * (tiles * lanes + int(layout.PAD)), np.uint16)
    offsets = np.zeros(stats.total.shape[1], np.uint64)
    for start in range(0, len(values), lanes):
        part = np.full(lanes, np.float32(1e30))  # lanes without a path are not counted, whatever they hold
        part[: len(values) - start] = values[start : start + lanes]
        numba_statistics._add_rows(
            part, offsets, 0, codes, layout.U(start), table, stats.total, stats.square, stats.nonfinite,
            0, min(lanes, len(values) - start),
        )  # fmt: skip
    return codes


def count_tiles(params, codes, paths):
    """Their histogram of the first week."""
    histogram = statistics.empty(params).histogram
    numba_statistics.count_bins(codes, histogram, statistics.bin_table(params).start, Span(0, 1), paths)
    return histogram[0]


def counted_by_numpy(params, values):
    table = statistics.bin_table(params)
    found = [statistics.bin_index(values, row, table) for row in range(len(table.start) - 1)]
    return np.bincount(np.concatenate(found), minlength=table.start[-1])


RNG = np.random.default_rng(7)
GROUPS = {
    "one bin": np.ones(3 * layout.LANES, np.float32),
    "a bin for each tile": np.repeat(np.array([3, 0.5, 90], np.float32), layout.LANES),
    "one path more than a tile": np.linspace(0, 2, layout.LANES + 1, dtype=np.float32),
    "spread": RNG.lognormal(0, 2, 700).astype(np.float32),
    "losses and gains": RNG.normal(0, 3, 700).astype(np.float32),
    "beyond the ends": np.array([0, -0.0, 1e-30, 1e30, np.inf, -1e30, -np.inf, 40, 50] * 40, np.float32),
    "no numbers": np.concatenate([np.ones(200, np.float32), np.array([np.nan], np.float32)]),
}


@pytest.mark.parametrize("name", GROUPS)
def test_bins_are_counted_as_numpy_does(params, name):
    """All grids, several tiles of a group, the last part full."""
    values = GROUPS[name]
    found = count_tiles(params, add_tiles(params, values), len(values))
    np.testing.assert_array_equal(found, counted_by_numpy(params, values))


def test_lanes_without_a_path_are_not_counted(params):
    """Negative control: with one lane more, what lies beyond the paths is counted in every row."""
    values = GROUPS["spread"]
    found = count_tiles(params, add_tiles(params, values), len(values) + 1)
    assert found.sum() - counted_by_numpy(params, values).sum() == statistics.empty(params).total.shape[1]


def reference_sums(params, values):
    stats = statistics.empty(params)
    rows = np.tile(values, (stats.total.shape[1], 1))
    reference_statistics.add_week(stats, rows, np.zeros(len(values)), 0, statistics.bin_table(params))
    return [int(x[0, 0]) for x in (stats.total, stats.square, stats.nonfinite)]


def jax_sums(params, values):
    jax = pytest.importorskip("jax")
    from supplyshock_kernels.backends.jax_xla.weekly_statistics import sum_week

    with jax.enable_x64(True):
        total, square, nonfinite, _ = sum_week(values[None], np.zeros(len(values)), np.ones(len(values), bool))
    return [int(x[0]) for x in (total, square, nonfinite)]


@pytest.mark.parametrize("sums", [numba_sums, reference_sums, pytest.param(jax_sums, marks=pytest.mark.thorough)])
def test_what_sums_cannot_take_is_counted_and_left_out(params, sums):
    """Never the least integer, which is what NaN and infinity become in one."""
    good = np.linspace(-3, 4000, 300).astype(np.float32)
    total, square, nonfinite = sums(params, good)
    assert nonfinite == 0
    for place in (0, 150, 299):
        assert sums(params, np.insert(good, place, WRONG)) == [total, square, len(WRONG)]


def test_zero_counts_as_zero_and_not_as_the_end_of_the_grid(params):
    """Inventories and losses are often zero; a price below its grid is clipped, and counted so."""
    histogram = np.zeros((WEEKS, int(statistics.bin_starts(params)[-1])), np.uint16)
    table = statistics.bin_table(params)
    for _, row in first_rows(params):
        places = statistics.bin_index(np.array([0.0] * 6 + [2.0] * 4, np.float32), row, table)
        np.add.at(histogram, (slice(None), places), 1)
    low = {w.name: statistics.quantiles(histogram, params, [0.3])[0, 0, row] for w, row in first_rows(params)}
    exact = {name for name, value in low.items() if value == 0.0}
    assert exact == {"inventory_weeks", "loss_usd_bn"}
    assert all(0 <= low[name] < 1e-2 for name in ("shortage_ratio", "export_ratio"))
    clipped_low = ("price_ratio", "paid_price_ratio", "lead_time_weeks")
    assert [low[name] for name in clipped_low] == [w.bins.low for w in WEEKLY if w.name in clipped_low]
    at_the_top = 4  # a shortage of 2 lies beyond its grid
    assert statistics.clipped(histogram, params) == WEEKS * (6 * len(clipped_low) + at_the_top)


def test_gains_are_below_zero(params):
    """A weekly loss may be negative: quantiles and the mean see it, and neither end is lost unseen."""
    table, row = statistics.bin_table(params), weekly_rows(params)[-1].start
    values = np.array([-3.0] * 6 + [0.0] * 2 + [2.0] * 2, np.float32)
    histogram = np.zeros((WEEKS, int(table.start[-1])), np.uint16)
    np.add.at(histogram, (slice(None), statistics.bin_index(values, row, table)), 1)
    quantiles = statistics.quantiles(histogram, params, [0.3, 0.7, 0.95])[:, 0, row]
    np.testing.assert_allclose(quantiles, [-3.0, 0.0, 2.0], rtol=1 / 64)
    assert statistics.clipped(histogram, params) == 0
    np.add.at(histogram, (0, statistics.bin_index(np.array([-1e30], np.float32), row, table)), 1)
    assert statistics.clipped(histogram, params) == 1


def test_gains_are_counted_alike(params):
    """The backends agree on the bins of a world in which China gains."""
    p = worlds.forced(worlds.quiet(40), {})
    first = worlds.scenario().params.initial
    p = worlds.change(p, "initial", control=first.control, open_share=first.open_share)
    p = worlds.forced(p, {"advanced_chips": 0.0})
    results = [backends.get(name)(p, Grid("float64", keep=8), 1, range(8)) for name in ("numba", "reference")]
    assert worlds.weekly(p, results[0].series, "loss_usd_bn")[0].min() < -1e-3
    np.testing.assert_array_equal(results[0].stats.histogram, results[1].stats.histogram)
    table = statistics.bin_table(p)
    rows = results[0].series[: weekly_rows(p)[-1].stop]
    for t in range(p.weeks):
        expected = np.zeros(int(table.start[-1]), np.uint16)
        for v, x in enumerate(rows[:, t]):
            np.add.at(expected, statistics.bin_index(x, v, table), 1)
        np.testing.assert_array_equal(results[0].stats.histogram[t], expected)
