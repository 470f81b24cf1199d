"""How likely a week's events of the negotiation were, on stacks of paths."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...model import likelihood, negotiation
from ...model.uncertain_parameters import Theta
from ...params import Array, Params, quarter
from .random_inputs import RandomInputs
from .state import State


def event_log_likelihood(
    params: Params,
    rules: negotiation.Rules,
    target_rules: negotiation.Rules,
    theta: Theta,
    s: State,
    after: State,
    random_inputs: RandomInputs,
    t: Any,
) -> Array:
    """(N,) log-probability under ``target_rules`` of the events that ``rules`` led to, given the state before."""
    h, u = negotiation.is_in(s.regime), random_inputs.negotiation
    cn, us = negotiation.moves(h, *s.excitation, *s.pain, theta, u, rules)
    forced = params.schedule.regime[t].astype(s.regime.dtype)
    log_likelihood: Array = likelihood.week(
        forced, s.regime, after.regime, s.clock, h, *s.excitation, *s.pain, theta, cn, us, u, target_rules
    )
    return log_likelihood


def add_log_ratio(
    ratio: Array,
    params: Params,
    rules: negotiation.Rules,
    other: likelihood.OtherPolicy,
    theta: Theta,
    s: State,
    after: State,
    random_inputs: RandomInputs,
    t: Any,
) -> Array:
    """(N,) ``ratio`` and the log of how much likelier the week's events are under another policy."""
    there, here = (
        event_log_likelihood(params, rules, target_rules, theta, s, after, random_inputs, t)
        for target_rules in (other.rules, rules)
    )
    h, u = negotiation.is_in(s.regime), random_inputs.negotiation
    moves = negotiation.moves(h, *s.excitation, *s.pain, theta, u, rules)
    week, policy, q = there - here, params.policy, quarter(t, params.weeks)
    cum, more = policy.hit_cum[q], other.lists[q]
    for i in np.flatnonzero(policy.list_is_tariff == 0):
        move = moves[int(policy.list_party[i])]
        week = week + likelihood.chosen(move, cum[i, 0], cum[i, 1], more[i])
    total: Array = ratio + week
    return total
