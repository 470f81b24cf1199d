"""Gates that stood on the first day: what China's gated sectors go without, and what they gain as gates open."""

from __future__ import annotations

from ...model import chips, industry
from ...model.uncertain_parameters import Theta
from ...params import Array, Params
from .lift import added, column, stack
from .state import State


def find_standing(params: Params, theta: Theta, accustomed: Array) -> Array:
    """(K, N) share of output that sectors in China go without at (C, N) ``accustomed`` use; 0 where not gated."""
    sec, n_mat = params.sectors, params.n_materials
    rho = industry.curvature(theta.substitution)
    one = params.sectors.buffer.dtype.type(1)
    left = industry.log_of(chips.gated_left(accustomed, column(params.markets.gated_use[n_mat:])))
    at_risk = industry.shortfall(left, rho, one / rho, params.industry.share_chip, one)
    weights = column(sec.gated) * sec.criticality[:, n_mat:]
    return stack([industry.standing((column(w) * at_risk).max(0), theta.criticality_scale) for w in weights])


def add_gains(params: Params, theta: Theta, s: State, loss: Array) -> Array:
    """(2, K, N) the week's losses net of what China's sectors have beyond the first day's, bn USD."""
    gain = s.standing - find_standing(params, theta, s.buyers[0].accustomed)
    return stack([loss[0] - _along_the_chain(params, gain), loss[1]])


def standing_cost(params: Params, s: State) -> Array:
    """(N,) what the gates of the first day cost China in a week, bn USD."""
    cost: Array = added(_along_the_chain(params, s.standing))
    return cost


def _along_the_chain(params: Params, share: Array) -> Array:
    loss: Array = industry.weekly_loss(share, column(params.sectors.value_added[:, 0]), params.industry.multiplier)
    return loss
