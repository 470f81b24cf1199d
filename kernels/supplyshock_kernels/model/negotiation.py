"""The negotiation in one week: actions, replies, relaxations, regimes, controls (docs/model.md, "Policy").

Two parties act at rates that depend on the regime and on what the other side
has just done; a party that did not act may reply within the week; pain makes a
side yield. Regimes change by competing hazards and when a truce's clock runs out.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..ops import HALF, ONE, TWO, ZERO, clip, const, exp, log, maximum, minimum, scalar, sqrt, where
from ..params import AXIS_LABELS, WEEKS_PER_YEAR, Policy
from ..rng.random_variates import kumaraswamy

DT = const(1 / WEEKS_PER_YEAR)
_CALM, _TALKS, _ESCALATION, _TRUCE, _DEAL, _RIFT = (const(i) for i in range(6))
_LOG_CAP = const(3.0)
_CLOCK_NONE, _CLOCK_FREE = const(1e6), const(5e5)
_JUMP_2, _JUMP_3 = const(0.3), const(0.2)
_TINY = const(1e-9)
_PER_LOGISTIC = const(0.5513289)
"""One over the standard deviation of the logistic distribution."""


class ByRegime(NamedTuple):
    """Six numbers, in the order of `params.REGIMES`: a value for each, or 1 for the regime a path is in."""

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
    """The week's random numbers of the negotiation, each uniform on (0, 1)."""

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


class Standing(NamedTuple):
    """Where the negotiation stands before the week's moves."""

    regime: Any
    clock: Any
    """weeks left of a truce."""
    e_cn: Any
    e_us: Any
    """excitation that the parties' own past actions left behind; each side feels the other's."""
    pain_cn: Any
    pain_us: Any
    """% of GDP."""
    forced: Any
    """regime that the scenario imposes this week; negative: none."""


class Rules(NamedTuple):
    """`params.Policy` as scalars and values by regime; see there for meanings and units."""

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
    """by regime entered, each by regime left."""
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
    leniency_kept: Any
    leniency_step: Any
    pull_weeks: Any
    strait_hazard: Any
    strait_severity: Any
    strait_recovery: Any


def build_rules(policy: Policy) -> Rules:
    """The policy parameters in the form that the functions below take."""
    p = policy
    columns = ByRegime(*(ByRegime(*p.hazard[:, to]) for to in range(6)))
    return Rules(
        endogenous=p.endogenous,
        base_cn=ByRegime(*p.base_rate[0]),
        base_us=ByRegime(*p.base_rate[1]),
        relax_cn=ByRegime(*p.relax_rate[0]),
        relax_us=ByRegime(*p.relax_rate[1]),
        severity_cn=(p.severity[0, 0], p.severity[0, 1]),
        severity_us=(p.severity[1, 0], p.severity[1, 1]),
        relax_severity_cn=(p.severity_relax[0, 0], p.severity_relax[0, 1]),
        relax_severity_us=(p.severity_relax[1, 0], p.severity_relax[1, 1]),
        cross=p.cross,
        cross_decay=p.cross_decay,
        reply_tariff=p.reply_tariff,
        reply_other=p.reply_other,
        tariff_cn=p.tariff_share[0],
        tariff_us=p.tariff_share[1],
        reply_tariff_to_tariff=p.reply_tariff_to_tariff,
        reply_tariff_to_other=p.reply_tariff_to_other,
        hazard=columns,
        truce_clock=p.truce_clock,
        truce_no_clock=p.truce_no_clock,
        **{outcome: p.expiry[i] for i, outcome in enumerate(AXIS_LABELS["expiry"])},
        expiry_weekly=p.expiry_weekly,
        short_roll=p.short_roll,
        short_clock=p.clock_weeks[AXIS_LABELS["clock"].index("short")],
        long_clock=p.clock_weeks[AXIS_LABELS["clock"].index("long")],
        onset_mean=ByRegime(*p.onset_mean),
        severity_mean=p.severity_mean,
        severity_var=p.severity_var,
        pain_center=p.pain_center,
        pain_cap=p.pain_cap,
        approval=ByRegime(*p.approval),
        approval_weeks=p.approval_weeks,
        leniency_kept=ONE - ONE / p.leniency_weeks,
        leniency_step=p.leniency_sd * sqrt(ONE - (ONE - ONE / p.leniency_weeks) ** 2) * _PER_LOGISTIC,
        pull_weeks=p.pull_weeks,
        strait_hazard=ByRegime(*p.strait_hazard),
        strait_severity=p.strait_severity,
        strait_recovery=p.strait_recovery,
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
        calm=where(regime == _CALM, one, zero),
        talks=where(regime == _TALKS, one, zero),
        escalation=where(regime == _ESCALATION, one, zero),
        truce=where(regime == _TRUCE, one, zero),
        deal=where(regime == _DEAL, one, zero),
        rift=where(regime == _RIFT, one, zero),
    )


@scalar
def pick(h: Any, by_regime: Any) -> Any:
    """The value for the regime a path is in."""
    return (
        h.calm * by_regime.calm
        + h.talks * by_regime.talks
        + h.escalation * by_regime.escalation
        + h.truce * by_regime.truce
        + h.deal * by_regime.deal
        + h.rift * by_regime.rift
    )


@scalar
def acts(u: Any, rate: Any) -> Any:
    """1 if at least one event of a yearly rate falls into the week."""
    one = ONE + ZERO * u
    return where(u < ONE - exp(-rate * DT), one, ZERO * u)


@scalar
def replies(u: Any, other_acted: Any, other_severity: Any, other_tariff: Any, acted: Any, rules: Any) -> Any:
    """1 if a party that did not act answers the other's action in the same week."""
    rho = where(other_tariff > HALF, rules.reply_tariff, rules.reply_other)
    hit = u < ONE - exp(-rho * other_severity * other_acted)
    return where(hit, ONE - acted, ZERO * acted)


@scalar
def chosen(u: Any, tariff_share: Any) -> Any:
    """(1 if the tariff list, else which of the others in [0, 1))."""
    one = ONE + ZERO * u
    return where(u < tariff_share, one, ZERO * u), (u - tariff_share) / maximum(ONE - tariff_share, _TINY)


@scalar
def pain_factor(coefficient: Any, pain: Any, rules: Any) -> Any:
    """``exp(c (pain - centre))`` within bounds: the rates already contain history's own pain."""
    return exp(clip(coefficient * (pain - rules.pain_center), -_LOG_CAP, _LOG_CAP))


@scalar
def onset_factor(h: Any, severity: Any, sensitivity: Any, rules: Any) -> Any:
    """Factor on falls into escalation in a week of this severity; its mean over weeks is about 1."""
    moment = exp(sensitivity * rules.severity_mean + HALF * sensitivity * sensitivity * rules.severity_var)
    return exp(sensitivity * severity) / (ONE + pick(h, rules.onset_mean) * (moment - ONE))


@scalar
def hazards(now: Any, onset: Any, theta: Any, rules: Any) -> Any:
    """Yearly rates from the regime of the path into each of the six."""
    h, hazard = is_in(now.regime), rules.hazard
    yielding = theta.pain_us * (now.pain_us - rules.pain_center) + theta.pain_cn * (now.pain_cn - rules.pain_center)
    exits = where(h.escalation > HALF, minimum(exp(clip(yielding, -_LOG_CAP, _LOG_CAP)), rules.pain_cap), ONE)
    in_truce = h.truce > HALF
    clocked = where(now.clock < _CLOCK_FREE, rules.truce_clock, rules.truce_no_clock)
    sour = exp(clip(theta.truce_pain * (now.pain_us + now.pain_cn - TWO * rules.pain_center), -_LOG_CAP, _LOG_CAP))
    breaking = where(in_truce, theta.hazard_break * clocked * sour, ONE)
    return ByRegime(
        calm=pick(h, hazard.calm),
        talks=pick(h, hazard.talks) * exits,
        escalation=pick(h, hazard.escalation) * onset * breaking,
        truce=pick(h, hazard.truce) * exits * where(h.escalation > HALF, theta.hazard_truce, ONE),
        deal=pick(h, hazard.deal) * exits * where(in_truce, theta.hazard_deal, ONE),
        rift=pick(h, hazard.rift),
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
    """True if a truce's clock is resolved this week: early in its last two weeks, surely at the end."""
    due = (clock <= ZERO) | ((clock <= TWO) & (u < weekly))
    return due & (in_truce > HALF)


@scalar
def after_expiry(v: Any, lapse_factor: Any, rules: Any) -> Any:
    """The regime after an expired truce: a truce again, a deal, escalation or talks."""
    lapse = rules.lapse * lapse_factor
    x = v * (rules.roll + rules.deal + lapse + rules.talks)
    late = where(x < rules.roll + rules.deal + lapse, _ESCALATION, _TALKS)
    return where(x < rules.roll, _TRUCE, where(x < rules.roll + rules.deal, _DEAL, late))


@scalar
def next_clock(clock: Any, regime: Any, renewed: Any, u: Any, rules: Any) -> Any:
    """Weeks left on the clock: a new or rolled truce gets a new clock, other regimes have none."""
    fresh = where(u < rules.short_roll, rules.short_clock, rules.long_clock)
    running = where(clock < _CLOCK_FREE, maximum(clock - ONE, ZERO), clock)
    return where(regime == _TRUCE, where(renewed, fresh, running), _CLOCK_NONE)


@scalar
def turn(now: Any, severity: Any, theta: Any, u: Any, rules: Any) -> Any:
    """(regime, clock) after a week of this severity: an expired clock first, then the competing rates.

    A forced regime wins, and a truce it begins has a clock like any other.
    """
    h, regime, clock, forced = is_in(now.regime), now.regime, now.clock, now.forced
    rate = hazards(now, onset_factor(h, severity, theta.onset, rules), theta, rules)
    drifted = change(regime, rate, u.change, u.target)
    expired = expires(clock, h.truce, u.expiry, rules.expiry_weekly)
    after = where(expired, after_expiry(u.expiry_target, theta.hazard_lapse, rules), drifted)
    after = where(rules.endogenous > HALF, after, regime)
    after = where(forced >= ZERO, forced + ZERO * regime, after)
    renewed = (expired & (rules.endogenous > HALF)) | (regime != _TRUCE)
    return after, next_clock(clock, after, renewed, u.clock, rules)


@scalar
def moves(now: Any, theta: Any, u: Any, rules: Any) -> Any:
    """The moves of China and the United States this week: two `Move`."""
    h = is_in(now.regime)
    level = rules.endogenous * theta.policy_level
    acted_cn = acts(u.act_cn, level * (pick(h, rules.base_cn) + rules.cross * now.e_us))
    acted_us = acts(u.act_us, level * (pick(h, rules.base_us) + rules.cross * now.e_cn))
    size_cn = kumaraswamy(u.severity_cn, rules.severity_cn[0], rules.severity_cn[1])
    size_us = kumaraswamy(u.severity_us, rules.severity_us[0], rules.severity_us[1])
    tariff_cn, position_cn = chosen(u.list_cn, rules.tariff_cn)
    tariff_us, position_us = chosen(u.list_us, rules.tariff_us)

    back_cn = replies(u.reply_cn, acted_us, size_us, tariff_us, acted_cn, rules)
    back_us = replies(u.reply_us, acted_cn, size_cn, tariff_cn, acted_us, rules)
    share_cn = where(tariff_us > HALF, rules.reply_tariff_to_tariff, rules.reply_tariff_to_other)
    share_us = where(tariff_cn > HALF, rules.reply_tariff_to_tariff, rules.reply_tariff_to_other)
    to_tariff_cn, to_cn = chosen(u.list_cn, share_cn)
    to_tariff_us, to_us = chosen(u.list_us, share_us)

    calm_cn = pick(h, rules.relax_cn) * pain_factor(theta.relax_pain, now.pain_cn, rules)
    calm_us = pick(h, rules.relax_us) * pain_factor(theta.relax_pain, now.pain_us, rules)
    relax_cn = acts(u.relax_cn, rules.endogenous * calm_cn)
    relax_us = acts(u.relax_us, rules.endogenous * calm_us)
    eased_cn, eased_us = rules.relax_severity_cn, rules.relax_severity_us
    return (
        Move(
            acted=acted_cn,
            replied=back_cn,
            severity=size_cn * (acted_cn + back_cn),
            tariff=where(back_cn > HALF, to_tariff_cn, tariff_cn),
            position=where(back_cn > HALF, to_cn, position_cn),
            relaxed=relax_cn * kumaraswamy(u.relax_severity_cn, eased_cn[0], eased_cn[1]),
        ),
        Move(
            acted=acted_us,
            replied=back_us,
            severity=size_us * (acted_us + back_us),
            tariff=where(back_us > HALF, to_tariff_us, tariff_us),
            position=where(back_us > HALF, to_us, position_us),
            relaxed=relax_us * kumaraswamy(u.relax_severity_us, eased_us[0], eased_us[1]),
        ),
    )


@scalar
def hit(position: Any, low: Any, high: Any) -> Any:
    """True if a position in [0, 1) falls on the list that owns [low, high)."""
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
def drift_leniency(leniency: Any, u: Any, rules: Any) -> Any:
    """The leniency of offices a week later: it fades, and moves by a logistic shock."""
    return rules.leniency_kept * leniency + rules.leniency_step * log(u / (ONE - u))


@scalar
def granted(approval: Any, leniency: Any) -> Any:
    """Approved share of applications: ``leniency`` shifts the log odds of the regime's share; 0 and 1 stay."""
    odds = approval * exp(leniency)
    return odds / (ONE - approval + odds)


@scalar
def approve(before: Any, target: Any, weeks: Any, forced: Any) -> Any:
    """Share of applications that offices of no leniency approve, following the regime; forced where not negative."""
    return where(forced >= ZERO, forced, before + (target - before) / weeks)
