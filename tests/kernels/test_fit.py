"""The likelihood of the action process: by hand, by closed form, by differences, and on histories it did not make.

Histories come from `policy.moves`, the code of the simulations, so that a wrong likelihood cannot agree with itself.
"""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from scipy.stats import beta, binom, chi2

from supplyshock_kernels.estimation.action_likelihood import ActionParams, Weeks, excitations, fade, log_likelihood
from supplyshock_kernels.estimation.action_models import Branching, action_process, branching, simpler_models
from supplyshock_kernels.estimation.conjugate import rate, shares
from supplyshock_kernels.estimation.maximum_likelihood import Data, maximise, profile
from supplyshock_kernels.estimation.objective import (
    hessian,
    pack_params,
    unpack_params,
    value_and_gradient,
    weekly_log_likelihood,
)
from supplyshock_kernels.estimation.severity import fit_beta, kumaraswamy_like
from supplyshock_kernels.estimation.simulate import simulate
from supplyshock_kernels.params import CALM, DEAL, ESCALATION, TALKS, TRUCE

BASE = np.array([[1.0, 3.7, 6.6, 3.7, 2.3, 6.6], [1.3, 4.9, 8.6, 4.9, 3.0, 8.6]])
PARAMS = ActionParams(BASE, 6.0, 50.0, 0.9, 0.3, np.array([0.4, 0.6]), 0.8, 0.5)
HARD = np.array([[1.8, 3.3], [2.0, 3.7]])
SPELLS = [(CALM, 450), (ESCALATION, 60), (TRUCE, 60), (DEAL, 100), (TALKS, 100), (ESCALATION, 120)]
REGIMES = np.concatenate([np.full(n, float(r)) for r, n in SPELLS])


def histories(paths: int, seed: int, params: ActionParams = PARAMS) -> Weeks:
    return simulate(REGIMES, params, HARD, paths, np.random.default_rng(seed))


def one(weeks: Weeks, k: int) -> Data:
    return Data(Weeks(*(x[k : k + 1] for x in weeks)), np.ones((1, weeks.acted.shape[1])))


def test_by_hand() -> None:
    """Four weeks in talks: nobody; China with a tariff; both, with other lists; nobody. In calm, marks do not count."""
    acted = np.array([[0, 0], [1, 0], [1, 1], [0, 0]], float)
    severity = np.array([[0, 0], [0.5, 0], [0.2, 0.4], [0, 0]])
    tariff = np.array([[0, 0], [1, 0], [0, 0], [0, 0]], float)
    weeks = Weeks(np.full(4, float(TALKS)), acted, severity, tariff)
    keep = exp(-50 / 52)
    trace = {1: (0.0, 0.0), 2: (0.5, 0.0), 3: (0.5 * keep + 0.2, 0.4)}

    def probability(a: int, t: int) -> float:
        return 1 - exp(-(BASE[a, TALKS] + 6.0 * trace.get(t, (0, 0))[1 - a]) / 52)

    c, u = probability(0, 2), probability(1, 2)
    c_answers, u_answers = 1 - exp(-0.3 * 0.4), 1 - exp(-0.3 * 0.2)
    expected = [
        log((1 - probability(0, 0)) * (1 - probability(1, 0))),
        log(probability(0, 1) * 0.4 * (1 - probability(1, 1)) * exp(-0.9 * 0.5)),
        log(c * 0.6 * u * 0.4 + c * 0.6 * (1 - u) * u_answers * 0.5 + u * 0.4 * (1 - c) * c_answers * 0.5),
        log((1 - probability(0, 3)) * (1 - probability(1, 3))),
    ]
    value = log_likelihood(weeks, excitations(severity, 50.0), PARAMS)
    assert value == pytest.approx(expected, abs=1e-7)
    batch = Weeks(*(np.asarray(x)[None] for x in weeks))
    assert weekly_log_likelihood(pack_params(PARAMS), batch)[0] == pytest.approx(expected, abs=1e-7)
    calm = weeks._replace(regime=np.full(4, float(CALM)))
    alone = [1 - exp(-BASE[a, CALM] / 52) for a in (0, 1)]
    assert log_likelihood(calm, excitations(severity, 50.0), PARAMS)[1] == pytest.approx(
        log(alone[0] * (1 - alone[1]) * exp(-0.9 * 0.5)), abs=1e-7
    )


def test_probabilities_of_a_week_sum_to_one() -> None:
    """Over who acted and with which mark; severities, which have a density of their own, are held."""
    total = 0.0
    for cn in (0, 1, 2):  # nothing, other list, tariff
        for us in (0, 1, 2):
            acted = np.array([[cn > 0, us > 0]], float)
            weeks = Weeks(np.array([2.0]), acted, acted * [0.3, 0.6], np.array([[cn == 2, us == 2]], float))
            probability = np.exp(log_likelihood(weeks, np.array([[0.2, 0.7]]), PARAMS)[0])
            total += probability
    assert total == pytest.approx(1.0, abs=1e-6)


def test_traces_are_the_step_repeated() -> None:
    severity = np.random.default_rng(3).random((37, 2))
    left, expected = np.zeros(2), []
    for now in severity:
        expected.append(left)
        left = fade(left, now, 20.0)
    assert excitations(severity, 20.0) == pytest.approx(np.array(expected), rel=1e-7)


def test_gradient_against_differences() -> None:
    data = one(histories(1, 4), 0)
    z, h = pack_params(PARAMS), 1e-5
    exact, second = value_and_gradient(z, *data).gradient, hessian(z, *data)
    for j in range(len(z)):
        step = np.eye(len(z))[j] * h
        up, down = value_and_gradient(z + step, *data), value_and_gradient(z - step, *data)
        assert (up.value - down.value) / (2 * h) == pytest.approx(exact[j], rel=1e-5, abs=1e-5)
    moved = [value_and_gradient(z + np.eye(len(z))[j] * 0.01, *data).gradient - exact for j in range(len(z))]
    assert np.array(moved) / 0.01 == pytest.approx(second, rel=0.1, abs=0.05)  # one-sided and coarse: another estimate


def test_vector_and_parameters_are_inverse() -> None:
    back = unpack_params(pack_params(PARAMS))
    for a, b in zip(PARAMS, back, strict=True):
        assert np.asarray(a) == pytest.approx(np.asarray(b), rel=1e-12)


def test_poisson_has_its_closed_form() -> None:
    """Rate ``-52 ln(1 - n/T)`` of each party and the share of tariffs; standard errors by hand."""
    data = one(histories(1, 5), 0)
    fit = maximise(simpler_models()[0], data, prior=False, starts=3)
    n, weeks = data.weeks.acted[0].sum(axis=0), data.weeks.acted.shape[1]
    assert np.exp(fit.x[:2]) == pytest.approx(-52 * np.log1p(-n / weeks), rel=1e-4)
    marked = data.weeks.acted[0, REGIMES != CALM].sum(axis=0)
    shares_ = 1 / (1 + np.exp(-fit.x[2:]))
    assert shares_ == pytest.approx(data.weeks.tariff[0, REGIMES != CALM].sum(axis=0) / marked, rel=1e-3)
    p, mu = n / weeks, -np.log1p(-n / weeks)
    assert fit.se[:2] == pytest.approx(np.sqrt(p / (weeks * (1 - p))) / mu, rel=1e-3)
    assert fit.se[2:] == pytest.approx(1 / np.sqrt(marked * shares_ * (1 - shares_)), rel=1e-3)


def test_truth_is_likelier_than_a_false_law() -> None:
    """Mean log-likelihood over 300 histories, by 5 standard errors (false alarms below 1e-6)."""
    made = histories(300, 6)
    true = weekly_log_likelihood(pack_params(PARAMS), made).sum(axis=1)
    for wrong in (
        PARAMS._replace(reply_tariff=0.2),
        PARAMS._replace(cross=40.0),
        PARAMS._replace(reply_tariff_to_tariff=0.1),
    ):
        gain = true - weekly_log_likelihood(pack_params(wrong), made).sum(axis=1)
        assert gain.mean() > 5 * gain.std() / np.sqrt(len(gain))


def test_score_is_centred_at_the_truth() -> None:
    """The mean gradient over 500 histories is 0 within 4.5 standard errors a number (false alarms below 2e-4)."""
    made, z = histories(500, 7), pack_params(PARAMS)
    each = np.array([value_and_gradient(z, *one(made, k)).gradient for k in range(500)])
    seen = each.std(axis=0) > 0
    assert seen.sum() >= 18  # but for rift, which never comes
    assert (np.abs(each.mean(axis=0)) / (each.std(axis=0) / np.sqrt(len(each)) + 1e-12))[seen].max() < 4.5


def coverage(paths: int, seed: int) -> tuple[np.ndarray, int]:
    """How often the 90 % intervals of the well known numbers held the truth."""
    made, model = histories(paths, seed), action_process()
    names = [f.name for f in model.free]
    known = ["base_rate.CN.calm", "base_rate.CN.talks", "base_rate.CN.escalation", "us_over_cn", "tariff_share.US"]
    truth = {"base_rate.CN.calm": 1.0, "base_rate.CN.talks": 3.7, "base_rate.CN.escalation": 6.6, "us_over_cn": 1.3}
    at = [log(truth[k]) if k in truth else log(0.6 / 0.4) for k in known]
    hits = np.zeros(len(known))
    for k in range(paths):
        fit = maximise(model, one(made, k), prior=False, starts=1, seed=1)
        for j, name in enumerate(known):
            i = names.index(name)
            hits[j] += abs(fit.x[i] - at[j]) < 1.645 * fit.se[i]
    return hits, paths


def test_recovery_quickly() -> None:
    """Of 24 histories per number the intervals hold the truth as often as 90 % allows (false alarms 1e-4 a number)."""
    hits, n = coverage(24, 8)
    assert (hits >= binom.ppf(1e-4, n, 0.9)).all(), hits
    assert hits.sum() < len(hits) * n  # negative control: intervals wide enough to hold all would be useless


@pytest.mark.slow
def test_recovery() -> None:
    """The same over 400 histories; the band leaves room for 86-94 %, false alarms 1e-4 a number."""
    hits, n = coverage(400, 9)
    low, high = binom.ppf(1e-4, n, 0.88), binom.ppf(1 - 1e-4, n, 0.92)
    assert ((hits >= low) & (hits <= high)).all(), hits


def test_profile_of_a_known_case() -> None:
    """The Poisson rate: ends are where the binomial likelihood has fallen by half the chi-square quantile."""
    data = one(histories(1, 10), 0)
    fit = maximise(simpler_models()[0], data, prior=False, starts=2)
    n, weeks = data.weeks.acted[0, :, 0].sum(), data.weeks.acted.shape[1]

    def value(x: float) -> float:
        p = 1 - exp(-exp(x) / 52)
        return float(n * log(p) + (weeks - n) * log(1 - p))

    for end in profile(fit, data, 0):
        assert value(fit.x[0]) - value(end) == pytest.approx(chi2.ppf(0.9, 1) / 2, rel=0.03)


def test_branching_against_simulation() -> None:
    """Acts a history are ``(1 - L)^-1`` of what there is without excitation.

    Within four standard errors and 5 %: the radius is that of the linear regime (false alarms below 1e-4).
    """
    calm = PARAMS._replace(base=BASE * 0.2, cross=0.0, reply_tariff=0.0, reply_other=0.0)
    params = calm._replace(cross=20.0)
    alone, excited = (histories(800, 11, x).acted.sum(axis=1) for x in (calm, params))
    mean = [kumaraswamy_mean(*ab) for ab in HARD]
    lag = [20.0 / 52 / (1 - exp(-50 / 52)) * m for m in mean]
    expected = np.linalg.solve([[1, -lag[1]], [-lag[0], 1]], alone.mean(axis=0))
    assert np.abs(excited.mean(axis=0) - expected) == pytest.approx(0, abs=4 * 0.3 + 0.05 * expected.max())
    assert (expected > 1.1 * alone.mean(axis=0)).all()  # negative control: the excitation shows
    exact = branching(params, mean)
    assert isinstance(exact, Branching)
    assert exact.cross == exact.radius == pytest.approx(np.sqrt(lag[0] * lag[1]), rel=1e-6)
    assert branching(params._replace(reply_tariff=1.0), mean).radius > exact.radius


def kumaraswamy_mean(a: float, b: float) -> float:
    u = (np.arange(20_000) + 0.5) / 20_000
    return float(((1 - (1 - u) ** (1 / b)) ** (1 / a)).mean())


def test_beta_fit_and_its_stand_in() -> None:
    values = np.random.default_rng(12).beta(2.1, 3.1, 4000)
    fit = fit_beta(values)
    assert abs(fit.a - 2.1) < 4 * fit.se[0] and abs(fit.b - 3.1) < 4 * fit.se[1]  # false alarms 1e-4
    a, b, *_ = beta.fit(values, floc=0, fscale=1)
    assert (fit.a, fit.b) == pytest.approx((a, b), rel=0.01)
    assert kumaraswamy_like(2.1, 3.1) == pytest.approx((1.8168972, 3.41100192), rel=1e-6)
    with pytest.raises(ValueError, match="three"):
        fit_beta(np.array([0.2, 0.2, 0.4]))


def test_posteriors() -> None:
    posterior = rate(6, 3.0, 1.0, 1.0)
    assert posterior.mean == pytest.approx(7 / 4)
    assert (posterior.low, posterior.high) == pytest.approx((chi2.ppf(0.05, 14) / 8, chi2.ppf(0.95, 14) / 8))
    each = shares([2, 0, 0, 0], [3, 1.5, 1, 0.5])
    assert sum(p.mean for p in each) == pytest.approx(1)
    assert (each[2].mean, round(each[2].low, 4), round(each[2].high, 3)) == (0.125, 0.0073, 0.348)
