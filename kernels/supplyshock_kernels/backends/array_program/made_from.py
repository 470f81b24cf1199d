"""Products in one week: what their inputs cost, what makers take of them, and what comes of it."""

from __future__ import annotations

from typing import Any

from ...model import demand, industry, made_from, materials, supply
from ...model.uncertain_parameters import Theta
from ...ops import clip, exp
from ...params import Array, Params
from .lift import column, stack, weighted
from .state import State


def pairs(params: Params) -> list[tuple[int, int, int]]:
    """(number, product, input) of every recipe."""
    k = params.recipes
    return [(r, int(p), int(i)) for r, (p, i) in enumerate(zip(k.product, k.input, strict=True))]


def products(params: Params) -> list[int]:
    """Markets that are made from others, in their order."""
    return sorted({p for _, p, _ in pairs(params)})


def inputs(params: Params) -> list[int]:
    """Markets that others are made from, in their order."""
    return sorted({i for _, _, i in pairs(params)})


def find_costs(params: Params, theta: Theta, s: State) -> Array:
    """(materials, 2, N) log cost of making a product over the first day; 0 for all else."""
    k, material, p0 = params.markets, params.material, params.initial.log_price
    costs = list(0 * s.handed)
    for r, p, i in pairs(params):
        spared = params.recipes.spared[r]
        elasticity = clip(theta.use_elasticity * k.price_scale[i], material.es_low, material.es_high)
        quote, thrift = stack([s.china.p[i], s.outside.p[i]]), stack([s.china.thrift[i], s.outside.thrift[i]])
        first = column(p0[i] - demand.worth(*k.use[i], *p0[i]))
        bought = materials.bought(quote - s.demand[i], thrift, spared, elasticity, material.eta)
        at_first = materials.bought(first, 0 * thrift, spared, elasticity, material.eta)
        share, price = params.recipes.cost[r], exp(quote)
        costs[p] = costs[p] + made_from.dearer(share, price, column(exp(p0[i])), bought, at_first)
    for p in products(params):
        costs[p] = made_from.log_cost(costs[p])
    return stack(costs)


def direct_use(params: Params) -> Array:
    """(materials, 2) baseline use of every material by others than makers."""
    k, taken = params.markets, list(0 * params.markets.use[: params.n_materials])
    for r, p, i in pairs(params):
        taken[i] = taken[i] + params.recipes.taken[r] * k.supply[p]
    rows = list(k.use[: params.n_materials])
    for i in inputs(params):
        rows[i] = made_from.direct(rows[i], taken[i])
    return stack(rows)


def spared_shares(params: Params) -> Array:
    """(materials,) share of what makers take of a material that recipes can do without."""
    k, zero = params.recipes, 0 * params.markets.use[0, 0]
    taken, spared = [zero] * params.n_materials, [zero] * params.n_materials
    for r, _, i in pairs(params):
        taken[i], spared[i] = taken[i] + k.taken[r], spared[i] + k.spared[r] * k.taken[r]
    for i in inputs(params):
        spared[i] = made_from.mean(spared[i], taken[i])
    return stack(spared)


def plan_making(params: Params, s: State, supplied: Array, t: int) -> tuple[Array, Array]:
    """((materials, 2, N) what arrives, the same that makers would take) of what sources supply this week.

    Of a product what was made last week arrives, and of an input besides what makers handed back.
    """
    planned = _plans(params, supplied, t)
    arriving, makers = list(supplied[: params.n_materials]), list(0 * s.handed)
    for m in sorted({*products(params), *inputs(params)}):
        arriving[m] = arriving[m] + (s.handed[m] - planned[m] if m in planned else s.handed[m])
    for r, p, i in pairs(params):
        makers[i] = makers[i] + params.recipes.taken[r] * planned[p]
    return stack(arriving), stack(makers)


def hand_on(params: Params, s: State, supplied: Array, flows: materials.Flows, makers: Array, t: int) -> State:
    """What this week's making hands to the next: products, and inputs that another input's want left over."""
    k, planned = params.recipes, _plans(params, supplied, t)
    lacking = (industry.short(flows.need_c, flows.used_c), industry.short(flows.need_x, flows.used_x))
    taken, short = stack([flows.taken_c, flows.taken_x], 1), stack(lacking, 1)
    handed, used = list(0 * s.handed), list(0 * s.handed)
    for p in products(params):
        handed[p] = handed[p] + 1
    for r, p, i in pairs(params):
        handed[p] = made_from.limit(handed[p], k.needed[r], short[i])
    for p in products(params):
        handed[p] = handed[p] * planned[p]
    for r, p, i in pairs(params):
        used[i] = used[i] + k.taken[r] * handed[p]
    for i in inputs(params):
        handed[i] = handed[i] + made_from.spare(taken[i], short[i], makers[i], used[i])
    return s._replace(handed=stack(handed))


def supply_as_made(params: Params, s: State, supplied: Array, t: int) -> tuple[Array, Array]:
    """((M, 2, N) supply with what makers made of products in place of their plans, (M, 2, N) share made of a plan).

    ``s`` is the state after the week; the share is 1 where nothing is made from others.
    """
    supplied_too, shares = list(supplied), list(0 * supplied + 1)
    for p, plan in _plans(params, supplied, t).items():
        shares[p] = made_from.mean(s.handed[p], plan)
        supplied_too[p] = supplied[p] + (s.handed[p] - plan)
    return stack(supplied_too), stack(shares)


def start_handed(params: Params, sources: supply.Source) -> Array:
    """(materials, 2, N) products that were made in the week before the first, by sources at rest."""
    src, n = params.sources, params.n_materials
    made = stack([weighted(src.basket[src.bloc == b][:, :n], sources.capacity[src.bloc == b]) for b in (0, 1)], 1)
    rows = list(0 * made)
    for p in products(params):
        rows[p] = made[p]
    return stack(rows)


def _plans(params: Params, supplied: Array, t: int) -> dict[int, Any]:
    """(2, N) of every product: what its makers would make, without what is recycled outside."""
    recycled = params.schedule.recycled[t]
    return {p: stack([supplied[p, 0], supplied[p, 1] - column(recycled[p])]) for p in products(params)}
