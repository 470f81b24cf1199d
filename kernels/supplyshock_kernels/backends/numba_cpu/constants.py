"""What all tiles of a call share, worked out once from the parameters."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ... import statistics
from ...model import demand, likelihood, made_from, negotiation
from ...model.supply import weekly_probability
from ...model.uncertain_parameters import NAMES
from ...params import REGIMES, Params, Policy
from . import path_state, path_totals, paused, weekly_statistics


class Chain(NamedTuple):
    """What is made of what, beside the recipes."""

    products: Any
    """(P,) int64 markets that are made from others."""
    inputs: Any
    """(I,) int64 markets that others are made from."""
    direct: Any
    """(M, 2) baseline use of a market by others than makers."""
    is_product: Any
    """(M,) bool."""
    spared: Any
    """(M,) share of what makers take of a market that recipes can do without."""
    first_price: Any
    """(M, 2) quotes on the first day, ratio to baseline."""
    first_dear: Any
    """(M, 2) their logs over what the material is worth."""
    price_scale: Any
    """(M,) factor on the own-price elasticity of use."""


class Constants(NamedTuple):
    """What does not change from tile to tile, beside the parameters."""

    rules: Any
    other: Any
    """the policy that paths are weighed against; the same one where they are not."""
    weighed: Any
    totals: Any
    """`path_totals.Totals`."""
    weekly: Any
    """`weekly_statistics.WeeklyRows`."""
    bins: Any
    imports: Any
    """(M,) baseline import of the rest of the world."""
    usd: Any
    """(M,) baseline price of materials, USD/kg; 0 for chips."""
    compute: Any
    """(M,) weight of a market in China's compute, over the weeks of the run."""
    chain: Any
    """`Chain`."""
    list_weight: Any
    accident_intervals: Any
    """(J, 2) part of the unit interval on which a source has an accident."""
    elasticity: Any
    """(J,) of utilisation to the basket price."""
    materials: Any
    lists: Any
    regimes: Any
    thetas: Any
    state: Any
    """`path_state.StateRows`."""
    carried: Any
    """`paused.CarriedRows`."""
    floor: Any


def _build_chain(params: Params) -> Chain:
    k, p = params.markets, params.initial.log_price
    inputs = np.unique(params.recipes.input)
    taken, direct = np.zeros_like(k.use), k.use.copy()
    weights, spared = np.zeros_like(k.value), np.zeros_like(k.value)
    np.add.at(weights, params.recipes.input, params.recipes.taken)
    np.add.at(spared, params.recipes.input, params.recipes.spared * params.recipes.taken)
    for product, source, share in zip(params.recipes.product, params.recipes.input, params.recipes.taken, strict=True):
        taken[source] += share * k.supply[product]
    direct[inputs] = made_from.direct(k.use[inputs], taken[inputs])
    return Chain(
        products=np.unique(params.recipes.product),
        inputs=inputs,
        direct=direct,
        spared=np.asarray(made_from.mean(spared, weights), k.use.dtype),
        is_product=np.isin(np.arange(len(k.group)), params.recipes.product),
        first_price=np.exp(p),
        first_dear=p - demand.worth(k.use[:, :1], k.use[:, 1:], p[:, :1], p[:, 1:]),
        price_scale=k.price_scale,
    )


def build_constants(params: Params, versus: Policy | None) -> Constants:
    """The constants of some parameters, in their precision."""
    k, sources, policy = params.markets, params.sources, params.policy
    real = k.use.dtype.type
    p = weekly_probability(sources.outage_hazard)
    high = np.cumsum(p, dtype=p.dtype)
    fab = sources.basket[:, params.n_materials :].sum(1) > 0
    weight = k.us_coverage * k.value * k.use[:, 0]
    tariff = policy.tariff_share[policy.list_party]
    other_lists = (1 - tariff) * (policy.list_cum[:, 1] - policy.list_cum[:, 0])
    return Constants(
        rules=negotiation.build_rules(policy),
        other=likelihood.compare_policies(policy, versus or policy),
        weighed=versus is not None,
        totals=path_totals.locate_totals(params),
        weekly=weekly_statistics.locate_rows(params),
        bins=statistics.bin_table(params),
        imports=np.maximum(k.use[:, 1] - k.supply[:, 1], real(1e-4)),
        usd=np.asarray(k.value / np.maximum(k.tonnage, real(1e-9)) * 1000 * (k.tonnage > 0), k.use.dtype),
        compute=(weight / max(weight.sum(), 1e-9) / params.weeks).astype(real),
        chain=_build_chain(params),
        list_weight=np.where(policy.list_is_tariff > 0, tariff, other_lists).astype(real),
        accident_intervals=np.stack([high - p, high], 1),
        elasticity=np.where(fab, real(0), params.material.supply_elasticity).astype(real),
        materials=params.n_materials,
        lists=len(policy.list_party),
        regimes=len(REGIMES),
        thetas=len(NAMES),
        state=path_state.locate_rows(params),
        carried=paused.locate_carried(params),
        floor=real(1e-9),
    )
