"""Supply of sources: utilisation, new capacity, accidents (docs/model.md, "Supply").

A source makes a fixed basket of markets at once, so its decisions follow the
price of the basket, and it cannot produce one market without the others.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..ops import HALF, ONE, ZERO, clip, const, exp, log, maximum, minimum, scalar, where
from ..params import WEEKS_PER_YEAR

DT = const(1 / WEEKS_PER_YEAR)
_LOW, _HIGH = const(0.6), const(1.12)
_EIGHTH, _HALF_YEAR = const(1 / 8), const(1 / 26)
_THREE = const(3.0)
_FULL_START = const(0.5)
_MOST_LOST = const(0.95)
_CAPACITY_LOW = const(0.05)
_CLOSE = const(1.0)


class Source(NamedTuple):
    """State of a source on one path."""

    utilisation: Any
    slow_value: Any
    """26-week mean of the basket price."""
    n1: Any
    n2: Any
    n3: Any
    """new capacity under way, in three stages."""
    capacity: Any
    """ratio to baseline."""
    outage: Any
    """share of output lost to an accident."""


class Site(NamedTuple):
    """What makes one source different from another."""

    elasticity: Any
    """of utilisation to the basket price; 0 for fabs, which set their own."""
    lead: Any
    ramp: Any
    hurdle: Any
    recovery: Any
    tools_growth: Any


@scalar
def start(hazard: Any, severity: Any, recovery: Any) -> Any:
    """A source at rest. Baseline output is the average, accidents included, so capacity
    exceeds it by the mean loss ``hazard severity recovery``."""
    zero, one = ZERO * hazard, ONE + ZERO * hazard
    mean_loss = minimum(hazard * DT * severity * recovery, HALF)
    return Source(
        utilisation=one,
        slow_value=one,
        n1=zero,
        n2=zero,
        n3=zero,
        capacity=ONE / (ONE - mean_loss),
        outage=zero,
    )


@scalar
def invest(s: Source, site: Site) -> Any:
    """Capacity started this week: none below the hurdle, the full ramp at half above it."""
    keen = clip((s.slow_value - site.hurdle) * (ONE / (_FULL_START * site.hurdle)), ZERO, ONE)
    return site.ramp * DT * keen


@scalar
def close(s: Source) -> Any:
    """Capacity above the baseline that closes this week because the basket sells below its baseline
    price: all of it within about a year at half the price."""
    poor = clip((ONE - s.slow_value) * (ONE / _FULL_START), ZERO, ONE)
    return _CLOSE * DT * poor * maximum(s.capacity - ONE, ZERO)


@scalar
def step(s: Source, value: Any, lost: Any, added: Any, tools: Any, site: Site) -> Any:
    """One week: ``value`` is the basket price, ``lost`` the severity of a new accident (0: none),
    ``added`` capacity from a lever, ``tools`` the control on chip tools above its start."""
    utilised = clip(exp(site.elasticity * log(value)), _LOW, _HIGH)
    stage = _THREE / site.lead
    into2, into3, done = stage * s.n1, stage * s.n2, stage * s.n3
    change = done + added - close(s) - site.tools_growth * DT * tools
    capacity = maximum(s.capacity + change, _CAPACITY_LOW)
    outage = maximum(s.outage * (ONE - ONE / site.recovery), lost)
    return Source(
        utilisation=s.utilisation + (utilised - s.utilisation) * _EIGHTH,
        slow_value=s.slow_value + (value - s.slow_value) * _HALF_YEAR,
        n1=s.n1 + invest(s, site) - into2,
        n2=s.n2 + into2 - into3,
        n3=s.n3 + into3 - done,
        capacity=capacity,
        outage=outage,
    )


@scalar
def output(s: Source, availability: Any) -> Any:
    """Output over baseline, after accidents and scheduled outages."""
    return s.capacity * s.utilisation * (ONE - s.outage) * availability


@scalar
def accident(u: Any, v: Any, low: Any, high: Any, mean: Any) -> Any:
    """Severity of this week's accident at the source that owns [low, high) of the unit interval.

    At most one source has an accident a week; severities are uniform within half of the mean.
    """
    severity = minimum(mean * (HALF + v), _MOST_LOST)
    return where((u >= low) & (u < high), severity, ZERO * severity)


@scalar
def weekly_probability(rate: Any) -> Any:
    """Probability of at least one event in a week of a yearly rate."""
    return ONE - exp(-rate * DT)
