"""Products: the cost of their inputs, the use of inputs by makers, and the output."""

from __future__ import annotations

from typing import Any

from ...model import made_from, materials
from ...ops import ONE, ZERO, clip, scalar
from . import records
from .block import U0, U1, is_input, is_product, link_at, material_at, path_at
from .columns import MARKET_COLUMN, RECIPE_COLUMN, RECIPE_ROW
from .layout import LINK, MARKET, MATERIAL, U, theta

_USE_ELASTICITY = theta("use_elasticity")


@scalar
def find_cost(b: Any, m: Any, lane: Any) -> None:
    """Log cost of making a product over the first day, from last week's quotes."""
    recipes, rows, laws, r = b.tables.recipe_row, b.rows, b.laws.material, U0
    cost_c, cost_x = ZERO, ZERO
    while r < b.plan.number.recipes:
        if U(recipes[r, RECIPE_ROW.product]) == m:
            k, a = b.tables.market[U(recipes[r, RECIPE_ROW.input])], U(recipes[r, RECIPE_ROW.input_rows]) + lane.l
            share, spared = b.tables.recipe[r, RECIPE_COLUMN.cost], b.tables.recipe[r, RECIPE_COLUMN.spared]
            c, x = records.get_node(rows, a + MATERIAL.china), records.get_node(rows, a + MATERIAL.outside)
            worth, elasticity = rows[a + MARKET.demand], rows[path_at(b, lane) + _USE_ELASTICITY]
            es = clip(elasticity * k[MARKET_COLUMN.price_scale], laws.es_low, laws.es_high)
            none = ZERO * es
            bought_c = materials.bought(c.p - worth, c.thrift, spared, es, laws.eta)
            bought_x = materials.bought(x.p - worth, x.thrift, spared, es, laws.eta)
            first_c = materials.bought(k[MARKET_COLUMN.first_dear_c], none, spared, es, laws.eta)
            first_x = materials.bought(k[MARKET_COLUMN.first_dear_x], none, spared, es, laws.eta)
            price_c, price_x = k[MARKET_COLUMN.first_price_c], k[MARKET_COLUMN.first_price_x]
            cost_c += made_from.dearer(share, rows[a + MARKET.value_c], price_c, bought_c, first_c)
            cost_x += made_from.dearer(share, rows[a + MARKET.value_x], price_x, bought_x, first_x)
        r += U1
    to = link_at(b, m, lane)
    rows[to + LINK.cost_c] = made_from.log_cost(cost_c)
    rows[to + LINK.cost_x] = made_from.log_cost(cost_x)


@scalar
def plan_making(b: Any, m: Any, lane: Any, t: Any) -> None:
    """The input that makers would take for their plans."""
    recipes, rows, r = b.tables.recipe_row, b.rows, U0
    makers_c, makers_x = ZERO, ZERO
    while r < b.plan.number.recipes:
        if U(recipes[r, RECIPE_ROW.input]) == m:
            a, taken = U(recipes[r, RECIPE_ROW.product_rows]) + lane.l, b.tables.recipe[r, RECIPE_COLUMN.taken]
            second = b.tables.week[t, b.plan.column.recycled + U(recipes[r, RECIPE_ROW.product])]
            makers_c += taken * rows[a + MARKET.supply_c]
            makers_x += taken * (rows[a + MARKET.supply_x] - second)
        r += U1
    to = link_at(b, m, lane)
    rows[to + LINK.makers_c] = makers_c
    rows[to + LINK.makers_x] = makers_x


@scalar
def make(b: Any, m: Any, lane: Any, t: Any) -> None:
    """What is made of a product this week."""
    recipes, rows, r = b.tables.recipe_row, b.rows, U0
    made_c, made_x = ONE, ONE
    while r < b.plan.number.recipes:
        if U(recipes[r, RECIPE_ROW.product]) == m:
            a, needed = U(recipes[r, RECIPE_ROW.input_link]) + lane.l, b.tables.recipe[r, RECIPE_COLUMN.needed]
            made_c = made_from.limit(made_c, needed, rows[a + LINK.lacking_c])
            made_x = made_from.limit(made_x, needed, rows[a + LINK.lacking_x])
        r += U1
    a, to = material_at(b, m, lane), link_at(b, m, lane)
    second = b.tables.week[t, b.plan.column.recycled + m]
    rows[to + LINK.made_c] = made_c * rows[a + MARKET.supply_c]
    rows[to + LINK.made_x] = made_x * (rows[a + MARKET.supply_x] - second)


@scalar
def hand_on(b: Any, m: Any, lane: Any) -> None:
    """What the week's making hands to the next: a product, and of an input what another input's want left over."""
    rows, at, to = b.rows, link_at(b, m, lane), material_at(b, m, lane)
    handed_c, handed_x = ZERO, ZERO
    if is_product(b, m):
        handed_c = rows[at + LINK.made_c]
        handed_x = rows[at + LINK.made_x]
    if is_input(b, m):
        recipes, r = b.tables.recipe_row, U0
        used_c, used_x = ZERO, ZERO
        while r < b.plan.number.recipes:
            if U(recipes[r, RECIPE_ROW.input]) == m:
                a, taken = U(recipes[r, RECIPE_ROW.product_link]) + lane.l, b.tables.recipe[r, RECIPE_COLUMN.taken]
                used_c += taken * rows[a + LINK.made_c]
                used_x += taken * rows[a + LINK.made_x]
            r += U1
        handed_c += made_from.spare(
            rows[at + LINK.taken_c], rows[at + LINK.lacking_c], rows[at + LINK.makers_c], used_c
        )
        handed_x += made_from.spare(
            rows[at + LINK.taken_x], rows[at + LINK.lacking_x], rows[at + LINK.makers_x], used_x
        )
    rows[to + MATERIAL.handed_c] = handed_c
    rows[to + MATERIAL.handed_x] = handed_x


@scalar
def start_handed(b: Any, m: Any, lane: Any, capacity: Any) -> None:
    """A product that was made in the week before the first, by sources at rest; ``capacity`` is its row of a source,
    counted from that of its output."""
    a, suppliers = material_at(b, m, lane), b.tables.supply
    handed_c, handed_x = ZERO, ZERO
    e, end = U(suppliers.start[m]), U(suppliers.start[m + U1])
    while e < end:
        made = suppliers.number[e, U0] * b.rows[U(suppliers.row[e, U0]) + lane.l - capacity]
        if U(suppliers.row[e, U1]) == U0:
            handed_c += made
        else:
            handed_x += made
        e += U1
    b.rows[a + MATERIAL.handed_c] = handed_c
    b.rows[a + MATERIAL.handed_x] = handed_x
