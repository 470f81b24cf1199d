"""Do 95 % intervals, value +- 1.96 standard errors, cover the truth 95 times in 100?

400 samples of fixed seed each. With a true coverage of 95 % the count of covering intervals is binomial, and
it lies outside 92 to 97.5 % (368 to 390) once in 125 checks: 0.4 % on each side. A formula that is
right would thus fail a new seed with probability 0.008 in each of the checks; the seeds here are fixed.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, pi, sqrt

import numpy as np
import pytest

from supplyshock.analysis import risk_measures
from supplyshock.execution.weekly_quantiles import weekly_quantiles
from supplyshock.store.variables import QUANTILES
from supplyshock_kernels.outputs import weekly_rows
from supplyshock_kernels.statistics import bin_index, bin_table
from support import synthetic

SAMPLES, PATHS = 400, 4000
LOW, HIGH = 0.92, 0.975
Measure = Callable[[np.ndarray], risk_measures.Estimate]

PARAMS = synthetic.scenario().params
TABLE = bin_table(PARAMS)
LOSS = next(r.start for r in weekly_rows(PARAMS) if r.name == "loss_usd_bn")
"""A weekly quantity that may be negative; its bins are the widest, 1.6 %."""


def weekly(q: float) -> Measure:
    """The quantile of a week, from counts alone."""

    def of(x: np.ndarray) -> risk_measures.Estimate:
        counts = np.bincount(bin_index(x, LOSS, TABLE), minlength=int(TABLE.start[-1]))
        both = weekly_quantiles(counts[None], PARAMS, x.size)
        return risk_measures.Estimate(*(float(a[QUANTILES.index(q), 0, LOSS]) for a in both))

    return of


Z95 = 1.6448536269514722
NORMAL_TAIL = exp(-(Z95**2) / 2) / sqrt(2 * pi) / 0.05
MEASURES: dict[str, tuple[Measure, float, float]] = {
    # measure, truth of a standard normal, truth of a standard exponential
    "mean": (risk_measures.mean, 0.0, 1.0),
    "median": (lambda x: risk_measures.quantile(x, 0.5), 0.0, log(2)),
    "P5": (lambda x: risk_measures.quantile(x, 0.05), -Z95, -log(0.95)),
    "P95": (lambda x: risk_measures.quantile(x, 0.95), Z95, log(20)),
    "weekly median": (weekly(0.5), 0.0, log(2)),
    "weekly P5": (weekly(0.05), -Z95, -log(0.95)),
    "weekly P95": (weekly(0.95), Z95, log(20)),
    "CVaR95": (risk_measures.cvar, NORMAL_TAIL, log(20) + 1),
    "share": (lambda x: risk_measures.share(int((x > 1).sum()), x.size), 0.15865525393145707, exp(-1)),
}


def coverage(draw: Callable[[], np.ndarray], measure: Measure, truth: float, shrink: float = 1.0) -> float:
    """Share of samples whose interval holds the truth; `shrink` makes the error wrong on purpose."""
    estimates = [measure(draw()) for _ in range(SAMPLES)]
    return float(np.mean([abs(e.value - truth) <= 1.96 * shrink * e.se for e in estimates]))


def draws(law: str, seed: int) -> Callable[[], np.ndarray]:
    rng = np.random.default_rng(seed)
    if law == "normal":
        return lambda: rng.standard_normal(PATHS)
    return lambda: rng.standard_exponential(PATHS)


@pytest.mark.parametrize("law", ["normal", "exponential"])
@pytest.mark.parametrize("name", MEASURES)
def test_intervals_cover(name: str, law: str) -> None:
    measure, normal, exponential = MEASURES[name]
    truth = normal if law == "normal" else exponential
    assert LOW <= coverage(draws(law, 11), measure, truth) <= HIGH


@pytest.mark.parametrize("law", ["normal", "exponential"])
@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("shrink", [0.5, 2.0])
def test_the_check_would_catch_half_and_twice_the_error(name: str, law: str, shrink: float) -> None:
    """Negative control: the true coverage would be 67 and 99.99 %."""
    measure, normal, exponential = MEASURES[name]
    truth = normal if law == "normal" else exponential
    assert not LOW <= coverage(draws(law, 11), measure, truth, shrink) <= HIGH


def _pairs(seed: int) -> Callable[[], np.ndarray]:
    """(2, paths): the same luck in both, and a little of each one's own; the difference is 0.1."""
    rng = np.random.default_rng(seed)

    def draw() -> np.ndarray:
        base = rng.standard_normal(PATHS)
        return np.stack([base, base + 0.1 + 0.1 * rng.standard_normal(PATHS)])

    return draw


def test_intervals_of_paired_differences_cover() -> None:
    assert LOW <= coverage(_pairs(12), lambda x: risk_measures.Estimate(*risk_measures.paired(*x)[:2]), 0.1) <= HIGH


def test_the_check_would_catch_the_unpaired_error() -> None:
    """Negative control: it is 14 times too wide here."""

    def unpaired(x: np.ndarray) -> risk_measures.Estimate:
        difference = risk_measures.paired(*x)
        return risk_measures.Estimate(difference.value, difference.unpaired_se)

    assert coverage(_pairs(12), unpaired, 0.1) > HIGH


@pytest.mark.parametrize("name", MEASURES)
def test_values_meet_the_closed_forms(name: str) -> None:
    """Within five of their own standard errors on four million draws: a false alarm in 1.7 million."""
    measure, normal, exponential = MEASURES[name]
    rng = np.random.default_rng(13)
    for x, truth in (
        (rng.standard_normal(4_000_000), normal),
        (rng.standard_exponential(4_000_000), exponential),
    ):
        estimate = measure(x)
        assert abs(estimate.value - truth) <= 5 * estimate.se  # what is counted as zero has no error
        assert estimate.se < 0.01
