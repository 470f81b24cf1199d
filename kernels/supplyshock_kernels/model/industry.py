"""From missing inputs to lost output, price bills and pain (docs/model.md, "Industry and losses")."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..ops import ONE, ZERO, clip, const, exp, log, maximum, minimum, scalar, where
from ..params import WEEKS_PER_YEAR

DT = const(1 / WEEKS_PER_YEAR)
YEAR = const(WEEKS_PER_YEAR)
_LEFT_LOW, _LOG_LEFT_LOW = const(1e-3), const(-6.907755)
"""least of an input that is left, and its log."""
_PER_REFILL = const(1 / 0.1)
"""buffers refill while less than a tenth is missing."""
_PERCENT = const(100.0)
_TINY = const(1e-9)


class Buffer(NamedTuple):
    """Stocks on site of one sector in one bloc, in weeks without the inputs at risk."""

    materials: Any
    chips: Any


@scalar
def curvature(sigma: Any) -> Any:
    """``rho = (1 - sigma) / sigma`` of an elasticity of substitution."""
    return (ONE - sigma) / sigma


@scalar
def short(use: Any, met: Any) -> Any:
    """Share of use that is not met; exactly zero when all is."""
    return (use - met) * (ONE / use)


@scalar
def log_left(missing: Any, drop: Any) -> Any:
    """Log of what is left of an input over its baseline use: some is put off by the price, some is `short`."""
    return log(maximum(ONE - missing, _LEFT_LOW)) + drop


@scalar
def log_of(left: Any) -> Any:
    """Log of a share left of an input."""
    return log(clip(left, _LEFT_LOW, ONE))


@scalar
def shortfall(log_left: Any, rho: Any, per_rho: Any, share: Any, parts: Any) -> Any:
    """Output lost, 0..1, when x of an input is left: exactly zero where nothing is missing.

    A CES of `curvature` ``rho`` (``per_rho`` is one over it) in which the input has cost share
    ``share``: ``1 - (1 - A + A x**-rho)**(-1/rho)``, in logs so that a near-Leontief elasticity
    cannot overflow. ``parts`` raises x to a power.
    """
    t = -rho * parts * clip(log_left, _LOG_LEFT_LOW, ZERO)
    return ONE - exp(-(t + log(ONE + (ONE - share) * (exp(-t) - ONE))) * per_rho)


@scalar
def run_down(gap: Any, missing: Any, buffer: Any, full: Any, refill_weeks: Any) -> Any:
    """(output lost, buffer left): stocks on site stand in for what is ``missing`` of the inputs at risk, and
    refill once little is."""
    drawn = minimum(missing, buffer)
    refill = (full - buffer) * (ONE / refill_weeks) * maximum(ONE - missing * _PER_REFILL, ZERO)
    return gap * (ONE - drawn / maximum(missing, _TINY)), buffer - drawn + refill


@scalar
def absent(log_left: Any) -> Any:
    """Share of an input that is missing, from the log of what is left."""
    return ONE - exp(clip(log_left, _LOG_LEFT_LOW, ZERO))


@scalar
def at_risk(weighted: Any, gaps: Any) -> Any:
    """Missing share of a sector's inputs, each counted by the output it puts at risk."""
    return weighted / maximum(gaps, _TINY)


@scalar
def sector(gaps: Any, missing: Any, b: Any, full: Any, refill_weeks: Any) -> Any:
    """One sector in one bloc: (output lost, of which for materials, buffers left).

    ``gaps`` and ``missing`` are of (materials, chips).
    """
    lost_m, left_m = run_down(gaps[0], missing[0], b.materials, full.materials, refill_weeks)
    lost_c, left_c = run_down(gaps[1], missing[1], b.chips, full.chips, refill_weeks)
    return maximum(lost_m, lost_c), lost_m, Buffer(materials=left_m, chips=left_c)


@scalar
def standing(at_risk: Any, scale: Any) -> Any:
    """Share of output that a sector goes without behind gates that stand, from that of its worst input."""
    return minimum(scale * at_risk, ONE)


@scalar
def weekly_loss(lost: Any, value_added: Any, multiplier: Any) -> Any:
    """Lost output of a week along the chain, bn USD."""
    return multiplier * value_added * lost * DT


@scalar
def pain(before: Any, loss: Any, bill: Any, gdp: Any, weeks: Any) -> Any:
    """Smoothed lost output and price bill, percent of the economy; a gain over the first day is no pain."""
    now = _PERCENT * YEAR * maximum(loss + maximum(bill, ZERO), ZERO) / gdp
    return before + (now - before) / weeks


@scalar
def first(week: Any, now: Any, never: Any) -> Any:
    """The first week something was true; ``never`` (negative) until then."""
    return where((never < ZERO) & now, week, never)
