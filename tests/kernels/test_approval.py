"""Approvals vary between paths and over time about the regime's share, and announcements jump unequally."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from supplyshock_kernels.model import negotiation
from support import worlds

PATHS, WEEKS = 4096, 80


def test_leniency_has_its_spread_and_memory() -> None:
    """Standard deviation .8 once it has forgotten its start at 0, correlation exp(-1) after 13 weeks; five standard
    errors, a false alarm in a million."""
    p, rng = worlds.status_quo(1), np.random.default_rng(3)
    rules = negotiation.build_rules(p.policy)
    x = [np.zeros(PATHS)]
    for _ in range(WEEKS):
        x.append(negotiation.drift_leniency(x[-1], rng.random(PATHS), rules))
    sd, weeks = float(p.policy.leniency_sd), float(p.policy.leniency_weeks)
    assert x[-1].std() == pytest.approx(sd, rel=5 * np.sqrt(1 / (2 * PATHS)) * 1.2)
    assert x[-1].mean() == pytest.approx(0, abs=5 * sd / np.sqrt(PATHS))
    after = np.corrcoef(x[-1 - int(weeks)], x[-1])[0, 1]
    assert after == pytest.approx((1 - 1 / weeks) ** weeks, abs=5 / np.sqrt(PATHS))


def test_all_and_nothing_stay() -> None:
    x = np.array([-3.0, 0.0, 3.0])
    np.testing.assert_array_equal(negotiation.granted(np.zeros(3), x), 0)
    np.testing.assert_allclose(negotiation.granted(np.ones(3), x), 1)
    np.testing.assert_allclose(negotiation.granted(np.full(3, 0.3), x), stats.logistic.cdf(np.log(0.3 / 0.7) + x))


def test_a_material_may_have_an_approval_of_its_own() -> None:
    """Dysprosium without licences is shipped, but for leaks, no more, by tiles and reference alike; gadolinium, on
    the same list and in no magnet, is shipped as before."""
    p = worlds.forced(worlds.quiet(40), {"ree_2025_04": 1.0, "magnets_2025_04": 1.0})
    p = worlds.change(p, "material", leakage=0.0)
    own = p.schedule.approval_of.copy()
    own[:, worlds.market("Dy")] = 0.0
    alone = worlds.change(p, "schedule", approval_of=own)
    for backend in ("reference", "numba"):
        with_all, without = (worlds.collect_series(q, 2, 5, "export_ratio", backend) for q in (p, alone))
        dy, gd = worlds.market("Dy"), worlds.market("Gd")
        assert with_all[dy, 30:].min() > 0.5 > 0.01 > without[dy, 30:].max()
        np.testing.assert_allclose(without[gd], with_all[gd], rtol=0.05)  # what stands still for want of Dy buys less


def test_jumps_differ_between_paths() -> None:
    """The quote after an announcement spreads about its median as `jump_scale` says; without, it does not."""
    p = worlds.calm(3)
    announced = p.schedule.announcement.copy()
    announced[0, worlds.scenario().labels.list.index("ree_2025_04")] = 1.0
    p = worlds.change(p, "schedule", announcement=announced)
    i, m = worlds.scenario().labels.parameter.index("jump_scale"), worlds.market("Dy")
    spread = peak(p, m)
    center, sd = p.priors.center.copy(), p.priors.sd.copy()
    center[i], sd[i] = 1.0, 0.0
    same = peak(worlds.change(p, "priors", center=center, sd=sd), m)
    assert spread.std() > 3 * same.std()
    assert np.median(spread) == pytest.approx(np.median(same), abs=0.05)


def peak(p: Any, market: int) -> Any:
    """(N,) log of the highest quote outside China."""
    return np.log(worlds.collect_outcome(p, PATHS, 5, "peak_price_ratio")[market, 1])
