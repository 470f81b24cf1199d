"""Statistics of single paths for the page, read block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.estimators import WeightSums, event_share, mean, share_of
from ...analysis.path_values import Array, path_column, path_weights, total_weight
from ...analysis.risk_measures import cvar, grouped_quantiles
from ...analysis.summary_tables.losses import TAIL
from ...analysis.summary_tables.stops import first_stops

if TYPE_CHECKING:
    import xarray as xr

GRID = np.concatenate([np.linspace(0, 0.9, 46), 1 - np.geomspace(0.09, 1e-4, 40)])
"""Probabilities of the curve of losses, finer in the tail."""
COLUMNS = 8
"""Dates in the calendar of stops."""


def sector_losses(outcomes: xr.Dataset, scenario: str) -> dict[str, Any]:
    """Party, sector: mean and standard error of lost output, bn USD."""
    one = outcomes.sel(scenario=scenario)
    parties, sectors = ([str(v) for v in outcomes[axis].values] for axis in ("party", "sector"))
    w = path_weights(one)
    table = path_column(one["loss_usd_bn"].transpose("path", "party", "sector"), lambda x: x.reshape(len(x), -1))
    means = [mean(table[:, i], w) for i in range(table.shape[1])]
    return {p: {s: list(means[i * len(sectors) + j]) for j, s in enumerate(sectors)} for i, p in enumerate(parties)}


def distributions(outcomes: xr.Dataset, scenario: str) -> dict[str, Any]:
    """Party: losses at the probabilities `GRID`; share of paths without a loss and CVaR95 with their errors."""
    one = outcomes.sel(scenario=scenario)
    w = path_weights(one)
    totals = path_column(one["loss_usd_bn"].transpose("path", "party", "sector"), lambda x: x.sum(2))
    out: dict[str, Any] = {}
    for i, party in enumerate(outcomes["party"].values):
        x = totals[:, i]
        out[str(party)] = {
            "loss": np.quantile(x, GRID, method="inverted_cdf", weights=w).astype(float),
            "above": 1 - GRID,
            "none": list(event_share(x <= 0, w)),
            "cvar": list(cvar(x, TAIL, w)),
        }
    return out


def calendar(outcomes: xr.Dataset, scenario: str, time: Array) -> dict[str, Any]:
    """Dates, and by bloc and sector the share of paths on which it has stopped at least once by then.

    Also the largest standard error of the shares, and the median first week where any path stops.
    """
    one, horizon = outcomes.sel(scenario=scenario), len(time)
    w = path_weights(one)
    counts = first_stops(one["first_stop_week"].transpose("path", "bloc", "sector"), horizon, w)
    ends = np.unique(np.linspace(0, horizon, COLUMNS + 1).round().astype(int)[1:])
    upto, whole = counts.cumsum(3)[..., ends - 1], total_weight(outcomes.sizes["path"], w)
    share: dict[str, Any] = {}
    median: dict[str, Any] = {}
    largest = 0.0
    for i, bloc in enumerate(map(str, outcomes["bloc"].values)):
        for j, sector in enumerate(map(str, outcomes["sector"].values)):
            shares = [share_of(WeightSums(*map(float, upto[:, i, j, k])), whole) for k in range(len(ends))]
            share.setdefault(bloc, {})[sector] = [e.value for e in shares]
            largest = max(largest, *(e.se for e in shares))
            there = np.flatnonzero(counts[0, i, j])
            if len(there):
                weight, square = counts[:, i, j, there]
                week = grouped_quantiles(there.astype(float), weight, square, [0.5])[0].value
                median.setdefault(bloc, {})[sector] = _day(time[int(week)])
    return {"until": [_day(time[e - 1]) for e in ends], "share": share, "se": largest, "median": median}


def _day(time: Any) -> str:
    return str(time.astype("datetime64[D]"))


def holds(outcomes: xr.Dataset, scenario: str) -> dict[str, Any]:
    """China's share of supply at the end by market, and compute delivered to China: means with errors."""
    one = outcomes.sel(scenario=scenario)
    w = path_weights(one)
    table = path_column(one["ex_china_supply_share"].transpose("path", "market"), lambda x: 1 - x)
    market = {str(m): list(mean(table[:, i], w)) for i, m in enumerate(outcomes["market"].values)}
    return {"market": market, "compute": list(mean(path_column(one["compute_delivered_ratio"], lambda x: x), w))}
