"""Sources in one week: accidents, the strait, utilisation, new capacity, and the supply of each market."""

from __future__ import annotations

from typing import Any

from ...model import negotiation, supply
from ...model.made_from import margin
from ...ops import exp, maximum, where
from ...params import Array, Params
from . import made_from
from .lift import column, concatenate, stack, weighted
from .random_inputs import RandomInputs
from .state import State


def run_strait(rules: negotiation.Rules, s: State, random_inputs: RandomInputs, one: Any) -> State:
    """A crisis in the Taiwan strait begins, or recovers a week further; ``one`` is 1 in the run's precision."""
    *_, u = random_inputs.accident
    hazard = negotiation.pick(negotiation.is_in(s.regime), rules.strait_hazard)
    crisis = u < supply.weekly_probability(hazard)
    left = s.strait * (one - one / rules.strait_recovery)
    return s._replace(strait=maximum(left, crisis * rules.strait_severity))


def run_sources(params: Params, s: State, random_inputs: RandomInputs, costs: Array, t: int) -> tuple[State, Array]:
    """(state with new sources, (J, N) output of each source); ``costs`` are those of `made_from.find_costs`."""
    src, sch = params.sources, params.schedule
    one = src.lead.dtype.type(1)
    p = supply.weekly_probability(src.outage_hazard)
    high = p.cumsum()
    which, how_bad, _ = random_inputs.accident
    lost = supply.accident(which, how_bad, column(high - p), column(high), column(src.outage_severity))

    fab = src.basket[:, params.n_materials :].sum(1) > 0
    elasticity = where(fab, 0 * one, params.material.supply_elasticity)
    price = _basket_prices(params, s, costs)
    value = stack([weighted(src.basket_value[j], price[:, int(b)]) for j, b in enumerate(src.bloc)])
    tools_list = int(params.policy.tools_list)
    tools = s.controls.level[tools_list] - params.initial.control[tools_list]
    site = supply.Site(
        elasticity=column(elasticity),
        lead=column(src.lead),
        ramp=column(src.ramp),
        hurdle=column(src.hurdle),
        recovery=column(src.outage_recovery),
        tools_growth=column(src.tools_growth),
    )
    after = supply.step(s.sources, value, lost, column(sch.capacity[t]), tools, site)
    output = supply.output(after, column(sch.availability[t]) * (one - column(src.strait) * s.strait))
    return s._replace(sources=after), output


def _basket_prices(params: Params, s: State, costs: Array) -> Array:
    """(M, 2, N) prices that producers see: quotes of materials, of products over their cost; contracts for chips."""
    quotes = stack([s.china.p, s.outside.p], 1)
    contracts = stack([b.contract for b in s.buyers], 1)
    prices = list(exp(concatenate([quotes, contracts])))
    for p in made_from.products(params):
        prices[p] = margin(prices[p], costs[p])
    return stack(prices)


def supply_markets(params: Params, output: Array, t: int) -> Array:
    """(M, 2, N) supply of each market by the bloc that gates it."""
    src = params.sources
    rows = [weighted(src.basket[src.bloc == b], output[src.bloc == b]) for b in (0, 1)]
    rows[1] = rows[1] + column(params.schedule.recycled[t])
    supplied: Array = stack(rows, 1)
    return supplied
