"""One week of every path, in the order of docs/model.md: negotiation, supply, materials, chips, sectors."""

from __future__ import annotations

from typing import NamedTuple

from ...model import industry, negotiation
from ...model.uncertain_parameters import Theta
from ...ops import where
from ...params import Array, Params
from . import made_from
from .at_risk import find_at_risk
from .industry import bill_prices, bill_substitution, lose_abroad, run_sectors
from .lift import added, column, concatenate, once, stack
from .markets import MarketInputs, drift_demand, grant_licences, open_quota, trade_chips, trade_materials
from .negotiation import negotiate
from .random_inputs import RandomInputs, mix_demand_news, mix_noise
from .standing import add_gains
from .state import State
from .supply import run_sources, run_strait, supply_markets
from .trade_routes import baseline_imports


class WeekOutputs(NamedTuple):
    """What one week shows; M markets, J sources, K sectors, N paths."""

    use: Array
    """(M, 2, N) demand at the week's prices."""
    met: Array
    """(M, 2, N)."""
    exports: Array
    """(M, N) gated flow over its baseline."""
    lead: Array
    """(chips, N) weeks."""
    drawn: Array
    """(M, N) taken from the strategic stock."""
    to_china: Array
    """(M, N) chips delivered to China over its baseline use."""
    output: Array
    """(J, N) of each source."""
    loss: Array
    """(2, K, N) bn USD of China and the United States, net of what gates that opened gave back."""
    loss_abroad: Array
    """(economies, N) bn USD."""
    bill: Array
    """(2, N) bn USD."""
    substitution: Array
    """(2, N) bn USD."""
    lost: Array
    """(2, K, N) share of output lost, by bloc."""
    actions: Array
    """(2, 3, N) restrictions, replies, relaxations by party."""


def simulate_week(
    params: Params, rules: negotiation.Rules, theta: Theta, s: State, random_inputs: RandomInputs, t: int
) -> tuple[State, WeekOutputs]:
    """One week of every path."""
    k, n_mat = params.markets, params.n_materials
    z = mix_noise(random_inputs, k.group, params.material)
    s, announced, actions = negotiate(params, rules, theta, s, random_inputs, t)
    s, announced = once((s, announced))
    s = run_strait(rules, s, random_inputs, params.sources.lead.dtype.type(1))
    costs = made_from.find_costs(params, theta, s)
    s, output = run_sources(params, s, random_inputs, costs, t)
    supplied = supply_markets(params, output, t)
    arriving, makers = made_from.plan_making(params, s, supplied, t)
    arriving, makers, costs = once((arriving, makers, costs))
    s, places = open_quota(params, s, t)
    inputs = MarketInputs(
        supplied=supplied,
        arriving=arriving,
        makers=makers,
        costs=costs,
        announced=announced,
        places=places,
        approval=grant_licences(params, s, t),
        z=z,
    )
    s = drift_demand(params, s, mix_demand_news(random_inputs, k.group, params.material, params.chip))
    s, flows = trade_materials(params, theta, s, inputs, t)
    s, chip = trade_chips(params, theta, s, inputs, t)

    need = stack([chip.need_c, chip.need_x], 1)
    met_chips = stack([chip.met_c, chip.met_x], 1)
    wanted, had = stack([flows.use_c, flows.use_x], 1), stack([flows.met_c, flows.met_x], 1)
    short = industry.short(wanted, had)
    use, met = concatenate([wanted, need]), concatenate([had, met_chips])

    s, loss, lost = run_sectors(params, theta, s, find_at_risk(params, theta, short, chip))
    loss = add_gains(params, theta, s, loss)
    bill = bill_prices(params, s, concatenate([stack([flows.own_c, flows.own_x], 1), met_chips]))
    substitution = bill_substitution(params, flows, chip)
    coefficients = params.industry
    pain = tuple(
        industry.pain(
            s.pain[b], added(loss[b]), bill[b] + substitution[b], coefficients.gdp[b], coefficients.pain_weeks
        )
        for b in (0, 1)
    )
    s = s._replace(pain=(pain[0], pain[1]))

    f = k.flow[n_mat:]
    american = column(k.us_list[n_mat:] < s.controls.level.shape[0])
    gated = where(american, chip.ship_xc / column(f[:, 1, 0]), chip.ship_cx / column(f[:, 0, 1]))
    exports = concatenate([flows.exports / column(baseline_imports(params)[:n_mat]), gated])
    to_china = (chip.ship_cc + chip.ship_xc) / column(k.use[n_mat:, 0])
    none = 0 * flows.exports
    shown = WeekOutputs(
        use=use,
        met=met,
        exports=exports,
        lead=chip.lead_x,
        drawn=concatenate([flows.drawn, 0 * to_china]),
        to_china=concatenate([none, to_china]),
        output=output,
        loss=loss,
        loss_abroad=lose_abroad(params, lost[1]),
        bill=bill,
        substitution=substitution,
        lost=lost,
        actions=actions,
    )
    return s, shown
