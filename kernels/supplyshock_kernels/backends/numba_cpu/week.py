"""One week of a tile, in the order of docs/model.md: negotiation, supply, materials, chips, sectors."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...ops import real
from ...params import quarter
from . import (
    at_risk,
    event_log_likelihood,
    industry,
    made_from,
    markets,
    negotiation,
    path_totals,
    random_inputs,
    standing,
    supply,
)
from .compile_options import compiled_loop
from .layout import U


class WeekInputs(NamedTuple):
    """The week of the schedule, and constants that its loops read."""

    week: Any
    materials: Any
    lists: Any
    approval_of: Any
    demand: Any
    recipe: Any
    quota: Any
    purchase: Any
    capacity: Any
    availability: Any
    imports: Any
    direct: Any
    spared: Any
    usd: Any
    compute: Any


@compiled_loop
def simulate_week(tile: Any, params: Any, constants: Any, t: Any, draws: Any) -> None:
    """One week of every path of a tile."""
    p, mk, lists, schedule = tile.path, tile.market, tile.lists, params.schedule
    rules, policy = constants.rules, params.policy
    inputs = WeekInputs(
        week=real(t, draws.one),
        materials=constants.materials,
        lists=constants.lists,
        approval_of=schedule.approval_of[t],
        demand=schedule.demand[t],
        recipe=schedule.recipe[t],
        quota=schedule.quota[t],
        purchase=schedule.purchase[t],
        capacity=schedule.capacity[t],
        availability=schedule.availability[t],
        imports=constants.imports,
        direct=constants.chain.direct,
        spared=constants.chain.spared,
        usd=constants.usd,
        compute=constants.compute,
    )
    random_inputs.draw_week(p, mk, params.markets.group.shape[0], U(t + 1) + U(params.initial.elapsed), draws)
    q, forced_regime = quarter(t, schedule.regime.shape[0]), real(schedule.regime[t], draws.one)
    negotiation.share_easing(lists, p, policy.list_party, constants.list_weight, constants.floor)
    if constants.weighed:
        event_log_likelihood.remember_state(p)
    negotiation.negotiate(p, rules, forced_regime, schedule.clock[t], schedule.approval[t])
    if constants.weighed:
        event_log_likelihood.add_log_ratio(p, policy, rules, constants.other, forced_regime, q)
    negotiation.set_controls(tile, policy, rules, schedule, t)
    supply.run_strait(p, rules)
    recipes, chain, recycled = params.recipes, constants.chain, schedule.recycled[t]
    made_from.find_costs(mk, p, recipes, chain, params.material)
    supply.run_sources(tile, params, constants, inputs)
    supply.supply_markets(mk, tile.source, params.sources, recycled)
    made_from.plan_making(mk, recipes, chain, recycled)
    threshold = params.industry.shortage_threshold
    markets.open_quota(p, schedule.quota_grant[t], schedule.quota_weeks[t])
    markets.trade_materials(tile, params.markets, params.material, threshold, inputs)
    made_from.hand_on(mk, recipes, chain, recycled)
    markets.close_quota(mk, p, params.markets.tonnage, inputs, schedule.quota_weeks[t])
    markets.trade_chips(tile, params.markets, params.chip, threshold, inputs)
    at_risk.find_at_risk(mk, p, params.markets, params.industry, inputs.materials)
    industry.run_sectors(tile, params.sectors, params.industry, inputs, constants.totals.at)
    standing.add_gains(tile, params, inputs.materials, constants.totals.at)
    industry.feel_pain(p, tile.out, params.industry, constants.totals.at)
    path_totals.add_totals(p, tile.out, constants.totals.at, inputs.week, constants.regimes)
