"""Output at risk for want of chips: the CES of industry, before stocks on site."""

from __future__ import annotations

from typing import NamedTuple

from ...model import chips, industry
from ...model.uncertain_parameters import Theta
from ...ops import maximum
from ...params import Array, Params
from .lift import stack


class AtRisk(NamedTuple):
    """Output at risk for want of chips, and the share missing of each input; C chip segments, M - C materials."""

    single: Array
    """(C, 2, N) at risk in products of one part."""
    parts: Array
    """(C, 2, N) at risk in products of many parts."""
    gated: Array
    """(C, N) at risk in gated sectors in China."""
    material: Array
    """(M - C, 2, N) missing of materials."""
    missing: Array
    """(C, 2, N) missing of chips."""
    missing_gated: Array
    """(C, 2, N) the same where gated sectors in China have their own."""


def find_at_risk(params: Params, theta: Theta, short: Array, chip: chips.Flows) -> AtRisk:
    """From the share ``short`` of materials, (M - C, 2, N), and the week of the chips."""
    share, one = params.industry.share_chip, params.sectors.buffer.dtype.type(1)
    rho = industry.curvature(theta.substitution)
    ces = (rho, one / rho)
    log_left = industry.log_of(stack([chip.left_c, chip.left_x], 1))
    log_gated = industry.log_of(chip.left_gated)
    # each part is drawn from a stock of its own: what is held back of parts with one maker counts in full
    missing = industry.absent(log_left)
    missing = stack([missing[:, 0], maximum(missing[:, 1], chip.held_back_x)], 1)
    return AtRisk(
        single=industry.shortfall(log_left, *ces, share, one),
        parts=industry.shortfall(log_left, *ces, share, theta.parts),
        gated=industry.shortfall(log_gated, *ces, share, one),
        material=short,
        missing=missing,
        missing_gated=stack([industry.absent(log_gated), missing[:, 1]], 1),
    )
