"""How likely the discrete events of a week were: what a gradient and the weight of a path need.

A path is a smooth function of its parameters only while nothing discrete changes.
The derivative of an expectation is that of the paths plus the mean of outcome times
the derivative of the log-probability of their events (Glynn, "Likelihood ratio
gradient estimation for stochastic systems", 1990). Covered: actions, replies,
relaxations, regime changes and the end of a truce's clock; for weights also which list
is hit (`chosen`). Accidents, whether it is a tariff, what is eased, severities and the
length of clocks have laws of their own parameters, which are constants here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..ops import HALF, ONE, ZERO, clip, const, exp, log, maximum, scalar, where
from ..params import Policy
from . import negotiation

_LEAST, _MOST = const(1e-12), const(1.0 - 1e-7)


class Other(NamedTuple):
    """Another policy, as paths are weighed against it."""

    rules: negotiation.Rules
    lists: Any
    """(4, C) log of how much likelier each list is to be hit by an action or reply that is no tariff, by quarter."""


def other(here: Policy, there: Policy) -> Other:
    """What weighing paths of a policy against another takes; both in the precision of the run."""
    mine, theirs = (np.diff(p.hit_cum.astype(np.float64))[..., 0] for p in (here, there))
    both = (mine > 0) & (theirs > 0)
    lists = np.where(both, np.log(np.where(both, theirs, 1) / np.where(both, mine, 1)), 0)
    return Other(negotiation.rules(there), lists.astype(here.hit_cum.dtype))


@scalar
def bernoulli(happened: Any, chance: Any) -> Any:
    """Log-probability of an event of a chance that happened, or did not (``happened`` is 1 or 0)."""
    p = clip(chance, _LEAST, _MOST)
    return where(happened > HALF, log(p), log(ONE - p))


@scalar
def act(acted: Any, rate: Any) -> Any:
    """Of at least one event of a yearly rate in a week."""
    return bernoulli(acted, ONE - exp(-rate * negotiation.DT))


@scalar
def moves(h: Any, e_cn: Any, e_us: Any, pain_cn: Any, pain_us: Any, theta: Any, cn: Any, us: Any, law: Any) -> Any:
    """Of the two parties' actions, replies and relaxations, given the state before them."""
    level = law.endogenous * theta.policy_level
    own = act(cn.acted, level * (negotiation.pick(h, law.base_cn) + law.cross * e_us)) + act(
        us.acted, level * (negotiation.pick(h, law.base_us) + law.cross * e_cn)
    )
    calm_cn = (
        law.endogenous * negotiation.pick(h, law.relax_cn) * negotiation.pain_factor(theta.relax_pain, pain_cn, law)
    )
    calm_us = (
        law.endogenous * negotiation.pick(h, law.relax_us) * negotiation.pain_factor(theta.relax_pain, pain_us, law)
    )
    eased = act(where(cn.relaxed > ZERO, ONE, ZERO), calm_cn) + act(where(us.relaxed > ZERO, ONE, ZERO), calm_us)
    return own + eased + answer(cn, us, law) + answer(us, cn, law)


@scalar
def week(
    forced: Any,
    before: Any,
    after: Any,
    clock: Any,
    h: Any,
    e_cn: Any,
    e_us: Any,
    pain_cn: Any,
    pain_us: Any,
    theta: Any,
    cn: Any,
    us: Any,
    u: Any,
    law: Any,
) -> Any:
    """Of all that happened at the table: both parties' moves and the turn from regime ``before`` to ``after``."""
    severity = maximum(cn.severity, us.severity)
    turned = turn(forced, before, after, clock, h, severity, pain_cn, pain_us, theta, u, law)
    return turned + moves(h, e_cn, e_us, pain_cn, pain_us, theta, cn, us, law)


@scalar
def chosen(move: Any, low: Any, high: Any, ratio: Any) -> Any:
    """``ratio`` where a party's action or reply fell on the list at [low, high), else 0."""
    on = (move.acted + move.replied > HALF) & (move.tariff <= HALF) & negotiation.hit(move.position, low, high)
    return where(on, ratio, ZERO * ratio)


@scalar
def answer(mine: Any, other: Any, law: Any) -> Any:
    """Of a reply, or none, to what the other side did; a party that acts by itself does not reply."""
    rho = where(other.tariff > HALF, law.reply_tariff, law.reply_other)
    chance = ONE - exp(-rho * other.severity * other.acted)
    asked = (other.acted > HALF) & (mine.acted < HALF)
    return where(asked, bernoulli(mine.replied, chance), ZERO * chance)


@scalar
def turn(
    forced: Any,
    before: Any,
    after: Any,
    clock: Any,
    h: Any,
    severity: Any,
    pain_cn: Any,
    pain_us: Any,
    theta: Any,
    u: Any,
    law: Any,
) -> Any:
    """Of the regime ``after``, given the one ``before``: an expired clock's outcome, or competing rates."""
    onset = negotiation.onset_factor(h, severity, theta.onset, law)
    rate = negotiation.hazards(h, theta, onset, pain_cn, pain_us, clock, law)
    total = rate.calm + rate.talks + rate.escalation + rate.truce + rate.deal + rate.rift
    into = negotiation.pick(negotiation.is_in(after), rate)
    moved = where(after == before, ZERO * total, ONE + ZERO * total)
    drift = act(moved, total) + where(
        moved > HALF, log(clip(into, _LEAST, into)) - log(clip(total, _LEAST, total)), ZERO
    )
    lapse = law.lapse * theta.hazard_lapse
    every = law.roll + law.deal + lapse + law.talks
    to = negotiation.ByRegime(ZERO * every, law.talks, lapse, law.roll, law.deal, ZERO * every)
    ended = log(clip(negotiation.pick(negotiation.is_in(after), to), _LEAST, every)) - log(every)
    due = negotiation.expires(clock, h.truce, u.expiry, law.expiry_weekly)
    free = (law.endogenous > HALF) & (forced < ZERO)
    return where(free, where(due, ended, drift), ZERO * total)
