"""Industry in one week: output at risk, buffers, losses, and what dearer inputs cost."""

from __future__ import annotations

from ...model import industry
from ...model.uncertain_parameters import Theta
from ...ops import exp, maximum, minimum, where
from ...params import Array, Params
from .lift import column, concatenate, stack, weighted
from .state import State


def gaps(params: Params, theta: Theta, log_left: Array, gated_left: Array) -> tuple[Array, Array]:
    """((2, K, 2, N) output at risk for want of materials and of chips, before buffers; the same of the share
    missing of the inputs at risk)."""
    law, sec, n_mat = params.industry, params.sectors, params.n_materials
    share = where(params.markets.group < 2, law.share_material, law.share_minor)
    one, rho = sec.buffer.dtype.type(1), industry.curvature(theta.substitution)
    ces = (rho, one / rho)
    single = industry.shortfall(log_left, *ces, share[:, None, None], one)
    parts = industry.shortfall(log_left[n_mat:], *ces, share[n_mat:, None, None], theta.parts)
    log_gated = industry.log_of(gated_left)
    gated = industry.shortfall(log_gated, *ces, column(share[n_mat:]), one)
    gone = industry.absent(log_left)
    gone_named = stack([industry.absent(log_gated), gone[n_mat:, 1]], 1)
    risk, missing = [], []
    for row, many, is_gated in zip(sec.criticality, sec.many_parts, sec.gated, strict=True):
        ordinary = parts if many else single[n_mat:]
        chips_short = stack([gated, ordinary[:, 1]], 1) if is_gated else ordinary
        chips_gone = gone_named if is_gated else gone[n_mat:]
        for weights, short, lacking in (
            (row[:n_mat], single[:n_mat], gone[:n_mat]),
            (row[n_mat:], chips_short, chips_gone),
        ):
            gap = column(column(weights)) * short
            risk.append(minimum(theta.criticality_scale * maximum(gap.max(0), 0), one))
            missing.append(industry.at_risk((gap * lacking).sum(0), gap.sum(0)))
    k = len(sec.criticality)
    both = stack(risk), stack(missing)
    return tuple(x.reshape(k, 2, *x.shape[1:]).swapaxes(0, 1) for x in both)  # type: ignore[return-value]


def run_sectors(
    params: Params, theta: Theta, s: State, log_left: Array, gated_left: Array
) -> tuple[State, Array, Array]:
    """(state, (2, K, N) loss of China and the US in bn USD, (2, K, N) share of output lost by bloc)."""
    law, sec = params.industry, params.sectors
    gap, missing = gaps(params, theta, log_left, gated_left)
    full = industry.Buffer(column(sec.buffer[:, 0]), column(sec.buffer[:, 1]))
    lost, inputs, buffers, loss = [], [], [], []
    for b in (0, 1):
        share, for_materials, left = industry.sector(
            gap[:, :, b], missing[:, :, b], s.buffers[b], full, law.refill_weeks
        )
        lost.append(share)
        buffers.append(left)
        inputs.append(1 - (column(sec.chip_making) * for_materials).max(0))
        loss.append(industry.weekly_loss(share, column(sec.value_added[:, b]), law.multiplier))
    state = s._replace(buffers=(buffers[0], buffers[1]), fab_inputs=(inputs[0], inputs[1]))
    return state, stack(loss), stack(lost)


def price_bill(params: Params, s: State, met: Array) -> Array:
    """(2, N) extra cost of the week's use over baseline prices, China and the United States, bn USD."""
    k = params.markets
    in_china = concatenate([exp(s.china.p), exp(s.buyers[0].contract)])
    outside = concatenate([s.trade.paid, exp(s.buyers[1].contract)])
    china = weighted(k.value, met[:, 0] * (in_china - 1))
    us = weighted(k.value * k.us_share, met[:, 1] * (outside - 1))
    return stack([china, us])
