"""How far simulated distributions are from observations: scores against closed forms, weights, one-sided targets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.stats import t as student

from supplyshock.calibration.backtest.observations import shipped_points
from supplyshock.calibration.backtest.run import known_points
from supplyshock.calibration.markets.objective import Residual, curve_weights, fitted_points


@pytest.fixture(scope="module")
def points():
    return known_points(shipped_points())


def pick(points, target, measure):
    return next(p for p in points if (p.target, p.measure) == (target, measure))


def test_a_band_is_a_ninety_percent_interval(points):
    dy = Residual(pick(points, "T1", "peak_quote"))
    p = dy.point
    assert dy.value(p.value) == pytest.approx(0)
    assert dy.value(p.value * np.sqrt(p.high / p.low)) == pytest.approx(1.645, abs=0.001)
    week = Residual(pick(points, "T2", "peak_week"))
    assert week.value(57.5) == pytest.approx(0)
    assert week.value(70) == pytest.approx(1.645, abs=0.001)


def test_one_sided_targets(points):
    price = Residual(next(p for p in points if p.target == "T6" and p.measure == "quote"))
    assert price.value(9.0) == 0
    assert price.value(2.0) < -1
    stock = Residual(pick(points, "T7", "stock_days"))
    assert stock.value(1.0) == 0
    assert stock.value(20.0) > 3


def spread_around(centre, half_width):
    """Ratios whose logs are uniform: their 5-95 % range is nine tenths of the whole."""
    return centre * np.exp(np.linspace(-half_width, half_width, 2001))


def half_width(sd):
    """Of the ratios that the objective takes for a distribution of this standard deviation."""
    return 3.29 * np.sqrt(sd**2 - 0.05**2) / 1.8


def cost(point, off, sd, weight=1.0):
    """Of a distribution whose median lies so far off in logs."""
    residual = Residual(point, weight=weight)
    return sum(r**2 for r in residual.values(spread_around(point.value * np.exp(off), half_width(sd))))


@pytest.mark.parametrize(("off", "sd"), [(0.0, 0.05), (0.2, 0.1), (-0.4, 0.1), (1.5, 0.6)])
def test_a_ratio_costs_twice_its_negative_log_score(points, off, sd):
    """Against the density of Student's t with four degrees of freedom; nothing at the observed value itself."""
    dy = pick(points, "T1", "peak_quote")
    score, best = (-2 * student.logpdf(x, 4, scale=scale) for x, scale in ((off, sd), (0.0, 0.05)))
    assert cost(dy, off, sd) == pytest.approx(score - best, abs=1e-6)
    assert cost(dy, off, sd, weight=0.5) == pytest.approx((score - best) / 2, abs=1e-6)


def test_what_a_width_is_worth(points):
    """By hand: 5 ln(1 + z^2/4) of the distance and 2 ln(sd/.05) of the width."""
    dy = pick(points, "T1", "peak_quote")
    distance, width = Residual(dy).values(spread_around(dy.value * np.exp(-0.2), half_width(0.1)))
    assert distance == pytest.approx(-np.sqrt(5 * np.log(2)))
    assert width == pytest.approx(np.sqrt(2 * np.log(2)))
    assert cost(dy, 0.0, 0.5) == pytest.approx(2 * np.log(10)), "a band that is wide without need"
    assert cost(dy, 0.5, 0.05) == pytest.approx(5 * np.log(26)), "a narrow one that misses"
    assert cost(dy, 0.5, 0.5) < cost(dy, 0.5, 0.05), "the wide one holds it"
    assert cost(dy, 1.0, 0.05) - cost(dy, 0.5, 0.05) < 7, "a normal's would rise by 300: one miss does not rule"


def test_other_targets_count_by_their_medians(points):
    week = Residual(pick(points, "T2", "peak_week"))
    narrow, wide = (week.values(np.array([70 - d, 70, 70 + d])) for d in (0.1, 30.0))
    assert week.rows == (week.name,)
    assert narrow == wide == (pytest.approx(np.sqrt(5 * np.log1p(1.645**2 / 4)), abs=0.001),)


def test_points_on_a_curve_share_a_weight(points):
    """Four points of one curve weigh as two; a point of another market keeps its own."""
    curve = [p for p in points if p.target == "" and p.measure == "quote"]
    own = [replace(curve[0], first=date(2011, month, 1)) for month in (1, 4, 7, 10)]
    other = replace(curve[0], market="Ge")
    assert curve_weights([*own, other]) == pytest.approx([0.5] * 4 + [1.0])


def test_ratios_count_whether_targets_or_not(points):
    kept = fitted_points(points)
    assert {p.target == "" for p in kept} == {True, False}
    left = [p for p in points if p not in kept]
    assert all(not p.target and not Residual(p).is_scored for p in left)
    assert all(Residual(p).is_scored for p in kept if not p.target)
