"""Markets, sources and sectors."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from .fields import Array, axes


class Markets(NamedTuple):
    """Per market; every array is (M,) unless said otherwise."""

    use: Annotated[Array, axes("market", "bloc")]
    """(M, 2) baseline use by bloc; a row sums to 1."""
    supply: Annotated[Array, axes("market", "bloc")]
    """(M, 2) baseline supply by the bloc that gates it; a row sums to 1."""
    price_scale: Annotated[Array, axes("market")]
    """``(u / 50 USD/kg) ** eta``: how the own-price elasticity grows with the dollar price."""
    cover: Annotated[Array, axes("market", "bloc", units="weeks")]
    """(M, 2) normal inventory, weeks of the bloc's own use."""
    value: Annotated[Array, axes("market", units="1e9 USD week-1")]
    """Baseline value of world use, bn USD a week."""
    tonnage: Annotated[Array, axes("market", units="kt week-1")]
    """World use at baseline; 0 for chips."""
    us_share: Annotated[Array, axes("market")]
    """Share of the United States in use outside China."""
    group: Annotated[Array, axes("market", into="group")]
    """int64: 0 light, 1 heavy, 2 minor, 3 chips: which shared price factor applies."""
    cn_list: Annotated[Array, axes("market", into="list", or_none=True)]
    """int64 index of the Chinese control list of the market; C (one past the end): none."""
    cn_coverage: Annotated[Array, axes("market")]
    us_list: Annotated[Array, axes("market", into="list", or_none=True)]
    """int64 index of the US control list of the market; C: none."""
    us_coverage: Annotated[Array, axes("market")]
    fab: Annotated[Array, axes("market", units="weeks")]
    """Chips: weeks in the fab; 1 for materials (unused). Likewise the next four."""
    assembly: Annotated[Array, axes("market", units="weeks")]
    lead: Annotated[Array, axes("market", units="weeks")]
    packaging: Annotated[Array, axes("market")]
    """Share of chips made outside China for buyers outside China that is packaged in China."""
    flow: Annotated[Array, axes("market", "origin", "bloc")]
    """(M, 2, 2) chips: baseline flow from origin bloc to buyer bloc."""
    gated_use: Annotated[Array, axes("market")]
    """Share of the market's use by the sectors whose parts the US list gates; 0 without such a list."""
    volatility: Annotated[Array, axes("market", units="week-0.5")]
    """Chips: weekly volatility of sales; 0 for materials (unused)."""


class Sources(NamedTuple):
    """Per source; every array is (J,) unless said otherwise."""

    bloc: Annotated[Array, axes("source", into="bloc")]
    """int64: which bloc gates the output."""
    basket: Annotated[Array, axes("source", "market")]
    """(J, M) ``W``: share of the world supply of each market; columns sum to 1."""
    basket_value: Annotated[Array, axes("source", "market")]
    """(J, M) share of each market in the source's revenue at baseline; rows sum to 1."""
    lead: Annotated[Array, axes("source", units="weeks")]
    """Weeks from the decision to invest to output."""
    ramp: Annotated[Array, axes("source", units="year-1")]
    """Fastest growth, multiples of baseline capacity a year."""
    hurdle: Annotated[Array, axes("source")]
    """Basket price, ratio to baseline, above which new capacity is started."""
    outage_hazard: Annotated[Array, axes("source", units="year-1")]
    outage_severity: Annotated[Array, axes("source")]
    outage_recovery: Annotated[Array, axes("source", units="weeks")]
    strait: Annotated[Array, axes("source")]
    """1 if a crisis in the Taiwan strait stops the source, else 0."""
    tools_growth: Annotated[Array, axes("source", units="year-1")]
    """Capacity growth a year that a full control of chip tools would take away."""


class Sectors(NamedTuple):
    """Per sector; every array is (K,) unless said otherwise."""

    value_added: Annotated[Array, axes("sector", "party", units="1e9 USD year-1")]
    """(K, 2) of China and the United States, bn USD a year."""
    value_added_abroad: Annotated[Array, axes("sector", "economy", units="1e9 USD year-1")]
    """(K, 4) of the other economies, bn USD a year."""
    criticality: Annotated[Array, axes("sector", "market")]
    """(K, M) share of a sector's output that stops when the market's input is wholly missing."""
    use_share: Annotated[Array, axes("sector", "market")]
    """(K, M) share of the sector in the market's use."""
    ahead: Annotated[Array, axes("sector", "market", smooth=False)]
    """(K, M) share of the market's use that goes without before the sector does, since less output depends on it."""
    buffer: Annotated[Array, axes("sector", "input", units="weeks")]
    """(K, 2) weeks that a plant's stocks last on average when the inputs at risk are wholly missing: materials,
    chips."""
    many_parts: Annotated[Array, axes("sector", switch=True)]
    """1 if a product needs every one of its chips, else 0."""
    gated: Annotated[Array, axes("sector", switch=True)]
    """1 for sectors that use the parts a US list gates (advanced processors and memory), else 0."""
    chip_making: Annotated[Array, axes("sector", switch=True)]
    """1 for the sector whose shortages slow the fabs, else 0."""
