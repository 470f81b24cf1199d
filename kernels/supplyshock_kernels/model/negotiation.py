"""The negotiation in one week: actions, replies, relaxations, regimes, controls (docs/model.md, "Policy").

Two parties act at rates that depend on the regime and on what the other side
has just done; a party that did not act may reply within the week; pain makes a
side yield. Regimes change by competing hazards and when a truce's clock runs out.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..ops import HALF, ONE, TWO, ZERO, clip, const, exp, maximum, minimum, scalar, where
from ..params import WEEKS_PER_YEAR, Policy
from ..rng.random_variates import kumaraswamy

DT = const(1 / WEEKS_PER_YEAR)
_CALM, _TALKS, _ESCALATION, _TRUCE, _DEAL, _RIFT = (const(i) for i in range(6))
_LOG_CAP = const(3.0)
_CLOCK_NONE, _CLOCK_FREE = const(1e6), const(5e5)
_JUMP_2, _JUMP_3 = const(0.3), const(0.2)
_TINY = const(1e-9)


class ByRegime(NamedTuple):
    """Six numbers, one a regime: a table, or 1 for the regime a path is in and 0 for the others."""

    calm: Any
    talks: Any
    escalation: Any
    truce: Any
    deal: Any
    rift: Any


class Move(NamedTuple):
    """What one party did in a week."""

    acted: Any
    replied: Any
    severity: Any
    """of the action or reply; 0 if neither."""
    tariff: Any
    """1: on the tariff list."""
    position: Any
    """in [0, 1): which of the party's other lists."""
    relaxed: Any
    """severity of a relaxation; 0: none."""


class Uniforms(NamedTuple):
    """The week's luck at the table, each uniform on (0, 1)."""

    act_cn: Any
    act_us: Any
    severity_cn: Any
    severity_us: Any
    reply_cn: Any
    reply_us: Any
    list_cn: Any
    list_us: Any
    relax_cn: Any
    relax_us: Any
    relax_severity_cn: Any
    relax_severity_us: Any
    change: Any
    target: Any
    expiry: Any
    expiry_target: Any
    clock: Any


class Rules(NamedTuple):
    """`params.Policy` as scalars and tables by regime; see there for meanings and units."""

    endogenous: Any
    base_cn: Any
    base_us: Any
    relax_cn: Any
    relax_us: Any
    severity_cn: Any
    severity_us: Any
    relax_severity_cn: Any
    relax_severity_us: Any
    cross: Any
    cross_decay: Any
    reply_tariff: Any
    reply_other: Any
    tariff_cn: Any
    tariff_us: Any
    reply_tariff_to_tariff: Any
    reply_tariff_to_other: Any
    hazard: Any
    """by regime entered, of tables by regime left."""
    truce_clock: Any
    truce_no_clock: Any
    roll: Any
    deal: Any
    lapse: Any
    talks: Any
    expiry_weekly: Any
    short_roll: Any
    short_clock: Any
    long_clock: Any
    onset_mean: Any
    severity_mean: Any
    severity_var: Any
    pain_center: Any
    pain_cap: Any
    approval: Any
    approval_weeks: Any
    pull_weeks: Any
    strait_hazard: Any
    strait_severity: Any
    strait_recovery: Any


def rules(policy: Policy) -> Rules:
    """The policy parameters in the form that the functions below take."""
    p = policy
    columns = ByRegime(*(ByRegime(*p.hazard[:, to]) for to in range(6)))
    return Rules(
        p.endogenous,
        ByRegime(*p.base_rate[0]),
        ByRegime(*p.base_rate[1]),
        ByRegime(*p.relax_rate[0]),
        ByRegime(*p.relax_rate[1]),
        (p.severity[0, 0], p.severity[0, 1]),
        (p.severity[1, 0], p.severity[1, 1]),
        (p.severity_relax[0, 0], p.severity_relax[0, 1]),
        (p.severity_relax[1, 0], p.severity_relax[1, 1]),
        p.cross,
        p.cross_decay,
        p.reply_tariff,
        p.reply_other,
        p.tariff_share[0],
        p.tariff_share[1],
        p.reply_tariff_to_tariff,
        p.reply_tariff_to_other,
        columns,
        p.truce_clock,
        p.truce_no_clock,
        p.expiry[0],
        p.expiry[1],
        p.expiry[2],
        p.expiry[3],
        p.expiry_weekly,
        p.short_roll,
        p.clock_weeks[0],
        p.clock_weeks[1],
        ByRegime(*p.onset_mean),
        p.severity_mean,
        p.severity_var,
        p.pain_center,
        p.pain_cap,
        ByRegime(*p.approval),
        p.approval_weeks,
        p.pull_weeks,
        ByRegime(*p.strait_hazard),
        p.strait_severity,
        p.strait_recovery,
    )


class Control(NamedTuple):
    """One control list."""

    level: Any
    jump2: Any
    jump3: Any
    """the parts of an announcement that move prices next week and the week after."""


@scalar
def is_in(regime: Any) -> Any:
    """1 for the regime of the path, 0 for the others."""
    one = ONE + ZERO * regime
    zero = ZERO * regime
    return ByRegime(
        where(regime == _CALM, one, zero),
        where(regime == _TALKS, one, zero),
        where(regime == _ESCALATION, one, zero),
        where(regime == _TRUCE, one, zero),
        where(regime == _DEAL, one, zero),
        where(regime == _RIFT, one, zero),
    )


@scalar
def pick(h: Any, table: Any) -> Any:
    """The table's entry of the regime a path is in."""
    return (
        h.calm * table.calm
        + h.talks * table.talks
        + h.escalation * table.escalation
        + h.truce * table.truce
        + h.deal * table.deal
        + h.rift * table.rift
    )


@scalar
def acts(u: Any, rate: Any) -> Any:
    """1 if at least one event of a yearly rate falls into the week."""
    one = ONE + ZERO * u
    return where(u < ONE - exp(-rate * DT), one, ZERO * u)


@scalar
def replies(u: Any, other_acted: Any, other_severity: Any, other_tariff: Any, acted: Any, law: Any) -> Any:
    """1 if a party that did not act answers the other's action in the same week."""
    rho = where(other_tariff > HALF, law.reply_tariff, law.reply_other)
    hit = u < ONE - exp(-rho * other_severity * other_acted)
    return where(hit, ONE - acted, ZERO * acted)


@scalar
def chosen(u: Any, tariff_share: Any) -> Any:
    """(1 if the tariff list, else which of the others in [0, 1))."""
    one = ONE + ZERO * u
    return where(u < tariff_share, one, ZERO * u), (u - tariff_share) / maximum(ONE - tariff_share, _TINY)


@scalar
def pain_factor(coefficient: Any, pain: Any, law: Any) -> Any:
    """``exp(c (pain - centre))`` within bounds: the rates already contain history's own pain."""
    return exp(clip(coefficient * (pain - law.pain_center), -_LOG_CAP, _LOG_CAP))


@scalar
def onset_factor(h: Any, severity: Any, sensitivity: Any, law: Any) -> Any:
    """Factor on falls into escalation in a week of this severity; its mean over weeks is about 1."""
    moment = exp(sensitivity * law.severity_mean + HALF * sensitivity * sensitivity * law.severity_var)
    return exp(sensitivity * severity) / (ONE + pick(h, law.onset_mean) * (moment - ONE))


@scalar
def hazards(h: Any, theta: Any, onset: Any, pain_cn: Any, pain_us: Any, clock: Any, law: Any) -> Any:
    """Yearly rates from the regime of the path into each of the six."""
    table = law.hazard
    yielding = theta.pain_us * (pain_us - law.pain_center) + theta.pain_cn * (pain_cn - law.pain_center)
    exits = where(h.escalation > HALF, minimum(exp(clip(yielding, -_LOG_CAP, _LOG_CAP)), law.pain_cap), ONE)
    in_truce = h.truce > HALF
    clocked = where(clock < _CLOCK_FREE, law.truce_clock, law.truce_no_clock)
    sour = exp(clip(theta.truce_pain * (pain_us + pain_cn - TWO * law.pain_center), -_LOG_CAP, _LOG_CAP))
    breaking = where(in_truce, theta.hazard_break * clocked * sour, ONE)
    return ByRegime(
        pick(h, table.calm),
        pick(h, table.talks) * exits,
        pick(h, table.escalation) * onset * breaking,
        pick(h, table.truce) * exits * where(h.escalation > HALF, theta.hazard_truce, ONE),
        pick(h, table.deal) * exits * where(in_truce, theta.hazard_deal, ONE),
        pick(h, table.rift),
    )


@scalar
def change(regime: Any, rate: Any, u: Any, v: Any) -> Any:
    """The regime after competing rates: ``u`` decides whether, ``v`` where to."""
    total = rate.calm + rate.talks + rate.escalation + rate.truce + rate.deal + rate.rift
    x = v * total
    c1 = rate.calm
    c2 = c1 + rate.talks
    c3 = c2 + rate.escalation
    c4 = c3 + rate.truce
    c5 = c4 + rate.deal
    late = where(x < c4, _TRUCE, where(x < c5, _DEAL, _RIFT))
    target = where(x < c1, _CALM, where(x < c2, _TALKS, where(x < c3, _ESCALATION, late)))
    return where(u < ONE - exp(-total * DT), target, regime)


@scalar
def expires(clock: Any, in_truce: Any, u: Any, weekly: Any) -> Any:
    """True where a truce's clock is resolved this week: early in its last two weeks, surely at the end."""
    due = (clock <= ZERO) | ((clock <= TWO) & (u < weekly))
    return due & (in_truce > HALF)


@scalar
def after_expiry(v: Any, lapse_factor: Any, law: Any) -> Any:
    """What an expired truce becomes: a truce again, a deal, escalation or talks."""
    lapse = law.lapse * lapse_factor
    x = v * (law.roll + law.deal + lapse + law.talks)
    late = where(x < law.roll + law.deal + lapse, _ESCALATION, _TALKS)
    return where(x < law.roll, _TRUCE, where(x < law.roll + law.deal, _DEAL, late))


@scalar
def next_clock(clock: Any, regime: Any, renewed: Any, u: Any, law: Any) -> Any:
    """Weeks left on the clock: a new or rolled truce gets a new clock, other regimes have none."""
    fresh = where(u < law.short_roll, law.short_clock, law.long_clock)
    running = where(clock < _CLOCK_FREE, maximum(clock - ONE, ZERO), clock)
    return where(regime == _TRUCE, where(renewed, fresh, running), _CLOCK_NONE)


@scalar
def turn(
    forced: Any,
    regime: Any,
    clock: Any,
    h: Any,
    severity: Any,
    pain_cn: Any,
    pain_us: Any,
    theta: Any,
    u: Any,
    law: Any,
) -> Any:
    """(regime, clock) after the week: an expired clock first, then the competing rates; ``forced`` wins
    where it is not negative, and a truce it begins has a clock like any other."""
    onset = onset_factor(h, severity, theta.onset, law)
    rate = hazards(h, theta, onset, pain_cn, pain_us, clock, law)
    drifted = change(regime, rate, u.change, u.target)
    expired = expires(clock, h.truce, u.expiry, law.expiry_weekly)
    after = where(expired, after_expiry(u.expiry_target, theta.hazard_lapse, law), drifted)
    after = where(law.endogenous > HALF, after, regime)
    after = where(forced >= ZERO, forced + ZERO * regime, after)
    renewed = (expired & (law.endogenous > HALF)) | (regime != _TRUCE)
    return after, next_clock(clock, after, renewed, u.clock, law)


@scalar
def moves(h: Any, e_cn: Any, e_us: Any, pain_cn: Any, pain_us: Any, theta: Any, u: Any, law: Any) -> Any:
    """What China and the United States do this week: two `Move`.

    ``e_cn`` and ``e_us`` are the excitations that the parties' own past actions left behind;
    each side feels the other's.
    """
    level = law.endogenous * theta.policy_level
    acted_cn = acts(u.act_cn, level * (pick(h, law.base_cn) + law.cross * e_us))
    acted_us = acts(u.act_us, level * (pick(h, law.base_us) + law.cross * e_cn))
    size_cn = kumaraswamy(u.severity_cn, law.severity_cn[0], law.severity_cn[1])
    size_us = kumaraswamy(u.severity_us, law.severity_us[0], law.severity_us[1])
    tariff_cn, position_cn = chosen(u.list_cn, law.tariff_cn)
    tariff_us, position_us = chosen(u.list_us, law.tariff_us)

    back_cn = replies(u.reply_cn, acted_us, size_us, tariff_us, acted_cn, law)
    back_us = replies(u.reply_us, acted_cn, size_cn, tariff_cn, acted_us, law)
    share_cn = where(tariff_us > HALF, law.reply_tariff_to_tariff, law.reply_tariff_to_other)
    share_us = where(tariff_cn > HALF, law.reply_tariff_to_tariff, law.reply_tariff_to_other)
    to_tariff_cn, to_cn = chosen(u.list_cn, share_cn)
    to_tariff_us, to_us = chosen(u.list_us, share_us)

    calm_cn = pick(h, law.relax_cn) * pain_factor(theta.relax_pain, pain_cn, law)
    calm_us = pick(h, law.relax_us) * pain_factor(theta.relax_pain, pain_us, law)
    relax_cn = acts(u.relax_cn, law.endogenous * calm_cn)
    relax_us = acts(u.relax_us, law.endogenous * calm_us)
    eased_cn, eased_us = law.relax_severity_cn, law.relax_severity_us
    return (
        Move(
            acted_cn,
            back_cn,
            size_cn * (acted_cn + back_cn),
            where(back_cn > HALF, to_tariff_cn, tariff_cn),
            where(back_cn > HALF, to_cn, position_cn),
            relax_cn * kumaraswamy(u.relax_severity_cn, eased_cn[0], eased_cn[1]),
        ),
        Move(
            acted_us,
            back_us,
            size_us * (acted_us + back_us),
            where(back_us > HALF, to_tariff_us, tariff_us),
            where(back_us > HALF, to_us, position_us),
            relax_us * kumaraswamy(u.relax_severity_us, eased_us[0], eased_us[1]),
        ),
    )


@scalar
def hit(position: Any, low: Any, high: Any) -> Any:
    """True where a position in [0, 1) falls on the list that owns [low, high)."""
    return (position >= low) & (position < high)


@scalar
def control_step(k: Any, restrict: Any, relax: Any, pull: Any, pull_weeks: Any, forced: Any) -> Any:
    """A control after a week: restrictions close a share of what is open, relaxations open a share of
    what is closed, a deal or a rift pulls (``pull`` negative: not), a forced level (negative: none) wins."""
    level = k.level + restrict * (ONE - k.level)
    level = level - relax * level
    level = level + where(pull >= ZERO, (pull - level) / pull_weeks, ZERO * level)
    return clip(where(forced >= ZERO, forced, level), ZERO, ONE)


@scalar
def announcement(k: Any, severity: Any) -> Any:
    """(what moves prices now, next week, the week after), in units of severity: .5, .3, .2."""
    return HALF * severity + k.jump2, _JUMP_2 * severity + k.jump3, _JUMP_3 * severity


@scalar
def approve(before: Any, target: Any, weeks: Any, forced: Any) -> Any:
    """Share of applications approved, following the regime; forced where not negative."""
    return where(forced >= ZERO, forced, before + (target - before) / weeks)
