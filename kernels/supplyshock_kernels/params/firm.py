"""A firm that buys in the markets and moves none of them: what it needs, from whom, and what it tries.

Quantities of an input are in weeks of its use on the first day, prices in ratios to the base price. O options, I
inputs, K supplies (an input, as one or more options buy it), M markets, L lines, T weeks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .fields import Array


class Supplies(NamedTuple):
    """How an input is bought; every array is (K,)."""

    market: Array
    """int64 index into the markets of the series."""
    power: Array
    """1 / priority: the firm's fill rate is the market's to this power."""
    most: Array
    """The market's use over the firm's, in its bloc: what the market gives out bounds what the firm gets."""
    contract: Array
    """Share of what its regular sources deliver that is paid at the contract's price."""
    reset: Array
    """int64 weeks between resets of the contract's price to the paid price."""
    fixed: Array
    """Price of the contract before `fixed_until`."""
    fixed_until: Array
    """int64 week of the first reset."""
    second: Array
    """Share of what is ordered for use that a second source delivers in full."""
    premium: Array
    """The premium of the second source over the quote, as a share of the quote."""
    second_from: Array
    """int64 week in which it begins."""


class Options(NamedTuple):
    """The options that are compared on the same paths; the first one is the book as it is."""

    supply: Array
    """(O, I) int64 index of a supply."""
    start: Array
    """(O, I) stock on the first day, weeks of use."""
    at_once: Array
    """(O, I) part of it that is bought on the first day; negative: sold."""
    need: Array
    """(O, I, T) use of all lines at full rate, from 1 on the first day; above 0."""
    target: Array
    """(O, I, T) stock that orders aim at."""
    buy: Array
    """(O, I, T) purchases for the stock beside the regular orders."""
    close: Array
    """(O, I) share of the gap to the target that is ordered each week."""
    once: Array
    """(O,) USD that the option costs whatever happens."""


class Lines(NamedTuple):
    """The lines, which stop when an input is missing, under every option."""

    share: Array
    """(O, L, I) share of the input's use; 0: the line does not need it."""
    value: Array
    """(O, L) USD of value added in a week at full rate."""
    minimum: Array
    """(O, L) rate below which the line stops."""
    restart: Array
    """(O, L) weeks that the line stands after its inputs are back."""


class Firm(NamedTuple):
    """All of it."""

    supplies: Supplies
    options: Options
    lines: Lines
    bill: Array
    """(I,) USD that a week's use costs at the base price."""
    book: Array
    """(I,) stock of the book on the first day: what is left at the end counts against it."""
    holding: Array
    """(1,) cost of holding a stock for a week, a share of its worth at the quote."""


def stock_ends(firm: Firm) -> Array:
    """(O, I) weeks of use at the upper end of the bins of stocks, whose last one is open."""
    ends: Array = np.maximum(2.0 * np.asarray(firm.options.target, np.float32).max(2), 4.0)
    return ends
