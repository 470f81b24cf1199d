"""Recipes: markets whose goods are made from those of other markets."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from .fields import Array, axes


class Recipes(NamedTuple):
    """Per pair of a product and an input; every array is (R,). No product is made from chips, or is one."""

    product: Annotated[Array, axes("recipe", into="market")]
    """int64: the market that is made."""
    input: Annotated[Array, axes("recipe", into="market")]
    """int64: the market that it is made from."""
    taken: Annotated[Array, axes("recipe")]
    """Share of the world's baseline use of the input that goes into the product."""
    needed: Annotated[Array, axes("recipe")]
    """Share of the product that cannot be made without the input."""
    spared: Annotated[Array, axes("recipe")]
    """Share of the input that the recipe can spare if it is expensive."""
    cost: Annotated[Array, axes("recipe")]
    """Share of the input in the baseline price of the product."""
