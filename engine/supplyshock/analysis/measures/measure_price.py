"""What a measure of a price is worth in USD/kg."""

from __future__ import annotations

from math import nan

from ..base_prices import BasePrices
from .fitted_measure import Measure


def price_of(prices: BasePrices, scenario: str, measure: Measure) -> float:
    """USD/kg at 1 of a measure that is the price of one material; NaN of any other."""
    variables = {part.variable for part in measure.parts}
    is_price = measure.row.rule == "value" and measure.unit == "x baseline"
    if not is_price or not all(name.endswith("price_ratio") for name in variables):
        return nan
    return prices.get(scenario, {}).get(measure.labels.get("market", ""), nan)
