"""One firm among many: its deliveries, payments, stocks and output in a week (docs/exposure.md).

Quantities of an input are in weeks of its use, prices in ratios to the base price.
"""

from __future__ import annotations

from typing import Any

from ..ops import ONE, ZERO, clip, const, exp, log, maximum, minimum, scalar, where

_TINY = const(1e-30)
SHUT_OUT = const(100.0)
"""One over the share of unmet use at which nothing is left for stocks: use comes first where goods are rationed."""


@scalar
def fill_rate(short: Any, power: Any, most: Any) -> Any:
    """Share of what the firm orders for use that it gets, from the share of its bloc's use that is unmet.

    ``most`` keeps a firm that is served better from getting more than the market gives out.
    """
    met = clip(ONE - short, ZERO, ONE)
    served = where(power == ONE, met, exp(power * log(maximum(met, _TINY))))
    return minimum(where(met > _TINY, served, ZERO), minimum(met * most, ONE))


@scalar
def stock_fill_rate(short: Any) -> Any:
    """Share of what is ordered for stocks that is delivered: they come after every use."""
    return clip(ONE - SHUT_OUT * short, ZERO, ONE)


@scalar
def delivered(fill: Any, second: Any) -> Any:
    """Share of what is ordered for use that comes, a second source included."""
    return (ONE - second) * fill + second


@scalar
def dearer(fill: Any, second: Any, contract: Any, agreed: Any, quote: Any, premium: Any) -> Any:
    """The payment above the base price for the deliveries on one unit ordered for use."""
    paid = contract * (agreed - ONE) + (ONE - contract) * (quote - ONE)
    return (ONE - second) * fill * paid + second * (quote * (ONE + premium) - ONE)


@scalar
def order_for_use(need: Any, gap: Any) -> Any:
    """Orders for the week's use: less where the stock lies above its target."""
    return clip(need + gap, ZERO, need)


@scalar
def rate(least: Any, wait: Any, minimum_rate: Any) -> Any:
    """Rate of a line from the least of its inputs, and from the weeks that it still has to wait."""
    running = least * (ONE - minimum(wait, ONE))
    return where(least < minimum_rate, ZERO, running)


@scalar
def wait_on(least: Any, wait: Any, minimum_rate: Any, restart: Any) -> Any:
    """Weeks that a line waits after this one."""
    return where(least < minimum_rate, restart, maximum(wait - ONE, ZERO))


@scalar
def stock_gain(growth: Any, first: Any, last: Any) -> Any:
    """Worth above the base price of what a stock grew by: at the last quote, but what grew no higher than at the first.

    The lower of cost and net realisable value (IAS 2 "Inventories", 2003): a firm holds a stock to run on it, so a rise
    of the price on what it never used is no gain, and a fall is a loss. What it used up it buys back at the last quote.
    """
    return growth * (where(growth > ZERO, minimum(first, last), last) - ONE)
