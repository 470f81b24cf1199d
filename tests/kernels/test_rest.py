"""The shipped world moves by itself only where the data say so: nobody acts, and nothing is random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from supplyshock.scenarios.scenario import load_scenario
from support import worlds

WEEKS = 13
DRIFTING = {"leading_logic", "dram_hbm", "analog_power_discrete"}
"""Chips start with full stocks behind gates that have stood for years (docs/model.md, section 4)."""


def still(name: str) -> Any:
    """The world of a scenario without acts, noise and accidents."""
    p = load_scenario(name, {"policy": {"endogenous": False}, "weeks": WEEKS}).params
    p = worlds.change(p, "material", sigma_cn=0.0, sigma_xc=0.0, sigma_demand=0.0)
    p = worlds.change(p, "chip", sigma_broker=0.0, sigma_demand=0.0)
    p = worlds.change(p, "policy", leniency_sd=0.0)
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


def test_chips_that_drift_are_named(markets: tuple[Any, Any]) -> None:
    names, n = worlds.scenario().labels.market, worlds.scenario().params.n_materials
    quotes = np.median(markets[0], -1)
    moved = np.abs(quotes[n:] / quotes[n:, :, :1] - 1).max((1, 2))
    assert {name for name, x in zip(names[n:], moved, strict=True) if x > 0.02} == DRIFTING
