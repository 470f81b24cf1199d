"""The shipped world moves by itself only where the data say so: no acts, no chance, all licences granted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from supplyshock.scenarios.scenario import load_scenario
from supplyshock_kernels import backends
from supplyshock_kernels.model import chips
from supplyshock_kernels.params import Grid
from support import worlds

WEEKS = 13
YEARS = 104


def still(name: str, weeks: int = WEEKS) -> Any:
    """The world of a scenario without acts, noise and accidents, in which every licence is approved."""
    granted = {"parameters": {"policy.approval.truce": 1.0}}
    rest = {"initial": {"states": None}}
    p = load_scenario(name, {"policy": {"endogenous": False}, "weeks": weeks, **granted, **rest}).params
    p = worlds.change(p, "material", sigma_cn=0.0, sigma_xc=0.0, sigma_demand=0.0)
    p = worlds.change(p, "chip", sigma_broker=0.0, sigma_contract=0.0, sigma_demand=0.0)
    p = worlds.change(p, "policy", leniency_sd=0.0, strait_hazard=0 * p.policy.strait_hazard)
    return worlds.change(p, "sources", outage_hazard=0 * p.sources.outage_hazard)


@pytest.fixture(scope="module")
def markets() -> tuple[Any, Any]:
    """((M, 2, T, N) quotes, (M, 2, T, N) inventories)."""
    p = still("status_quo")
    return tuple(worlds.collect_series(p, 64, 3, name) for name in ("price_ratio", "inventory_weeks"))  # type: ignore[return-value]


def test_materials_are_at_rest(markets: tuple[Any, Any]) -> None:
    """Quotes and stocks stay within 2 % of the first day for a quarter, under the controls of the first day."""
    names = worlds.scenario().labels.market
    n = worlds.scenario().params.n_materials
    for shown in markets:
        moved = np.abs(shown[:n] / shown[:n, :, :1] - 1).max((1, 2, 3))
        assert moved.max() < 0.02, dict(zip(names, moved.round(3), strict=False))


def test_chips_rest_behind_standing_gates() -> None:
    """Prices, stocks, needs, lead times and flows of every segment stay where they are for two years, under gates
    that have stood for years; so do losses, while what the gates cost is counted apart."""
    p = still("status_quo", YEARS)
    n = p.n_materials
    assert p.markets.us_coverage[n:].max() > 0
    assert p.initial.control.max() > 0.5
    observed = backends.get("numba")(p, Grid("float64", keep=64), 3, range(64))
    for name in ("price_ratio", "inventory_weeks", "paid_price_ratio", "export_ratio", "lead_time_weeks"):
        shown = worlds.weekly(p, observed.series, name)[-len(p.markets.group[n:]) :]
        first = shown[..., :1, :]
        assert np.abs(shown / first - 1).max() < 1e-6, name
    assert np.abs(worlds.weekly(p, observed.series, "shortage_ratio")[n:]).max() < 1e-6
    assert np.abs(worlds.weekly(p, observed.series, "loss_usd_bn")).max() < 1e-5
    assert worlds.outcome(p, observed.outcomes, "standing_cost_usd_bn").min() > 0


def test_a_gate_that_opens_gives_back_what_it_cost() -> None:
    """China's gain tends to what the gate cost, and nothing is short on the way: use follows deliveries."""
    name = "advanced_chips"
    p = worlds.forced(still("status_quo", 520), {name: 0.0})
    observed = backends.get("reference")(p, Grid("float64", keep=16), 3, range(16))
    cost = worlds.outcome(p, observed.outcomes, "standing_cost_usd_bn") / p.weeks
    loss = worlds.weekly(p, observed.series, "loss_usd_bn")[0]
    assert (loss[8] < 0).all()
    assert (np.diff(loss[:100], axis=0) <= 1e-6).all()
    assert worlds.weekly(p, observed.series, "shortage_ratio")[p.n_materials :].max() < 1e-6
    np.testing.assert_allclose(-loss[-1], cost, rtol=1e-3)
    assert np.isnan(worlds.outcome(p, observed.outcomes, "first_stop_week")[0]).all()


def test_a_gate_that_closes_further_costs_from_its_first_shortage() -> None:
    """Negative control: a standing gate that closes more is felt, first by the sector whose parts it names."""
    p = worlds.forced(still("status_quo", YEARS), {"advanced_chips": 1.0})
    loss = worlds.collect_outcome(p, 16, 3, "loss_usd_bn", "reference")[0].mean(-1)
    gated = p.sectors.gated > 0
    assert loss[gated].min() > 0
    assert loss[gated].min() > 10 * loss[~gated].max()


def test_the_books_of_a_gate_lapse_only_behind_it() -> None:
    """A book that a gate lets through whole loses nothing; of the rest a tenth a week."""
    book, lead, flow, share = 12.0, 12.0, 1.25, 0.8
    asked = chips.passed(book / lead, flow, share)
    assert asked == pytest.approx(1.0)
    assert chips.book(book, asked * lead, 0.0, 0.0) == pytest.approx(book)
    asked = chips.passed(2 * book / lead, flow, share)
    assert asked == pytest.approx(1 + share**8)
    assert chips.book(2 * book, asked * lead, 0.0, 0.0) == pytest.approx(2 * book - 0.1 * (2 * book - asked * lead))
