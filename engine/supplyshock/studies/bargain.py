"""The bargain: rare-earth access against chip access, every combination on the same random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from supplyshock_kernels.params import PARTIES, Array

from ..errors import UsageError
from ..progress import Progress
from ..scenario import Scenario
from .agree import SIGMAS, both_gain, frontier, nash, resampled
from .concede import Lists, choose_lists, concede
from .files import made_from
from .many import GROUPS, How, Means, simulate_many
from .measures import measure, parse_outcomes

if TYPE_CHECKING:
    import xarray as xr

MOST = 101


@dataclass(frozen=True)
class Bargain:
    """The square of concessions that is looked at."""

    base: Scenario
    """No deal: what gains are counted against."""
    deal: Scenario
    """The world in which the concessions hold: the same, or one with a deal in it."""
    lists: Lists
    shares: Array
    """(n,) concessions of either side, 0 to 1."""


def plan_bargain(
    base: Scenario, deal: Scenario | None = None, *, grid: int = 11, china: Sequence[str] = (), us: Sequence[str] = ()
) -> Bargain:
    """The square of ``grid x grid`` concessions. Raises `UsageError`; simulates nothing."""
    if not 2 <= grid <= MOST:
        raise UsageError("out of range", where="--grid", expected=f"2 to {MOST}", got=str(grid))
    deal = deal or base
    if (deal.labels, deal.weeks, deal.start) != (base.labels, base.weeks, base.start):
        raise UsageError(
            "two worlds that cannot be compared", where="--with", expected="the start, weeks and data of BASE"
        )
    lists = choose_lists(base.labels, base.params, china, us)
    return Bargain(base, deal, lists, np.linspace(0.0, 1.0, grid))


def run_bargain(bargain: Bargain, how: How, told: Progress | None = None) -> xr.Dataset:
    """Gains, leverage, zone, frontier and Nash's point on the square (`dataset`). Raises as `simulate_many`."""
    labels, deal = bargain.base.labels, bargain.deal.params
    cells = [bargain.base.params]
    cells += [concede(deal, labels, bargain.lists, c, u) for c in bargain.shares for u in bargain.shares]
    looked_at = parse_outcomes(_names(labels.market), labels, deal)
    return dataset(bargain, simulate_many(cells, measure(looked_at), how, told), how)


def _names(markets: Sequence[str]) -> list[str]:
    money = [f"{kind}:{p}" for kind in ("loss", "bill", "cost") for p in PARTIES]
    return [*money, "compute", *(f"hold:{m}" for m in markets)]


def dataset(bargain: Bargain, means: Means, how: How) -> xr.Dataset:
    """On (china, us): gain, loss_gain, bill_gain (party), compute_change, hold_change (market), each with `_se`;
    both_gain, frontier, nash, frontier_share, nash_share. Gains are bn USD over the horizon; what is spared is gained.
    """
    import xarray as xr

    n = len(bargain.shares)
    found = [x[1:].T.reshape(-1, n, n) for x in (means.difference, means.difference_se)]
    groups = means.groups[1:].transpose(1, 2, 0).reshape(GROUPS, -1, n * n)
    data: dict[str, Any] = {}
    for name, (rows, sign, dims, units, said) in _VARIABLES.items():
        axes = (*dims, "china", "us")
        for ending, table in (("", sign * found[0]), ("_se", found[1])):
            x = table[rows] if dims else table[rows][0]
            text = f"standard error of: {said}" if ending else said
            data[name + ending] = (axes, x + 0.0, {"units": units, "long_name": text})
    gain, se = -found[0][_COST], found[1][_COST]
    best = nash(gain)
    square = ("china", "us")
    chosen = np.zeros(n * n, bool)
    if best is not None:
        chosen[best] = True
    shares = resampled(-groups[:, _COST], seed=how.seed)
    said = f"1: both gain beyond {SIGMAS:g} standard errors; 0: open; -1: one side loses beyond them"
    data["both_gain"] = (square, both_gain(gain, se), {"units": "1", "long_name": said})
    data["frontier"] = (
        square,
        frontier(gain),
        {"long_name": "no cell is better for one side and no worse for the other"},
    )
    data["nash"] = (square, chosen.reshape(n, n), {"long_name": "largest product of both gains"})
    for name, share in zip(("nash", "frontier"), shares, strict=True):
        said = f"share of resamples in which it is {'the Nash point' if name == 'nash' else 'on the frontier'}"
        data[f"{name}_share"] = (square, share.reshape(n, n), {"units": "1", "long_name": said})
    market = bargain.base.params.markets
    data["is_material"] = ("market", np.asarray(market.group < 3), {"long_name": "not a chip"})
    data["value_usd_bn_week"] = (
        "market",
        market.value,
        {"units": "1e9 USD week-1", "long_name": "world use at baseline"},
    )
    for name, at in (("base_cost_usd_bn", _COST), ("base_loss_usd_bn", slice(0, 2))):
        data[name] = ("party", means.mean[0][at], {"units": "1e9 USD", "long_name": "without a deal"})
    data["base_compute"] = ((), means.mean[0][6], {"long_name": "compute delivered to China without a deal"})
    data["base_hold"] = (
        "market",
        means.mean[0][7:],
        {"long_name": "China's share of supply at the end without a deal"},
    )
    coords = {
        "party": list(PARTIES),
        "china": (
            "china",
            bargain.shares,
            {"long_name": "rare-earth access that China gives: share of its gated trade"},
        ),
        "us": (
            "us",
            bargain.shares,
            {"long_name": "chip access that the United States gives: share of its gated trade"},
        ),
        "market": list(bargain.base.labels.market),
    }
    return xr.Dataset(data, coords, _attrs(bargain, how))


_COST = slice(4, 6)
_VARIABLES: dict[str, tuple[slice, float, tuple[str, ...], str, str]] = {
    "gain": (_COST, -1.0, ("party",), "1e9 USD", "lost output and price bill spared, against no deal"),
    "loss_gain": (slice(0, 2), -1.0, ("party",), "1e9 USD", "lost output spared, against no deal"),
    "bill_gain": (slice(2, 4), -1.0, ("party",), "1e9 USD", "price bill spared, against no deal"),
    "compute_change": (slice(6, 7), 1.0, (), "1", "compute delivered to China, against no deal"),
    "hold_change": (slice(7, None), 1.0, ("market",), "1", "China's share of supply at the end, against no deal"),
}


def _attrs(bargain: Bargain, how: How) -> dict[str, Any]:
    deal = bargain.deal
    return {
        "title": "supplyshock: rare-earth access against chip access, on the same random numbers",
        "deal": deal.name,
        "deal_title": deal.title or deal.name,
        "deal_digest": deal.digest,
        "china_lists": ", ".join(bargain.lists.china),
        "us_lists": ", ".join(bargain.lists.us),
        **made_from(bargain.base, how),
    }
