"""The parameters as a block reads them: tables with named columns, and lists of related entities.

Everything that does not change from week to week is computed here, in the precision and in the order of the tiles of
`numba_cpu`, so that the bits are the same. Rows of other entities are given by their offsets: a thread looks none up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...model import industry
from ...ops import ONE
from ...params import Array, Params, Policy, quarter
from ..numba_cpu.constants import Constants, build_constants
from .columns import MARKET_COLUMN, MARKET_ROW, NONE, RECIPE_ROW
from .laws import Laws, make_laws
from .layout import CHIP, LINK, LIST, MARKET, MATERIAL, SECTOR, SOURCE, U
from .plan import Options, Plan, dated_inputs, make_plan
from .state_rows import state_offsets


class Sparse(NamedTuple):
    """The entries related to each of N entities: entries ``start[i]`` to ``start[i + 1]``."""

    start: Any
    """(N + 1,) uint32."""
    row: Any
    """(E, 2) uint32."""
    number: Any
    """(E, 3) float32."""


class Tables(NamedTuple):
    """The tables that a kernel reads besides its `Laws`; the columns are those of `columns`."""

    market: Any
    market_row: Any
    source: Any
    lists: Any
    sector: Any
    recipe: Any
    recipe_row: Any
    prior: Any
    factor: Any
    """(H,) uint32 the shared normal with which an uncertain parameter is correlated."""
    basket: Any
    """what each source sells: (row of the value, of the log cost or none), share of its revenue."""
    supply: Any
    """what supplies each market: (row of the output, bloc), share of world supply."""
    materials: Any
    """what each sector needs: (first row of the material,), (criticality, uses ahead, one over the share of use)."""
    chips: Any
    """likewise: (first row of the chip, whether gated sectors use it), (criticality,)."""
    users: Any
    """who uses each market: (first row of the sector,), share of the use."""
    week: Any
    """(T, columns) dated inputs: `plan.Columns`."""
    quarter: Any
    """(T,) uint32."""
    state: Any
    """(R,) uint32 offsets of the rows of the state, in the order of `params.path_state`."""
    members: Any
    """(S, R) states that paths start from."""
    dated: Any
    """(outcomes,) uint32 1: a week that may never come."""


class Inputs(NamedTuple):
    """All that a kernel is given of the parameters."""

    plan: Plan
    laws: Laws
    tables: Tables


def build_inputs(params: Params, seed: int, versus: Policy | None, *, inverse: bool) -> Inputs:
    """The inputs of some parameters in float32."""
    constants = build_constants(params, versus)
    links = np.union1d(constants.chain.products, constants.chain.inputs)
    plan = make_plan(params, len(links), Options(weighed=U(constants.weighed), inverse=U(inverse)))
    place = _Places(plan, links)
    sources, policy = params.sources, params.policy
    recipes, priors, sectors = params.recipes, params.priors, params.sectors
    tables = Tables(
        market=_market_table(params, constants),
        market_row=_market_rows(params, constants, place),
        source=_table(
            constants.elasticity, sources.lead, sources.ramp, sources.hurdle, sources.outage_recovery,
            sources.tools_growth, *constants.accident_intervals.T, sources.outage_severity, sources.strait,
            sources.outage_hazard,
        ),
        lists=_table(
            policy.list_party, policy.list_is_tariff, constants.list_weight, params.initial.control, *policy.pull,
            *policy.hit_cum[..., 0], *policy.hit_cum[..., 1], *constants.other.lists,
        ),
        sector=_table(
            *sectors.value_added.T, *sectors.buffer.T, sectors.chip_making, sectors.many_parts, sectors.gated,
            *sectors.value_added_abroad.T,
        ),
        recipe=_table(recipes.taken, recipes.needed, recipes.spared, recipes.cost),
        recipe_row=_recipe_rows(params, place),
        prior=_table(priors.loading, priors.lognormal, priors.center, priors.sd, priors.low, priors.high),
        factor=priors.factor.astype(np.uint32),
        basket=_baskets(params, constants, place),
        supply=_supply(params, place),
        materials=_needs(params, place, chips=False),
        chips=_needs(params, place, chips=True),
        users=_users(params, place),
        week=np.concatenate([np.asarray(a, np.float32) for a in dated_inputs(params).values()], axis=1),
        quarter=quarter(np.arange(params.weeks), params.weeks).astype(np.uint32),
        state=state_offsets(params, plan),
        members=params.initial.members,
        dated=constants.totals.dated.astype(np.uint32),
    )  # fmt: skip
    laws = make_laws(params, constants, seed, place.list(int(policy.tools_list)))
    return Inputs(plan, laws, tables)


class _Places:
    """First rows of single entities."""

    def __init__(self, plan: Plan, links: Array) -> None:
        self.first, self.materials, self.links = plan.first, int(plan.number.materials), links.tolist()

    def market(self, m: int) -> int:
        chip = m - self.materials
        return int(self.first.chips + chip * CHIP.size if chip >= 0 else self.first.materials + m * MATERIAL.size)

    def link(self, m: int) -> int:
        return int(self.first.links) + self.links.index(m) * int(LINK.size) if m in self.links else int(NONE)

    def list(self, i: int) -> int:
        return int(self.first.lists) + i * int(LIST.size)

    def source(self, j: int) -> int:
        return int(self.first.sources) + j * int(SOURCE.size)

    def sector(self, s: int) -> int:
        return int(self.first.sectors) + s * int(SECTOR.size)


def _table(*columns: Array) -> Array:
    """(N, columns) float32."""
    return np.ascontiguousarray(np.stack(columns, axis=1), np.float32)


def _market_table(params: Params, constants: Constants) -> Array:
    """(M, columns): `columns.MARKET_COLUMN`."""
    k, chain, initial = params.markets, constants.chain, params.initial
    use, one = k.use, ONE
    american = k.us_list < len(params.policy.list_party)
    chip = np.arange(len(k.group)) >= params.n_materials
    flow = np.where(chip, np.where(american, k.flow[:, 1, 0], k.flow[:, 0, 1]), constants.imports)
    with np.errstate(divide="ignore"):
        table = {
            "use_c": use[:, 0], "use_x": use[:, 1], "per_use_c": one / use[:, 0], "per_use_x": one / use[:, 1],
            "cover_c": k.cover[:, 0], "cover_x": k.cover[:, 1], "value": k.value, "us_value": k.value * k.us_share,
            "coverage": k.cn_coverage, "imports": constants.imports, "per_flow": one / flow,
            "price_scale": k.price_scale, "direct_c": chain.direct[:, 0], "direct_x": chain.direct[:, 1],
            "made_c": use[:, 0] - chain.direct[:, 0], "made_x": use[:, 1] - chain.direct[:, 1],
            "spared": chain.spared,
            "reach": params.material.jump * (constants.imports / use[:, 1]) * k.cn_coverage,
            "usd": constants.usd, "tonnage": k.tonnage,
            "flow_cc": k.flow[:, 0, 0], "flow_cx": k.flow[:, 0, 1],
            "flow_xc": k.flow[:, 1, 0], "flow_xx": k.flow[:, 1, 1],
            "us_coverage": k.us_coverage, "packaging": k.packaging, "lead": k.lead, "fab": k.fab,
            "assembly": k.assembly, "gated_use": k.gated_use, "volatility": k.volatility,
            "sigma": params.chip.sigma_demand * k.volatility, "per_china": constants.compute / use[:, 0],
            "first_price_c": chain.first_price[:, 0], "first_price_x": chain.first_price[:, 1],
            "first_dear_c": chain.first_dear[:, 0], "first_dear_x": chain.first_dear[:, 1],
            "p_c": initial.log_price[:, 0], "p_x": initial.log_price[:, 1],
            "held_c": initial.inventory[:, 0], "held_x": initial.inventory[:, 1],
            "counted_c": initial.counted[:, 0], "counted_x": initial.counted[:, 1],
            "reserve": initial.stockpile * use[:, 1],
            "open_cc": initial.open_share[:, 0, 0], "open_cx": initial.open_share[:, 0, 1],
            "open_xc": initial.open_share[:, 1, 0], "open_xx": initial.open_share[:, 1, 1],
        }  # fmt: skip
    assert all(column.dtype == np.float32 for column in table.values())
    return _table(*(table[name] for name in MARKET_COLUMN._fields))


def _market_rows(params: Params, constants: Constants, place: _Places) -> Array:
    """(M, columns) uint32: `columns.MARKET_ROW`."""
    k, chain = params.markets, constants.chain
    markets = np.arange(len(k.group))
    table = {
        "cn_list": [place.list(i) for i in k.cn_list],
        "us_list": [place.list(i) for i in k.us_list],
        "american": k.us_list < len(params.policy.list_party),
        "group": k.group,
        "link": [place.link(m) for m in markets.tolist()],
        "product": chain.is_product,
        "input": np.isin(markets, chain.inputs),
        "quota": (params.schedule.quota > 0).any(0),
    }
    return np.stack([np.asarray(table[name], np.uint32) for name in MARKET_ROW._fields], axis=1)


def _recipe_rows(params: Params, place: _Places) -> Array:
    """(recipes, columns) uint32: `columns.RECIPE_ROW`."""
    product, source = params.recipes.product.tolist(), params.recipes.input.tolist()
    columns = (
        product, source, [place.link(m) for m in product], [place.link(m) for m in source],
        [place.market(m) for m in product], [place.market(m) for m in source],
    )  # fmt: skip
    assert len(columns) == len(RECIPE_ROW)
    return np.ascontiguousarray(np.array(columns, np.uint32).T)


def _sparse(lists: Sequence[Sequence[tuple[tuple[int, ...], tuple[Any, ...]]]]) -> Sparse:
    """Of a list of (rows, numbers) for each thing."""
    start = np.concatenate([[0], np.cumsum([len(x) for x in lists])]).astype(np.uint32)
    row, number = np.zeros((start[-1], 2), np.uint32), np.zeros((start[-1], 3), np.float32)
    for e, (rows, numbers) in enumerate(entry for each in lists for entry in each):
        row[e, : len(rows)] = rows
        number[e, : len(numbers)] = numbers
    return Sparse(start, row, number)


def _baskets(params: Params, constants: Constants, place: _Places) -> Sparse:
    sources, lists = params.sources, []
    for bloc, weights in zip(sources.bloc, sources.basket_value, strict=True):
        value, cost = ((MARKET.value_c, LINK.cost_c), (MARKET.value_x, LINK.cost_x))[int(bloc)]
        entries = []
        for m in np.flatnonzero(weights > 0).tolist():
            of_making = place.link(m) + int(cost) if constants.chain.is_product[m] else int(NONE)
            entries.append(((place.market(m) + int(value), of_making), (weights[m],)))
        lists.append(entries)
    return _sparse(lists)


def _supply(params: Params, place: _Places) -> Sparse:
    sources = params.sources
    return _sparse(
        [
            [
                ((place.source(j) + int(SOURCE.output), int(sources.bloc[j])), (weights[j],))
                for j in np.flatnonzero(weights > 0).tolist()
            ]
            for weights in sources.basket.T
        ]
    )


def _needs(params: Params, place: _Places, *, chips: bool) -> Sparse:
    k, first = params.sectors, params.n_materials
    wanted = range(first, len(params.markets.group)) if chips else range(first)
    per_share, gated = industry.per_share(k.use_share), params.markets.gated_use > 0
    return _sparse(
        [
            [
                ((place.market(m), int(gated[m])), (k.criticality[s, m], k.ahead[s, m], per_share[s, m]))
                for m in wanted
                if k.criticality[s, m] > 0
            ]
            for s in range(len(k.gated))
        ]
    )


def _users(params: Params, place: _Places) -> Sparse:
    return _sparse(
        [
            [((place.sector(s),), (shares[s],)) for s in np.flatnonzero(shares > 0).tolist()]
            for shares in params.sectors.use_share.T
        ]
    )
