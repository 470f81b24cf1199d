"""The outcomes of the simulation of a firm, declared once."""

from __future__ import annotations

from typing import NamedTuple

from .outputs import Outcome
from .params import Array

FIRM_OUTCOMES = (
    Outcome("first_stop_week", (), "weeks", "first week in which a line stands, from 0; NaN: never", dated=True),
    Outcome("stop_weeks", (), "weeks", "weeks in which a line stands"),
    Outcome("lost_value_added_usd", (), "USD", "value added lost while lines stand or run slowly"),
    Outcome("extra_cost_usd", (), "USD", "what was paid for the goods bought, less the same at the base price"),
    Outcome("holding_cost_usd", (), "USD", "cost of holding stocks, at the quote"),
    Outcome(
        "stock_gain_usd",
        (),
        "USD",
        "worth above base prices of what stocks grew by, at the lower of the first and the last quote",
    ),
    Outcome("total_cost_usd", (), "USD", "lost value added, extra cost, holding and one-off cost, less the stock gain"),
    Outcome("binding_input", (), "1", "input that first slows a line, as an index; NaN: none", dated=True),
)
FIRST, WEEKS, LOST, EXTRA, HOLDING, GAIN, TOTAL, BINDING = range(len(FIRM_OUTCOMES))
PER_INPUT = ("bought", "used", "left")
"""Rows of each input after the outcomes, in weeks of use: deliveries, draws, and the stock after the last week."""
DATED = (FIRST, BINDING)

STOCK_BINS, RATE_BINS = 256, 65
"""Bins of stocks, from 0 to `FirmOutcomes.top`, and of the rate of a line, whose last one is the full rate."""


class FirmOutcomes(NamedTuple):
    """The result for n paths; O options, I inputs, L lines, T weeks. Counts are integers, exact to merge."""

    outcomes: Array
    """(O, R + 3 I, n) float32; NaN: never."""
    standing: Array
    """(O, L, T) int64 paths on which the line stands."""
    stock: Array
    """(O, I, T, STOCK_BINS) int64 paths by stock after the week."""
    rate: Array
    """(O, L, T, RATE_BINS) int64 paths by rate of the line."""
    top: Array
    """(O, I) weeks of use at the upper end of the bins of stocks; the last bin is open."""
