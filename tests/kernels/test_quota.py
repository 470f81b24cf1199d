"""An export quota is a tonnage: it holds, dear goods pass first, and what a half-year leaves unused lapses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from supplyshock_kernels.model import quota
from support import worlds

WEEKS, PATHS, CUT = 60, 64, 0.6
LIGHT = ("La", "Ce", "Nd")
QUOTA = ("quota", "quota_grant", "quota_weeks")


def under(*names: str, cut: float = CUT, switch: float = 0.05) -> Any:
    """Calm markets, the named ones under a quota for the whole run."""
    p = worlds.calm(WEEKS)
    cuts = p.schedule.quota.copy()
    cuts[:, [worlds.market(m) for m in names]] = cut
    p = worlds.change(p, "schedule", quota=cuts)
    return worlds.granted(worlds.change(p, "material", quota_switch=switch))


def shipped(p: Any) -> np.ndarray:
    """(M, weeks, N) kt a week of exports: nothing is licensed or smuggled in a calm world before prices part."""
    n = p.n_materials
    exports = np.stack([w.exports[:n] for _, _, w in worlds.walk(p, 5, range(PATHS))], 1)
    base = np.maximum(p.markets.use[:, 1] - p.markets.supply[:, 1], 1e-4)[:n] * p.markets.tonnage[:n]
    return exports * base[:, None, None]


def kt(p: Any, *names: str) -> np.ndarray:
    return shipped(p)[[worlds.market(m) for m in names]].sum(0)


@pytest.mark.parametrize("switch", [0.0, 0.05, 0.3, 1.0])
def test_the_tonnage_holds(switch: float) -> None:
    """Whatever is asked: a panic ships no more than the law allows, but for what is smuggled and the first week."""
    p = worlds.change(under(*LIGHT, switch=switch), "material", leakage=0.0)
    demand = p.schedule.demand.copy()
    demand[:, :, 1] = 1.5
    p = worlds.change(p, "schedule", demand=demand)
    total, granted = kt(p, *LIGHT).sum(0), p.schedule.quota_grant.sum()
    assert total.max() < 1.03 * granted
    assert total.min() > 0.9 * granted


def test_without_a_quota_a_panic_ships_more() -> None:
    """Negative control."""
    p = worlds.change(worlds.calm(WEEKS), "material", leakage=0.0)
    demand = p.schedule.demand.copy()
    demand[:, :, 1] = 1.5
    p = worlds.change(p, "schedule", demand=demand)
    assert kt(p, *LIGHT).sum(0).min() > 1.5 * under(*LIGHT).schedule.quota_grant.sum()


def test_dear_goods_pass_first() -> None:
    """Where all exporters choose what pays best, gadolinium keeps its place and cerium loses it."""
    share = {}
    for switch in (0.0, 1.0):
        p = worlds.change(under(*LIGHT, "Gd", switch=switch), "material", leakage=0.0)
        calm = worlds.calm(WEEKS)
        share[switch] = {m: float(kt(p, m).sum(0).mean() / kt(calm, m).sum(0).mean()) for m in ("Gd", "Nd", "Ce")}
    assert share[0.0]["Nd"] == pytest.approx(share[0.0]["Ce"], rel=0.3)
    assert share[1.0]["Gd"] > share[0.0]["Gd"] + 0.2
    assert share[1.0]["Ce"] < share[0.0]["Ce"]


@pytest.mark.parametrize("switch", [0.0, 0.3, 1.0])
def test_a_wide_quota_is_none(switch: float) -> None:
    """Orders that leave it unused ship as they would without one, whoever chooses."""
    p = worlds.change(under(*LIGHT, cut=1e-3, switch=switch), "material", leakage=0.0)
    demand = p.schedule.demand.copy()
    demand[:, :, 1] = 0.6
    p = worlds.change(p, "schedule", demand=demand)
    none = worlds.change(p, "schedule", **{name: 0 * getattr(p.schedule, name) for name in QUOTA})
    assert kt(p, *LIGHT).sum(0).max() < 0.8 * p.schedule.quota_grant.sum()
    np.testing.assert_allclose(kt(p, *LIGHT), kt(none, *LIGHT), rtol=0.02)


@pytest.mark.parametrize("allowed", [1.0, 0.0])
def test_what_is_unused_lapses(allowed: float) -> None:
    """A quiet half-year, then a panic under the same quota, or under one that allows nothing."""
    p, half = worlds.change(under(*LIGHT, cut=0.3), "material", leakage=0.0), WEEKS // 2
    cuts, demand = p.schedule.quota.copy(), p.schedule.demand.copy()
    cuts[half:] = np.where(cuts[half:] > 0, 1 - 0.7 * allowed, 0)
    demand[:half, :, 1], demand[half:, :, 1] = 0.6, 1.5
    each = p.schedule.quota_grant.sum() / 2
    grant, left = np.zeros(WEEKS), np.tile(np.arange(half, 0, -1.0), 2)
    grant[0], grant[half] = each, allowed * each
    p = worlds.change(p, "schedule", quota=cuts, demand=demand, quota_grant=grant, quota_weeks=left)
    weekly = kt(p, *LIGHT)
    assert weekly[:half].sum(0).max() < 0.8 * each
    assert weekly[half:].sum(0).max() < 1.03 * allowed * each + 1e-9


def week(left: float, offered: float, chosen: float, weeks: float, granted: float = 0.0) -> Any:
    q = quota.Quota(*(np.float64(x) for x in (left, 0.0, offered, chosen)))
    return quota.open_week(q, np.float64(granted), np.float64(weeks))


def test_known_weeks() -> None:
    opened, places = week(left=10, offered=4, chosen=2, weeks=10)  # room for 1, of 4 offered and 2 that pay
    assert (places.pace, places.pace_chosen) == (pytest.approx(0.25), pytest.approx(0.5))
    assert opened.premium == pytest.approx(np.log(2))
    assert places.per_premium == pytest.approx(0.5)
    opened, _ = week(left=3, offered=2, chosen=2, weeks=26, granted=8)  # what was left lapses
    assert opened.left == 8
    _, places = week(left=-1, offered=2, chosen=1, weeks=5)  # overdrawn: nothing ships
    assert (places.pace, places.pace_chosen) == (0, 0)
    opened, _ = week(left=10, offered=2, chosen=2, weeks=0)  # no quota
    assert (opened.offered, opened.chosen, opened.premium) == (0, 0, quota.PREMIUM_LOW)


def test_margins_and_shares() -> None:
    places = quota.Places(pace=np.float64(0.4), pace_chosen=np.float64(0.8), per_premium=np.float64(1 / 40))
    assert quota.margin(np.float64(1), np.float64(3), np.float64(10)) == pytest.approx(23)  # a tenth of 30 is usual
    assert quota.margin(np.float64(5), np.float64(1), np.float64(10)) == 0
    assert quota.share(np.float64(20), places) == pytest.approx(0.5, abs=1e-3)
    assert quota.share(np.float64(400), places) == 1
    for switch, expected in ((0.0, 0.4), (0.5, 0.4), (1.0, 0.4)):
        assert quota.passed(np.float64(0.5), places, np.float64(switch)) == pytest.approx(expected)
    assert quota.passed(np.float64(1), places, np.float64(0.5)) == pytest.approx(0.6)
