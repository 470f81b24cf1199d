"""PRIM: a known box, noise, quasi-p by hand, and points with equal values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from supplyshock.analysis.prim import Box, best_box, excess, find_box, paste, quasi_p
from supplyshock.analysis.scenario_discovery import CHANCE, Discovery, discover

N, K = 400, 8


def points(seed: int, n: int = N, k: int = K) -> np.ndarray:
    return np.random.default_rng(seed).random((n, k))


def in_corner(x: np.ndarray) -> np.ndarray:
    """Fails where the second parameter is above .6 and the fifth below .5: a fifth of the cube."""
    return (x[:, 1] > 0.6) & (x[:, 4] < 0.5)


def test_a_known_box_is_found_and_no_other_parameter() -> None:
    """Sharp failures in a corner: ends within two slices of the truth, the six idle parameters free in 10 of 10."""
    for seed in range(10):
        x = points(seed)
        box = find_box(x, in_corner(x))
        assert list(np.flatnonzero(box.restricted)) == [1, 4]
        assert box.low[1] == pytest.approx(0.6, abs=0.06)
        assert box.high[4] == pytest.approx(0.5, abs=0.06)
        inside = box.inside(x)
        assert in_corner(x)[inside].mean() > 0.93
        assert in_corner(x)[inside].sum() > 0.85 * in_corner(x).sum()


def test_a_blurred_box_is_found_with_honest_figures() -> None:
    """Fails with .8 inside and .1 outside: density about .8, and near it in halves that the search did not see."""
    random = np.random.default_rng(103)
    x = points(3)
    fails = random.random(N) < np.where(in_corner(x), 0.8, 0.1)
    discovery = discover(x, fails, seed=1)
    assert discovery.has_box
    assert discovery.chance == pytest.approx(0.01)
    assert {1, 4} == set(np.flatnonzero(discovery.box.restricted))
    assert discovery.density == pytest.approx(0.8, abs=4 * 0.045)  # 4 binomial errors of 80 points
    assert discovery.held_out_density < discovery.density + 0.05
    assert discovery.held_out_density > 2 * fails.mean()
    assert discovery.repeated is not None and discovery.repeated[[1, 4]].min() > 0.8


def test_noise_gives_no_box() -> None:
    """Random failures: a false alarm in at most 1 of 20 searches, so of 40 more than 7 with chance .0014."""
    random = np.random.default_rng(11)
    alarms = sum(discover(random.random((80, 4)), random.random(80) < 0.3, seed).has_box for seed in range(40))
    assert binom.sf(7, 40, CHANCE) < 0.002
    assert alarms <= 7


def test_without_the_shuffles_noise_would_give_boxes() -> None:
    """The negative control of the guard: peeling alone finds a box beyond two errors in noise every time."""
    random = np.random.default_rng(12)
    for _ in range(10):
        box, most = best_box(random.random((120, 6)), random.random(120) < 0.3)
        assert box.restricted.any() and most > 2


def test_quasi_p_is_the_binomial_tail_without_the_restriction() -> None:
    x = np.arange(10.0)[:, None] / 10
    fails = x[:, 0] > 0.55  # 4 of 10
    box = Box.whole(1).with_end(0, False, 0.55)
    assert quasi_p(box, x, fails)[0] == pytest.approx(0.4**4)
    assert np.isnan(quasi_p(Box.whole(1), x, fails)[0])


def test_pasting_takes_back_what_peeling_cut_too_far() -> None:
    x = np.linspace(0, 1, 101)[:, None]
    fails = (x[:, 0] > 0.395) | (x[:, 0] < 0.105)
    narrow = Box.whole(1).with_end(0, False, 0.3)  # a slice with mixed points: pasting from here lowers the rate
    assert paste(narrow, x, fails).low[0] == 0.3
    both = Box.whole(2).with_end(0, False, 0.5).with_end(1, False, 0.5)
    y = np.column_stack([np.tile(np.linspace(0, 1, 40), 40), np.repeat(np.linspace(0, 1, 40), 40)])
    wide = paste(both, y, (y[:, 0] > 0.3) & (y[:, 1] > 0.6))
    assert wide.low[0] <= 0.5 and wide.low[1] == 0.5


def test_equal_values_are_cut_together() -> None:
    """A parameter with three values, as `KEY=0,50,100` gives it."""
    x = np.column_stack([np.tile([0.0, 50.0, 100.0], 100), np.random.default_rng(0).random(300)])
    box = find_box(x, x[:, 0] == 100)
    assert list(np.flatnonzero(box.restricted)) == [0]
    assert box.low[0] == 75


def test_few_failures_are_not_searched() -> None:
    x, few = points(0), np.zeros(N, bool)
    few[:9] = True
    for fails in (few, ~few):
        discovery: Discovery = discover(x, fails)
        assert not discovery.has_box and np.isnan(discovery.chance)


def test_excess_is_in_errors_of_a_random_draw() -> None:
    """Two of four fail, and both are in the box of two: one more than drawn, with a variance of 1/3."""
    fails = np.array([True, True, False, False])
    assert excess(fails, fails) == pytest.approx(np.sqrt(3))
    assert excess(np.ones(4, bool), fails) == 0
