"""How likely a week's events at the table were, on stacks of paths."""

from __future__ import annotations

from typing import Any

from ...model import likelihood, policy
from ...params import Array, Params
from ...theta import Theta
from .luck import Luck
from .state import State


def of_week(
    params: Params, rules: policy.Rules, law: policy.Rules, theta: Theta, s: State, after: State, luck: Luck, t: Any
) -> Array:
    """(N,) log-probability under ``law`` of the events that ``rules`` led to, given the state before."""
    h = policy.is_in(s.regime)
    cn, us = policy.moves(h, *s.excitation, *s.pain, theta, luck.table, rules)
    forced = params.schedule.regime[t].astype(s.regime.dtype)
    found: Array = likelihood.week(
        forced, s.regime, after.regime, s.clock, h, *s.excitation, *s.pain, theta, cn, us, luck.table, law
    )
    return found


def log_ratio(
    params: Params, rules: policy.Rules, other: policy.Rules, theta: Theta, s: State, after: State, luck: Luck, t: Any
) -> Array:
    """(N,) log of how much likelier the week's events are under other rules."""
    there, here = (of_week(params, rules, law, theta, s, after, luck, t) for law in (other, rules))
    return there - here
