"""Where the model has a closed form, many paths must meet it.

Each test fixes its seed and states its false-alarm rate, the probability that a right model would have failed with
a seed drawn at random; each has a negative control, a wrong figure that must be refused. All z scores are of
means over independent paths, bounded by Z = 5.5 (4e-8 a score, two-sided).
"""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from scipy import stats

from supplyshock_kernels.backends.array_program import random_inputs, supply
from supplyshock_kernels.backends.array_program.made_from import find_costs
from supplyshock_kernels.backends.array_program.negotiation import negotiate
from supplyshock_kernels.backends.array_program.start import start_paths
from supplyshock_kernels.backends.reference.walk import draws_of
from supplyshock_kernels.model import negotiation
from supplyshock_kernels.params import DEAL, ESCALATION, NO_CLOCK, REGIMES, TALKS, TRUCE, Grid
from support import worlds

Z = 5.5
SEED = 314159


# --- a price that is a linear process --------------------------------------------------------------

PATHS = 20_480
WEEKS = 52
START = 0.3


def linear(weeks: int = WEEKS):
    """Nothing moves a material's price but momentum, a weak pull to what it is worth, and noise."""
    law = dict.fromkeys(("alpha", "theta", "arbitrage", "nu", "hoard_gain", "news_gain", "thrift_gain", "jump"), 0.0)
    p = worlds.change(worlds.calm(weeks), "material", **law, k_up=0.005, k_down=0.005)
    return worlds.change(p, "initial", log_price=np.full((26, 2), START))


def dynamics(law, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Matrices of ``v' = a v + s y, r' = phi r - (1 - phi) k (p - v') + sigma z, p' = p + r'`` for the state
    (r, p, v) and the normals (z, y).

    The soft limit of the drive is linear here to (0.0015 / 0.12)**2 / 3 = 5e-5 of the drive.
    """
    phi, pull, s = float(law.phi), (1 - float(law.phi)) * float(law.k_up), float(law.sigma_demand)
    a = 1 - 1 / float(law.demand_weeks)
    step = np.array([[phi, -pull, pull * a], [phi, 1 - pull, pull * a], [0, 0, a]])
    return step, np.array([[sigma, pull * s], [sigma, pull * s], [0, s]])


def covariance(law, sigmas: tuple[float, float], alike: np.ndarray, weeks: int) -> float:
    """Covariance of two log prices after so many weeks whose normals (z, y) correlate as in ``alike``."""
    (one, noise), (other, noises) = (dynamics(law, sigma) for sigma in sigmas)
    cov = np.zeros((3, 3))
    for _ in range(weeks):
        cov = one @ cov @ other.T + noise @ alike @ noises.T
    return cov[1, 1]


def likeness(law, group: float, market: float, node: float) -> np.ndarray:
    """Correlations of (z, y) of two nodes; 1 where they share their group, market, or are the same node."""
    shared, own = law.common_weight**2 + group * law.group_weight**2, law.node_weight**2
    y = shared + market * own
    zy = shared + market * own / np.sqrt(2)
    return np.array([[shared + node * own, zy], [zy, y]])


def closed_form(law, sigma: float, weeks: int) -> tuple[float, float]:
    """Mean and variance of p after so many weeks."""
    step, _ = dynamics(law, sigma)
    mean = np.linalg.matrix_power(step, weeks) @ (0.0, START, START)
    return mean[1], covariance(law, (sigma, sigma), likeness(law, 1, 1, 1), weeks)


@pytest.fixture(scope="module")
def log_prices():
    """(materials, 2, N) log prices in the last week."""
    p = linear()
    ratios = worlds.collect(p, PATHS, SEED, lambda o: worlds.weekly(p, o.series, "price_ratio")[:18, :, -1].copy())
    return p, np.log(ratios.astype(np.float64))


def z_scores(log_prices, bloc: int, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    p, x = log_prices
    mean, var = closed_form(p.material, sigma, WEEKS)
    n = x.shape[-1]
    return (x[:, bloc].mean(-1) - mean) / np.sqrt(var / n), (x[:, bloc].var(-1, ddof=1) / var - 1) / np.sqrt(
        2 / (n - 1)
    )


@pytest.mark.parametrize("bloc", [0, 1])
def test_log_price_is_a_linear_process(log_prices, bloc):
    """Mean and variance of 18 markets: 36 scores, 1.4e-6 false alarms."""
    law = log_prices[0].material
    sigma = float(law.sigma_xc if bloc else law.sigma_cn)
    means, variances = z_scores(log_prices, bloc, sigma)
    assert np.abs(means).max() < Z
    assert np.abs(variances).max() < Z
    assert np.abs(z_scores(log_prices, bloc, 1.05 * sigma)[1]).min() > 3, "negative control: five percent noisier"


def test_log_price_is_normal(log_prices):
    """Kolmogorov-Smirnov of one node, p > 1e-6; a quarter of its paths widened by 20 % are refused."""
    p, x = log_prices
    mean, var = closed_form(p.material, float(p.material.sigma_cn), WEEKS)
    z = (x[5, 0] - mean) / np.sqrt(var)
    assert stats.kstest(z, "norm").pvalue > 1e-6
    z[: len(z) // 4] *= 1.2
    z[len(z) // 4 :] *= 1.05
    assert stats.kstest(z, "norm").pvalue < 1e-6


def test_correlations_are_those_of_the_shared_noise(log_prices):
    """Fisher's z of all 630 pairs of nodes under 6 (1.2e-6 false alarms): .5 within a group, .25 across, more
    between the two nodes of a market, which share what it is worth."""
    p, x = log_prices
    law, group, market = p.material, np.repeat(p.markets.group[:18], 2), np.repeat(np.arange(18), 2)
    np.testing.assert_allclose(law.common_weight**2 + law.group_weight**2 + law.node_weight**2, 1, atol=1e-6)
    of = (float(law.sigma_cn), float(law.sigma_xc))

    def pair(i, j):
        alike = likeness(law, group[i] == group[j], market[i] == market[j], i == j)
        return covariance(law, (of[i % 2], of[j % 2]), alike, WEEKS)

    cov = np.array([[pair(i, j) for j in range(36)] for i in range(36)])
    expected = cov / np.sqrt(np.outer(np.diag(cov), np.diag(cov)))
    estimate = np.corrcoef(x.reshape(36, -1))
    upper = np.triu_indices(36, 1)

    def worst(rho):
        return np.abs(np.arctanh(estimate[upper]) - np.arctanh(rho[upper])).max() * np.sqrt(x.shape[-1] - 3)

    assert worst(expected) < 6
    assert worst(expected + 0.08 * ((group[:, None] == group) & (market[:, None] != market))) > 6, "negative control"
    assert worst(np.where(market[:, None] == market, 0.5, expected)) > 6, "negative control: nodes of their own"


# --- slow demand -----------------------------------------------------------------------------------


def test_demand_is_an_autoregression():
    """Variance and correlations of what lasts after half a year, materials and chips: 26 variances and 325
    correlations under 6 standard errors (1e-6 false alarms), from the reference's own state."""
    paths, weeks = 1024, 26
    p = worlds.calm(weeks)
    *_, (_, state, _) = worlds.walk(p, SEED, range(paths))
    group, chips = p.markets.group, p.markets.group == 3
    laws = [p.chip if c else p.material for c in chips]
    keep = np.array([1 - 1 / float(law.demand_weeks) for law in laws])
    sigma = np.array([float(law.sigma_demand) for law in laws]) * np.where(chips, p.markets.volatility, 1.0)
    var = sigma**2 * (1 - keep ** (2 * weeks)) / (1 - keep**2)
    assert np.abs(state.demand.var(1) / var - 1).max() < 6 * np.sqrt(2 / paths)
    shared = np.array([float(law.common_weight) for law in laws])
    alike = np.outer(shared, shared) + (group[:, None] == group) * ~chips * float(p.material.group_weight) ** 2
    upper = np.triu_indices(26, 1)
    gap = np.arctanh(np.corrcoef(state.demand)[upper]) - np.arctanh(alike[upper])
    assert np.abs(gap).max() * np.sqrt(paths - 3) < 6
    assert np.abs(state.demand.var(1) / (1.6 * var) - 1).min() > 6 * np.sqrt(2 / paths), "negative control"


# --- the table -------------------------------------------------------------------------------------


def table(weeks: int, regime: int, **changes):
    """A table whose rates are constant: no replies, no excitation, no pain, nothing uncertain."""
    p = worlds.status_quo(weeks)
    still = {"cross": 0.0, "reply_tariff": 0.0, "reply_other": 0.0}
    p = worlds.change(p, "policy", **(still | changes))
    p = worlds.change(p, "initial", regime=regime, clock=NO_CLOCK)
    one = dict.fromkeys(("policy_level", "hazard_truce", "hazard_break", "hazard_deal", "hazard_lapse"), 1.0)
    zero = dict.fromkeys(("pain_us", "pain_cn", "truce_pain", "relax_pain", "onset"), 0.0)
    return worlds.fixed_theta(p, **one, **zero)


def negotiated(p, paths: int, seed: int = SEED):
    """(weeks, N) regimes, (weeks, 2, 3, N) actions and (weeks, N) clocks from the negotiation alone, in float64."""
    draws = draws_of(Grid("float64"), seed, range(paths))
    rules, theta = negotiation.build_rules(p.policy), random_inputs.draw_theta(p, draws)
    s, kept = start_paths(p, theta, draws), []
    for t in range(p.weeks):
        drawn = random_inputs.draw_week(draws, t + 1, 1)
        s, _, actions = negotiate(p, rules, theta, s, drawn, t)
        kept.append((s.regime.astype(int), actions, s.clock))
    return tuple(np.stack(x) for x in zip(*kept, strict=True))


def z_binomial(counts: np.ndarray, trials: int, probability: float) -> tuple[float, float]:
    """z scores of the mean and of the variance of counts that should be Binomial(trials, probability)."""
    n, var = counts.size, trials * probability * (1 - probability)
    kurtosis = 3 + (1 - 6 * probability * (1 - probability)) / var
    return (
        (counts.mean() - trials * probability) / np.sqrt(var / n),
        (counts.var(ddof=1) / var - 1) / np.sqrt((kurtosis - 1) / n),
    )


@pytest.mark.parametrize("regime", [0, ESCALATION, DEAL])
def test_actions_are_binomial(regime):
    """Restrictions and relaxations of a path: Binomial(weeks, 1 - exp(-rate / 52)); 8 scores, 3e-7."""
    p = table(104, regime, hazard=np.zeros((6, 6)))
    regimes, actions, _ = negotiated(p, 4096)
    assert (regimes == regime).all()
    counts = actions.sum(0)
    assert (counts[:, 1] == 0).all(), "nobody replies"
    for party in (0, 1):
        for kind, rate in ((0, p.policy.base_rate[party, regime]), (2, p.policy.relax_rate[party, regime])):
            probability = 1 - exp(-rate / 52)
            assert np.abs(z_binomial(counts[party, kind], 104, probability)).max() < Z
    rate = 1.1 * p.policy.base_rate[1, regime]
    assert abs(z_binomial(counts[1, 0], 104, 1 - exp(-rate / 52))[0]) > Z, "negative control: ten percent more often"


def test_actions_of_the_parties_are_independent():
    """Without replies and excitation the counts of both sides are uncorrelated, |r| sqrt(n) < Z."""
    p = table(104, ESCALATION, hazard=np.zeros((6, 6)))
    z = []
    for q in (p, worlds.change(p, "policy", cross=6.9, reply_tariff=1.7)):
        counts = negotiated(q, 4096)[1].sum(0)
        z.append(np.corrcoef(counts[0, :2].sum(0), counts[1, :2].sum(0))[0, 1] * np.sqrt(4096))
    assert abs(z[0]) < Z
    assert z[1] > Z, "negative control"


def test_the_compiled_table_counts_the_same():
    """The numba backend over the same limit: restrictions in a calm regime, 2 parties, 4 scores."""
    p = table(104, 0, hazard=np.zeros((6, 6)))
    actions = worlds.collect_outcome(p, 4096, SEED, "actions")
    for party in (0, 1):
        probability = 1 - exp(-p.policy.base_rate[party, 0] / 52)
        assert np.abs(z_binomial(actions[party, 0], 104, probability)).max() < Z


@pytest.mark.parametrize("regime", [ESCALATION, TRUCE, TALKS, DEAL])
def test_sojourns_are_geometric(regime):
    """Paths still in their first regime after n weeks are Binomial(N, exp(-total n / 52)); the first exit
    goes where its hazard's share says (chi-square). Together 4e-7 false alarms a regime.
    """
    p = table(104, regime)
    hazard = p.policy.hazard[regime].copy()
    if regime == TRUCE:
        hazard[ESCALATION] *= p.policy.truce_no_clock
    n = 8192
    regimes, _, _ = negotiated(p, n)
    gone = regimes != regime
    for weeks in (1, 13, 26, 52, 104):
        stay = exp(-hazard.sum() * weeks / 52)
        still = (~gone[:weeks].any(0)).sum()
        assert abs(still - n * stay) < Z * np.sqrt(n * stay * (1 - stay)), weeks
    left = gone.any(0)
    to = np.bincount(regimes[gone.argmax(0), np.arange(n)][left], minlength=6)
    possible = hazard > 0
    assert (to[~possible] == 0).all()
    share = hazard[possible] / hazard.sum()
    assert stats.chisquare(to[possible], share * left.sum()).pvalue > 1e-7
    wrong = share + np.where(np.arange(len(share)) == share.argmax(), -0.05, 0.05 / (len(share) - 1))
    assert stats.chisquare(to[possible], wrong * left.sum()).pvalue < 1e-7, "negative control"


@pytest.mark.parametrize("weeks_left", [3, 10])
def test_a_clock_runs_out_in_its_week(weeks_left):
    """Two weeks before its end a truce resolves with probability 1/2 a week, at the end surely; to a deal,
    escalation or talks in the stated shares. Scores under Z, chi-square p > 1e-7.
    """
    p = table(40, TRUCE, hazard=np.zeros((6, 6)), expiry=np.array([0.0, 0.5, 0.3, 0.2]))
    p = worlds.change(p, "initial", clock=float(weeks_left))
    n = 8192
    regimes, _, clock = negotiated(p, n)
    assert (clock[0] == weeks_left - 1).all()
    when = (regimes != TRUCE).argmax(0)
    early = p.policy.expiry_weekly
    for week_, probability in (
        (weeks_left - 2, early),
        (weeks_left - 1, early * (1 - early)),
        (weeks_left, (1 - early) ** 2),
    ):
        assert abs((when == week_).sum() - n * probability) < Z * np.sqrt(n * probability * (1 - probability))
    assert set(np.unique(when)) == {weeks_left - 2, weeks_left - 1, weeks_left}
    to = np.bincount(regimes[-1], minlength=6)[[DEAL, ESCALATION, TALKS]]
    assert to.sum() == n
    assert stats.chisquare(to, n * np.array([0.5, 0.3, 0.2])).pvalue > 1e-7
    assert stats.chisquare(to, n * np.array([0.44, 0.34, 0.22])).pvalue < 1e-7, "negative control"


def test_a_truce_that_rolls_gets_a_new_clock():
    """All roll: 13 weeks with the stated probability, else 52, from the week it was renewed."""
    p = table(4, TRUCE, hazard=np.zeros((6, 6)), expiry=np.array([1.0, 0.0, 0.0, 0.0]), expiry_weekly=0.0)
    p = worlds.change(p, "initial", clock=1.0)
    n = 8192
    regimes, _, clock = negotiated(p, n)
    assert (regimes == TRUCE).all()
    assert (clock[0] == 0).all()
    assert set(np.unique(clock[1])) == {13, 52}
    short = (clock[1] == 13).sum()
    assert abs(short - n * p.policy.short_roll) < Z * np.sqrt(n * 0.24)
    assert (clock[3] == clock[1] - 2).all()


# --- accidents -------------------------------------------------------------------------------------


def accidents(p, paths: int):
    """(weeks, J, N) output lost to new accidents and (weeks, N) strait crises, from the sources alone."""
    once = worlds.change(p, "sources", outage_recovery=np.ones_like(p.sources.outage_recovery))
    once = worlds.change(once, "policy", strait_recovery=1.0)
    draws = draws_of(Grid("float64"), SEED, range(paths))
    rules, theta = negotiation.build_rules(once.policy), random_inputs.draw_theta(once, draws)
    s, kept = start_paths(once, theta, draws), []
    for t in range(p.weeks):
        drawn = random_inputs.draw_week(draws, t + 1, 26)
        s = supply.run_strait(rules, s, drawn, np.float64(1))
        s, _ = supply.run_sources(once, s, drawn, find_costs(once, theta, s), t)
        kept.append((s.sources.outage, s.strait))
    return tuple(np.stack(x) for x in zip(*kept, strict=True))


def test_accidents():
    """Every source: Binomial(weeks, 1 - exp(-hazard / 52)) accidents a path, mean severity as stated; a
    crisis of the strait likewise. 20 sources and the strait: 61 scores, 2.4e-6 false alarms."""
    p = worlds.calm(52)
    p = worlds.change(p, "policy", strait_hazard=np.full(len(REGIMES), 0.4))
    outage, strait = accidents(p, 4096)
    assert ((outage > 0).sum(1) <= 1).all(), "at most one a week"
    hazard = p.sources.outage_hazard
    for j in range(len(hazard)):
        counts = (outage[:, j] > 0).sum(0)
        assert np.abs(z_binomial(counts, 52, 1 - exp(-hazard[j] / 52))).max() < Z
        severity = outage[:, j][outage[:, j] > 0]
        mean = p.sources.outage_severity[j]
        assert severity.max() <= 0.95
        if 1.5 * mean < 0.95:  # uniform on [.5, 1.5] of the mean
            assert abs(severity.mean() - mean) < Z * mean / np.sqrt(12 * severity.size)
    assert np.abs(z_binomial((strait > 0).sum(0), 52, 1 - exp(-0.4 / 52))).max() < Z
    assert abs(z_binomial((strait > 0).sum(0), 52, 1 - exp(-0.5 / 52))[0]) > Z, "negative control"
