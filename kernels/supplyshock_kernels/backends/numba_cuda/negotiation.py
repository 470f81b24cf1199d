"""The negotiation: one thread a path at the table, and one a control list."""

from __future__ import annotations

from typing import Any

from ...model import likelihood, negotiation, supply
from ...ops import HALF, ONE, ZERO, const, maximum, real, scalar, where
from ...params import DEAL, RIFT
from . import records
from .block import U0, U1, U2, U3, list_at, path_at
from .columns import LIST_COLUMN
from .layout import LIST, PATH, U, uniform

_DEAL, _RIFT = const(DEAL), const(RIFT)
_LENIENCY, _STRAIT = uniform("leniency"), uniform("strait")
_EASE_CN, _EASE_US = uniform("ease_cn"), uniform("ease_us")


@scalar
def negotiate(b: Any, lane: Any, t: Any) -> None:
    """Moves of both parties, then regime, clock and approval; a crisis in the strait."""
    p, rows, rules, week, at = path_at(b, lane), b.rows, b.laws.rules, b.tables.week, b.plan.column
    now = negotiation.Standing(
        regime=rows[p + PATH.regime],
        clock=rows[p + PATH.clock],
        e_cn=rows[p + PATH.e_cn],
        e_us=rows[p + PATH.e_us],
        pain_cn=rows[p + PATH.pain_cn],
        pain_us=rows[p + PATH.pain_us],
        forced=week[t, at.regime],
    )
    u, theta = records.get_uniforms(rows, p + PATH.uniforms), records.get_theta(rows, p + PATH.theta)
    cn, us = negotiation.moves(now, theta, u, rules)
    after, left = negotiation.turn(now, maximum(cn.severity, us.severity), theta, u, rules)
    forced_clock = week[t, at.clock]
    left = forced_clock if forced_clock >= ZERO else left
    target = negotiation.pick(negotiation.is_in(after), rules.approval)
    approval = negotiation.approve(rows[p + PATH.approval], target, rules.approval_weeks, week[t, at.approval])
    leniency = negotiation.drift_leniency(rows[p + PATH.leniency], rows[p + _LENIENCY], rules)
    rows[p + PATH.approval] = approval
    rows[p + PATH.leniency] = leniency
    rows[p + PATH.granted] = negotiation.granted(approval, leniency)
    rows[p + PATH.regime] = after
    rows[p + PATH.clock] = left
    rows[p + PATH.e_cn] = rules.cross_decay * now.e_cn + cn.severity
    rows[p + PATH.e_us] = rules.cross_decay * now.e_us + us.severity
    records.put_move(rows, p + PATH.move_cn, cn)
    records.put_move(rows, p + PATH.move_us, us)
    if b.plan.option.weighed > U0:
        events = likelihood.Events(cn=cn, us=us, regime=after, u_expiry=u.expiry)
        there = likelihood.week(now, events, theta, b.laws.other)
        here = likelihood.week(now, events, theta, rules)
        rows[p + PATH.ratio] += there - here
        _add_ratio_of_lists(b, lane, t)
    rate = negotiation.pick(negotiation.is_in(after), rules.strait_hazard)
    hit = where(rows[p + _STRAIT] < supply.weekly_probability(rate), rules.strait_severity, ZERO * rate)
    rows[p + PATH.strait] = maximum(rows[p + PATH.strait] * (ONE - ONE / rules.strait_recovery), hit)
    b.weekly[t, b.plan.weekly.regime, lane.column] = after
    _count_events(b, lane, t, after)


@scalar
def _count_events(b: Any, lane: Any, t: Any, regime: Any) -> None:
    """Add the week to the totals of the negotiation: regimes, first deal and rift, actions."""
    p, rows, totals, at, column = path_at(b, lane), b.rows, b.totals, b.plan.total, lane.column
    week = real(t, ONE)
    totals[at.weeks_in_regime + U(regime), column] += ONE
    if (regime == _DEAL) & (totals[at.deal_week, column] < ZERO):
        totals[at.deal_week, column] = week
    if (regime == _RIFT) & (totals[at.rift_week, column] < ZERO):
        totals[at.rift_week, column] = week
    cn, us = records.get_move(rows, p + PATH.move_cn), records.get_move(rows, p + PATH.move_us)
    _count_moves(b, lane, U0, cn)
    _count_moves(b, lane, U3, us)


@scalar
def _count_moves(b: Any, lane: Any, first: Any, move: Any) -> None:
    """Restrictions, replies and relaxations of a party."""
    at, column = b.plan.total.actions + first, lane.column
    if move.acted > ZERO:
        b.totals[at, column] += move.acted
    if move.replied > ZERO:
        b.totals[at + U1, column] += move.replied
    if move.relaxed > ZERO:
        b.totals[at + U2, column] += ONE


@scalar
def _add_ratio_of_lists(b: Any, lane: Any, t: Any) -> None:
    """How much likelier it is under the other policy that the week's moves fell on the lists that they fell on."""
    p, lists, q, i = path_at(b, lane), b.tables.lists, U(b.tables.quarter[t]), U0
    while i < b.plan.number.lists:
        more = lists[i, LIST_COLUMN.ratio + q]
        if (lists[i, LIST_COLUMN.tariff] <= HALF) & (more != ZERO):
            move = records.get_move(b.rows, p + (PATH.move_cn if lists[i, LIST_COLUMN.party] == ZERO else PATH.move_us))
            low, high = lists[i, LIST_COLUMN.low + q], lists[i, LIST_COLUMN.high + q]
            b.rows[p + PATH.ratio] += likelihood.chosen(move, low, high, more)
        i += U1


@scalar
def share_easing(b: Any, side: Any, lane: Any) -> None:
    """On which part of the unit interval each list of a party is the one that it eases."""
    lists, rows, floor = b.tables.lists, b.rows, b.laws.floor
    party = ZERO if side == U0 else ONE
    total, i = floor * ZERO, U0
    while i < b.plan.number.lists:
        if lists[i, LIST_COLUMN.party] == party:
            total += lists[i, LIST_COLUMN.weight] * rows[list_at(b, i, lane) + LIST.level]
        i += U1
    total = maximum(total, floor)
    low, i = floor * ZERO, U0
    while i < b.plan.number.lists:
        if lists[i, LIST_COLUMN.party] == party:
            a = list_at(b, i, lane)
            own = lists[i, LIST_COLUMN.weight] * rows[a + LIST.level]
            rows[a + LIST.ease_low] = low / total
            rows[a + LIST.ease_high] = (low + own) / total
            low += own
        i += U1


@scalar
def set_control(b: Any, i: Any, lane: Any, t: Any) -> None:
    """A control list after the moves of the week, and the announcement that moves prices."""
    a, p, rows, k, week = list_at(b, i, lane), path_at(b, lane), b.rows, b.tables.lists, b.tables.week
    china, q = k[i, LIST_COLUMN.party] == ZERO, U(b.tables.quarter[t])
    move = records.get_move(rows, p + (PATH.move_cn if china else PATH.move_us))
    position = negotiation.hit(move.position, k[i, LIST_COLUMN.low + q], k[i, LIST_COLUMN.high + q])
    on_other = position & (move.tariff <= HALF)
    on_list = (move.tariff > HALF) if k[i, LIST_COLUMN.tariff] > HALF else on_other
    restrict = where(on_list, move.severity, move.severity * ZERO)
    eased = negotiation.hit(
        rows[p + (_EASE_CN if china else _EASE_US)], rows[a + LIST.ease_low], rows[a + LIST.ease_high]
    )
    relax = where(eased, move.relaxed, move.relaxed * ZERO)
    before = negotiation.Control(level=rows[a + LIST.level], jump2=rows[a + LIST.jump2], jump3=rows[a + LIST.jump3])
    pull = negotiation.ByRegime(
        calm=k[i, LIST_COLUMN.calm],
        talks=k[i, LIST_COLUMN.talks],
        escalation=k[i, LIST_COLUMN.escalation],
        truce=k[i, LIST_COLUMN.truce],
        deal=k[i, LIST_COLUMN.deal],
        rift=k[i, LIST_COLUMN.rift],
    )
    target = negotiation.pick(negotiation.is_in(rows[p + PATH.regime]), pull)
    force, news = week[t, b.plan.column.control + i], week[t, b.plan.column.announcement + i]
    level = negotiation.control_step(before, restrict, relax, target, b.laws.rules.pull_weeks, force)
    announced, jump2, jump3 = negotiation.announcement(before, maximum(restrict, news))
    rows[a + LIST.level] = level
    rows[a + LIST.jump2] = jump2
    rows[a + LIST.jump3] = jump3
    rows[a + LIST.announced] = announced
    if lane.column < b.kept:
        b.weekly[t, b.plan.weekly.control_level + i, lane.column] = level
