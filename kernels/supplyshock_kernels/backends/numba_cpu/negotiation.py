"""The negotiation over a tile: moves, regime, control lists."""

from __future__ import annotations

from typing import Any

from ...model import negotiation
from ...ops import HALF, ZERO, maximum, where
from ...params import CALM, DEAL, ESCALATION, RIFT, TALKS, TRUCE, quarter
from . import rows
from .compile_options import compiled_loop
from .layout import (
    ANNOUNCED,
    APPROVAL,
    CLOCK,
    E_CN,
    E_US,
    EASE_HIGH,
    EASE_LOW,
    GRANTED,
    JUMP2,
    JUMP3,
    LENIENCY,
    LEVEL,
    LIST,
    MOVE_CN,
    MOVE_US,
    PAIN_CN,
    PAIN_US,
    REGIME,
    SUM_A,
    SUM_B,
    UNIFORMS,
    L,
    U,
    uniform,
)

_EASE_CN, _EASE_US, _LENIENCY = uniform("ease_cn"), uniform("ease_us"), uniform("leniency")


@compiled_loop
def negotiate(p: Any, rules: Any, forced_regime: Any, forced_clock: Any, forced_approval: Any) -> None:
    """Moves of both parties, then regime, clock and approval; negative forced values leave them free."""
    for l in range(L):
        now = negotiation.Standing(
            regime=p[REGIME + l],
            clock=p[CLOCK + l],
            e_cn=p[E_CN + l],
            e_us=p[E_US + l],
            pain_cn=p[PAIN_CN + l],
            pain_us=p[PAIN_US + l],
            forced=forced_regime,
        )
        u, theta = rows.get_uniforms(p, UNIFORMS + l), rows.get_theta(p, l)
        cn, us = negotiation.moves(now, theta, u, rules)
        after, left = negotiation.turn(now, maximum(cn.severity, us.severity), theta, u, rules)
        left = forced_clock if forced_clock >= 0 else left
        target = negotiation.pick(negotiation.is_in(after), rules.approval)
        p[APPROVAL + l] = negotiation.approve(p[APPROVAL + l], target, rules.approval_weeks, forced_approval)
        p[LENIENCY + l] = negotiation.drift_leniency(p[LENIENCY + l], p[_LENIENCY + l], rules)
        p[GRANTED + l] = negotiation.granted(p[APPROVAL + l], p[LENIENCY + l])
        p[REGIME + l] = after
        p[CLOCK + l] = left
        p[E_CN + l] = rules.cross_decay * now.e_cn + cn.severity
        p[E_US + l] = rules.cross_decay * now.e_us + us.severity
        rows.put_move(p, MOVE_CN + l, cn)
        rows.put_move(p, MOVE_US + l, us)


@compiled_loop
def share_easing(lists: Any, p: Any, party: Any, weight: Any, floor: Any) -> None:
    """On which part of the unit interval each list is the one its party eases (see the reference)."""
    for side in range(2):
        for l in range(L):
            p[SUM_A + l] = floor * 0
        for i in range(party.shape[0]):
            if party[i] == side:
                a, w = U(i) * LIST, weight[i]
                for l in range(L):
                    p[SUM_A + l] += w * lists[a + LEVEL + l]
        for l in range(L):
            p[SUM_A + l] = maximum(p[SUM_A + l], floor)
            p[SUM_B + l] = floor * 0
        for i in range(party.shape[0]):
            if party[i] == side:
                a, w = U(i) * LIST, weight[i]
                for l in range(L):
                    low, own = p[SUM_B + l], w * lists[a + LEVEL + l]
                    lists[a + EASE_LOW + l] = low / p[SUM_A + l]
                    lists[a + EASE_HIGH + l] = (low + own) / p[SUM_A + l]
                    p[SUM_B + l] = low + own


@compiled_loop
def set_controls(tile: Any, pol: Any, rules: Any, schedule: Any, t: Any) -> None:
    """The control lists after the moves of week ``t``, and the announcements that move prices."""
    lists, p, q = tile.lists, tile.path, quarter(t, schedule.regime.shape[0])
    forced, announced = schedule.control[t], schedule.announcement[t]
    for i in range(pol.list_party.shape[0]):
        a, side = U(i) * LIST, U(pol.list_party[i])
        move_at, ease_at = (MOVE_CN, _EASE_CN) if side == 0 else (MOVE_US, _EASE_US)
        tariff, low, high = pol.list_is_tariff[i], pol.hit_cum[q, i, 0], pol.hit_cum[q, i, 1]
        pull = negotiation.ByRegime(
            calm=pol.pull[CALM, i],
            talks=pol.pull[TALKS, i],
            escalation=pol.pull[ESCALATION, i],
            truce=pol.pull[TRUCE, i],
            deal=pol.pull[DEAL, i],
            rift=pol.pull[RIFT, i],
        )
        force, news = forced[i], announced[i]
        for l in range(L):
            move = rows.get_move(p, move_at + l)
            on_tariff = move.tariff > HALF
            on_other = negotiation.hit(move.position, low, high) & (move.tariff <= HALF)
            on_list = on_tariff if tariff > HALF else on_other
            restrict = where(on_list, move.severity, move.severity * ZERO)
            eased = negotiation.hit(p[ease_at + l], lists[a + EASE_LOW + l], lists[a + EASE_HIGH + l])
            relax = where(eased, move.relaxed, move.relaxed * ZERO)
            k = negotiation.Control(level=lists[a + LEVEL + l], jump2=lists[a + JUMP2 + l], jump3=lists[a + JUMP3 + l])
            target = negotiation.pick(negotiation.is_in(p[REGIME + l]), pull)
            level = negotiation.control_step(k, restrict, relax, target, rules.pull_weeks, force)
            announced_now, jump2, jump3 = negotiation.announcement(k, maximum(restrict, news))
            lists[a + LEVEL + l] = level
            lists[a + JUMP2 + l] = jump2
            lists[a + JUMP3 + l] = jump3
            lists[a + ANNOUNCED + l] = announced_now
