"""Coefficients of the equations of materials, chips and industry."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from .fields import Array, axes


class Material(NamedTuple):
    """Coefficients of the material markets (docs/model.md, materials); all scalars."""

    eta: Any
    es_low: Any
    es_high: Any
    tau_orders: Any
    eps_cover: Any
    chi: Any
    rho: Any
    hoard_gain: Any
    news_gain: Any
    omega: Any
    leakage: Any
    alpha: Any
    delta: Any
    theta: Any
    scarce_cover: Any
    k_up: Any
    k_down: Any
    arbitrage: Any
    phi: Any
    sigma_cn: Any
    sigma_xc: Any
    nu: Any
    common_weight: Any
    group_weight: Any
    node_weight: Any
    psi: Any
    jump: Any
    licence_rate: Any
    thrift_gain: Any
    thrift_decay: Any
    quota_switch: Any
    supply_elasticity: Any
    sigma_demand: Any
    """weekly innovation of what a material is worth."""
    demand_weeks: Any
    """how long a surprise lasts."""


class Chip(NamedTuple):
    """Coefficients of the chip markets (docs/model.md, chips); all scalars."""

    chi: Any
    smooth_forecast: Any
    tau_inventory: Any
    tau_backlog: Any
    deferred_share: Any
    deferred_weeks: Any
    utilisation: Any
    finished_weeks: Any
    requalify_weeks: Any
    sole_share: Any
    """share of parts that have one qualified maker."""
    replace_weeks: Any
    """the same for buyers in China and parts behind a US list."""
    regain_weeks: Any
    """how fast use grows into what gates let through beyond the first day's."""
    leakage: Any
    """share of what a gate withholds that passes it per log gap of broker prices."""
    use_elasticity: Any
    """of use to the contract price."""
    broker_gain: Any
    broker_decay: Any
    contract_gain: Any
    """per weekly volatility of a segment's sales, as `sigma_contract` and `sigma_demand` are."""
    contract_decay: Any
    shortage_gain: Any
    sigma_broker: Any
    sigma_contract: Any
    sigma_demand: Any
    demand_weeks: Any
    common_weight: Any
    """loading of demand on the factor common to all markets."""
    node_weight: Any


class Industry(NamedTuple):
    """Coefficients of the sectors and of losses (docs/model.md, industry); scalars but ``gdp``."""

    share_chip: Any
    """CES share of chips."""
    alike: Any
    """part of what is missing of a material that falls on all its users alike."""
    multiplier: Any
    refill_weeks: Any
    first_plant_threshold: Any
    """share of a sector's output lost in a week that counts as its first plant."""
    stop_threshold: Any
    shortage_threshold: Any
    pain_weeks: Any
    gdp: Annotated[Array, axes("party", units="1e9 USD year-1")]
    """(2,) of China and the United States, bn USD a year."""
