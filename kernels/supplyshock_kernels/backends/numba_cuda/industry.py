"""Sectors: missing inputs, stocks and losses of a week, and its costs once all losses are known."""

from __future__ import annotations

from typing import Any

from ...model import industry
from ...ops import ONE, ZERO, maximum, minimum, real, scalar
from . import records
from .block import U0, U1, U2, market_at, path_at, sector_at
from .columns import SECTOR_COLUMN
from .layout import CHIP, MARKET, MATERIAL, PATH, SECTOR, L, U, theta

_CRITICALITY = theta("criticality_scale")
_DEPLETION = SECTOR.depletion_x - SECTOR.depletion_c


@scalar
def run_sector(b: Any, s: Any, bloc: Any, lane: Any, t: Any) -> None:
    """One week of a sector in one bloc."""
    a, rows, laws, k = sector_at(b, s, lane), b.rows, b.laws, b.tables.sector[s]
    gap_m, missing_m = _lack_materials(b, s, bloc, lane)
    gap_c, missing_c = _lack_chips(b, s, bloc, lane)
    mean = industry.Depletion(materials=k[SECTOR_COLUMN.materials], chips=k[SECTOR_COLUMN.chips])
    stocks = a + SECTOR.depletion_c + bloc * _DEPLETION
    before = records.get_depletion(rows, stocks)
    lost, idle, after = industry.sector((gap_m, gap_c), (missing_m, missing_c), before, mean, laws.refill_weeks)
    records.put_depletion(rows, stocks, after)
    value_added = k[SECTOR_COLUMN.value_added_c + bloc]
    loss = industry.weekly_loss(lost, value_added, laws.multiplier)
    rows[a + SECTOR.lost_c + bloc * L] = lost
    rows[a + SECTOR.idle_c + bloc * L] = idle
    rows[a + SECTOR.loss_c + bloc * L] = loss
    i = bloc * b.plan.number.sectors + s
    if loss > ZERO:
        b.totals[b.plan.total.loss_usd_bn + i, lane.column] += loss
    if bloc == U0 and k[SECTOR_COLUMN.gated] > ZERO:
        gain = industry.weekly_loss(rows[a + SECTOR.stood] - _behind_gates(b, s, lane), value_added, laws.multiplier)
        rows[a + SECTOR.gain] = gain
        b.totals[b.plan.total.loss_usd_bn + i, lane.column] -= gain
    _count_stops(b, i, lane, t, lost)


@scalar
def _count_stops(b: Any, i: Any, lane: Any, t: Any, lost: Any) -> None:
    """Add the week to the stops of a sector in one bloc, the i-th of both."""
    totals, at, column, week = b.totals, b.plan.total, lane.column, real(t, ONE)
    if lost > b.laws.first_plant_threshold:
        first = totals[at.first_plant_week + i, column]
        totals[at.first_plant_week + i, column] = industry.first(week, lost > ZERO, first)
    if lost > b.laws.stop_threshold:
        first = totals[at.first_stop_week + i, column]
        totals[at.first_stop_week + i, column] = industry.first(week, lost > ZERO, first)
        totals[at.stop_weeks + i, column] += ONE


@scalar
def _finish_gap(b: Any, lane: Any, gap: Any, weighted: Any, gaps: Any) -> Any:
    """Output at risk from the scarcest input, and the missing share of all inputs at risk."""
    scale = b.rows[path_at(b, lane) + _CRITICALITY]
    return minimum(scale * gap, ONE), industry.at_risk(weighted, gaps)


@scalar
def _lack_materials(b: Any, s: Any, bloc: Any, lane: Any) -> Any:
    """Output of a sector at risk in one bloc from its scarcest material, and the missing share."""
    needs, gap, weighted, gaps = b.tables.materials, ZERO, ZERO, ZERO
    e, end = U(needs.start[s]), U(needs.start[s + U1])
    while e < end:
        short = b.rows[U(needs.row[e, U0]) + MATERIAL.short_c + bloc * L + lane.l]
        if short > ZERO:  # what is not short adds nothing
            missing = industry.forgone(short, needs.number[e, U1], needs.number[e, U2], b.laws.alike)
            at_risk = needs.number[e, U0] * missing
            gap = maximum(gap, at_risk)
            weighted += at_risk * missing
            gaps += at_risk
        e += U1
    return _finish_gap(b, lane, gap, weighted, gaps)


@scalar
def _lack_chips(b: Any, s: Any, bloc: Any, lane: Any) -> Any:
    """The same for chips, whose shortage falls on all users alike."""
    needs, k, gap, weighted, gaps = b.tables.chips, b.tables.sector[s], ZERO, ZERO, ZERO
    risk = (CHIP.parts_c if k[SECTOR_COLUMN.many_parts] > ZERO else CHIP.out_c) + bloc * L
    gone = CHIP.gone_c + bloc * L
    if bloc == U0 and k[SECTOR_COLUMN.gated] > ZERO:
        risk = CHIP.gated
        gone = CHIP.gone_gated
    e, end = U(needs.start[s]), U(needs.start[s + U1])
    while e < end:
        a = U(needs.row[e, U0]) + lane.l
        missing = b.rows[a + gone]
        if missing > ZERO:
            at_risk = needs.number[e, U0] * b.rows[a + risk]
            gap = maximum(gap, at_risk)
            weighted += at_risk * missing
            gaps += at_risk
        e += U1
    return _finish_gap(b, lane, gap, weighted, gaps)


@scalar
def _behind_gates(b: Any, s: Any, lane: Any) -> Any:
    """Share of output that a gated sector in China goes without, for its worst input."""
    needs, worst = b.tables.chips, ZERO
    e, end = U(needs.start[s]), U(needs.start[s + U1])
    while e < end:
        if U(needs.row[e, U1]) > U0:
            worst = maximum(worst, needs.number[e, U0] * b.rows[U(needs.row[e, U0]) + CHIP.standing + lane.l])
        e += U1
    return industry.standing(worst, b.rows[path_at(b, lane) + _CRITICALITY])


@scalar
def start_sector(b: Any, s: Any, lane: Any) -> None:
    """A sector with full stocks on site, and what it goes without on the first day."""
    a, none = sector_at(b, s, lane), industry.Depletion(materials=ZERO, chips=ZERO)
    records.put_depletion(b.rows, a + SECTOR.depletion_c, none)
    records.put_depletion(b.rows, a + SECTOR.depletion_x, none)
    stood = ZERO
    if b.tables.sector[s, SECTOR_COLUMN.gated] > ZERO:
        stood = _behind_gates(b, s, lane)
    b.rows[a + SECTOR.stood] = stood


@scalar
def bill_party(b: Any, side: Any, lane: Any) -> None:
    """The week's price bill of a party, and the cost of what its users take instead."""
    p, m, bill, instead = path_at(b, lane), U0, ZERO, ZERO
    while m < b.plan.number.markets:
        a = market_at(b, m, lane) + side * L
        bill += b.rows[a + MARKET.bill_c]
        instead += b.rows[a + MARKET.instead_c]
        m += U1
    b.rows[p + PATH.bill_cn + side * L] = bill
    b.rows[p + PATH.instead_cn + side * L] = instead


@scalar
def close_path(b: Any, lane: Any, t: Any) -> None:
    """Losses, pain and bills of week ``t``, and what the fabs have of it, once all sectors are known."""
    p, rows, s, number = path_at(b, lane), b.rows, U0, b.plan.number.sectors
    loss_cn, loss_us, input_c, input_x = ZERO, ZERO, ONE, ONE
    while s < number:
        a, chip = sector_at(b, s, lane), b.tables.sector[s, SECTOR_COLUMN.chip_making]
        loss_cn += rows[a + SECTOR.loss_c]
        loss_us += rows[a + SECTOR.loss_x]
        input_c = minimum(input_c, ONE - chip * rows[a + SECTOR.idle_c])
        input_x = minimum(input_x, ONE - chip * rows[a + SECTOR.idle_x])
        s += U1
    s = U0
    while s < number:
        if b.tables.sector[s, SECTOR_COLUMN.gated] > ZERO:
            a, value_added = sector_at(b, s, lane), b.tables.sector[s, SECTOR_COLUMN.value_added_c]
            loss_cn -= rows[a + SECTOR.gain]
            standing = industry.weekly_loss(rows[a + SECTOR.stood], value_added, b.laws.multiplier)
            b.totals[b.plan.total.standing_cost_usd_bn, lane.column] += standing
        s += U1
    rows[p + PATH.input_c] = input_c
    rows[p + PATH.input_x] = input_x
    b.weekly[t, b.plan.weekly.loss_usd_bn, lane.column] = loss_cn
    b.weekly[t, b.plan.weekly.loss_usd_bn + U1, lane.column] = loss_us
    _feel(b, U0, lane, loss_cn, b.laws.gdp_cn)
    _feel(b, U1, lane, loss_us, b.laws.gdp_us)


@scalar
def _feel(b: Any, side: Any, lane: Any, loss: Any, gdp: Any) -> None:
    """Pain of a party, and its bills."""
    at, rows, column = path_at(b, lane) + side * L, b.rows, lane.column
    bill, instead = rows[at + PATH.bill_cn], rows[at + PATH.instead_cn]
    rows[at + PATH.pain_cn] = industry.pain(rows[at + PATH.pain_cn], loss, bill + instead, gdp, b.laws.pain_weeks)
    b.totals[b.plan.total.price_bill_usd_bn + side, column] += bill
    b.totals[b.plan.total.substitution_usd_bn + side, column] += instead


@scalar
def lose_abroad(b: Any, economy: Any, lane: Any) -> None:
    """The losses of all sectors in another economy in the week."""
    to, s = b.plan.total.loss_abroad_usd_bn + economy, U0
    total = b.totals[to, lane.column]
    while s < b.plan.number.sectors:
        value_added = b.tables.sector[s, SECTOR_COLUMN.abroad + economy]
        lost = b.rows[sector_at(b, s, lane) + SECTOR.lost_x]
        total += industry.weekly_loss(lost, value_added, b.laws.multiplier)
        s += U1
    b.totals[to, lane.column] = total


@scalar
def run_users(b: Any, m: Any, lane: Any) -> None:
    """Share of a market's use that runs after a week: plants that stand still for lack of chips still order them."""
    users, rows, idle_c, idle_x = b.tables.users, b.rows, ZERO, ZERO
    material = m < b.plan.number.materials
    at = SECTOR.lost_c if material else SECTOR.idle_c
    e, end = U(users.start[m]), U(users.start[m + U1])
    while e < end:
        a, share = U(users.row[e, U0]) + at + lane.l, users.number[e, U0]
        idle_c += share * rows[a]
        idle_x += share * rows[a + L]
        e += U1
    to = market_at(b, m, lane)
    rows[to + MARKET.running_c] = industry.running(idle_c)
    rows[to + MARKET.running_x] = industry.running(idle_x)
