"""What the page needs of single paths, read block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..columns import Array, blocks, column
from ..risk import cvar, mean

if TYPE_CHECKING:
    import xarray as xr

GRID = np.concatenate([np.linspace(0, 0.9, 46), 1 - np.geomspace(0.09, 1e-4, 40)])
"""Probabilities of the curve of losses: finer where it matters."""
COLUMNS = 8
"""Dates of the calendar of stops."""


def sector_losses(outcomes: xr.Dataset, scenario: str) -> dict[str, Any]:
    """Party, sector: mean and standard error of lost output, bn USD."""
    loss = outcomes["loss_usd_bn"].sel(scenario=scenario).transpose("path", "party", "sector")
    parties, sectors = ([str(v) for v in outcomes[axis].values] for axis in ("party", "sector"))
    table = column(loss, lambda x: x.reshape(len(x), -1))
    found = [mean(table[:, i]) for i in range(table.shape[1])]
    return {p: {s: list(found[i * len(sectors) + j]) for j, s in enumerate(sectors)} for i, p in enumerate(parties)}


def distributions(outcomes: xr.Dataset, scenario: str) -> dict[str, Any]:
    """Party: losses at the probabilities `GRID`, share of paths without a loss, P95 and CVaR95 with its error."""
    loss = outcomes["loss_usd_bn"].sel(scenario=scenario).transpose("path", "party", "sector")
    totals = column(loss, lambda x: x.sum(2))
    out: dict[str, Any] = {}
    for i, party in enumerate(outcomes["party"].values):
        x = np.sort(totals[:, i])
        at = np.minimum((GRID * len(x)).astype(int), len(x) - 1)
        tail = cvar(x, 0.95)
        out[str(party)] = {
            "loss": x[at].astype(float),
            "above": 1 - GRID,
            "none": float((x <= 0).mean()),
            "p95": float(x[min(int(0.95 * len(x)), len(x) - 1)]),
            "cvar": list(tail),
        }
    return out


def calendar(outcomes: xr.Dataset, scenario: str, time: Array) -> dict[str, Any]:
    """Dates, and by bloc and sector the share of paths on which it has stopped at least once by then."""
    weeks = outcomes["first_stop_week"].sel(scenario=scenario).transpose("path", "bloc", "sector")
    horizon, n = len(time), weeks.sizes["path"]
    ends = np.unique(np.linspace(0, horizon, COLUMNS + 1).round().astype(int)[1:])
    hits = np.zeros((len(ends), *(weeks.sizes[a] for a in ("bloc", "sector"))), np.int64)
    for block in blocks(weeks):
        for k, end in enumerate(ends):
            hits[k] += np.count_nonzero(block < end, axis=0)  # NaN, never, is not below
    share = hits / n
    by_bloc = {
        str(b): {str(s): share[:, i, j].astype(float) for j, s in enumerate(outcomes["sector"].values)}
        for i, b in enumerate(outcomes["bloc"].values)
    }
    return {"until": [str(time[e - 1].astype("datetime64[D]")) for e in ends], "share": by_bloc}


def holds(outcomes: xr.Dataset, scenario: str) -> dict[str, Any]:
    """China's share of supply at the end by market, and compute delivered to China: means with errors."""
    supply = outcomes["ex_china_supply_share"].sel(scenario=scenario).transpose("path", "market")
    table = column(supply, lambda x: 1 - x)
    compute = mean(column(outcomes["compute_delivered_ratio"].sel(scenario=scenario), lambda x: x))
    market = {str(m): list(mean(table[:, i])) for i, m in enumerate(outcomes["market"].values)}
    return {"market": market, "compute": list(compute)}
