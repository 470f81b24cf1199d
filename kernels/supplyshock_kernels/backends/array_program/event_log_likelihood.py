"""How likely a week's events of the negotiation were, on stacks of paths."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...model import likelihood, negotiation
from ...model.uncertain_parameters import Theta
from ...params import Array, Params, quarter
from .negotiation import standing
from .random_inputs import RandomInputs
from .state import State


class PolicyRun(NamedTuple):
    """What all weeks of a run share, as far as the negotiation goes."""

    params: Params
    rules: negotiation.Rules
    theta: Theta


class Week(NamedTuple):
    """A week that has been simulated."""

    before: State
    after: State
    random_inputs: RandomInputs
    t: Any


def event_log_likelihood(run: PolicyRun, week: Week) -> Array:
    """(N,) log-probability of the week's events, given the state before."""
    now, events = _observe(run, week)
    log_likelihood: Array = likelihood.week(now, events, run.theta, run.rules)
    return log_likelihood


def add_log_ratio(ratio: Array, run: PolicyRun, other: likelihood.OtherPolicy, week: Week) -> Array:
    """(N,) ``ratio`` and the log of how much likelier the week's events are under another policy."""
    now, events = _observe(run, week)
    there, here = (likelihood.week(now, events, run.theta, rules) for rules in (other.rules, run.rules))
    policy, q = run.params.policy, quarter(week.t, run.params.weeks)
    more = there - here
    cum, lists = policy.hit_cum[q], other.lists[q]
    for i in np.flatnonzero(policy.list_is_tariff == 0):
        move = (events.cn, events.us)[int(policy.list_party[i])]
        more = more + likelihood.chosen(move, cum[i, 0], cum[i, 1], lists[i])
    total: Array = ratio + more
    return total


def _observe(run: PolicyRun, week: Week) -> tuple[negotiation.Standing, likelihood.Events]:
    """Where the negotiation stood before the week, and what then happened."""
    now, u = standing(run.params, week.before, week.t), week.random_inputs.negotiation
    cn, us = negotiation.moves(now, run.theta, u, run.rules)
    return now, likelihood.Events(cn=cn, us=us, regime=week.after.regime, u_expiry=u.expiry)
