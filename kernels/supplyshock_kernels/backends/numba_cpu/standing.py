"""Gates that stood on the first day over a tile: what China's gated sectors go without, and what they gain."""

from __future__ import annotations

from typing import Any

from ...model import chips, industry
from ...ops import ONE, ZERO, maximum
from .at_risk import any_below
from .compile_options import compiled_loop
from .layout import (
    AT_RISK,
    BUYER,
    BUYER_C,
    LOSS_CN,
    MARKET,
    PER_RHO,
    RHO,
    SECTOR,
    STANDING,
    STOOD,
    THETA,
    L,
    U,
)


@compiled_loop
def find_standing(mk: Any, p: Any, k: Any, params: Any, materials: Any) -> None:
    """Output that gated sectors in China go without, by segment, at the share of use they are accustomed to."""
    share = params.share_chip
    for m in range(materials, k.group.shape[0]):
        gated_use = k.gated_use[m]
        if gated_use > 0:
            own, to = U(m) * MARKET + BUYER_C + BUYER.accustomed, U(m) * MARKET + STANDING
            if any_below(mk, own, ONE):
                for l in range(L):
                    left = industry.log_of(chips.gated_left(mk[own + l], gated_use))
                    mk[to + l] = industry.shortfall(left, p[RHO + l], p[PER_RHO + l], share, ONE)
            else:
                for l in range(L):
                    mk[to + l] = ZERO


@compiled_loop
def _worst(mk: Any, p: Any, k: Any, weights: Any, materials: Any) -> None:
    """Share of output that a gated sector goes without, for its worst input, into the row of output at risk."""
    for l in range(L):
        p[AT_RISK + l] = ZERO
    for m in range(materials, weights.shape[0]):
        if k.gated_use[m] > 0:
            a, weight = U(m) * MARKET + STANDING, weights[m]
            for l in range(L):
                p[AT_RISK + l] = maximum(p[AT_RISK + l], weight * mk[a + l])
    for l in range(L):
        p[AT_RISK + l] = industry.standing(p[AT_RISK + l], p[THETA.criticality_scale + l])


@compiled_loop
def start_standing(tile: Any, params: Any, materials: Any) -> None:
    """What sectors go without on the first day."""
    mk, p, sec, k = tile.market, tile.path, tile.sector, params.sectors
    find_standing(mk, p, params.markets, params.industry, materials)
    for s in range(k.gated.shape[0]):
        a = U(s) * SECTOR + STOOD
        for l in range(L):
            sec[a + l] = ZERO
        if k.gated[s] > 0:
            _worst(mk, p, params.markets, k.criticality[s], materials)
            for l in range(L):
                sec[a + l] = p[AT_RISK + l]


@compiled_loop
def add_gains(tile: Any, params: Any, materials: Any, at: Any) -> None:
    """Take what gates that opened give back off the week's losses, and count what those of the first day cost."""
    mk, p, sec, out, k = tile.market, tile.path, tile.sector, tile.out, params.sectors
    multiplier = params.industry.multiplier
    find_standing(mk, p, params.markets, params.industry, materials)
    for s in range(k.gated.shape[0]):
        if k.gated[s] > 0:
            a, row, value_added = U(s) * SECTOR + STOOD, at.loss_usd_bn + U(s) * L, k.value_added[s, 0]
            _worst(mk, p, params.markets, k.criticality[s], materials)
            for l in range(L):
                gain = industry.weekly_loss(sec[a + l] - p[AT_RISK + l], value_added, multiplier)
                p[LOSS_CN + l] -= gain
                out[row + l] -= gain
                out[at.standing_cost_usd_bn + l] += industry.weekly_loss(sec[a + l], value_added, multiplier)
