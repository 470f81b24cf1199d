"""Coverage of the bands, what a right model would give, and published losses: closed forms and negative controls."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from supplyshock.calibration.backtest import null_distribution as null
from supplyshock.calibration.backtest.coverage import (
    HORIZONS,
    KINDS,
    by_horizon,
    by_kind,
    interval,
    measure_coverage,
    observed_counts,
    resampled,
)
from supplyshock.calibration.backtest.observation_operators import OPERATORS, PUBLISHED, SimulatedView
from supplyshock.calibration.backtest.observed_point import ObservedPoint
from supplyshock.calibration.backtest.published_losses import pairs_in_order, published_losses
from supplyshock.calibration.backtest.run import score
from supplyshock.calibration.backtest.score_tables import FIELDS, _record
from supplyshock.calibration.backtest.scores import pit
from supplyshock.reporting.page.backtest_coverage import answer, coverage_section
from supplyshock.reporting.page.backtest_tables import left_out_section, published_section
from supplyshock.reporting.page.markdown_table import break_lines

N = 2000


def row(**given):
    blank = dict.fromkeys(FIELDS, "") | {"episode": "a", "median": "1", "q05": "0.5", "q95": "2", "kind": "exports"}
    return blank | {k: str(v) for k, v in given.items()}


def hit(**given):
    return row(observed=1, inside50=1, inside80=1, inside=1, pit=0.5, crps=0.1, crps_no_change=1, crps_walk=1, **given)


def miss(observed, **given):
    return row(observed=observed, inside50=0, inside80=0, inside=0, pit=float(observed > 1), **given)


def point(market, value, episode="e"):
    return ObservedPoint(episode, "s", "", "quote", market, "XC", date(2020, 1, 1), date(2020, 1, 8), value, None, None,
                         "1", "sourced", "a source", "", "x:1")  # fmt: skip


def view(markets, shared, seed=0):
    """Quotes of one week; on every path all markets are alike where `shared`."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal(N)
    series = {("price_ratio", m, "XC"): np.exp(common if shared else rng.standard_normal(N))[None, :] for m in markets}
    return SimulatedView(date(2020, 1, 1), series, dict.fromkeys(series, 1.0), {})


# --- coverage ----------------------------------------------------------------------------------------


def test_the_interval_is_that_of_clopper_and_pearson():
    """Closed forms at the ends: (1 - p)^n and p^n are half of what the interval leaves out."""
    assert interval(0, 10, 0.9) == pytest.approx((0, 1 - 0.05**0.1))
    assert interval(10, 10, 0.9) == pytest.approx((0.05**0.1, 1))
    assert interval(0, 0) == (0, 1)
    low, high = interval(8, 20, 0.95)
    assert (low, high) == pytest.approx((0.191, 0.639), abs=0.001), "Clopper and Pearson, 1934: tabulated"


def test_sides_width_and_error_of_a_group():
    c = measure_coverage("g", [hit(), hit(), miss(9), miss(0.1), miss(0.2), row(observed="", band_low=1)])
    assert (c.points, c.inside, c.below, c.above) == (5, {50: 2, 80: 2, 90: 2}, 2, 1)
    assert (c.ratios, c.width, c.crps) == (2, 4.0, pytest.approx(0.1))
    assert c.missed(0.1) == [80, 90], "two of five are within ten points of a half"
    assert measure_coverage("none", []).missed() == []


def test_groups_hold_what_their_names_say():
    weeks = [-3, 8, 8.49, 8.6, 26, 27, 60, 61, 300]
    rows = [hit(horizon_weeks=w) for w in weeks] + [hit(horizon_weeks="")]
    assert [c.points for c in by_horizon(rows)] == [3, 2, 2, 2], "a moment has no horizon"
    assert [c.group for c in by_horizon(rows)] == [name for name, _ in HORIZONS]
    kinds = {o.kind_in(b) for o in OPERATORS.values() for b in ("CN", "XC")}
    assert kinds == {*KINDS, PUBLISHED}
    assert sum(c.points for c in by_kind(rows)) == len(rows)


def test_pit_splits_ties():
    assert pit(np.array([1.0, 2.0, 2.0, 3.0]), 2.0) == 0.5
    assert pit(np.array([1.0, 2.0]), 5.0) == 1


def test_resampling_keeps_episodes_together():
    """One episode all in and one all out: half, a quarter each way for none and all."""
    rows = [hit(episode="a") for _ in range(20)] + [miss(9, episode="b") for _ in range(20)]
    assert resampled(rows, 90) == (0.0, 1.0)
    assert resampled([hit(episode="a"), hit(episode="b")], 90) == (1.0, 1.0)


# --- if the model were right ---------------------------------------------------------------------------


def counts_of(points, v):
    return null.path_counts(v, points)


def scored(points, v):
    return [_record(r) for r in score(v, points, 1)]


@pytest.mark.parametrize(("shared", "range90"), [(True, (0, 20)), (False, (16, 20))])
def test_the_null_distribution_counts_dependence(shared, range90):
    """Twenty points: binomial(20, .9) where they are independent (5 % and 95 % points 16 and 20), all or nothing where
    they are one. Counts are of 2,000 paths, so a quantile at a step of the binomial could only move by luck far
    beyond 5 sd."""
    markets = [f"m{i}" for i in range(20)]
    v, points = view(markets, shared), [point(m, 1.0) for m in markets]
    got = null.null_distribution([counts_of(points, v)], observed_counts(scored(points, v)))
    assert got.inside[90] == range90
    assert got.inside[50][0] == (0 if shared else pytest.approx(6, abs=1))


def test_a_right_model_is_not_accused_and_a_wrong_one_is():
    """False-alarm rate of the first half: 1 % a figure, fixed seed. Negative control: every observation high."""
    markets = [f"m{i}" for i in range(30)]
    v, rng = view(markets, shared=False), np.random.default_rng(5)
    honest = [point(m, float(np.exp(rng.standard_normal()))) for m in markets]
    fair = null.null_distribution([counts_of(honest, v)], observed_counts(scored(honest, v)))
    assert min(fair.inside_p.values()) > 0.01
    assert min(fair.sides_p) > 0.01
    assert fair.chi2_p > 0.01
    high = [point(m, 8.0) for m in markets]
    unfair = null.null_distribution([counts_of(high, v)], observed_counts(scored(high, v)))
    assert unfair.inside_p[90] < 0.001
    assert unfair.sides_p[1] < 0.001 < unfair.sides_p[0]
    assert unfair.chi2_p < 0.001
    assert observed_counts(scored(high, v)).bins.max() > unfair.band[1]


def test_the_page_says_which_side_misses():
    rows = [hit(horizon_weeks=5) for _ in range(4)] + [miss(9, horizon_weeks=5) for _ in range(8)]
    law = {"inside": {"50": [4, 8], "80": [8, 12], "90": [9, 12]}, "inside_p": {"50": 0.5, "80": 0.01, "90": 0.001},
           "sides_p": [1.0, 0.001], "band": [0, 5], "chi2_p": 0.001}  # fmt: skip
    out = [{"episode": "2010", "scores": {"with": {"crps": 0.2}, "without": {"crps": 0.4}}},
           {"episode": "stop", "scores": {"with": {"crps": None}, "without": {"crps": None}}}]  # fmt: skip
    text = answer(rows, law, out)
    assert "CRPS of episodes when the fit leaves out their own points: 2010 0.40 (0.20 with them).\n" in text
    assert "by horizon: up to 8 weeks 4 of 12. A right model has coverage of the 90 % band as far off with" in text
    assert "33 / 33 / 33 % of 12 observed numbers: too narrow" in text
    assert "Of 8 misses of the 90 % band, 8 lie above it" in text
    assert "Up to 8 weeks: the 50, 80 and 90 % bands are too narrow" in text
    table = coverage_section(rows, law, "p.png")
    assert "| up to 8 weeks | 12 | 33 (12-61) |" in table
    assert "**missed**: 50, 80 and 90" in table
    assert "1 of the ten leaves the band of 0 to 5" in table
    few = coverage_section(rows[:11], law, "p.png")
    assert "| up to 8 weeks | 11 |" in few
    assert few.count("| few |") >= 2, "a small group is not judged"


# --- published losses ----------------------------------------------------------------------------------


def loss(scenario, mean, published="", low=""):
    return row(scenario=scenario, kind=PUBLISHED, mean=mean, q05=0, q95=9, observed=published, band_low=low, source="s")


def test_published_losses_are_judged_by_factor_and_order_and_count_in_no_coverage():
    rows = [loss("dy", 1.5, 1.6), loss("sm", 13.6, 4.5), loss("ga", 0.3, 3.1), loss("all", 31, low=4.5), hit()]
    stops = published_losses(rows)
    assert [s.scenario for s in stops] == ["sm", "ga", "dy", "all"]
    assert [s.met for s in stops] == [False, False, True, True]
    assert pairs_in_order(stops) == (2, 3), "gallium and dysprosium stand the wrong way"
    assert measure_coverage("all", rows).points == 1
    text = published_section(rows)
    assert "1 of 3 published losses" in text
    assert "| `all` | 31 | 0 to 9 | at least 4.5 | 6.9 | yes |" in text
    assert published_section([hit()]) == ""


def test_a_stale_calibration_is_said_on_the_page():
    assert "Not computed" in left_out_section([], stale=True)
    assert left_out_section([], stale=False) == ""


def test_long_lines_of_prose_are_broken_and_others_are_not():
    words, row = "word " * 30, "| " + "cell " * 30 + "|"
    page = f"# {words}\n{row}\n* {words.strip()}\n\nshort\n"
    made = break_lines(page)
    head, same, first, second, *rest = made.split("\n")
    assert (head, same, rest) == (f"# {words}", row, ["", "short", ""])
    assert len(first) <= 100
    assert second.startswith("  word")
    assert made.split() == page.split()
    assert break_lines(made) == made
