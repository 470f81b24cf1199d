"""Products over a tile: what their inputs cost, what makers take of them, and what comes of it.

The rows `HANDED` hold, between weeks, what last week's making gives to the next: products, and inputs that were left
over. `COST` is needed until the markets have traded; of an input it is a sum of `hand_on` after that.
"""

from __future__ import annotations

from typing import Any

from ...model import made_from, materials
from ...ops import ONE, ZERO, clip
from . import rows
from .compile_options import compiled_loop
from .layout import (
    CHINA,
    COST_C,
    COST_X,
    DEMAND,
    HANDED_C,
    HANDED_X,
    LACKING_C,
    LACKING_X,
    MAKERS_C,
    MAKERS_X,
    MARKET,
    OUTSIDE,
    SOURCE,
    SUPPLY_C,
    SUPPLY_X,
    TAKEN_C,
    TAKEN_X,
    THETA,
    VALUE_C,
    VALUE_X,
    L,
    U,
)


@compiled_loop
def find_costs(mk: Any, p: Any, recipes: Any, chain: Any, params: Any) -> None:
    """Log cost of making every product over the first day, from last week's quotes."""
    rows.set_rows(mk, (COST_C, COST_X), ZERO, chain.inputs)
    rows.set_rows(mk, (COST_C, COST_X), ZERO, chain.products)
    for r in range(recipes.product.shape[0]):
        a, b = U(recipes.product[r]) * MARKET, U(recipes.input[r]) * MARKET
        share, spared, i = recipes.cost[r], recipes.spared[r], recipes.input[r]
        first_c, first_x = chain.first_price[i, 0], chain.first_price[i, 1]
        dear_c, dear_x, scale = chain.first_dear[i, 0], chain.first_dear[i, 1], chain.price_scale[i]
        for l in range(L):
            c, x, worth = rows.get_node(mk, b + CHINA + l), rows.get_node(mk, b + OUTSIDE + l), mk[b + DEMAND + l]
            es = clip(p[THETA.use_elasticity + l] * scale, params.es_low, params.es_high)
            bought_c = materials.bought(c.p - worth, c.thrift, spared, es, params.eta)
            bought_x = materials.bought(x.p - worth, x.thrift, spared, es, params.eta)
            first_bought_c = materials.bought(dear_c, ZERO * es, spared, es, params.eta)
            first_bought_x = materials.bought(dear_x, ZERO * es, spared, es, params.eta)
            mk[a + COST_C + l] += made_from.dearer(share, mk[b + VALUE_C + l], first_c, bought_c, first_bought_c)
            mk[a + COST_X + l] += made_from.dearer(share, mk[b + VALUE_X + l], first_x, bought_x, first_bought_x)
    for m in chain.products:
        a = U(m) * MARKET
        for l in range(L):
            mk[a + COST_C + l] = made_from.log_cost(mk[a + COST_C + l])
            mk[a + COST_X + l] = made_from.log_cost(mk[a + COST_X + l])


@compiled_loop
def plan_making(mk: Any, recipes: Any, chain: Any, recycled: Any) -> None:
    """What makers would take of their inputs for what they plan, and what `HANDED` adds to the supply of sources: of
    a product what was made last week arrives in place of the plan, of an input besides what makers handed back."""
    rows.set_rows(mk, (MAKERS_C, MAKERS_X), ZERO, chain.inputs)
    for r in range(recipes.product.shape[0]):
        a, b = U(recipes.product[r]) * MARKET, U(recipes.input[r]) * MARKET
        taken, second = recipes.taken[r], recycled[recipes.product[r]]
        for l in range(L):
            mk[b + MAKERS_C + l] += taken * mk[a + SUPPLY_C + l]
            mk[b + MAKERS_X + l] += taken * (mk[a + SUPPLY_X + l] - second)
    for m in chain.products:
        a, second = U(m) * MARKET, recycled[m]
        for l in range(L):
            mk[a + HANDED_C + l] -= mk[a + SUPPLY_C + l]
            mk[a + HANDED_X + l] -= mk[a + SUPPLY_X + l] - second


@compiled_loop
def hand_on(mk: Any, recipes: Any, chain: Any, recycled: Any) -> None:
    """What this week's making hands to the next: products, and inputs that another input's want left over."""
    rows.set_rows(mk, (HANDED_C, HANDED_X, COST_C, COST_X), ZERO, chain.inputs)
    rows.set_rows(mk, (HANDED_C, HANDED_X), ONE, chain.products)
    for r in range(recipes.product.shape[0]):
        a, b = U(recipes.product[r]) * MARKET, U(recipes.input[r]) * MARKET
        needed = recipes.needed[r]
        for l in range(L):
            mk[a + HANDED_C + l] = made_from.limit(mk[a + HANDED_C + l], needed, mk[b + LACKING_C + l])
            mk[a + HANDED_X + l] = made_from.limit(mk[a + HANDED_X + l], needed, mk[b + LACKING_X + l])
    for m in chain.products:
        a, second = U(m) * MARKET, recycled[m]
        for l in range(L):
            mk[a + HANDED_C + l] *= mk[a + SUPPLY_C + l]
            mk[a + HANDED_X + l] *= mk[a + SUPPLY_X + l] - second
    for r in range(recipes.product.shape[0]):
        a, b = U(recipes.product[r]) * MARKET, U(recipes.input[r]) * MARKET
        taken = recipes.taken[r]
        for l in range(L):
            mk[b + COST_C + l] += taken * mk[a + HANDED_C + l]
            mk[b + COST_X + l] += taken * mk[a + HANDED_X + l]
    for m in chain.inputs:
        a = U(m) * MARKET
        for l in range(L):
            mk[a + HANDED_C + l] += made_from.spare(
                mk[a + TAKEN_C + l], mk[a + LACKING_C + l], mk[a + MAKERS_C + l], mk[a + COST_C + l]
            )
            mk[a + HANDED_X + l] += made_from.spare(
                mk[a + TAKEN_X + l], mk[a + LACKING_X + l], mk[a + MAKERS_X + l], mk[a + COST_X + l]
            )


@compiled_loop
def supply_as_made(mk: Any, chain: Any, recycled: Any) -> None:
    """After the last week: what makers made of products in place of their plans, and in `TAKEN` the share made of a
    plan; that is 1 where nothing is made from others."""
    for m in range(chain.is_product.shape[0]):
        a, second = U(m) * MARKET, recycled[m]
        for l in range(L):
            mk[a + TAKEN_C + l] = ONE
            mk[a + TAKEN_X + l] = ONE
        if chain.is_product[m]:
            for l in range(L):
                made_c, made_x = mk[a + HANDED_C + l], mk[a + HANDED_X + l]
                plan_c, plan_x = mk[a + SUPPLY_C + l], mk[a + SUPPLY_X + l] - second
                mk[a + TAKEN_C + l] = made_from.mean(made_c, plan_c)
                mk[a + TAKEN_X + l] = made_from.mean(made_x, plan_x)
                mk[a + SUPPLY_C + l] += made_c - plan_c
                mk[a + SUPPLY_X + l] += made_x - plan_x


@compiled_loop
def start_handed(mk: Any, src: Any, k: Any, chain: Any, capacity: Any) -> None:
    """Products that were made in the week before the first, by sources at rest; ``capacity`` is its row of a source."""
    for m in chain.products:
        a = U(m) * MARKET
        for j in range(k.basket.shape[0]):
            w = k.basket[j, m]
            if w > 0:
                to, at = a + (HANDED_C if k.bloc[j] == 0 else HANDED_X), U(j) * SOURCE + capacity
                for l in range(L):
                    mk[to + l] += w * src[at + l]
