"""Risk measures against closed forms.

Statistical tests: 400 independent samples of fixed seed; a check allows 5 standard errors of its own, so that
a right formula fails one in about 1.7 million times (two-sided normal).
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, isnan, log, pi, sqrt

import numpy as np
import pytest

from supplyshock.analysis import risk_measures
from support.calibrated_errors import SAMPLES, is_calibrated

PATHS = 4000
Sampler = Callable[[np.random.Generator], np.ndarray]

Z95 = 1.6448536269514722
LAWS: dict[str, tuple[Sampler, float, float, float]] = {
    # draws, mean, 0.95 quantile, mean beyond it
    "normal": (lambda r: r.normal(size=PATHS), 0.0, Z95, exp(-(Z95**2) / 2) / sqrt(2 * pi) / 0.05),
    "exponential": (lambda r: r.exponential(size=PATHS), 1.0, log(20), log(20) + 1),
}


def scores(law: str, measure: Callable[[np.ndarray], risk_measures.Estimate], truth: float, seed: int) -> np.ndarray:
    """(estimate - truth) / its own error, over the samples."""
    rng = np.random.default_rng(seed)
    estimates = [measure(LAWS[law][0](rng)) for _ in range(SAMPLES)]
    return np.array([(e.value - truth) / e.se for e in estimates])


@pytest.mark.parametrize("law", LAWS)
def test_mean_and_its_error(law: str) -> None:
    assert is_calibrated(scores(law, risk_measures.mean, LAWS[law][1], seed=1))


@pytest.mark.parametrize("law", LAWS)
def test_quantile_and_its_error(law: str) -> None:
    # the interval spans 2 sqrt(n q (1 - q)) = 28 gaps: its width varies by 1 / sqrt(28), z**2 by 3 / 28
    assert is_calibrated(scores(law, lambda x: risk_measures.quantile(x, 0.95), LAWS[law][2], seed=2), noise=3 / 28)


@pytest.mark.parametrize("law", LAWS)
def test_tail_mean_and_its_error(law: str) -> None:
    assert is_calibrated(scores(law, risk_measures.cvar, LAWS[law][3], seed=3), noise=0.1)


@pytest.mark.parametrize("law", LAWS)
def test_the_check_would_catch_a_wrong_error_of_the_tail_mean(law: str) -> None:
    """Negative control: the spread within the tail alone forgets that its threshold is estimated."""

    def naive(x: np.ndarray) -> risk_measures.Estimate:
        return risk_measures.mean(np.sort(x)[-PATHS // 20 :])

    assert not is_calibrated(scores(law, naive, LAWS[law][3], seed=3), noise=0.1)


def test_the_check_would_catch_a_wrong_quantile() -> None:
    """Negative control: the 0.95 quantile is not the 0.955 quantile."""
    off = scores("normal", lambda x: risk_measures.quantile(x, 0.955), Z95, seed=2)
    assert not is_calibrated(off, noise=3 / 28)


def test_paired_difference_and_its_error() -> None:
    rng = np.random.default_rng(4)
    z, gains = [], []
    for _ in range(SAMPLES):
        base = rng.normal(size=PATHS)
        difference = risk_measures.paired(base, base + 0.1 + 0.1 * rng.normal(size=PATHS))
        z.append((difference.value - 0.1) / difference.se)
        gains.append(difference.gain)
    assert is_calibrated(np.array(z))
    assert np.mean(gains) == pytest.approx(sqrt(1 + 1.01) / 0.1, rel=0.01)


def test_unpaired_error_would_not_pass_for_the_paired_one() -> None:
    """Negative control: with common random numbers it is far too wide."""
    rng = np.random.default_rng(5)
    z = []
    for _ in range(SAMPLES):
        base = rng.normal(size=PATHS)
        difference = risk_measures.paired(base, base + 0.1 * rng.normal(size=PATHS))
        z.append(difference.value / difference.unpaired_se)
    assert not is_calibrated(np.array(z))


def test_paired_error_of_a_difference_of_tail_means() -> None:
    rng = np.random.default_rng(6)
    z = []
    for _ in range(SAMPLES):
        base = rng.exponential(size=PATHS)
        difference = risk_measures.paired(risk_measures.cvar_influence(base), risk_measures.cvar_influence(2 * base))
        z.append((difference.value - LAWS["exponential"][3]) / difference.se)
    assert is_calibrated(np.array(z), noise=0.1)


@pytest.mark.parametrize("p", [0.003, 0.2, 0.9])
def test_share_and_its_error(p: float) -> None:
    rng = np.random.default_rng(7)
    hits = rng.binomial(20_000, p, size=SAMPLES)
    shares = [risk_measures.share(int(h), 20_000) for h in hits]
    assert is_calibrated(np.array([(e.value - p) / e.se for e in shares]))


def test_share_of_what_never_or_always_happened_has_an_error() -> None:
    assert risk_measures.share(0, 1000).se == pytest.approx(0.7e-3, rel=0.02)
    assert risk_measures.share(1000, 1000).se == pytest.approx(risk_measures.share(0, 1000).se)


def test_quantiles_of_known_numbers() -> None:
    x = np.random.default_rng(8).permutation(np.arange(1.0, 101.0))
    values = risk_measures.quantiles(x, [0.05, 0.5, 0.95])
    assert [e.value for e in values] == [5, 50, 95]
    assert values[1].se == 5  # sqrt(100 / 4) ranks either way
    assert (x == np.random.default_rng(8).permutation(np.arange(1.0, 101.0))).all()  # left as it was


def test_tail_mean_of_known_numbers() -> None:
    assert risk_measures.cvar(np.arange(1.0, 101.0)).value == pytest.approx(np.mean([96, 97, 98, 99, 100]))
    assert risk_measures.cvar(np.zeros(50)) == (0, 0)
    assert risk_measures.cvar(np.r_[np.zeros(98), 5.0, 5.0]).value == pytest.approx(2)  # atom below, 2 of 5 hit


def test_one_path() -> None:
    x = np.array([3.0])
    assert risk_measures.mean(x).value == 3
    assert isnan(risk_measures.mean(x).se)
    assert risk_measures.quantile(x, 0.95) == (3, 0)
    assert risk_measures.cvar(x).value == 3


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("weights", [None, np.array([1.0, 2.0, 1.0])])
def test_what_is_not_finite_has_no_risk_measure(wrong: float, weights: risk_measures.Weights) -> None:
    x = np.array([1.0, wrong, 2.0])
    assert np.isnan(risk_measures.quantiles(x, [0.05, 0.5], weights)).all()
    assert np.isnan(risk_measures.cvar(x, 0.9, weights)).all()
    assert isnan(risk_measures.paired(x, x, weights, weights).value)
    assert isnan(risk_measures.mean(x, weights).se)


def test_differences_without_error_have_no_gain() -> None:
    x = np.arange(4.0)
    assert risk_measures.paired(x, x + 1)[:2] == (1, 0)
    assert isnan(risk_measures.paired(x, x + 1).gain)


def test_float32_sums_are_exact_enough() -> None:
    x = np.full(1_000_000, 16_777.217, np.float32)
    assert risk_measures.mean(x).value == pytest.approx(float(x[0]), rel=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda: risk_measures.mean(np.array([])),
        lambda: risk_measures.mean(np.zeros((2, 2))),
        lambda: risk_measures.quantile(np.array([1.0]), 1.0),
        lambda: risk_measures.cvar(np.array([1.0]), 0.0),
        lambda: risk_measures.share(2, 1),
        lambda: risk_measures.share(0, 0),
        lambda: risk_measures.paired(np.zeros(2), np.zeros(3)),
    ],
)
def test_what_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        call()
