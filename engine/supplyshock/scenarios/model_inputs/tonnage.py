"""Quantities whose conversion needs the data set: tonnes to the units of the kernels."""

from __future__ import annotations

from supplyshock_kernels.params import WEEKS_PER_YEAR

from .. import units
from ..dataset.dataset import Dataset


def tonnes_a_week(data: Dataset, market: str) -> float:
    """World use of a material at baseline. Raises `KeyError` for a chip segment."""
    return data.market[market, "world_volume"].value / WEEKS_PER_YEAR


def stock_weeks(stock: str | float, data: Dataset, market: str, use: float) -> float:
    """A stock in weeks of a bloc's baseline use, `use` being its share of the world's."""
    number, kind = units.parse(stock, "mass", "duration", bare="duration")
    return number / (tonnes_a_week(data, market) * use) if kind == "mass" else number


def rate_share(rate: str | float, data: Dataset, market: str) -> float:
    """A rate as a share of the world's baseline use."""
    number, kind = units.parse(rate, "rate", "share", bare="share")
    return number / tonnes_a_week(data, market) if kind == "rate" else number


def added_capacity(add: str | float, data: Dataset, source: str, market: str | None) -> float:
    """Capacity in multiples of the source's baseline.

    Raises `LookupError`, with what was expected, where a tonnage cannot be converted.
    """
    number, kind = units.parse(add, "rate", "share", bare="share")
    if kind == "share":
        return number
    if market is None:
        raise LookupError("`market` next to a tonnage in `add`")
    if (market, "world_volume") not in data.market:
        raise LookupError("a material in `market`, or a share in `add`")
    figure = data.basket.get((source, market))
    if figure is None or figure.value == 0.0:
        supplied = [m for m in data.labels.market_ids if (f := data.basket.get((source, m))) and f.value > 0.0]
        raise LookupError(f"a market that {source} supplies ({', '.join(supplied)}) in `market`")
    return number / (tonnes_a_week(data, market) * figure.value)
