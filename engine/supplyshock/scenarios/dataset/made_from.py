"""Markets that are made from others: the inputs that makers take, and whether there is enough."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from supplyshock_kernels.params import BLOCS

from ...common.errors import Problem
from .csv_table import Figure, Table
from .dataset_labels import DataLabels

MOST_TAKEN = 0.99
"""Share of a bloc's use of an input that may go into products: the rest answers the price."""


def pairs(made_from: Table) -> list[tuple[str, str]]:
    """(product, input) of every recipe, in the order of the table."""
    return list(dict.fromkeys((p, i) for p, i, _ in made_from))


def taken_share(market: Table, made_from: Table, product: str, source: str) -> float:
    """Share of world use of an input that goes into a product: kg per kg times tonnes over tonnes."""
    tonnes, of = market[product, "world_volume"].value, market[source, "world_volume"].value
    return made_from[product, source, "kg_per_kg"].value * tonnes / of


def cost_share(market: Table, made_from: Table, product: str, source: str) -> float:
    """Part of a product's price that an input is."""
    price, of = market[product, "price"].value, market[source, "price"].value
    return made_from[product, source, "kg_per_kg"].value * of / price


def taken_by_bloc(labels: DataLabels, market: Table, basket: Table, made_from: Table) -> dict[tuple[str, str], float]:
    """By (input, bloc), what makers take over what the bloc uses of it."""
    bloc = {j.id: j.bloc for j in labels.sources}
    output: dict[tuple[str, str], float] = defaultdict(float)
    for (j, m), figure in basket.items():
        output[m, bloc[j]] += figure.value
    taken: dict[tuple[str, str], float] = defaultdict(float)
    for product, source in pairs(made_from):
        inside = market[source, "cn_demand_share"].value
        for b, use in zip(BLOCS, (inside, 1.0 - inside), strict=True):
            taken[source, b] += taken_share(market, made_from, product, source) * output[product, b] / use
    return taken


def name_problems(labels: DataLabels, made_from: Table) -> Iterator[Problem]:
    """Products and inputs that are chips, and products that are made of themselves."""
    chips = {m.id for m in labels.markets if m.kind == "chip"}
    for (product, source, _), figure in made_from.items():
        for column, name in (("product", product), ("input", source)):
            if name in chips:
                yield Problem(figure.where, column, "a material", f"{name!r}, a chip")
    yield from _cycles(made_from)


def _cycles(made_from: Table) -> Iterator[Problem]:
    """One problem for the first product that is made of itself, directly or through others."""
    inputs: dict[str, set[str]] = defaultdict(set)
    for product, source in pairs(made_from):
        inputs[product].add(source)
    for (product, source, _), figure in made_from.items():
        reached, new = set[str](), {source}
        while new:
            reached |= new
            new = {i for m in new for i in inputs[m]} - reached
        if product in reached:
            yield Problem(figure.where, "input", f"a market that is not made from {product}", repr(source))
            return


def balance_problems(labels: DataLabels, market: Table, basket: Table, made_from: Table) -> Iterator[Problem]:
    """Inputs of which makers take more than a bloc uses; products that cost less than what they are made from."""
    rows: dict[str, Figure] = {}
    cost: dict[str, float] = defaultdict(float)
    for product, source in pairs(made_from):
        rows[source] = rows[product] = made_from[product, source, "kg_per_kg"]
        cost[product] += cost_share(market, made_from, product, source)
    for (source, bloc), share in taken_by_bloc(labels, market, basket, made_from).items():
        if share > MOST_TAKEN:
            what = f"makers in {bloc} that take at most {MOST_TAKEN:g} of the {source} used there"
            yield Problem(rows[source].where, "value", what, f"{share:.4g}")
    for product, share in cost.items():
        if share > 1.0:
            what = f"inputs of {product} that cost no more than it does"
            yield Problem(rows[product].where, "value", what, f"{share:.4g} of its price")
