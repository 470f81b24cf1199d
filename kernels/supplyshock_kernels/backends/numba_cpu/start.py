"""Setting a tile to the start of its paths."""

from __future__ import annotations

from typing import Any

from ...model import chips, demand, industry, materials, quota, supply
from ...ops import ONE, ZERO, exp
from . import made_from, rows, standing
from .compile_options import compiled_loop
from .layout import (
    APPROVAL,
    BUYER_C,
    BUYER_X,
    CHINA,
    CLOCK,
    DEMAND,
    DEPLETION_C,
    DEPLETION_X,
    INPUT_C,
    INPUT_X,
    LEVEL,
    LIST,
    MAKER_C,
    MAKER_X,
    MARKET,
    OUTSIDE,
    PER_RHO,
    REGIME,
    RHO,
    RUNNING_C,
    RUNNING_X,
    SECTOR,
    SOURCE,
    SOURCE_STATE,
    THETA,
    TRADE,
    VALUE_C,
    VALUE_X,
    L,
    U,
)


@compiled_loop
def _start_negotiation(p: Any, init: Any) -> None:
    """The negotiation at the start."""
    for l in range(L):
        p[REGIME + l] = init.regime
        p[CLOCK + l] = init.clock
        p[APPROVAL + l] = init.approval
        rows.put_quota(p, l, quota.start(init.approval))
        p[INPUT_C + l] = ONE
        p[INPUT_X + l] = ONE
        rho = industry.curvature(p[THETA.substitution + l])
        p[RHO + l] = rho
        p[PER_RHO + l] = ONE / rho


@compiled_loop
def _start_lists(lists: Any, control: Any) -> None:
    """Control lists at their level; the one past the end stays open."""
    for i in range(control.shape[0]):
        for l in range(L):
            lists[U(i) * LIST + LEVEL + l] = control[i]


@compiled_loop
def _start_sources(src: Any, k: Any) -> None:
    """Sources at rest."""
    for j in range(k.lead.shape[0]):
        source = supply.start(k.outage_hazard[j], k.outage_severity[j], k.outage_recovery[j])
        for l in range(L):
            rows.put_source(src, U(j) * SOURCE + l, source)


@compiled_loop
def _start_sectors(sec: Any, sectors: Any) -> None:
    """Sectors with full stocks on site."""
    none = industry.Depletion(materials=ZERO, chips=ZERO)
    for s in range(sectors):
        for l in range(L):
            rows.put_depletion(sec, U(s) * SECTOR + DEPLETION_C + l, none)
            rows.put_depletion(sec, U(s) * SECTOR + DEPLETION_X + l, none)


@compiled_loop
def _start_materials(
    mk: Any, p: Any, lists: Any, k: Any, params: Any, init: Any, imports: Any, materials_count: Any
) -> None:
    """Material markets at rest under their control."""
    for m in range(materials_count):
        a, listed = U(m) * MARKET, U(k.cn_list[m]) * LIST + LEVEL
        use_c, use_x, x0, coverage = k.use[m, 0], k.use[m, 1], imports[m], k.cn_coverage[m]
        cover_c, cover_x = k.cover[m, 0], k.cover[m, 1]
        p_c, p_x = init.log_price[m, 0], init.log_price[m, 1]
        worth = demand.worth(use_c, use_x, p_c, p_x)
        held_c, held_x, reserve = init.inventory[m, 0], init.inventory[m, 1], init.stockpile[m] * use_x
        counted_c, counted_x = init.counted[m, 0], init.counted[m, 1]
        for l in range(L):
            scale = p[THETA.cover_scale + l]
            fill_c, fill_x = materials.fill(held_c, counted_c, scale), materials.fill(held_x, counted_x, scale)
            c, x, t = materials.start(
                (use_c, use_x),
                (cover_c * scale, cover_x * scale),
                x0,
                coverage * lists[listed + l],
                (p_c, p_x, fill_c, fill_x, reserve),
                params,
            )
            rows.put_node(mk, a + CHINA + l, c)
            rows.put_node(mk, a + OUTSIDE + l, x)
            rows.put_trade(mk, a + TRADE + l, t)
            mk[a + DEMAND + l] = worth
            mk[a + VALUE_C + l] = exp(p_c)
            mk[a + VALUE_X + l] = exp(p_x)
            mk[a + RUNNING_C + l] = ONE
            mk[a + RUNNING_X + l] = ONE


@compiled_loop
def _start_chips(mk: Any, p: Any, k: Any, params: Any, init: Any, first: Any) -> None:
    """Chip segments at rest."""
    for m in range(first, k.lead.shape[0]):
        a, lead, fab, assembly = U(m) * MARKET, k.lead[m], k.fab[m], k.assembly[m]
        cc, cx, xc, xx = k.flow[m, 0, 0], k.flow[m, 0, 1], k.flow[m, 1, 0], k.flow[m, 1, 1]
        cover_c, cover_x = k.cover[m, 0], k.cover[m, 1]
        from_c = (init.open_share[m, 0, 0], init.open_share[m, 1, 0])
        from_x = (init.open_share[m, 0, 1], init.open_share[m, 1, 1])
        held_c, held_x = init.inventory[m, 0], init.inventory[m, 1]
        counted_c, counted_x = init.counted[m, 0], init.counted[m, 1]
        p_c, p_x = init.log_price[m, 0], init.log_price[m, 1]
        for l in range(L):
            scale = p[THETA.cover_scale + l]
            fill_c, fill_x = materials.fill(held_c, counted_c, scale), materials.fill(held_x, counted_x, scale)
            c = chips.start_buyer((cc, xc), from_c, lead, (cover_c * scale, fill_c), p_c)
            x = chips.start_buyer((cx, xx), from_x, lead, (cover_x * scale, fill_x), p_x)
            sent_c, sent_x = cc * from_c[0] + cx * from_x[0], xc * from_c[1] + xx * from_x[1]
            rows.put_buyer(mk, a + BUYER_C + l, c)
            rows.put_buyer(mk, a + BUYER_X + l, x)
            rows.put_maker(mk, a + MAKER_C + l, chips.start_maker(cc + cx, sent_c, fab, assembly, scale, params))
            rows.put_maker(mk, a + MAKER_X + l, chips.start_maker(xc + xx, sent_x, fab, assembly, scale, params))
            mk[a + VALUE_C + l] = ONE
            mk[a + VALUE_X + l] = ONE
            mk[a + RUNNING_C + l] = ONE
            mk[a + RUNNING_X + l] = ONE


@compiled_loop
def start_paths(tile: Any, params: Any, constants: Any) -> None:
    """Every path of the tile at rest at the start; the uncertain parameters are drawn already."""
    lists, initial = tile.lists, params.initial
    _start_negotiation(tile.path, initial)
    _start_lists(lists, initial.control)
    _start_sources(tile.source, params.sources)
    made_from.start_handed(tile.market, tile.source, params.sources, constants.chain, SOURCE_STATE.capacity)
    _start_sectors(tile.sector, params.sectors.buffer.shape[0])
    _start_materials(
        tile.market, tile.path, lists, params.markets, params.material, initial, constants.imports, constants.materials
    )
    _start_chips(tile.market, tile.path, params.markets, params.chip, initial, constants.materials)
    standing.start_standing(tile, params, constants.materials)
