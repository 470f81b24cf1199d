"""Materials and chips in one week."""

from __future__ import annotations

from ...model import chips, demand, industry, materials
from ...model.uncertain_parameters import Theta
from ...ops import clip, exp_inside
from ...params import Array, Params
from .lift import column, concatenate, stack
from .start import gates, imports, list_level
from .state import State


def surprise(params: Params, s: State, news: Array) -> State:
    """Demand drifts on by the week's news, (M, N)."""
    mat, chip, n = params.material, params.chip, params.n_materials
    moved = [
        demand.drift(s.demand[rows], news[rows], law.sigma_demand, law.demand_weeks)
        for rows, law in ((slice(0, n), mat), (slice(n, None), chip))
    ]
    return s._replace(demand=concatenate(moved))


def trade_materials(
    params: Params, theta: Theta, s: State, made: Array, announced: Array, z: Array, t: int
) -> tuple[State, materials.Flows, Array]:
    """(state, flows, (materials, 2, N) log of what is left of the input to industry)."""
    k, law, sch = params.markets, params.material, params.schedule
    mat = slice(0, params.n_materials)
    x0, d = imports(params), k.use[:, :, None] * column(sch.demand[t])
    lists, cover = k.cn_list[mat], k.cover[mat, :, None] * theta.cover_scale
    coverage = column(k.cn_coverage[mat])
    reach = law.jump * column(x0[mat] / k.use[mat, 1]) * coverage
    elasticity = clip(theta.use_elasticity * column(k.price_scale[mat]), law.es_low, law.es_high)
    market = materials.Market(
        d[mat, 0],
        d[mat, 1],
        column(x0[mat]),
        elasticity,
        cover[:, 0],
        cover[:, 1],
        coverage * list_level(s.controls.level, lists),
        column(sch.quota[t, mat]),
        s.approval,
        reach * list_level(announced, lists),
        made[mat, 0],
        made[mat, 1],
        column(sch.purchase[t, mat]),
        s.demand[mat],
        z[mat, 0],
        z[mat, 1],
    )
    china, outside, trade, flows = materials.step(s.china, s.outside, s.trade, market, law)
    left_c = industry.log_left(industry.short(flows.use_c, flows.met_c), flows.drop_c)
    left_x = industry.log_left(industry.short(flows.use_x, flows.met_x), flows.drop_x)
    return s._replace(china=china, outside=outside, trade=trade), flows, stack([left_c, left_x], 1)


def trade_chips(params: Params, s: State, made: Array, z: Array, cover: Array, t: int) -> tuple[State, chips.Flows]:
    """(state, flows) of the chip segments."""
    k, chip = params.markets, slice(params.n_materials, None)
    d = k.use[chip, :, None] * column(params.schedule.demand[t, chip]) * exp_inside(s.demand[chip])[:, None]
    (_, open_xc), (open_cx, open_xx) = gates(params, s.controls.level)
    f = column(k.flow[chip])
    segment = chips.Segment(
        d[:, 0],
        d[:, 1],
        f[:, 0, 0],
        f[:, 0, 1],
        f[:, 1, 0],
        f[:, 1, 1],
        open_cx,
        open_xc,
        open_xx,
        cover,
        column(k.lead[chip]),
        column(k.fab[chip]),
        column(k.assembly[chip]),
        made[chip, 0],
        made[chip, 1],
        s.fab_inputs[0],
        s.fab_inputs[1],
        column(k.gated_use[chip]),
        z[chip, 0],
        z[chip, 1],
    )
    b0, b1, m0, m1, flows = chips.step(*s.buyers, *s.makers, segment, params.chip)
    return s._replace(buyers=(b0, b1), makers=(m0, m1)), flows
