"""How likely a week's events of the negotiation were, over a tile."""

from __future__ import annotations

from typing import Any

from ...model import likelihood, negotiation
from ...ops import HALF, ZERO
from . import rows
from .compile_options import compiled_loop
from .layout import (
    CLOCK,
    E_CN,
    E_US,
    MOVE_CN,
    MOVE_US,
    PAIN_CN,
    PAIN_US,
    RATIO,
    REGIME,
    UNIFORMS,
    WAS_CLOCK,
    WAS_E_CN,
    WAS_E_US,
    WAS_REGIME,
    L,
)


@compiled_loop
def remember_state(p: Any) -> None:
    """Keep regime, clock and excitations of before the week."""
    for l in range(L):
        p[WAS_REGIME + l] = p[REGIME + l]
        p[WAS_CLOCK + l] = p[CLOCK + l]
        p[WAS_E_CN + l] = p[E_CN + l]
        p[WAS_E_US + l] = p[E_US + l]


@compiled_loop
def add_log_ratio(p: Any, policy: Any, rules: Any, other: Any, forced_regime: Any, q: Any) -> None:
    """Add the log of how much likelier the week's events are under another policy; ``q`` is the quarter of the run."""
    _add_ratio_of_events(p, rules, other.rules, forced_regime)
    _add_ratio_of_lists(p, policy, other.lists, q)


@compiled_loop
def _add_ratio_of_events(p: Any, rules: Any, other_rules: Any, forced_regime: Any) -> None:
    for l in range(L):
        now = negotiation.Standing(
            regime=p[WAS_REGIME + l],
            clock=p[WAS_CLOCK + l],
            e_cn=p[WAS_E_CN + l],
            e_us=p[WAS_E_US + l],
            pain_cn=p[PAIN_CN + l],
            pain_us=p[PAIN_US + l],
            forced=forced_regime,
        )
        events = likelihood.Events(
            cn=rows.get_move(p, MOVE_CN + l),
            us=rows.get_move(p, MOVE_US + l),
            regime=p[REGIME + l],
            u_expiry=rows.get_uniforms(p, UNIFORMS + l).expiry,
        )
        theta = rows.get_theta(p, l)
        there = likelihood.week(now, events, theta, other_rules)
        here = likelihood.week(now, events, theta, rules)
        p[RATIO + l] += there - here


@compiled_loop
def _add_ratio_of_lists(p: Any, policy: Any, ratio: Any, q: Any) -> None:
    """The same of the lists that the week's moves fell on."""
    for i in range(ratio.shape[1]):
        if policy.list_is_tariff[i] > HALF or ratio[q, i] == ZERO:
            continue
        move_at = MOVE_CN if policy.list_party[i] == 0 else MOVE_US
        low, high, more = policy.hit_cum[q, i, 0], policy.hit_cum[q, i, 1], ratio[q, i]
        for l in range(L):
            p[RATIO + l] += likelihood.chosen(rows.get_move(p, move_at + l), low, high, more)
