"""How likely a week's events at the table were, on stacks of paths."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...model import likelihood, negotiation
from ...model.uncertain_parameters import Theta
from ...params import Array, Params, quarter
from .random_inputs import Luck
from .state import State


def of_week(
    params: Params,
    rules: negotiation.Rules,
    law: negotiation.Rules,
    theta: Theta,
    s: State,
    after: State,
    luck: Luck,
    t: Any,
) -> Array:
    """(N,) log-probability under ``law`` of the events that ``rules`` led to, given the state before."""
    h = negotiation.is_in(s.regime)
    cn, us = negotiation.moves(h, *s.excitation, *s.pain, theta, luck.table, rules)
    forced = params.schedule.regime[t].astype(s.regime.dtype)
    found: Array = likelihood.week(
        forced, s.regime, after.regime, s.clock, h, *s.excitation, *s.pain, theta, cn, us, luck.table, law
    )
    return found


def log_ratio(
    params: Params,
    rules: negotiation.Rules,
    other: likelihood.Other,
    theta: Theta,
    s: State,
    after: State,
    luck: Luck,
    t: Any,
) -> Array:
    """(N,) log of how much likelier the week's events are under another policy."""
    there, here = (of_week(params, rules, law, theta, s, after, luck, t) for law in (other.rules, rules))
    moved = negotiation.moves(negotiation.is_in(s.regime), *s.excitation, *s.pain, theta, luck.table, rules)
    found, pol, q = there - here, params.policy, quarter(t, params.weeks)
    cum, ratio = pol.hit_cum[q], other.lists[q]
    for i in np.flatnonzero(pol.list_is_tariff == 0):
        move = moved[int(pol.list_party[i])]
        found = found + likelihood.chosen(move, cum[i, 0], cum[i, 1], ratio[i])
    return found
