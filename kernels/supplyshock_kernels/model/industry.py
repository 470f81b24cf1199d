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
LEAST_SHARE = 1e-3
"""A smaller share of a sector in a market's use counts as this."""
_LEAST_SHARE, _LEAST_RUNNING = const(LEAST_SHARE), const(0.05)
_LEAST_STOCK = const(1e-2)
"""weeks: no plant lives wholly hand to mouth."""
_LEAST_OUT = const(1e-6)
"""share of plants that counts as none, since rounding must not stop a plant."""
_PER_MEDIAN = const(1.2091996)
"""mean over median of a log-logistic distribution of shape 3: ``(pi / 3) / sin(pi / 3)``."""
_MOST_DRAWN = const(4.0)
"""means of stock after which nearly every plant is out (991 of 1,000)."""


class Depletion(NamedTuple):
    """The weeks of inputs at risk that each plant of one sector in one bloc has drawn from its stocks."""

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
def per_share(share: Any) -> Any:
    """One over a sector's share of a market's use; a sector without one counts as a thousandth."""
    return ONE / maximum(share, _LEAST_SHARE)


@scalar
def running(idle: Any) -> Any:
    """Share of a market's use that is wanted when ``idle`` of it belongs to industry that stands still."""
    return maximum(ONE - idle, _LEAST_RUNNING)


@scalar
def forgone(missing: Any, ahead: Any, per_share: Any, alike: Any) -> Any:
    """Share of a sector's use that goes without when the share ``missing`` of the market's does.

    The part ``alike`` falls on all users alike, the rest on the least valuable use: ``ahead`` is the share of uses
    less valuable than the sector's, ``per_share`` one over the sector's own.
    """
    by_rank = clip((missing - ahead) * per_share, ZERO, ONE)
    return by_rank + alike * (missing - by_rank)


@scalar
def out_of_stock(drawn: Any, mean: Any) -> Any:
    """Share of a sector's plants whose stock is at its end once each has drawn ``drawn`` weeks of it.

    Stocks spread over plants log-logistically about their ``mean`` (weeks), with shape 3: a standard deviation of
    0.6 in logs.
    """
    ratio = drawn * (_PER_MEDIAN / maximum(mean, _LEAST_STOCK))
    cube = ratio * ratio * ratio
    return maximum(cube - _LEAST_OUT, ZERO) / (ONE + cube)


@scalar
def run_down(gap: Any, missing: Any, drawn: Any, mean: Any, refill_weeks: Any) -> Any:
    """(output lost, weeks drawn): stocks on site stand in for what is ``missing`` of the inputs at risk until a
    plant's own is at its end, and refill once little is missing."""
    after = minimum(drawn + missing, _MOST_DRAWN * maximum(mean, _LEAST_STOCK))
    refill = after * (ONE / refill_weeks) * maximum(ONE - missing * _PER_REFILL, ZERO)
    return gap * out_of_stock(after, mean), after - refill


@scalar
def absent(log_left: Any) -> Any:
    """Share of an input that is missing, from the log of what is left."""
    return ONE - exp(clip(log_left, _LOG_LEFT_LOW, ZERO))


@scalar
def at_risk(weighted: Any, gaps: Any) -> Any:
    """Missing share of a sector's inputs, each counted by the output it puts at risk."""
    return weighted / maximum(gaps, _TINY)


@scalar
def sector(gaps: Any, missing: Any, drawn: Any, mean: Any, refill_weeks: Any) -> Any:
    """One sector in one bloc: (output lost, of which for materials, stocks drawn).

    ``gaps`` and ``missing`` are of (materials, chips), ``mean`` is the mean stock of a plant (`Depletion`, weeks).
    """
    lost_m, drawn_m = run_down(gaps[0], missing[0], drawn.materials, mean.materials, refill_weeks)
    lost_c, drawn_c = run_down(gaps[1], missing[1], drawn.chips, mean.chips, refill_weeks)
    return maximum(lost_m, lost_c), lost_m, Depletion(materials=drawn_m, chips=drawn_c)


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
    """Smoothed lost output and price bill, percent of the economy; a gain over the first day does not count."""
    now = _PERCENT * YEAR * maximum(loss + maximum(bill, ZERO), ZERO) / gdp
    return before + (now - before) / weeks


@scalar
def first(week: Any, now: Any, never: Any) -> Any:
    """The first week something was true; ``never`` (negative) until then."""
    return where((never < ZERO) & now, week, never)
