"""One week of every path, in the order of docs/model.md: table, supply, materials, chips, sectors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...model import chips, industry, materials, policy, sources
from ...ops import clip
from ...params import Array, Params
from ...theta import Theta
from .begin import State, column, gates, imports, list_level
from .luck import Luck, share_noise


class Week(NamedTuple):
    """What one week shows; M markets, J sources, K sectors, N paths."""

    use: Array
    """(M, 2, N) wanted at the week's prices."""
    met: Array
    """(M, 2, N)."""
    available: Array
    """(M, 2, N) met over what would be used at baseline prices."""
    exports: Array
    """(M, N) gated flow over its baseline."""
    lead: Array
    """(chips, N) weeks."""
    drawn: Array
    """(M, N) taken from the strategic stock."""
    to_china: Array
    """(M, N) chips delivered to China over its baseline use."""
    output: Array
    """(J, N) of each source."""
    loss: Array
    """(2, K, N) bn USD of China and the United States."""
    bill: Array
    """(2, N) bn USD."""
    stopped: Array
    """(2, K, N) bool, by bloc."""
    actions: Array
    """(2, 3, N) restrictions, replies, relaxations by party."""


# --- the table -------------------------------------------------------------------------------------


def relax_shares(level: Array, pol: Any) -> list[tuple[Array, Array]]:
    """For each list the part [low, high) of the unit interval on which its party eases it:
    in proportion to how often the list is used and how far it is closed."""
    weight = column(list_weight(pol).astype(level.dtype)) * level
    shares = []
    for i, party in enumerate(pol.list_party):
        mine = pol.list_party == party
        total = np.maximum(weight[mine].sum(0), level.dtype.type(1e-9))
        low = weight[:i][mine[:i]].sum(0)
        shares.append((low / total, (low + weight[i]) / total))
    return shares


def list_weight(pol: Any) -> Array:
    """(C,) share of a party's own actions that fall on each of its lists."""
    tariff = pol.tariff_share[pol.list_party]
    weight: Array = np.where(pol.list_is_tariff > 0, tariff, (1 - tariff) * (pol.list_cum[:, 1] - pol.list_cum[:, 0]))
    return weight


def negotiate(
    params: Params, rules: policy.Rules, theta: Theta, s: State, luck: Luck, t: int
) -> tuple[State, Array, Array]:
    """(state with new regime and controls, (C, N) announcements that move prices, (2, 3, N) actions)."""
    sch = params.schedule
    h = policy.is_in(s.regime)
    cn, us = policy.moves(h, *s.excitation, *s.pain, theta, luck.table, rules)
    severity = np.maximum(cn.severity, us.severity)
    forced = s.regime.dtype.type(sch.regime[t])
    regime, clock = policy.turn(forced, s.regime, s.clock, h, severity, *s.pain, theta, luck.table, rules)
    if sch.clock[t] >= 0:
        clock = np.full_like(clock, sch.clock[t])
    after = policy.is_in(regime)
    controls, announced = set_controls(params, s, (cn, us), after, luck, t)
    approval = policy.approve(s.approval, policy.pick(after, rules.approval), rules.approval_weeks, sch.approval[t])
    state = s._replace(
        regime=regime,
        clock=clock,
        excitation=(
            rules.cross_decay * s.excitation[0] + cn.severity,
            rules.cross_decay * s.excitation[1] + us.severity,
        ),
        approval=approval,
        controls=controls,
    )
    return state, announced, np.stack([[m.acted, m.replied, 1 * (m.relaxed > 0)] for m in (cn, us)])


def set_controls(
    params: Params,
    s: State,
    moved: tuple[policy.Move, policy.Move],
    after: policy.ByRegime,
    luck: Luck,
    t: int,
) -> tuple[policy.Control, Array]:
    """The control lists after the week's moves, and their announcements."""
    pol, sch = params.policy, params.schedule
    eased = relax_shares(s.controls.level, pol)
    rows = []
    for i, party in enumerate(pol.list_party):
        move = moved[int(party)]
        if pol.list_is_tariff[i]:
            on_list = move.tariff > 0.5
        else:
            on_list = (move.tariff <= 0.5) & policy.hit(move.position, *pol.list_cum[i])
        restrict = np.where(on_list, move.severity, 0 * move.severity)
        relax = np.where(policy.hit(luck.ease[int(party)], *eased[i]), move.relaxed, 0 * move.relaxed)
        k = policy.Control(*(row[i] for row in s.controls))
        pull = policy.pick(after, policy.ByRegime(*pol.pull[:, i]))
        level = policy.control_step(k, restrict, relax, pull, pol.pull_weeks, sch.control[t, i])
        rows.append((level, *policy.announcement(k, np.maximum(restrict, sch.announcement[t, i]))))
    level, now, jump2, jump3 = (np.stack(r) for r in zip(*rows, strict=True))
    return policy.Control(level, jump2, jump3), now


# --- supply ----------------------------------------------------------------------------------------


def basket_prices(params: Params, s: State) -> Array:
    """(M, 2, N) prices that producers see: quotes of materials, contracts for chips."""
    quotes = np.stack([s.china.p, s.outside.p], 1)
    contracts = np.stack([b.contract for b in s.buyers], 1)
    prices: Array = np.exp(np.concatenate([quotes, contracts]))
    return prices


def supply(params: Params, rules: policy.Rules, s: State, luck: Luck, t: int) -> tuple[State, Array]:
    """(state with new sources and strait, (J, N) output of each source)."""
    src, sch = params.sources, params.schedule
    one = src.lead.dtype.type(1)
    p = sources.chance(src.outage_hazard)
    high = np.cumsum(p, dtype=p.dtype)
    which, how_bad, strait_u = luck.accident
    lost = sources.accident(which, how_bad, column(high - p), column(high), column(src.outage_severity))
    crisis = strait_u < sources.chance(policy.pick(policy.is_in(s.regime), rules.strait_hazard))
    strait = np.maximum(s.strait * (one - one / rules.strait_recovery), crisis * rules.strait_severity)

    fab = src.basket[:, params.n_materials :].sum(1) > 0
    elasticity = np.where(fab, 0 * one, params.material.supply_elasticity)
    own = (elasticity, src.lead, src.ramp, src.hurdle, src.outage_recovery, src.tools_growth)
    price = basket_prices(params, s)
    value = np.stack([weighted(src.basket_value[j], price[:, int(b)]) for j, b in enumerate(src.bloc)])
    tools_list = int(params.policy.tools_list)
    tools = s.controls.level[tools_list] - params.initial.control[tools_list]
    site = sources.Site(*(column(a) for a in own))
    after = sources.step(s.sources, value, lost, column(sch.capacity[t]), tools, site)
    output = sources.output(after, column(sch.availability[t]) * (one - column(src.strait) * strait))
    return s._replace(sources=after, strait=strait), output


def weighted(weights: Array, rows: Array) -> Array:
    """Sum over j of ``weights[j] rows[j]``, in the order of j: a matrix product would round a path
    differently in different company. Weights are (J,) or (J, M), rows (J, N)."""
    total: Array = np.zeros((*weights.shape[1:], rows.shape[-1]), rows.dtype)
    for w, row in zip(weights, rows, strict=True):
        total = total + column(w) * row
    return total


def by_bloc(params: Params, output: Array, t: int) -> Array:
    """(M, 2, N) supply of each market by the bloc that gates it."""
    src = params.sources
    rows = [weighted(src.basket[src.bloc == b], output[src.bloc == b]) for b in (0, 1)]
    rows[1] = rows[1] + column(params.schedule.recycled[t])
    made: Array = np.stack(rows, 1)
    return made


# --- markets ---------------------------------------------------------------------------------------


def trade_materials(
    params: Params, theta: Theta, s: State, made: Array, announced: Array, z: Array, t: int
) -> tuple[State, materials.Flows, Array]:
    """(state, flows, (materials, 2, N) availability of the input to industry)."""
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
        z[mat, 0],
        z[mat, 1],
    )
    thrift = np.stack([s.china.thrift, s.outside.thrift], 1)
    china, outside, trade, flows = materials.step(s.china, s.outside, s.trade, market, law)
    available = np.stack([flows.met_c, flows.met_x], 1) / (d[mat] * (1 - thrift))
    return s._replace(china=china, outside=outside, trade=trade), flows, available


def trade_chips(params: Params, s: State, made: Array, z: Array, cover: Array, t: int) -> tuple[State, chips.Flows]:
    """(state, flows) of the chip segments."""
    k, chip = params.markets, slice(params.n_materials, None)
    d = k.use[chip, :, None] * column(params.schedule.demand[t, chip])
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


# --- industry --------------------------------------------------------------------------------------


def gaps(params: Params, theta: Theta, available: Array, gated_left: Array) -> tuple[Array, Array]:
    """((K, 2, N) output at risk for want of materials, the same for chips), before buffers."""
    law, sec, n_mat = params.industry, params.sectors, params.n_materials
    share = np.where(params.markets.group < 2, law.share_material, law.share_minor)
    one, rho = sec.buffer.dtype.type(1), industry.curvature(theta.substitution)
    ces = (rho, one / rho)
    single = industry.shortfall(available, *ces, share[:, None, None], one)
    parts = industry.shortfall(available[n_mat:], *ces, share[n_mat:, None, None], theta.parts)
    risk_m, risk_c = [], []
    gated = industry.shortfall(gated_left, *ces, column(share[n_mat:]), one)
    named = np.stack([gated, single[n_mat:, 1]], 1)
    for row, many, is_gated in zip(sec.criticality, sec.many_parts, sec.gated, strict=True):
        chips_short = named if is_gated else parts if many else single[n_mat:]
        worst_m = np.maximum((column(column(row[:n_mat])) * single[:n_mat]).max(0), 0)
        worst_c = np.maximum((column(column(row[n_mat:])) * chips_short).max(0), 0)
        risk_m.append(np.minimum(theta.criticality_scale * worst_m, one))
        risk_c.append(np.minimum(theta.criticality_scale * worst_c, one))
    return np.stack(risk_m), np.stack(risk_c)


def run_sectors(
    params: Params, theta: Theta, s: State, available: Array, gated_left: Array
) -> tuple[State, Array, Array]:
    """(state, (2, K, N) loss of China and the US in bn USD, (2, K, N) share of output lost by bloc)."""
    law, sec = params.industry, params.sectors
    gap_m, gap_c = gaps(params, theta, available, gated_left)
    full = industry.Buffer(column(sec.buffer[:, 0]), column(sec.buffer[:, 1]))
    lost, inputs, buffers, loss = [], [], [], []
    for b in (0, 1):
        share, for_materials, left = industry.sector(gap_m[:, b], gap_c[:, b], s.buffers[b], full, law.refill_weeks)
        lost.append(share)
        buffers.append(left)
        inputs.append(1 - (column(sec.chip_making) * for_materials).max(0))
        loss.append(industry.weekly_loss(share, column(sec.value_added[:, b]), law.multiplier))
    state = s._replace(buffers=(buffers[0], buffers[1]), fab_inputs=(inputs[0], inputs[1]))
    return state, np.stack(loss), np.stack(lost)


def price_bill(params: Params, s: State, met: Array) -> Array:
    """(2, N) extra cost of the week's use over baseline prices, China and the United States, bn USD."""
    k = params.markets
    in_china = np.concatenate([np.exp(s.china.p), np.exp(s.buyers[0].contract)])
    outside = np.concatenate([s.trade.paid, np.exp(s.buyers[1].contract)])
    china = weighted(k.value, met[:, 0] * (in_china - 1))
    us = weighted(k.value * k.us_share, met[:, 1] * (outside - 1))
    return np.stack([china, us])


# --- the week --------------------------------------------------------------------------------------


def advance(
    params: Params, rules: policy.Rules, theta: Theta, s: State, luck: Luck, common: list[Array], t: int
) -> tuple[State, Week]:
    """One week of every path."""
    k, n_mat = params.markets, params.n_materials
    z = share_noise(luck.normals, common, k.group, params.material)
    s, announced, actions = negotiate(params, rules, theta, s, luck, t)
    s, output = supply(params, rules, s, luck, t)
    made = by_bloc(params, output, t)
    s, flows, available_m = trade_materials(params, theta, s, made, announced, z, t)
    chip_cover = k.cover[n_mat:, 1, None] * theta.cover_scale
    s, chip = trade_chips(params, s, made, z, chip_cover, t)

    need = np.stack([chip.need_c, chip.need_x], 1)
    met_chips = np.stack([chip.met_c, chip.met_x], 1)
    available = np.concatenate([available_m, np.stack([chip.left_c, chip.left_x], 1)])
    use = np.concatenate([np.stack([flows.use_c, flows.use_x], 1), need])
    met = np.concatenate([np.stack([flows.met_c, flows.met_x], 1), met_chips])

    s, loss, lost = run_sectors(params, theta, s, available, chip.left_gated)
    bill = price_bill(params, s, met)
    law = params.industry
    pain = tuple(industry.pain(s.pain[b], loss[b].sum(0), bill[b], law.gdp[b], law.pain_weeks) for b in (0, 1))
    s = s._replace(pain=(pain[0], pain[1]))

    f = k.flow[n_mat:]
    american = column(k.us_list[n_mat:] < s.controls.level.shape[0])
    gated = np.where(american, chip.ship_xc / column(f[:, 1, 0]), chip.ship_cx / column(f[:, 0, 1]))
    exports = np.concatenate([flows.exports / column(imports(params)[:n_mat]), gated])
    to_china = (chip.ship_cc + chip.ship_xc) / column(k.use[n_mat:, 0])
    none = np.zeros_like(flows.exports)
    week = Week(
        use,
        met,
        available,
        exports,
        chip.lead_x,
        np.concatenate([flows.drawn, 0 * to_china]),
        np.concatenate([none, to_china]),
        output,
        loss,
        bill,
        lost > law.stop_threshold,
        actions,
    )
    return s, week
