"""Where every path starts."""

from __future__ import annotations

from ...model import chips, demand, industry, materials, negotiation, quota, supply
from ...model.uncertain_parameters import Theta
from ...ops import real, where
from ...params import Array, Params
from . import path_state
from .lift import column
from .made_from import start_handed
from .random_inputs import Draws, take_members
from .standing import find_standing
from .state import State
from .trade_routes import baseline_imports, list_levels


def start_paths(params: Params, theta: Theta, draws: Draws) -> State:
    """Every path at its start: in the state of its member of an ensemble, or at rest."""
    return path_state.put_state(start_at_rest(params, theta), take_members(params, draws))


def start_at_rest(params: Params, theta: Theta) -> State:
    """Every path at rest under the controls of the start."""
    k, init, n_mat = params.markets, params.initial, params.n_materials
    flat = 0 * theta.parts
    level = column(init.control) + flat
    control = column(k.cn_coverage) * list_levels(level, k.cn_list)
    mat, chip = slice(0, n_mat), slice(n_mat, None)
    cover = k.cover[:, :, None] * theta.cover_scale
    reserve = column(init.stockpile * k.use[:, 1]) + flat
    price = init.log_price[:, :, None] + flat
    fill = materials.fill(init.inventory[:, :, None], init.counted[:, :, None], theta.cover_scale)
    china, outside, trade = materials.start(
        (column(k.use[mat, 0]) + flat, column(k.use[mat, 1]) + flat),
        (cover[mat, 0], cover[mat, 1]),
        column(baseline_imports(params)[mat]),
        control[mat],
        (price[mat, 0], price[mat, 1], fill[mat, 0], fill[mat, 1], reserve[mat]),
        params.material,
    )
    f, lead, passes = k.flow[chip], column(k.lead[chip]), init.open_share[chip]
    opens = tuple((column(passes[:, 0, b]) + flat, column(passes[:, 1, b]) + flat) for b in (0, 1))
    buyers = tuple(
        chips.start_buyer(
            (column(f[:, 0, b]), column(f[:, 1, b])),
            opens[b],
            lead,
            (cover[chip, b], fill[chip, b]),
            price[chip, b],
        )
        for b in (0, 1)
    )
    fab, assembly = column(k.fab[chip]), column(k.assembly[chip])
    makers = tuple(
        chips.start_maker(
            column(f[:, o, 0] + f[:, o, 1]),
            column(f[:, o, 0]) * opens[0][o] + column(f[:, o, 1]) * opens[1][o],
            fab,
            assembly,
            fill[chip, 0],
            params.chip,
        )
        for o in (0, 1)
    )
    undrawn = 0 * params.sectors.buffer[:, :1] + flat
    depletion = industry.Depletion(materials=undrawn, chips=undrawn)
    k_src = params.sources
    own = (k_src.outage_hazard, k_src.outage_severity, k_src.outage_recovery)
    source = supply.start(*(column(a) + flat for a in own))
    return State(
        regime=flat + real(init.regime, flat),
        clock=flat + init.clock,
        excitation=(flat, flat),
        pain=(flat, flat),
        approval=flat + init.approval,
        leniency=flat,
        strait=flat,
        controls=negotiation.Control(level=level, jump2=0 * level, jump3=0 * level),
        sources=source,
        china=china,
        outside=outside,
        trade=trade,
        quota=quota.start(flat),
        buyers=(buyers[0], buyers[1]),
        makers=(makers[0], makers[1]),
        depletion=(depletion, depletion),
        running=1 + 0 * k.use[:, :, None] + flat,
        standing=find_standing(params, theta, buyers[0].accustomed),
        demand=_start_demand(params) + flat,
        handed=start_handed(params, source),
        fab_inputs=(flat + 1, flat + 1),
    )


def _start_demand(params: Params) -> Array:
    """(M, 1) what materials are worth at the start; chips are at their baseline."""
    use, p = params.markets.use, params.initial.log_price
    worth = demand.worth(use[:, :1], use[:, 1:], p[:, :1], p[:, 1:])
    level: Array = where(column(params.markets.group < 3), worth, 0 * worth)
    return level
