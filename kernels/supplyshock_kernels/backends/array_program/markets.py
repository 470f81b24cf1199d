"""Materials and chips in one week."""

from __future__ import annotations

from typing import NamedTuple

from ...model import chips, demand, materials, negotiation, quota
from ...model.uncertain_parameters import Theta
from ...ops import clip, exp_inside, where
from ...params import Array, Params
from .lift import added, column, concatenate, once
from .made_from import direct_use, hand_on, spared_shares
from .state import State
from .trade_routes import baseline_imports, baseline_usd, list_levels, open_shares


def drift_demand(params: Params, s: State, news: Array) -> State:
    """Demand drifts on by the week's news, (M, N)."""
    mat, chip, n = params.material, params.chip, params.n_materials
    moved = [
        demand.drift(s.demand[rows], news[rows], sigma, group.demand_weeks)
        for rows, group, sigma in (
            (slice(0, n), mat, mat.sigma_demand),
            (slice(n, None), chip, chip.sigma_demand * column(params.markets.volatility[n:])),
        )
    ]
    return s._replace(demand=concatenate(moved))


def grant_licences(params: Params, s: State, t: int) -> Array:
    """(materials, N) share of applications that is approved: of one material its own, where that is forced."""
    own = column(params.schedule.approval_of[t, : params.n_materials])
    share = where(own >= 0, own, s.approval)
    granted: Array = negotiation.granted(share, s.leniency)
    return granted


def open_quota(params: Params, s: State, t: int) -> tuple[State, quota.Places]:
    """(state, what the markets see of the quota) as the week begins."""
    sch = params.schedule
    opened, places = quota.open_week(s.quota, sch.quota_grant[t], sch.quota_weeks[t])
    return s._replace(quota=opened), places


def close_quota(params: Params, q: quota.Quota, flows: materials.Flows, pays: Array, t: int) -> quota.Quota:
    """The quota after the week's exports of the markets under it, of which the share ``pays`` pays the premium."""
    mat = slice(0, params.n_materials)
    tonnage = params.markets.tonnage[mat]
    counted = column(where(params.schedule.quota[t, mat] > 0, tonnage, 0 * tonnage))
    left = quota.left_over(q, added(counted * flows.free), params.schedule.quota_weeks[t])
    closed: quota.Quota = quota.close_week(
        q, added(counted * flows.offered), added(counted * flows.offered * pays), left
    )
    return closed


class MarketInputs(NamedTuple):
    """What a week brings to the markets; M markets, N paths."""

    supplied: Array
    """(M, 2, N) by sources."""
    arriving: Array
    """(materials, 2, N)."""
    makers: Array
    """(materials, 2, N) what makers of products would take."""
    costs: Array
    """(materials, 2, N) log cost of making a product over the first day."""
    announced: Array
    """(C, N) announcements that move prices, by control list."""
    places: quota.Places
    """room under an export quota."""
    approval: Array
    """(materials, N) share of applications that is approved."""
    z: Array
    """(M, 2, N) standard normals."""


def trade_materials(
    params: Params, theta: Theta, s: State, inputs: MarketInputs, t: int
) -> tuple[State, materials.Flows]:
    """(state, flows) of the materials."""
    k, material, sch = params.markets, params.material, params.schedule
    mat = slice(0, params.n_materials)
    price_c, price_x = exp_inside(s.china.p), exp_inside(s.outside.p)
    earned = quota.margin(price_c, price_x, column(baseline_usd(params)[mat]))
    pays = quota.share(earned, inputs.places)
    x0, used = baseline_imports(params), direct_use(params)
    lists, cover = k.cn_list[mat], k.cover[mat, :, None] * theta.cover_scale
    coverage, direct = column(k.cn_coverage[mat]), column(used * sch.demand[t, mat])
    d = direct + column((k.use[mat] - used) * sch.recipe[t, mat])
    makers = inputs.makers * column(sch.recipe[t, mat])
    reach = material.jump * column(x0[mat] / k.use[mat, 1]) * coverage
    elasticity = clip(theta.use_elasticity * column(k.price_scale[mat]), material.es_low, material.es_high)
    market = materials.Market(
        use_c=d[:, 0],
        use_x=d[:, 1],
        imports=column(x0[mat]),
        elasticity=elasticity,
        cover_c=cover[:, 0],
        cover_x=cover[:, 1],
        control=coverage * list_levels(s.controls.level, lists),
        quota=column(sch.quota[t, mat]),
        passed=quota.passed(pays, inputs.places, material.quota_switch),
        approval=inputs.approval,
        jump=reach * theta.jump_scale * list_levels(inputs.announced, lists),
        supply_c=inputs.arriving[:, 0],
        supply_x=inputs.arriving[:, 1],
        purchase=column(sch.purchase[t, mat]),
        worth=s.demand[mat],
        price_c=price_c,
        price_x=price_x,
        running_c=s.running[mat, 0],
        running_x=s.running[mat, 1],
        direct_c=direct[:, 0],
        direct_x=direct[:, 1],
        makers_c=makers[:, 0],
        makers_x=makers[:, 1],
        spared=column(spared_shares(params)),
        cost_c=inputs.costs[:, 0],
        cost_x=inputs.costs[:, 1],
        z_c=inputs.z[mat, 0],
        z_x=inputs.z[mat, 1],
    )
    china, outside, trade, flows = once(materials.step(s.china, s.outside, s.trade, market, material))
    s = s._replace(quota=close_quota(params, s.quota, flows, pays, t))
    s = hand_on(params, s, inputs.supplied, flows, inputs.makers, t)
    return s._replace(china=china, outside=outside, trade=trade), flows


def trade_chips(params: Params, theta: Theta, s: State, inputs: MarketInputs, t: int) -> tuple[State, chips.Flows]:
    """(state, flows) of the chip segments."""
    k, chip = params.markets, slice(params.n_materials, None)
    d = k.use[chip, :, None] * column(params.schedule.demand[t, chip]) * exp_inside(s.demand[chip])[:, None]
    (_, open_xc), (open_cx, open_xx) = open_shares(params, s.controls.level)
    f = column(k.flow[chip])
    segment = chips.Segment(
        use_c=d[:, 0],
        use_x=d[:, 1],
        flow_cc=f[:, 0, 0],
        flow_cx=f[:, 0, 1],
        flow_xc=f[:, 1, 0],
        flow_xx=f[:, 1, 1],
        open_cx=open_cx,
        open_xc=open_xc,
        open_xx=open_xx,
        cover=k.cover[chip, 1, None] * theta.cover_scale,
        lead=column(k.lead[chip]),
        fab=column(k.fab[chip]),
        assembly=column(k.assembly[chip]),
        capacity_c=inputs.supplied[chip, 0],
        capacity_x=inputs.supplied[chip, 1],
        input_c=s.fab_inputs[0],
        input_x=s.fab_inputs[1],
        running_c=s.running[chip, 0],
        running_x=s.running[chip, 1],
        gated_use=column(k.gated_use[chip]),
        volatility=column(k.volatility[chip]),
        z_c=inputs.z[chip, 0],
        z_x=inputs.z[chip, 1],
    )
    b0, b1, m0, m1, flows = once(chips.step(*s.buyers, *s.makers, segment, params.chip))
    return s._replace(buyers=(b0, b1), makers=(m0, m1)), flows
