"""Markets that are made from others: what makers cost, take, make and leave (docs/model.md, "Made-from markets").

A maker is a source whose good needs the goods of other markets. What makers take this week is made by the next.
"""

from __future__ import annotations

from typing import Any

from ..ops import ONE, ZERO, const, exp_inside, log, maximum, minimum, scalar

_COST_LOW = const(0.05)
_TINY = const(1e-9)
LEAST_DIRECT = const(0.01)
"""share of the use of an input that makers never have: what is left of it divides."""


@scalar
def dearer(share: Any, price: Any, first: Any, bought: Any, bought_first: Any) -> Any:
    """Part of a product's price by which an input has become dearer since the first day.

    ``bought`` is the share of the recipe that is bought at the price: what makers spare they do not pay.
    """
    return share * (bought * price / first - bought_first)


@scalar
def log_cost(dearer: Any) -> Any:
    """Log of what a product costs to make over the first day, inputs dearer by this part of its price."""
    return log(maximum(ONE + dearer, _COST_LOW))


@scalar
def margin(price: Any, cost: Any) -> Any:
    """What a maker's product is worth to it: its price over the cost of making it, from the log of that."""
    return price * exp_inside(-cost)


@scalar
def direct(use: Any, taken: Any) -> Any:
    """Baseline use of an input by others than makers."""
    return maximum(use - taken, LEAST_DIRECT * use)


@scalar
def mean(weighted: Any, weights: Any) -> Any:
    """A mean over recipes, from their sums."""
    return weighted / maximum(weights, _TINY)


@scalar
def limit(made: Any, needed: Any, short: Any) -> Any:
    """Share of a plan that can be made, when one more input is short."""
    return minimum(made, ONE - needed * short)


@scalar
def spare(taken: Any, short: Any, planned: Any, made: Any) -> Any:
    """What makers hand back of an input: what they got of it and could not use for want of another.

    ``planned`` and ``made`` count the input that plans and what was made of them have in them.
    """
    return taken * maximum(ONE - short - mean(made, planned), ZERO)
