"""How much likelier a path's events are under another policy: what importance sampling weighs paths by."""

from __future__ import annotations

import numpy as np
import pytest

from supplyshock_kernels import backends
from supplyshock_kernels.params import Grid
from support import worlds

SEED, WEEKS = 2718, 30
BACKENDS = ["numba", "reference", pytest.param("jax", marks=pytest.mark.slow)]
"""JAX runs the reference's program; `test_backends_agree` weighs its paths in CI."""
Z = 5.5
"""Bound of a z score: a false alarm in 26 million."""


def harsher(policy, factor=1.5):
    """Other rates of everything whose probability is known."""
    hazard = policy.hazard.copy()
    hazard[:, 2] *= factor
    hazard[2, 3] /= factor
    return policy._replace(
        base_rate=policy.base_rate * factor,
        cross=policy.cross * factor,
        reply_other=policy.reply_other * factor,
        relax_rate=policy.relax_rate / factor,
        hazard=hazard,
        expiry=policy.expiry * np.array([1, 1, factor, 1]),
        hit_cum=other_lists(policy, factor),
    )


def chinas_lists(policy):
    """Number of China's lists that gate trade; they come first."""
    return int(((policy.list_party == 0) & (policy.list_is_tariff == 0)).sum())


def other_lists(policy, factor):
    """The first of China's lists that gate trade is so many times as likely in the first quarter, the last in the
    second."""
    ends, n = policy.hit_cum.copy(), chinas_lists(policy)
    for q, at in ((0, 0), (1, n - 1)):
        width = np.diff(ends[q, :n])[:, 0]
        width[at] *= factor
        top = np.cumsum(width) / width.sum()
        ends[q, :n, 1], ends[q, 1:n, 0] = top, top[:-1]
    return ends


@pytest.fixture(scope="module")
def params():
    return worlds.status_quo(WEEKS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_against_itself_nothing_is_likelier(params, backend):
    """And being weighed changes no bit of a path."""
    run = backends.get(backend)
    plain, weighed = run(params, Grid(), SEED, range(200)), run(params, Grid(), SEED, range(200), params.policy)
    assert plain.log_ratio.shape == (0,)
    assert (weighed.log_ratio == 0).all()
    assert weighed.log_ratio.shape == (200,)
    if backend != "jax":  # another program, whose last bits are its own
        np.testing.assert_array_equal(weighed.outcomes.view(np.uint32), plain.outcomes.view(np.uint32))
    np.testing.assert_allclose(weighed.outcomes, plain.outcomes, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize(
    ("precision", "others"),
    [
        ("float32", ["reference"]),
        pytest.param("float32", ["reference", "jax"], marks=pytest.mark.thorough),
        pytest.param("float64", ["reference"], marks=pytest.mark.thorough),
    ],
)
def test_backends_agree(params, precision, others):
    """To rounding; in float32 a path in a thousand may part. JAX runs the reference's program: once is enough."""
    other, grid = harsher(params.policy), Grid(precision)
    ratios = [backends.get(b)(params, grid, SEED, range(300), other).log_ratio for b in ("numba", *others)]
    assert np.ptp(ratios[0]) > 2
    for one in ratios[1:]:
        apart = np.abs(one - ratios[0]) > (2e-4 if precision == "float32" else 1e-5)
        assert apart.sum() <= (1 if precision == "float32" else 0)


def test_blocks_do_not_matter(params):
    run, other = backends.get("numba"), harsher(params.policy)
    whole = run(params, Grid(), SEED, range(300), other).log_ratio
    parts = [run(params, Grid(), SEED, r, other).log_ratio for r in (range(77), range(77, 300))]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_the_mean_of_the_ratio_is_one(params):
    """Under the law drawn from, and the ratio turned round under the other. False alarms: 1 in 10 million."""
    run, other = backends.get("numba"), harsher(params.policy, 1.2)
    for drawn, versus in ((params.policy, other), (other, params.policy)):
        here = params._replace(policy=drawn)
        ratio = np.concatenate(
            [run(here, Grid(), SEED, range(a, a + 8192), versus).log_ratio for a in range(0, 32_768, 8192)]
        )
        x = np.exp(ratio.astype(np.float64))
        assert abs(x.mean() - 1) < Z * x.std() / np.sqrt(len(x))
        wrong = np.exp(1.3 * ratio.astype(np.float64))
        assert abs(wrong.mean() - 1) > Z * wrong.std() / np.sqrt(len(x)), "the test can see a wrong ratio"


@pytest.mark.thorough
def test_actions_alone_have_the_ratio_of_bernoulli_weeks():
    """Where only China acts, at one rate, the log ratio is a count of weeks with and without an action."""
    p = worlds.status_quo(WEEKS)
    pol = p.policy
    base = np.zeros_like(pol.base_rate)
    base[0] = 6.0
    alone = pol._replace(
        base_rate=base, cross=0.0, reply_tariff=0.0, reply_other=0.0, relax_rate=0 * pol.relax_rate,
        hazard=0 * pol.hazard, expiry_weekly=0.0,
    )  # fmt: skip
    p = worlds.change(p._replace(policy=alone), "priors", sd=0 * p.priors.sd)
    p = worlds.change(p, "initial", regime=np.int64(0), clock=np.float64(1e6))
    seen = backends.get("numba")(p, Grid("float64"), SEED, range(400), alone._replace(base_rate=2 * base))
    acted = worlds.outcome(p, seen.outcomes, "actions")[0, 0]
    rate = 6.0 * float(p.priors.center[4]) / 52
    yes = np.log((1 - np.exp(-2 * rate)) / (1 - np.exp(-rate)))
    assert 0 < acted.mean() < WEEKS
    np.testing.assert_allclose(seen.log_ratio, acted * yes - (WEEKS - acted) * rate, rtol=2e-3, atol=2e-3)


@pytest.mark.thorough
@pytest.mark.parametrize("backend", BACKENDS)
def test_lists_alone_have_the_ratio_of_their_probabilities(backend):
    """One action a week, on tariffs or lists: the log ratio is a count of those on lists in the first two quarters,
    of two weeks each, on the list that is likelier and on others."""
    p = worlds.status_quo(8)
    pol = p.policy
    always = pol._replace(base_rate=np.array([[1e6] * 6, [0.0] * 6]), cross=0.0, reply_tariff=0.0, reply_other=0.0)
    p = p._replace(policy=always)
    other = always._replace(hit_cum=other_lists(always, 3.0))
    seen = backends.get(backend)(p, Grid("float64"), SEED, range(200), other)
    assert (worlds.outcome(p, seen.outcomes, "actions")[0, 0] == 8).all()
    n = chinas_lists(pol)
    width = np.diff(pol.hit_cum[0, :n])[:, 0]
    first, last = (np.log(3 / (1 + 2 * width[at])) for at in (0, n - 1))
    none = [-np.log(1 + 2 * width[at]) for at in (0, n - 1)]
    possible = [
        a * first + b * none[0] + c * last + d * none[1]
        for a in range(3) for b in range(3 - a) for c in range(3) for d in range(3 - c)
    ]  # fmt: skip
    off = np.abs(seen.log_ratio[:, None] - np.array(possible)).min(1)
    assert off.max() < 1e-5
    assert len(np.unique(np.round(seen.log_ratio, 4))) > 8


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_mean_of_the_ratio_of_lists_is_one(backend):
    """Drawn from either law. False alarms: 4e-8 each."""
    p = worlds.status_quo(8)
    p = p._replace(policy=p.policy._replace(base_rate=np.array([[30.0] * 6, [0.0] * 6]), cross=0.0))
    other = p._replace(policy=p.policy._replace(hit_cum=other_lists(p.policy, 3.0)))
    n = 3000
    for drawn, versus in ((p, other), (other, p)):
        ratio = np.exp(backends.get(backend)(drawn, Grid(), SEED, range(n), versus.policy).log_ratio.astype(np.float64))
        assert ratio.std() > 0.1
        assert abs(ratio.mean() - 1) < Z * ratio.std() / np.sqrt(n)


@pytest.mark.thorough
def test_a_gated_sector_of_many_parts():
    """Outside China it misses parts as others of many parts do, in every backend; with single chips' curve there the
    largest difference on these paths was 143 bn USD."""
    p = worlds.change(worlds.scenario("breakdown").params, "sectors", gated=np.ones(7), many_parts=np.ones(7))
    a, b = (backends.get(n)(p, Grid("float64"), SEED, range(64)) for n in ("numba", "reference"))
    loss = [worlds.outcome(p, o.outcomes, "loss_usd_bn") for o in (a, b)]
    assert loss[0].max() > 100
    np.testing.assert_allclose(*loss, rtol=1e-4, atol=1e-4)
