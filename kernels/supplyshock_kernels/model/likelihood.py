"""How likely the discrete events of a week were: what a gradient and the weight of a path need.

A path is a smooth function of its parameters only while nothing discrete changes.
The derivative of an expectation is that of the paths plus the mean of outcome times
the derivative of the log-probability of their events (Glynn, "Likelihood ratio
gradient estimation for stochastic systems", 1990). Covered: actions, replies,
relaxations, regime changes and the end of a truce's clock; for weights also which list
is hit (`chosen`). Accidents, whether it is a tariff, what is eased, severities and the
length of clocks have distributions of their own parameters, which are constants here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..ops import HALF, ONE, ZERO, clip, const, exp, log, maximum, scalar, where
from ..params import Policy
from . import negotiation

_LEAST, _MOST = const(1e-12), const(1.0 - 1e-7)


class Events(NamedTuple):
    """What happened in the negotiation in a week."""

    cn: Any
    us: Any
    """the parties' `negotiation.Move`."""
    regime: Any
    """after the week."""
    u_expiry: Any
    """uniform that decides whether a truce's clock is resolved early."""


class OtherPolicy(NamedTuple):
    """Another policy, as paths are weighed against it."""

    rules: negotiation.Rules
    lists: Any
    """(4, C) log ratio of the probabilities that an action or reply other than a tariff hits each list, by quarter."""


def compare_policies(here: Policy, there: Policy) -> OtherPolicy:
    """The terms that weight paths of one policy against another, in the precision of the run."""
    mine, theirs = (np.diff(p.hit_cum.astype(np.float64))[..., 0] for p in (here, there))
    both = (mine > 0) & (theirs > 0)
    lists = np.where(both, np.log(np.where(both, theirs, 1) / np.where(both, mine, 1)), 0)
    return OtherPolicy(rules=negotiation.build_rules(there), lists=lists.astype(here.hit_cum.dtype))


@scalar
def bernoulli(happened: Any, probability: Any) -> Any:
    """Log-probability of an event of this probability that happened, or did not (``happened`` is 1 or 0)."""
    p = clip(probability, _LEAST, _MOST)
    return where(happened > HALF, log(p), log(ONE - p))


@scalar
def act(acted: Any, rate: Any) -> Any:
    """Log-probability of whether at least one event of a yearly rate falls in a week."""
    return bernoulli(acted, ONE - exp(-rate * negotiation.DT))


@scalar
def moves(now: Any, cn: Any, us: Any, theta: Any, rules: Any) -> Any:
    """Log-probability of the two parties' actions, replies and relaxations."""
    h = negotiation.is_in(now.regime)
    level = rules.endogenous * theta.policy_level
    own = act(cn.acted, level * (negotiation.pick(h, rules.base_cn) + rules.cross * now.e_us)) + act(
        us.acted, level * (negotiation.pick(h, rules.base_us) + rules.cross * now.e_cn)
    )
    calm_cn = (
        rules.endogenous
        * negotiation.pick(h, rules.relax_cn)
        * negotiation.pain_factor(theta.relax_pain, now.pain_cn, rules)
    )
    calm_us = (
        rules.endogenous
        * negotiation.pick(h, rules.relax_us)
        * negotiation.pain_factor(theta.relax_pain, now.pain_us, rules)
    )
    eased = act(where(cn.relaxed > ZERO, ONE, ZERO), calm_cn) + act(where(us.relaxed > ZERO, ONE, ZERO), calm_us)
    return own + eased + answer(cn, us, rules) + answer(us, cn, rules)


@scalar
def week(now: Any, events: Any, theta: Any, rules: Any) -> Any:
    """Log-probability of a week of the negotiation: both parties' moves and the turn to the next regime."""
    cn, us = events.cn, events.us
    turned = turn(now, events, maximum(cn.severity, us.severity), theta, rules)
    return turned + moves(now, cn, us, theta, rules)


@scalar
def chosen(move: Any, low: Any, high: Any, ratio: Any) -> Any:
    """``ratio`` where a party's action or reply fell on the list at [low, high), else 0."""
    on = (move.acted + move.replied > HALF) & (move.tariff <= HALF) & negotiation.hit(move.position, low, high)
    return where(on, ratio, ZERO * ratio)


@scalar
def answer(mine: Any, other: Any, rules: Any) -> Any:
    """Log-probability of a reply, or none, to the other side's action; a party that acts itself does not reply."""
    rho = where(other.tariff > HALF, rules.reply_tariff, rules.reply_other)
    probability = ONE - exp(-rho * other.severity * other.acted)
    asked = (other.acted > HALF) & (mine.acted < HALF)
    return where(asked, bernoulli(mine.replied, probability), ZERO * probability)


@scalar
def turn(now: Any, events: Any, severity: Any, theta: Any, rules: Any) -> Any:
    """Log-probability of the regime after a week of this severity: an expired clock's outcome, or competing rates."""
    h, before, after = negotiation.is_in(now.regime), now.regime, events.regime
    rate = negotiation.hazards(now, negotiation.onset_factor(h, severity, theta.onset, rules), theta, rules)
    total = rate.calm + rate.talks + rate.escalation + rate.truce + rate.deal + rate.rift
    into = negotiation.pick(negotiation.is_in(after), rate)
    moved = where(after == before, ZERO * total, ONE + ZERO * total)
    drift = act(moved, total) + where(
        moved > HALF, log(clip(into, _LEAST, into)) - log(clip(total, _LEAST, total)), ZERO
    )
    lapse = rules.lapse * theta.hazard_lapse
    every = rules.roll + rules.deal + lapse + rules.talks
    to = negotiation.ByRegime(
        calm=ZERO * every,
        talks=rules.talks,
        escalation=lapse,
        truce=rules.roll,
        deal=rules.deal,
        rift=ZERO * every,
    )
    ended = log(clip(negotiation.pick(negotiation.is_in(after), to), _LEAST, every)) - log(every)
    due = negotiation.expires(now.clock, h.truce, events.u_expiry, rules.expiry_weekly)
    free = (rules.endogenous > HALF) & (now.forced < ZERO)
    return where(free, where(due, ended, drift), ZERO * total)
