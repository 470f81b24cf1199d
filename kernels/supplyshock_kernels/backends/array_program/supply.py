"""Sources in one week: accidents, the strait, utilisation, new capacity, and the supply of each market."""

from __future__ import annotations

from ...model import negotiation, supply
from ...ops import exp, maximum, where
from ...params import Array, Params
from .lift import column, concatenate, stack, weighted
from .random_inputs import Luck
from .state import State


def basket_prices(params: Params, s: State) -> Array:
    """(M, 2, N) prices that producers see: quotes of materials, contracts for chips."""
    quotes = stack([s.china.p, s.outside.p], 1)
    contracts = stack([b.contract for b in s.buyers], 1)
    prices: Array = exp(concatenate([quotes, contracts]))
    return prices


def run_sources(params: Params, rules: negotiation.Rules, s: State, luck: Luck, t: int) -> tuple[State, Array]:
    """(state with new sources and strait, (J, N) output of each source)."""
    src, sch = params.sources, params.schedule
    one = src.lead.dtype.type(1)
    p = supply.chance(src.outage_hazard)
    high = p.cumsum()
    which, how_bad, strait_u = luck.accident
    lost = supply.accident(which, how_bad, column(high - p), column(high), column(src.outage_severity))
    crisis = strait_u < supply.chance(negotiation.pick(negotiation.is_in(s.regime), rules.strait_hazard))
    strait = maximum(s.strait * (one - one / rules.strait_recovery), crisis * rules.strait_severity)

    fab = src.basket[:, params.n_materials :].sum(1) > 0
    elasticity = where(fab, 0 * one, params.material.supply_elasticity)
    own = (elasticity, src.lead, src.ramp, src.hurdle, src.outage_recovery, src.tools_growth)
    price = basket_prices(params, s)
    value = stack([weighted(src.basket_value[j], price[:, int(b)]) for j, b in enumerate(src.bloc)])
    tools_list = int(params.policy.tools_list)
    tools = s.controls.level[tools_list] - params.initial.control[tools_list]
    site = supply.Site(*(column(a) for a in own))
    after = supply.step(s.sources, value, lost, column(sch.capacity[t]), tools, site)
    output = supply.output(after, column(sch.availability[t]) * (one - column(src.strait) * strait))
    return s._replace(sources=after, strait=strait), output


def by_bloc(params: Params, output: Array, t: int) -> Array:
    """(M, 2, N) supply of each market by the bloc that gates it."""
    src = params.sources
    rows = [weighted(src.basket[src.bloc == b], output[src.bloc == b]) for b in (0, 1)]
    rows[1] = rows[1] + column(params.schedule.recycled[t])
    made: Array = stack(rows, 1)
    return made
