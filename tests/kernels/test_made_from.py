"""Products: what makers take, make and hand back adds up, in every node and along the chain."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from supplyshock_kernels import backends
from supplyshock_kernels.backends.array_program import made_from as chain
from supplyshock_kernels.backends.array_program import markets
from supplyshock_kernels.model import made_from, materials
from supplyshock_kernels.params import Array, Grid, Params
from support import worlds

WEEKS, PATHS, SEED = 60, 24, 5
TOLERANCE = 1e-12
BLOCS = ("c", "x")


def starved(weeks: int = WEEKS) -> Params:
    """Inputs are cut off, sources stop and start, demand jumps, stocks are thin: makers run short of one after the
    other."""
    p = worlds.forced(worlds.status_quo(weeks), {"ree_light": 1.0}, slice(8, 30))
    p = worlds.forced(p, {"ree_2025_04": 1.0, "magnets_2025_04": 1.0}, slice(20, 45))
    s = p.schedule
    availability, approval, recycled = (a.copy() for a in (s.availability, s.approval, s.recycled))
    demand, recipe = s.demand.copy(), s.recipe.copy()
    availability[12:40, :8] = 0.1
    availability[30:36, -5:] = 0.5
    demand[25:, : p.n_materials] = 1.4
    recipe[28:, : p.n_materials] = 1.2
    approval[8:45] = 0.0
    recycled[15:] = 0.02
    p = worlds.change(p, "schedule", availability=availability, approval=approval, recycled=recycled)
    p = worlds.change(p, "schedule", demand=demand, recipe=recipe)
    return worlds.change(p, "markets", cover=0.2 * p.markets.cover)


class Week(NamedTuple):
    """What one week did to an input and to its product; (2, N) each."""

    got: Array
    """of the input, by makers."""
    back: Array
    """of it, handed back for the next week."""
    planned: Array
    made: Array
    """of the product."""
    short: Array
    taken: Array
    wanted: Array
    """of the input, by the recipes of the baseline."""


@pytest.fixture(scope="module")
def walked() -> tuple[Params, list[tuple[Any, Any, Any]]]:
    """(the parameters, (state after, given, flows) of every week)."""
    p, calls = starved(), []
    step = materials.step

    def recorded(*arguments: Any) -> Any:
        result = step(*arguments)
        calls.append((arguments[3], result[3]))
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markets.materials, "step", recorded)
        states = [(before, after) for before, after, _ in worlds.walk(p, SEED, range(PATHS))]
    return p, [(before, after, *call) for (before, after), call in zip(states, calls, strict=True)]


def both(record: Any, name: str) -> Array:
    return np.stack([getattr(record, f"{name}_{b}") for b in BLOCS], 1)


def weeks_of(walked: Any, product: int, source: int) -> list[Week]:
    p, weeks = walked
    records = []
    for t, (before, after, given, flows) in enumerate(weeks):
        recycled = np.array([0.0, p.schedule.recycled[t, product]])[:, None]
        supplied = both(given, "supply")[product] - before.handed[product]  # what is recycled outside
        np.testing.assert_allclose(supplied, recycled + 0 * supplied, atol=TOLERANCE)
        use, met, taken = (both(flows, name)[source] for name in ("need", "used", "taken"))
        wanted = both(given, "makers")[source] / p.schedule.recipe[t, source][:, None]
        records.append(
            Week(
                got=taken * met / use,
                back=after.handed[source],
                planned=wanted / ratio(p, product, source),
                made=after.handed[product],
                short=1 - met / use,
                taken=taken,
                wanted=wanted,
            )
        )
    return records


def ratio(p: Params, product: int, source: int) -> float:
    """Weeks of world use of the input in a week of world use of the product."""
    (r,) = np.flatnonzero((p.recipes.product == product) & (p.recipes.input == source))
    return float(p.recipes.taken[r])


@pytest.mark.parametrize(("product", "source"), [("NdFeB", "Nd"), ("SmCo", "Sm")])
def test_what_makers_use_is_in_what_they_make(walked: Any, product: str, source: str) -> None:
    """Kilograms of an input that every product needs: used, they are the recipe times what was made, every week."""
    p, m, i = walked[0], worlds.market(product), worlds.market(source)
    lever = p.schedule.recipe[:, i]
    for t, week in enumerate(weeks_of(walked, m, i)):
        content = ratio(p, m, i) * lever[t][:, None]
        np.testing.assert_allclose(week.got - week.back, content * week.made, atol=TOLERANCE)


@pytest.mark.parametrize("source", ["Nd", "Pr", "Dy", "Tb"])
def test_makers_use_what_they_got_or_what_fits(walked: Any, source: str) -> None:
    """Of each input they use what they got, or no more than what was made takes; the rest goes back."""
    p, m, i = walked[0], worlds.market("NdFeB"), worlds.market(source)
    back = 0.0
    for week in weeks_of(walked, m, i):
        made = week.made / week.planned
        used = week.taken * np.minimum(1 - week.short, made)
        np.testing.assert_allclose(week.got - week.back, used, atol=TOLERANCE)
        assert (week.back >= 0).all()
        back = max(back, float(week.back.max()))
    assert back > 0.01 or source in ("Nd", "Dy")
    assert (p.recipes.needed <= 1).all()


def test_output_is_the_plan_less_what_the_scarcest_input_stops(walked: Any) -> None:
    p, m = walked[0], worlds.market("NdFeB")
    weeks = {i: weeks_of(walked, m, i) for i in p.recipes.input[p.recipes.product == m]}
    needed = dict(zip(p.recipes.input, p.recipes.needed, strict=True))
    lost = 0.0
    for t in range(WEEKS):
        stopped = np.max([needed[i] * weeks[i][t].short for i in weeks], axis=0)
        week = weeks[worlds.market("Nd")][t]
        np.testing.assert_allclose(week.made, week.planned * (1 - stopped), atol=TOLERANCE)
        lost = max(lost, float(stopped.max()))
    assert lost > 0.3, "makers were never short"


def test_a_chain_out_of_balance_is_seen(walked: Any) -> None:
    """Negative control: makers that hand nothing back use more than is in what they make."""
    p, m, i = walked[0], worlds.market("NdFeB"), worlds.market("Pr")
    content = ratio(p, m, i)
    gap = max(float(np.abs(week.got - content * week.made).max()) for week in weeks_of(walked, m, i))
    assert gap > 1e-3


def test_cost_passes_in_proportion() -> None:
    """An input that is a third of a price doubles: the product costs a third more; a margin is price over cost. Of
    half a recipe nothing is dearer."""
    cost = made_from.log_cost(made_from.dearer(1 / 3, 2.0, 1.0, 1.0, 1.0))
    assert cost == pytest.approx(np.log(4 / 3), rel=1e-6)
    assert made_from.margin(4.0, cost) == pytest.approx(3.0, rel=1e-6)
    assert made_from.dearer(1 / 3, 2.0, 1.0, 0.5, 1.0) == 0


@pytest.mark.parametrize("spared", [0.0, 0.5])
def test_what_is_spared_is_not_paid(spared: float) -> None:
    """The cost of magnets is what makers buy of each input at its price, over what they bought on the first day."""
    p, m = worlds.quiet(30), worlds.market("NdFeB")
    k, price = p.recipes, p.initial.log_price.copy()
    price[worlds.market("Dy"), 0] = 1.0  # dearer in China than it is worth
    p = worlds.change(p, "initial", log_price=price)
    p = worlds.change(p, "material", demand_weeks=1e15)  # what a material is worth stays
    p = worlds.change(p, "recipes", spared=np.where(k.product == m, spared, k.spared))
    availability = p.schedule.availability.copy()
    availability[:, :8] = 0.7
    p, calls, step = worlds.change(p, "schedule", availability=availability), [], materials.step

    def recorded(*arguments: Any) -> Any:
        result = step(*arguments)
        calls.append((arguments[0].p, arguments[3], result[3]))
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markets.materials, "step", recorded)
        for _ in worlds.walk(p, SEED, range(4)):
            pass
    rows = [(k.cost[r], i) for r, i in enumerate(k.input) if k.product[r] == m]
    first = {i: calls[0][2].taken_c[i] / calls[0][1].makers_c[i] for _, i in rows}
    moved = 0.0
    for quotes, given, flows in calls:
        bought = {i: flows.taken_c[i] / given.makers_c[i] for _, i in rows}
        dearer = sum(share * (bought[i] * np.exp(quotes[i] - price[i, 0]) - first[i]) for share, i in rows)
        np.testing.assert_allclose(np.exp(given.cost_c[m]), np.maximum(1 + dearer, 0.05), rtol=1e-9)
        moved = max(moved, float(np.abs(dearer).max()))
    assert moved > 0.03
    assert (first[worlds.market("Dy")] < 1).all() == (spared > 0)


@pytest.mark.parametrize("backend", ["reference", pytest.param("numba", marks=pytest.mark.thorough)])
def test_supply_counts_what_was_made(backend: str) -> None:
    """Neodymium does not reach makers outside China: the share of magnets made there is of magnets, not of plans."""
    p, m = starved(26), worlds.market("NdFeB")
    *_, (_, last, shown) = worlds.walk(p, SEED, range(PATHS))
    made = last.handed[m] + np.array([0.0, p.schedule.recycled[-1, m]])[:, None]
    by_source = p.sources.basket[:, m, None] * shown.output
    bloc = p.sources.bloc
    planned = np.stack([by_source[bloc == b].sum(0) for b in (0, 1)])
    done = last.handed[m] / planned
    observed = backends.get(backend)(p, Grid("float64"), SEED, range(PATHS))
    share = worlds.outcome(p, observed.outcomes, "ex_china_supply_share")[m]
    np.testing.assert_allclose(share, made[1] / made.sum(0), rtol=1e-6)
    concentration = worlds.outcome(p, observed.outcomes, "supply_concentration")[m]
    np.testing.assert_allclose(concentration, ((by_source * done[bloc]) ** 2).sum(0) / made.sum(0) ** 2, rtol=1e-6)
    assert np.abs(done[0] - done[1]).max() > 0.1, "a plan would have told the same"


def test_dear_inputs_raise_a_products_price() -> None:
    """Neodymium that mines no longer supply pulls the price of magnets up, and less without the recipe's cost."""
    p = worlds.quiet(52)
    availability = p.schedule.availability.copy()
    availability[:, :8] = 0.7
    p = worlds.change(p, "schedule", availability=availability)
    free = worlds.change(p, "recipes", cost=0 * p.recipes.cost)
    magnets = [
        worlds.collect_series(q, 1, SEED, "price_ratio", "reference")[worlds.market("NdFeB"), 1, 30, 0]
        for q in (p, free)
    ]
    assert magnets[0] > 1.1 * magnets[1]


def test_without_recipes_nothing_is_made_from_anything() -> None:
    """A data set without recipes has no makers: all of an input's use is direct."""
    p = worlds.status_quo(4)
    p = worlds.change(p, "recipes", **{name: a[:0] for name, a in p.recipes._asdict().items()})
    assert chain.products(p) == chain.inputs(p) == []
    np.testing.assert_array_equal(chain.direct_use(p), p.markets.use[: p.n_materials])
    for _, after, _ in worlds.walk(p, SEED, range(2)):
        assert not after.handed.any()


def test_backends_make_the_same() -> None:
    """Tiles follow the reference in double precision through a world in which makers run short."""
    p, grid = starved(), Grid("float64", keep=PATHS)
    a, b = (backends.get(name)(p, grid, SEED, range(PATHS)) for name in ("reference", "numba"))
    np.testing.assert_allclose(b.series, a.series, rtol=2e-6, atol=1e-7)  # series are kept in float32
    assert worlds.weekly(p, a.series, "shortage_ratio")[worlds.market("NdFeB")].max() > 0.05
