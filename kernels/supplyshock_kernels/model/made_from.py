"""Markets that are made from others: costs, inputs and output of makers (docs/model.md, "Made-from markets").

A maker is a source whose good needs the goods of other markets. Inputs of this week become products next week.
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
    """Rise in the cost of an input since the first day, as a part of the product's price.

    ``bought`` is the share of the recipe that is bought at the price: makers do not pay for the part that they spare.
    """
    return share * (bought * price / first - bought_first)


@scalar
def log_cost(dearer: Any) -> Any:
    """Log of what a product costs to make over the first day, inputs dearer by this part of its price."""
    return log(maximum(ONE + dearer, _COST_LOW))


@scalar
def margin(price: Any, cost: Any) -> Any:
    """The margin of a maker: the price of its product over the cost of making it, given as a log."""
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
    """The part of an input that makers hand back: they received it, and could not use it for lack of another input.

    ``planned`` and ``made`` count the input in the plans, and in what was made of them.
    """
    return taken * maximum(ONE - short - mean(made, planned), ZERO)
