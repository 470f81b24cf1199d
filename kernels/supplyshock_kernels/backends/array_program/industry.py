"""Industry in one week: buffers, losses, and what dearer inputs cost."""

from __future__ import annotations

from ...model import chips, industry, materials
from ...model.uncertain_parameters import Theta
from ...ops import exp, maximum, minimum
from ...params import Array, Params
from .at_risk import AtRisk
from .lift import added, column, concatenate, stack, weighted
from .state import State


def run_sectors(params: Params, theta: Theta, s: State, at_risk: AtRisk) -> tuple[State, Array, Array]:
    """(state, (2, K, N) loss of China and the US in bn USD, (2, K, N) share of output lost by bloc)."""
    coefficients, sec, n_mat = params.industry, params.sectors, params.n_materials
    gap, missing = _combine_inputs(params, theta, at_risk)
    mean = industry.Depletion(materials=column(sec.buffer[:, 0]), chips=column(sec.buffer[:, 1]))
    lost, inputs, depletion, loss, running = [], [], [], [], []
    for b in (0, 1):
        share, for_materials, after = industry.sector(
            gap[:, :, b], missing[:, :, b], s.depletion[b], mean, coefficients.refill_weeks
        )
        lost.append(share)
        depletion.append(after)
        idle = weighted(sec.use_share[:, :n_mat], share), weighted(sec.use_share[:, n_mat:], for_materials)
        running.append(industry.running(concatenate(idle)))
        inputs.append(1 - (column(sec.chip_making) * for_materials).max(0))
        loss.append(industry.weekly_loss(share, column(sec.value_added[:, b]), coefficients.multiplier))
    state = s._replace(
        depletion=(depletion[0], depletion[1]), fab_inputs=(inputs[0], inputs[1]), running=stack(running, 1)
    )
    return state, stack(loss), stack(lost)


def _combine_inputs(params: Params, theta: Theta, at_risk: AtRisk) -> tuple[Array, Array]:
    """((2, K, 2, N) output at risk for want of materials and of chips, before buffers; the same of the share
    missing of the inputs at risk)."""
    sec, n_mat = params.sectors, params.n_materials
    one, material, alike = sec.buffer.dtype.type(1), at_risk.material, params.industry.alike
    per_share = industry.per_share(sec.use_share)
    risk, missing = [], []
    rows = zip(sec.criticality, sec.ahead, per_share, sec.many_parts, sec.gated, strict=True)
    for row, ahead, per, many, is_gated in rows:
        order = column(column(ahead[:n_mat])), column(column(per[:n_mat]))
        gone = industry.forgone(material, *order, alike)
        ordinary = at_risk.parts if many else at_risk.single
        chips_short = stack([at_risk.gated, ordinary[:, 1]], 1) if is_gated else ordinary
        chips_absent = at_risk.missing_gated if is_gated else at_risk.missing
        for weights, short, lacking in (
            (row[:n_mat], gone, gone),
            (row[n_mat:], chips_short, chips_absent),
        ):
            gap = column(column(weights)) * short
            risk.append(minimum(theta.criticality_scale * maximum(gap.max(0), 0), one))
            missing.append(industry.at_risk((gap * lacking).sum(0), gap.sum(0)))
    k = len(sec.criticality)
    both = stack(risk), stack(missing)
    return tuple(x.reshape(k, 2, *x.shape[1:]).swapaxes(0, 1) for x in both)  # type: ignore[return-value]


def lose_abroad(params: Params, lost: Array) -> Array:
    """(economies, N) bn USD that economies other than China and the US lose, from the share lost outside, (K, N)."""
    loss: Array = added(
        industry.weekly_loss(share, column(value), params.industry.multiplier)
        for share, value in zip(lost, params.sectors.value_added_abroad, strict=True)
    )
    return loss


def bill_substitution(params: Params, flows: materials.Flows, chip: chips.Flows) -> Array:
    """(2, N) extra cost of what users take instead because of the week's prices, China and the US, bn USD."""
    k = params.markets
    china = weighted(k.value, concatenate([flows.substitution_c, chip.substitution_c]))
    us = weighted(k.value * k.us_share, concatenate([flows.substitution_x, chip.substitution_x]))
    return stack([china, us])


def bill_prices(params: Params, s: State, met: Array) -> Array:
    """(2, N) extra cost of the week's use over baseline prices, China and the United States, bn USD."""
    k = params.markets
    in_china = concatenate([exp(s.china.p), exp(s.buyers[0].contract)])
    outside = concatenate([s.trade.paid, exp(s.buyers[1].contract)])
    china = weighted(k.value, met[:, 0] * (in_china - 1))
    us = weighted(k.value * k.us_share, met[:, 1] * (outside - 1))
    return stack([china, us])
