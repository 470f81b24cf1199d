"""Industry in one week: buffers, losses, and what dearer inputs cost."""

from __future__ import annotations

from ...model import industry
from ...model.uncertain_parameters import Theta
from ...ops import exp, maximum, minimum
from ...params import Array, Params
from .at_risk import AtRisk
from .lift import column, concatenate, stack, weighted
from .state import State


def run_sectors(params: Params, theta: Theta, s: State, at_risk: AtRisk) -> tuple[State, Array, Array]:
    """(state, (2, K, N) loss of China and the US in bn USD, (2, K, N) share of output lost by bloc)."""
    coefficients, sec = params.industry, params.sectors
    gap, missing = _combine_inputs(params, theta, at_risk)
    full = industry.Buffer(materials=column(sec.buffer[:, 0]), chips=column(sec.buffer[:, 1]))
    lost, inputs, buffers, loss = [], [], [], []
    for b in (0, 1):
        share, for_materials, left = industry.sector(
            gap[:, :, b], missing[:, :, b], s.buffers[b], full, coefficients.refill_weeks
        )
        lost.append(share)
        buffers.append(left)
        inputs.append(1 - (column(sec.chip_making) * for_materials).max(0))
        loss.append(industry.weekly_loss(share, column(sec.value_added[:, b]), coefficients.multiplier))
    state = s._replace(buffers=(buffers[0], buffers[1]), fab_inputs=(inputs[0], inputs[1]))
    return state, stack(loss), stack(lost)


def _combine_inputs(params: Params, theta: Theta, at_risk: AtRisk) -> tuple[Array, Array]:
    """((2, K, 2, N) output at risk for want of materials and of chips, before buffers; the same of the share
    missing of the inputs at risk)."""
    sec, n_mat = params.sectors, params.n_materials
    one, single, absent = sec.buffer.dtype.type(1), at_risk.single, at_risk.missing
    risk, missing = [], []
    for row, many, is_gated in zip(sec.criticality, sec.many_parts, sec.gated, strict=True):
        ordinary = at_risk.parts if many else single[n_mat:]
        chips_short = stack([at_risk.gated, ordinary[:, 1]], 1) if is_gated else ordinary
        chips_absent = at_risk.missing_gated if is_gated else absent[n_mat:]
        for weights, short, lacking in (
            (row[:n_mat], single[:n_mat], absent[:n_mat]),
            (row[n_mat:], chips_short, chips_absent),
        ):
            gap = column(column(weights)) * short
            risk.append(minimum(theta.criticality_scale * maximum(gap.max(0), 0), one))
            missing.append(industry.at_risk((gap * lacking).sum(0), gap.sum(0)))
    k = len(sec.criticality)
    both = stack(risk), stack(missing)
    return tuple(x.reshape(k, 2, *x.shape[1:]).swapaxes(0, 1) for x in both)  # type: ignore[return-value]


def bill_prices(params: Params, s: State, met: Array) -> Array:
    """(2, N) extra cost of the week's use over baseline prices, China and the United States, bn USD."""
    k = params.markets
    in_china = concatenate([exp(s.china.p), exp(s.buyers[0].contract)])
    outside = concatenate([s.trade.paid, exp(s.buyers[1].contract)])
    china = weighted(k.value, met[:, 0] * (in_china - 1))
    us = weighted(k.value * k.us_share, met[:, 1] * (outside - 1))
    return stack([china, us])
