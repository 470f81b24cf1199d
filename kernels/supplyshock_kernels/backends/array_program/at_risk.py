"""Output at risk for want of chips: the CES of industry, before stocks on site."""

from __future__ import annotations

from typing import NamedTuple

from ...model import industry
from ...model.uncertain_parameters import Theta
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


def find_at_risk(params: Params, theta: Theta, short: Array, left: Array, gated_left: Array) -> AtRisk:
    """From the share ``short`` of materials, (M - C, 2, N), and the share ``left`` of chips, (C, 2, N)."""
    share, one = params.industry.share_chip, params.sectors.buffer.dtype.type(1)
    rho = industry.curvature(theta.substitution)
    ces = (rho, one / rho)
    log_left, log_gated = industry.log_of(left), industry.log_of(gated_left)
    missing = industry.absent(log_left)
    return AtRisk(
        single=industry.shortfall(log_left, *ces, share, one),
        parts=industry.shortfall(log_left, *ces, share, theta.parts),
        gated=industry.shortfall(log_gated, *ces, share, one),
        material=short,
        missing=missing,
        missing_gated=stack([industry.absent(log_gated), missing[:, 1]], 1),
    )
