"""Open shares of trade, and baseline imports: what the start and every week of the markets need."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ops import maximum
from ...params import Array, Params
from .lift import column, concatenate


def list_levels(level: Array, index: Array) -> Array:
    """(M, N) level of each market's list; markets without one see an open list."""
    shown: Array = concatenate([level, 0 * level[:1]])[np.minimum(index, len(level))]
    return shown


def open_shares(params: Params, level: Array) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """For each buyer, China and outside, the open share of requests to makers in (China, outside)."""
    k, chip = params.markets, slice(params.n_materials, None)
    shut_c = column(k.cn_coverage[chip]) * list_levels(level, k.cn_list[chip])
    shut_x = column(k.us_coverage[chip]) * list_levels(level, k.us_list[chip])
    return (1 + 0 * shut_c, 1 - shut_x), (1 - shut_c, 1 - shut_c * column(k.packaging[chip]))


def baseline_usd(params: Params) -> Array:
    """(M,) baseline price of materials, USD/kg; 0 for chips."""
    k = params.markets
    usd: Array = k.value / maximum(k.tonnage, k.tonnage.dtype.type(1e-9)) * 1000 * (k.tonnage > 0)
    return usd


def baseline_imports(params: Params) -> Array:
    """(M,) baseline import of the rest of the world from China, floored for markets without one."""
    x0: Array = maximum(params.markets.use[:, 1] - params.markets.supply[:, 1], params.markets.use.dtype.type(1e-4))
    return x0
