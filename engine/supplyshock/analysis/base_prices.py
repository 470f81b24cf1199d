"""The base prices of a run: what a price ratio of 1 means in its results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..scenarios.units import PER_KG
from .path_values import Array

if TYPE_CHECKING:
    from .run_groups import Run

CHIP = "1 = price at rest"
"""Of a market without a tonnage."""
BasePrices = Mapping[str, Mapping[str, float]]
"""USD/kg by scenario and market."""


def base_prices(run: Run) -> BasePrices:
    """USD/kg at a price ratio of 1, by scenario and market; chips, which have no tonnage, are left out.

    Reads the parameters that the run keeps; a run that keeps none has none.
    """
    if not isinstance(run, xr.DataTree) or "inputs" not in run.children:
        return {}
    if not {"markets_value", "markets_tonnage"} <= set(run["inputs"].data_vars):
        return {}
    value, tonnage = (run["inputs"][f"markets_{x}"].transpose("scenario", "market") for x in ("value", "tonnage"))
    scenarios, markets = ([str(v) for v in value[axis].to_numpy()] for axis in ("scenario", "market"))
    return {
        s: usd_per_kg(markets, v, t) for s, v, t in zip(scenarios, value.to_numpy(), tonnage.to_numpy(), strict=True)
    }


def usd_per_kg(markets: Sequence[str], value: Array, tonnage: Array) -> dict[str, float]:
    """USD/kg by market, from bn USD and kilotonnes a week; without the markets that have no tonnage."""
    given = zip(markets, value, tonnage, strict=True)
    return {m: float(f"{PER_KG * float(v) / float(t):.6g}") for m, v, t in given if t > 0}


def price_words(usd_per_kg: float) -> str:
    """``239``, ``1,010``, ``2.7``: USD/kg to three digits."""
    return f"{usd_per_kg:,.0f}" if usd_per_kg >= 100 else f"{usd_per_kg:.3g}"


def base_words(prices: Iterable[float]) -> str:
    """``1 = 239 USD/kg``, of several scenarios ``1 = 239 or 257 USD/kg``; what a chip has instead for none."""
    words = list(dict.fromkeys(price_words(p) for p in prices if np.isfinite(p)))
    return f"1 = {' or '.join(words)} USD/kg" if words else CHIP
