"""The negotiation in one week: moves, regime, control lists, approval."""

from __future__ import annotations

from typing import Any

from ...model import negotiation
from ...model.uncertain_parameters import Theta
from ...ops import HALF, ONE, ZERO, maximum, real, where
from ...params import Array, Params, quarter
from .lift import added, column, stack
from .random_inputs import RandomInputs
from .state import State


def share_easing(level: Array, pol: Any) -> list[tuple[Array, Array]]:
    """For each list the part [low, high) of the unit interval on which its party eases it:
    in proportion to how often the list is used and how far it is closed."""
    weight = column(_list_weight(pol).astype(level.dtype)) * level
    shares = []
    for i, party in enumerate(pol.list_party):
        mine = pol.list_party == party
        total = maximum(added(weight[mine]), level.dtype.type(1e-9))
        low = added([0 * total, *weight[:i][mine[:i]]])
        shares.append((low / total, (low + weight[i]) / total))
    return shares


def _list_weight(pol: Any) -> Array:
    """(C,) how much of what a party eases falls on each of its lists, as long as all are as far closed."""
    tariff = pol.tariff_share[pol.list_party]
    weight: Array = where(pol.list_is_tariff > 0, tariff, (1 - tariff) * (pol.list_cum[:, 1] - pol.list_cum[:, 0]))
    return weight


def negotiate(
    params: Params, rules: negotiation.Rules, theta: Theta, s: State, random_inputs: RandomInputs, t: int
) -> tuple[State, Array, Array]:
    """(state with new regime and controls, (C, N) announcements that move prices, (2, 3, N) actions)."""
    sch, u = params.schedule, random_inputs.negotiation
    now = standing(params, s, t)
    cn, us = negotiation.moves(now, theta, u, rules)
    regime, clock = negotiation.turn(now, maximum(cn.severity, us.severity), theta, u, rules)
    clock = where(sch.clock[t] >= 0, sch.clock[t], clock)
    after = negotiation.is_in(regime)
    controls, announced = set_controls(params, s, (cn, us), after, random_inputs, t)
    approval = negotiation.approve(
        s.approval, negotiation.pick(after, rules.approval), rules.approval_weeks, sch.approval[t]
    )
    state = s._replace(
        regime=regime,
        clock=clock,
        excitation=(
            rules.cross_decay * s.excitation[0] + cn.severity,
            rules.cross_decay * s.excitation[1] + us.severity,
        ),
        approval=approval,
        leniency=negotiation.drift_leniency(s.leniency, random_inputs.leniency, rules),
        controls=controls,
    )
    return state, announced, stack([stack([m.acted, m.replied, where(m.relaxed > 0, ONE, ZERO)]) for m in (cn, us)])


def standing(params: Params, s: State, t: int) -> negotiation.Standing:
    """Where the negotiation stands before week ``t``."""
    return negotiation.Standing(
        regime=s.regime,
        clock=s.clock,
        e_cn=s.excitation[0],
        e_us=s.excitation[1],
        pain_cn=s.pain[0],
        pain_us=s.pain[1],
        forced=real(params.schedule.regime[t], s.regime),
    )


def set_controls(
    params: Params,
    s: State,
    moved: tuple[negotiation.Move, negotiation.Move],
    after: negotiation.ByRegime,
    random_inputs: RandomInputs,
    t: int,
) -> tuple[negotiation.Control, Array]:
    """The control lists after the week's moves, and their announcements."""
    pol, sch = params.policy, params.schedule
    eased, cum = share_easing(s.controls.level, pol), pol.hit_cum[quarter(t, params.weeks)]
    rows = []
    for i, party in enumerate(pol.list_party):
        move = moved[int(party)]
        if pol.list_is_tariff[i]:
            on_list = move.tariff > HALF
        else:
            on_list = (move.tariff <= HALF) & negotiation.hit(move.position, cum[i, 0], cum[i, 1])
        restrict = where(on_list, move.severity, 0 * move.severity)
        relax = where(negotiation.hit(random_inputs.ease[int(party)], *eased[i]), move.relaxed, 0 * move.relaxed)
        k = negotiation.Control(**{name: row[i] for name, row in s.controls._asdict().items()})
        pull = negotiation.pick(after, negotiation.ByRegime(*pol.pull[:, i]))
        level = negotiation.control_step(k, restrict, relax, pull, pol.pull_weeks, sch.control[t, i])
        rows.append((level, *negotiation.announcement(k, maximum(restrict, sch.announcement[t, i]))))
    level, announced, jump2, jump3 = (stack(r) for r in zip(*rows, strict=True))
    return negotiation.Control(level=level, jump2=jump2, jump3=jump3), announced
