"""The highest price that the model allows, and how a figure at it is marked."""

from __future__ import annotations

from math import exp

PRICE_BOUND = exp(6.2)
"""The highest price ratio that the model allows, 493: values near it are a bound, not an estimate."""
NEAR_BOUND = 0.97 * PRICE_BOUND
"""From here on a price counts as at the bound: quantiles of weeks are known to a bin of 1.5 %."""
AT_BOUND = f"bound: no price rises above {PRICE_BOUND:.0f} times the base price; read it as that or more."
