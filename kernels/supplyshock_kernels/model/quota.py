"""A Chinese export quota: a tonnage for half a year, which all markets under it share (docs/model.md, "Quotas").

A place under the quota has a price, the premium. Exporters who can switch use their places for goods whose margin
between the quotes pays it, so dear elements pass first. What a half-year leaves unused lapses.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..ops import ONE, ZERO, clip, const, exp, log, maximum, minimum, scalar, where

PREMIUM_LOW, _PREMIUM_HIGH = const(-4.6), const(9.2)
"""Bounds of the log premium: 0.01 to 10,000 USD/kg."""
_USUAL_MARGIN = const(0.1)
"""of an exporter without a quota, share of the outside quote."""
_TINY = const(1e-6)


class Quota(NamedTuple):
    """The quota of a path, in kt."""

    left: Any
    """of the half-year's tonnage."""
    premium: Any
    """log of what a place for a kilogram is worth, USD/kg."""
    asked: Any
    """what exporters asked to ship last week."""


class Places(NamedTuple):
    """What the markets see of the quota in a week."""

    pace: Any
    """share of what exporters ask that the week has room for, by what they asked last week."""
    per_premium: Any
    """kg/USD."""


@scalar
def start(like: Any) -> Any:
    """No quota."""
    zero = ZERO * like
    return Quota(left=zero, premium=zero + PREMIUM_LOW, asked=zero)


@scalar
def open_week(q: Any, granted: Any, weeks: Any) -> Any:
    """(quota, places) as a week begins: what is left is spread over the ``weeks`` left of the half-year.

    Zero weeks mean that there is no quota. ``granted`` is the tonnage of a half-year that begins, else 0.
    """
    in_force = weeks > ZERO
    asked = where(in_force, q.asked, ZERO * q.asked)
    left = where(granted > ZERO, granted, q.left)
    room = maximum(left, ZERO) / maximum(weeks, ONE)
    step = clip(log(maximum(asked, _TINY) / maximum(room, _TINY)), -ONE, ONE)
    premium = where(in_force, clip(q.premium + step, PREMIUM_LOW, _PREMIUM_HIGH), PREMIUM_LOW + ZERO * q.premium)
    pace = minimum(room / maximum(asked, _TINY), ONE)
    return Quota(left=left, premium=premium, asked=asked), Places(pace=pace, per_premium=exp(-premium))


@scalar
def margin(price_c: Any, price_x: Any, usd: Any) -> Any:
    """What an exporter earns on a kilogram, USD; prices are ratios to the baseline ``usd``."""
    return maximum(usd * (price_x * (ONE + _USUAL_MARGIN) - price_c), ZERO)


@scalar
def share(earned: Any, places: Any, switch: Any) -> Any:
    """Share of the goods of a market that exporters ask to ship; ``switch`` of them choose what pays best."""
    return ONE - switch * (ONE - minimum(earned * places.per_premium, ONE))


@scalar
def close_week(q: Any, asked: Any, shipped: Any, weeks: Any) -> Any:
    """The quota after a week. What is left lapses with the last of the half-year's ``weeks``, this one included."""
    left = where(weeks > ONE, q.left - shipped, ZERO * q.left)
    return Quota(left=left, premium=q.premium, asked=asked)
