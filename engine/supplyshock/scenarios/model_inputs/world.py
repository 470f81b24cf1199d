"""Markets, sources and sectors."""

from __future__ import annotations

import numpy as np

from supplyshock_kernels.model.industry import LEAST_SHARE
from supplyshock_kernels.params import BLOCS, PARTIES, WEEKS_PER_YEAR, Array, Markets, Recipes, Sectors, Sources

from ...common.errors import DataError
from ..dataset import made_from
from ..dataset.dataset import Dataset
from ..dataset.dataset_labels import GROUPS
from .figures import Values, column, matrix

ROUNDING = 1e-9
"""bn USD a year."""

REFERENCE_PRICE = 50.0
"""USD/kg at which the own-price elasticity is the drawn one."""


def baskets(data: Dataset) -> Array:
    """(J, M) shares of world supply, columns scaled to sum to 1 exactly."""
    w = matrix(data.basket, data.labels.source_ids, data.labels.market_ids)
    scaled: Array = w / w.sum(0)
    return scaled


def source_blocs(data: Dataset) -> Array:
    """(J,) index of the bloc that gates each source."""
    return np.array([BLOCS.index(j.bloc) for j in data.labels.sources], dtype=np.int64)


def build_markets(data: Dataset, values: Values) -> Markets:
    """Raises `DataError` if the baseline flows of a chip segment do not fit supply and use."""
    labels, ids = data.labels, data.labels.market_ids

    def field(name: str, missing: float | None = None) -> Array:
        return column(data.market, ids, name, missing)

    bloc, w = source_blocs(data), baskets(data)
    supply = np.stack([w[bloc == b].sum(0) for b in range(len(BLOCS))], axis=1)
    cn = field("cn_demand_share")
    use = np.stack([cn, 1.0 - cn], axis=1)
    price = field("price", REFERENCE_PRICE)  # 1 for chips, whose price equation has no such scale
    cover = field("cover_weeks")
    cn_list, cn_coverage = _gate(data, "CN")
    us_list, us_coverage = _gate(data, "US")
    return Markets(
        use=use,
        supply=supply,
        price_scale=(price / REFERENCE_PRICE) ** values.get("material.eta"),
        cover=np.stack([cover, cover], axis=1),
        value=field("world_value") / WEEKS_PER_YEAR,
        tonnage=field("world_volume", 0.0) / (1000.0 * WEEKS_PER_YEAR),
        us_share=field("us_share_of_xc_use"),
        group=np.array([GROUPS.index(m.group) for m in labels.markets], dtype=np.int64),
        cn_list=cn_list,
        cn_coverage=cn_coverage,
        us_list=us_list,
        us_coverage=us_coverage,
        fab=field("fab_weeks", 1.0),
        assembly=field("assembly_weeks", 1.0),
        lead=field("lead_time_weeks", 1.0),
        packaging=field("cn_packaging_share", 0.0),
        flow=_flows(data, supply, use, field("cn_export_mix", 0.0)),
        gated_use=np.where(us_coverage > 0, gated_sectors(data, values) @ _by_market(data, "use_share"), 0.0),
        volatility=field("sales_volatility", 0.0) / WEEKS_PER_YEAR**0.5,
    )


def gated_sectors(data: Dataset, values: Values) -> Array:
    """(K,) 1 for sectors whose parts a US list names."""
    return values.row([f"sector.gated.{k}" for k in data.labels.sector_ids], 0.0)


def _by_market(data: Dataset, field: str) -> Array:
    """(K, M) a figure of every sector in every market."""
    labels = data.labels
    return np.array([[data.inputs[m, k, field].value for m in labels.market_ids] for k in labels.sector_ids])


def _gate(data: Dataset, party: str) -> tuple[Array, Array]:
    """(index of the party's list of each market, share of its trade the list covers)."""
    lists = data.labels.control_lists
    index = np.full(len(data.labels.markets), len(lists), dtype=np.int64)
    coverage = np.zeros(len(index))
    for c, control in enumerate(lists):
        for m, market in enumerate(data.labels.market_ids):
            figure = data.coverage.get((control.id, market))
            if figure is not None and control.party == party:
                index[m], coverage[m] = c, figure.value
    return index, coverage


def _flows(data: Dataset, supply: Array, use: Array, mix: Array) -> Array:
    """(M, 2, 2) from origin to buyer: China exports `mix` of what proportional mixing would."""
    chip = np.array([m.kind == "chip" for m in data.labels.markets])
    out = mix * supply[:, 0] * use[:, 1]
    kept = supply[:, 0] - out
    flow = np.stack([np.stack([kept, out], 1), np.stack([use[:, 0] - kept, use[:, 1] - out], 1)], 1)
    flow[~chip] = 0.0
    for m, market in enumerate(data.labels.market_ids):
        if flow[m].min() < 0.0:
            figure = data.market[market, "cn_export_mix"]
            raise DataError(
                f"the baseline flows of {market} do not fit",
                where=figure.where,
                expected="cn_export_mix, cn_demand_share and baskets with all four flows at least 0",
                got=f"{flow[m].min():.4g}",
            )
    return flow


def build_recipes(data: Dataset) -> Recipes:
    """The recipes, in the order of the table."""
    ids, pairs = data.labels.market_ids, made_from.pairs(data.made_from)

    def index(names: list[str]) -> Array:
        return np.array([ids.index(name) for name in names], dtype=np.int64)

    def numbers(values: list[float]) -> Array:
        return np.array(values, dtype=np.float64)

    return Recipes(
        product=index([p for p, _ in pairs]),
        input=index([i for _, i in pairs]),
        taken=numbers([made_from.taken_share(data.market, data.made_from, *pair) for pair in pairs]),
        needed=numbers([data.made_from[*pair, "share_needed"].value for pair in pairs]),
        spared=numbers([data.made_from[*pair, "share_spared"].value for pair in pairs]),
        cost=numbers([made_from.cost_share(data.market, data.made_from, *pair) for pair in pairs]),
    )


def build_sources(data: Dataset, values: Values, world_value: Array) -> Sources:
    """`world_value` (M,) may be in any unit of money."""
    ids = data.labels.source_ids

    def field(name: str) -> Array:
        return column(data.source, ids, name)

    w = baskets(data)
    revenue = w * world_value
    return Sources(
        bloc=source_blocs(data),
        basket=w,
        basket_value=revenue / revenue.sum(1, keepdims=True),
        lead=field("lead_time"),
        ramp=field("ramp_per_year"),
        hurdle=field("hurdle"),
        outage_hazard=field("outage_hazard"),
        outage_severity=field("outage_severity"),
        outage_recovery=field("outage_recovery"),
        strait=np.array([float(j.place == "TW") for j in data.labels.sources]),
        tools_growth=values.row([f"source.tools_growth.{j}" for j in ids], 0.0),
    )


def others(data: Dataset, named: Array) -> Array:
    """(K,) value added outside China, the United States and the ``named`` economies (K, 3), bn USD a year.

    Raises `DataError` if the named ones have more than the rest of the world.
    """
    left: Array = column(data.sector, data.labels.sector_ids, "va_rest") - named.sum(1)
    for k, short in zip(data.labels.sector_ids, left, strict=True):
        if short < -ROUNDING:
            raise DataError(
                f"the economies of {k} do not fit into the rest of the world",
                where=data.sector[k, "va_rest"].where,
                expected="va_eu, va_japan and va_korea that sum to at most va_rest",
                got=f"{-short:.4g} bn USD a year too much",
            )
    return np.maximum(left, 0.0)


def rank_use(at_stake: Array, use_share: Array) -> Array:
    """Share of a market's use that goes without before each sector's does.

    Parameters
    ----------
    at_stake : array, (K, M)
        Output that hangs on the input, bn USD a year: criticality times value added of the world.
    use_share : array, (K, M)
        Share of each sector in the market's use.

    Returns
    -------
    array, (K, M)
        The summed shares of the sectors that would pay less for a unit of the input.
    """
    worth = at_stake / np.maximum(use_share, LEAST_SHARE)
    order = np.argsort(worth, axis=0, kind="stable")
    ranked = np.take_along_axis(use_share, order, axis=0)
    ahead = np.zeros_like(use_share)
    np.put_along_axis(ahead, order, np.cumsum(ranked, axis=0) - ranked, axis=0)
    return ahead


def build_sectors(data: Dataset, values: Values) -> Sectors:
    """Value added has China and the United States, in that order."""
    labels, ids = data.labels, data.labels.sector_ids

    def pair(*fields: str) -> Array:
        return np.stack([column(data.sector, ids, f) for f in fields], axis=1)

    criticality, use_share = _by_market(data, "criticality"), _by_market(data, "use_share")
    va = {"CN": "va_china", "US": "va_us"}
    world, named = pair("va_china", "va_us", "va_rest").sum(1), pair("va_eu", "va_japan", "va_korea")
    return Sectors(
        value_added=pair(*(va[p] for p in PARTIES)),
        value_added_abroad=np.column_stack([named, others(data, named)]),
        criticality=criticality,
        use_share=use_share,
        ahead=rank_use(criticality * world[:, None], use_share),
        buffer=pair("buffer_materials", "buffer_chips"),
        many_parts=np.array([float(k.many_parts) for k in labels.sectors]),
        gated=gated_sectors(data, values),
        chip_making=np.array([float(k == "chip_making") for k in ids]),
    )
