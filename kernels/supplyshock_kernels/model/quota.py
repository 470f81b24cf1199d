"""A Chinese export quota: a tonnage for half a year, which all markets under it share (docs/model.md, "Quotas").

A place under the quota has a price, the premium. Exporters who can switch use their places for goods whose margin
between the quotes pays it, so expensive elements pass first. Tonnage that a half-year leaves unused lapses.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..ops import ONE, ZERO, clip, const, exp, log, maximum, minimum, scalar, where

PREMIUM_LOW, _PREMIUM_HIGH = const(-4.6), const(9.2)
"""Bounds of the log premium: 0.01 to 10,000 USD/kg."""
_PREMIUM_FLOOR = const(0.0100518)
"""The lower bound, USD/kg."""
_USUAL_MARGIN = const(0.1)
"""of an exporter without a quota, share of the outside quote."""
_TINY = const(1e-6)


class Quota(NamedTuple):
    """The quota of a path, in kt."""

    left: Any
    """of the half-year's tonnage."""
    premium: Any
    """log of the price of a place for a kilogram, USD/kg."""
    offered: Any
    """last week's free trade of the markets under the quota, before it."""
    chosen: Any
    """the part of it whose margin paid the premium."""


class Places(NamedTuple):
    """What the markets see of the quota in a week."""

    pace: Any
    """share of what is offered that the week has room for, by what was offered last week."""
    pace_chosen: Any
    """the same of what pays the premium."""
    per_premium: Any
    """kg/USD."""


@scalar
def start(like: Any) -> Any:
    """No quota."""
    zero = ZERO * like
    return Quota(left=zero, premium=zero + PREMIUM_LOW, offered=zero, chosen=zero)


@scalar
def open_week(q: Any, granted: Any, weeks: Any) -> Any:
    """(quota, places) as a week begins: what is left is spread over the ``weeks`` left of the half-year.

    Zero weeks: there is no quota. ``granted`` is the tonnage of a half-year that begins, else 0.
    """
    in_force = weeks > ZERO
    offered, chosen = where(in_force, q.offered, ZERO * q.offered), where(in_force, q.chosen, ZERO * q.chosen)
    left = where(granted > ZERO, granted, q.left)
    room = maximum(left, ZERO) / maximum(weeks, ONE)
    step = clip(log(maximum(chosen, _TINY) / maximum(room, _TINY)), -ONE, ONE)
    premium = where(in_force, clip(q.premium + step, PREMIUM_LOW, _PREMIUM_HIGH), PREMIUM_LOW + ZERO * q.premium)
    places = Places(
        pace=minimum(room / maximum(offered, _TINY), ONE),
        pace_chosen=minimum(room / maximum(chosen, _TINY), ONE),
        per_premium=exp(-premium),
    )
    return Quota(left=left, premium=premium, offered=offered, chosen=chosen), places


@scalar
def margin(price_c: Any, price_x: Any, usd: Any) -> Any:
    """The margin of an exporter on a kilogram, USD; prices are ratios to the baseline ``usd``."""
    return maximum(usd * (price_x * (ONE + _USUAL_MARGIN) - price_c), ZERO)


@scalar
def share(earned: Any, places: Any) -> Any:
    """Share of the goods of a market that pay the premium: all of them while it stands at its lower bound."""
    return minimum((earned + _PREMIUM_FLOOR) * places.per_premium, ONE)


@scalar
def passed(pays: Any, places: Any, switch: Any) -> Any:
    """Share of the free trade of a market that ships.

    ``switch`` of the exporters have that part of the places and choose what pays; the others ship their own mix.
    """
    return switch * pays * places.pace_chosen + (ONE - switch) * places.pace


@scalar
def close_week(q: Any, offered: Any, chosen: Any, left: Any) -> Any:
    """The quota after a week."""
    return Quota(left=left, premium=q.premium, offered=offered, chosen=chosen)


@scalar
def left_over(q: Any, shipped: Any, weeks: Any) -> Any:
    """Tonnage after a week. It lapses with the last of the half-year's ``weeks``, this one included."""
    return where(weeks > ONE, q.left - shipped, ZERO * q.left)
