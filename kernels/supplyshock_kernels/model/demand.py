"""Slow surprises of demand: the part of a week's news that lasts for years (docs/model.md, "Demand").

Each market has one number. For a material it is its worth: the log price at which users want their baseline use, so
the demand curve shifts along the price. For a chip segment it is the log of use over its baseline, before use responds
to the contract price. The number reverts slowly, and the normals of the week's prices move it: part of their news
lasts.
"""

from __future__ import annotations

from typing import Any

from ..ops import ONE, ZERO, clip, const, maximum, scalar, where

_ROOT_HALF = const(0.5**0.5)
_LOW, _HIGH = const(-2.7), const(2.7)
"""Bounds of a level: 0.07 to 15 times baseline."""
_LEAST_DEAR = const(1e-3)


@scalar
def worth(use_c: Any, use_x: Any, p_c: Any, p_x: Any) -> Any:
    """The worth of a material at the start: its log price, weighted by use in China and outside. So a market that
    starts at a high price is at rest there."""
    return use_c * p_c + use_x * p_x


@scalar
def news(own_c: Any, own_x: Any, shared: Any, own_weight: Any) -> Any:
    """The week's standard normal of a market: both nodes' own normals and what markets share."""
    return own_weight * _ROOT_HALF * (own_c + own_x) + shared


@scalar
def drift(level: Any, z: Any, sigma: Any, weeks: Any) -> Any:
    """The level a week later: pulled back over ``weeks``, moved by ``sigma z``."""
    return clip(level - level * (ONE / weeks) + sigma * z, _LOW, _HIGH)


@scalar
def substitution(full: Any, baseline: Any, dear: Any, price: Any, anchor: Any) -> Any:
    """Extra cost of what users take instead, or do without at a cost, because a price drove them out.

    Each left at the price that made its substitute as cheap: between ``anchor``, the price at which all is used, and
    today's. Their mean is taken as that of prices spread evenly in logs. ``dear`` is the log of price over anchor.
    """
    mean = (price - anchor) / maximum(dear, _LEAST_DEAR)
    return maximum(baseline - full, ZERO) * where(dear > _LEAST_DEAR, maximum(mean - ONE, ZERO), ZERO)
