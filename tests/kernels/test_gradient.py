"""Derivatives of losses: against differences of the numba backend, and by what the theory says of the score.

All in one shape and precision, so that one program is compiled. Statistical tests allow five standard errors:
false alarms below one in a million each.
"""

from __future__ import annotations

import numpy as np
import pytest

from supplyshock_kernels.backends.jax_xla.gradient import path_gradients, row_of
from supplyshock_kernels.model import likelihood, negotiation
from supplyshock_kernels.params import Grid
from support import worlds

SEED, WEEKS, DOUBLE = 3, 26, Grid("float64")
LOSS = [row_of("loss", 0), row_of("loss", 1)]


def along(params, group: str, name: str):
    """The direction of one per cent more of an entry, times a hundred."""
    return {(group, name): np.asarray(getattr(getattr(params, group), name))}


def moved(params, group: str, name: str, by: float):
    return worlds.change(params, group, **{name: np.asarray(getattr(getattr(params, group), name)) * (1 + by)})


def losses(params, paths: int, precision: str = "float64"):
    """(2, n) loss of each party by numba; float32 outcomes."""
    from supplyshock_kernels import backends

    observed = backends.get("numba")(params, Grid(precision), SEED, range(paths))
    return worlds.outcome(params, observed.outcomes, "loss_usd_bn").sum(1).astype(float)


SMOOTH = [
    ("material", "licence_rate"),
    ("chip", "tau_inventory"),
    ("industry", "share_chip"),
    ("markets", "cover"),
    ("priors", "center"),
    ("sectors", "value_added"),
]


@pytest.mark.parametrize(("group", "name"), SMOOTH)
def test_without_events_it_is_the_difference(group, name):
    """Path by path the derivative is a central difference; outcomes are float32, which limits the difference."""
    p, h, n = worlds.eventless(WEEKS), 2e-3, 200
    gradient = path_gradients(p, DOUBLE, SEED, range(n), along(p, group, name))
    np.testing.assert_allclose(gradient.value[LOSS], losses(p, n), rtol=1e-5, atol=1e-5)
    assert np.abs(gradient.score).max() == 0
    difference = (losses(moved(p, group, name, h), n) - losses(moved(p, group, name, -h), n)) / (2 * h)
    scale = np.abs(difference).max()
    assert scale > 0.01
    off = np.abs(gradient.pathwise[LOSS] - difference) / scale
    assert np.median(off) < 2e-3
    assert (off < 0.05).mean() > 0.97  # a kink within the difference's step moves a few paths


def test_totals_are_those_of_a_simulation():
    """Losses, bills and unmet use, in the rows that `row_of` says."""
    from supplyshock_kernels import backends

    p, n = worlds.status_quo(WEEKS), 200
    totals = path_gradients(p, DOUBLE, SEED, range(n), along(p, "material", "alpha")).value
    outcomes = backends.get("numba")(p, Grid("float64"), SEED, range(n)).outcomes
    unmet = worlds.outcome(p, outcomes, "unmet_weeks_of_use")
    markets = range(len(p.markets.group))
    rows = [[row_of("unmet", m, b) for b in (0, 1)] for m in markets]
    np.testing.assert_allclose(totals[rows], unmet, rtol=1e-5, atol=1e-6)
    bills = worlds.outcome(p, outcomes, "price_bill_usd_bn")
    np.testing.assert_allclose(totals[[row_of("bill", 0), row_of("bill", 1)]], bills, rtol=1e-5, atol=1e-6)
    instead = [row_of("substitution", 0), row_of("substitution", 1)]
    costs = worlds.outcome(p, outcomes, "substitution_usd_bn")
    np.testing.assert_allclose(totals[instead], costs, rtol=1e-5, atol=1e-6)
    assert sorted([*LOSS, row_of("bill", 0), row_of("bill", 1), *instead, *np.ravel(rows)]) == list(range(len(totals)))


def test_of_a_scale_is_the_loss():
    """Losses are linear in value added: the derivative along it is the loss itself."""
    p = worlds.eventless(WEEKS)
    gradient = path_gradients(p, DOUBLE, SEED, range(50), along(p, "sectors", "value_added"))
    np.testing.assert_allclose(gradient.pathwise[LOSS], gradient.value[LOSS], rtol=1e-9)


@pytest.mark.parametrize("name", ["base_rate", "relax_rate", "hazard"])
def test_the_score_has_mean_zero(name):
    """Whatever the parameter, the log-probability's derivative averages to nothing."""
    p = worlds.status_quo(WEEKS)
    score = path_gradients(p, DOUBLE, SEED, range(2048), along(p, "policy", name)).score
    se = score.std() / np.sqrt(len(score))
    assert se > 1e-3
    assert abs(score.mean()) < 5 * se


def test_with_events_it_is_the_difference_in_the_mean():
    """More frequent restrictions: pathwise part and score together, against a difference over many paths."""
    p, h, party = (
        worlds.change(worlds.status_quo(WEEKS), "sectors", buffer=0 * worlds.status_quo(1).sectors.buffer),
        0.2,
        0,
    )
    gradient = path_gradients(p, DOUBLE, SEED, range(4096), along(p, "policy", "base_rate"))
    each = gradient.pathwise[party] + (gradient.value[party] - gradient.value[party].mean()) * gradient.score
    up, down = (losses(moved(p, "policy", "base_rate", s * h), 32_768, "float32")[party] for s in (1, -1))
    difference = (up - down) / (2 * h)
    mean, other = each.mean(), difference.mean()
    se = np.hypot(each.std() / 64, difference.std() / np.sqrt(len(difference)))
    assert abs(mean - other) < 5 * se + 0.05 * abs(other)  # 0.05: curvature over the difference's step
    assert abs(other) > 3 * difference.std() / np.sqrt(len(difference))  # there is something to find


def test_refuses_what_has_no_derivative():
    p = worlds.status_quo(WEEKS)
    with pytest.raises(KeyError, match=r"priors\.loading has no derivative"):
        path_gradients(p, DOUBLE, SEED, range(1), along(p, "priors", "loading"))


def test_bernoulli():
    happened, probability = np.array([1.0, 0, 1, 0]), np.array([0.25, 0.25, 0, 1])
    log_probability = likelihood.bernoulli(happened, probability)
    np.testing.assert_allclose(log_probability[:2], np.log([0.25, 0.75]), rtol=1e-6)
    assert np.isfinite(log_probability).all()
    assert (log_probability[2:] < -10).all()


def test_outcomes_of_a_turn_sum_to_one():
    """Over the six regimes a week may end in, probabilities add up, clock running or run out."""
    p = worlds.status_quo(1)
    rules = negotiation.build_rules(p.policy)
    theta = worlds.scenario().params.priors.center
    theta = type("Theta", (), dict(zip(worlds_names(), theta, strict=True)))
    for before in range(6):
        for clock in (0.0, 30.0):
            regime = np.float64(before)
            u = negotiation.Uniforms(**dict.fromkeys(negotiation.Uniforms._fields, np.float64(0.999)))
            now = negotiation.Standing(
                regime=regime,
                clock=np.float64(clock),
                e_cn=np.float64(0),
                e_us=np.float64(0),
                pain_cn=np.float64(0.1),
                pain_us=np.float64(0.1),
                forced=np.float64(-1),
            )
            cn, us = negotiation.moves(now, theta, u, rules)
            logs = [
                likelihood.turn(
                    now, likelihood.Events(cn=cn, us=us, regime=np.float64(to), u_expiry=u.expiry),
                    np.float64(0.2), theta, rules,
                )
                for to in range(6)
            ]  # fmt: skip
            assert np.exp(logs).sum() == pytest.approx(1, abs=1e-5)


def worlds_names():
    from supplyshock_kernels.model.uncertain_parameters import NAMES

    return NAMES
