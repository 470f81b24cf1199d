"""Output at risk for want of each input: the CES of industry, before buffers."""

from __future__ import annotations

from typing import NamedTuple

from ...model import industry
from ...model.uncertain_parameters import Theta
from ...ops import where
from ...params import Array, Params
from .lift import column, stack


class AtRisk(NamedTuple):
    """Output at risk, and the share missing, of each input; M markets, C chip segments."""

    single: Array
    """(M, 2, N) at risk in products of one part."""
    parts: Array
    """(C, 2, N) at risk in products of many parts."""
    gated: Array
    """(C, N) at risk in gated sectors in China."""
    missing: Array
    """(M, 2, N)."""
    missing_gated: Array
    """(C, 2, N) the same where gated sectors in China have their own."""


def find_at_risk(params: Params, theta: Theta, log_left: Array, gated_left: Array) -> AtRisk:
    """From what is left of every input to the output that its want puts at risk."""
    coefficients, n_mat, one = params.industry, params.n_materials, params.sectors.buffer.dtype.type(1)
    share = where(params.markets.group < 2, coefficients.share_material, coefficients.share_minor)
    rho = industry.curvature(theta.substitution)
    ces = (rho, one / rho)
    single = industry.shortfall(log_left, *ces, share[:, None, None], one)
    parts = industry.shortfall(log_left[n_mat:], *ces, share[n_mat:, None, None], theta.parts)
    log_gated = industry.log_of(gated_left)
    gated = industry.shortfall(log_gated, *ces, column(share[n_mat:]), one)
    missing = industry.absent(log_left)
    missing_gated = stack([industry.absent(log_gated), missing[n_mat:, 1]], 1)
    return AtRisk(single=single, parts=parts, gated=gated, missing=missing, missing_gated=missing_gated)
