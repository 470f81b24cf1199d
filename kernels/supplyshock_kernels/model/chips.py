"""One chip segment in one week (docs/model.md, "Chips").

Two makers (origin blocs) and two buyers, with gross flows both ways: net trade
would give China's control of mature chips no bite. Buyers aim at a book of
orders as long as the lead time they fear, which is what made 2021.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..ops import HALF, ONE, ZERO, clip, const, exp_inside, maximum, minimum, scalar, where
from . import demand

_FEAR_HIGH = const(1.4)
_CANCEL = const(-0.025)
_EIGHTH, _HALF_YEAR = const(1 / 8), const(1 / 26)
_UTIL_LOW, _UTIL_HIGH = const(0.55), const(0.94)
_FINISHED_RATE, _PROGRESS_RATE = const(1 / 20), const(1 / 28)
_VOID = const(0.1)
_LEAD_HIGH = const(120.0)
_FLOW_FLOOR = const(0.05)
_TIGHT_LOW, _TIGHT_HIGH = const(-0.5), const(3.0)
_PRICE_LOW, _PRICE_HIGH = const(-2.7), const(6.2)
_TINY = const(1e-6)
_GATED_LEAST = const(0.05)
_LEAK_MOST = const(0.5)
"""of what a gate withholds, at any price."""


class Buyer(NamedTuple):
    """One bloc as a buyer of one segment."""

    forecast: Any
    accustomed: Any
    """share of use without gates that it runs on: what the gates of the first day left, or more."""
    sought: Any
    """the share it places orders for."""
    deferred: Any
    """output postponed for lack of chips, which comes back as need."""
    stock: Any
    book_c: Any
    book_x: Any
    """orders on the books of makers in China and outside."""
    share_c: Any
    """share of new orders sent to makers in China."""
    received: Any
    """8-week mean of deliveries."""
    lead: Any
    """26-week mean of the lead time, what buyers fear."""
    broker: Any
    contract: Any
    """log prices."""


class Maker(NamedTuple):
    """One bloc as a maker of one segment."""

    utilisation: Any
    fab: Any
    assembly: Any
    """work in progress in the fab and in assembly and test."""
    finished: Any


class Segment(NamedTuple):
    """The parameters and the week's inputs of one segment."""

    use_c: Any
    use_x: Any
    """use at baseline prices without gates, before what was put off."""
    flow_cc: Any
    flow_cx: Any
    flow_xc: Any
    flow_xx: Any
    """baseline flow, origin then buyer."""
    open_cx: Any
    open_xc: Any
    open_xx: Any
    """share of requests that the gates let through, origin then buyer."""
    cover: Any
    lead: Any
    fab: Any
    assembly: Any
    capacity_c: Any
    capacity_x: Any
    """output at normal utilisation."""
    input_c: Any
    input_x: Any
    """share of starts that missing inputs allow."""
    running_c: Any
    running_x: Any
    """share of use that is wanted: plants that stand still for lack of materials need no chips."""
    gated_use: Any
    """share of use by sectors whose parts the US list gates."""
    volatility: Any
    """weekly, of sales."""
    z_c: Any
    z_x: Any


class Flows(NamedTuple):
    """What happened in the week."""

    need_c: Any
    need_x: Any
    met_c: Any
    met_x: Any
    ship_cc: Any
    ship_cx: Any
    ship_xc: Any
    ship_xx: Any
    lead_x: Any
    """lead time of buyers outside China, weeks."""
    left_c: Any
    left_x: Any
    """what is left of the input of ordinary sectors, over accustomed use."""
    left_gated: Any
    """the same of gated sectors in China."""
    held_back_x: Any
    """share of parts with one qualified maker that Chinese gates hold back; 0 if there are none."""
    substitution_c: Any
    substitution_x: Any
    """extra cost of what users take instead because of the price, in baseline prices."""


@scalar
def reachable(from_c: Any, from_x: Any, open_c: Any, open_x: Any) -> Any:
    """Share of its baseline flows that a buyer's gates let through; not less than a twentieth, for it divides."""
    return maximum((from_c * open_c + from_x * open_x) / (from_c + from_x), _FLOW_FLOOR)


@scalar
def seek(b: Any, can_have: Any, weeks: Any) -> Any:
    """The share of use that a buyer orders for, a week later: it grows into what gates let through."""
    return b.sought + (maximum(can_have, b.accustomed) - b.sought) * (ONE / weeks)


@scalar
def regain(b: Any, sought: Any, free: Any, g: Any, params: Any) -> Any:
    """The share of use that a buyer runs on, a week later: it follows deliveries, and stock above the normal one,
    up to what is sought; it never falls."""
    have = b.received + maximum(b.stock - g.cover * b.received, ZERO) * (ONE / params.tau_inventory)
    return b.accustomed + clip(have / free - b.accustomed, ZERO, maximum(sought - b.accustomed, ZERO))


@scalar
def price_drop(b: Any, params: Any) -> Any:
    """Log of use over use at the baseline price: users answer what they pay under contract."""
    return -params.use_elasticity * b.contract


@scalar
def replaced(b: Any, baseline: Any, use: Any) -> Any:
    """Extra cost of what users take instead of chips because of the contract price."""
    return demand.substitution(use, baseline, b.contract, exp_inside(b.contract), ONE)


@scalar
def need(b: Any, use: Any, params: Any) -> Any:
    """This week's need: accustomed use and the return of what was put off."""
    return use + b.deferred * (ONE / params.deferred_weeks)


@scalar
def panic(b: Any, g: Any, params: Any) -> Any:
    """How many times its normal length a buyer's book should have, by the lead time it fears."""
    return ONE + params.chi * clip(b.lead * (ONE / g.lead) - ONE, ZERO, _FEAR_HIGH)


@scalar
def new_orders(b: Any, forecast: Any, g: Any, params: Any) -> Any:
    """Orders of the week: stock and book are steered to targets, the book's grows with fear.

    ``forecast`` counts only available chips: nobody queues for chips that a gate will not let through.
    """
    book = b.book_c + b.book_x
    target_book = forecast * g.lead * panic(b, g, params)
    gap = (g.cover * forecast - b.stock) * (ONE / params.tau_inventory) + (target_book - book) * (
        ONE / params.tau_backlog
    )
    return maximum(forecast + gap, _CANCEL * book)


@scalar
def steer(share: Any, base: Any, open_c: Any, open_x: Any, weeks: Any) -> Any:
    """Share of orders meant for China: blocked orders move as fast as parts can be requalified."""
    to_c, to_x = base * open_c, (ONE - base) * open_x
    return share + (to_c / maximum(to_c + to_x, _TINY) - share) * (ONE / weeks)


@scalar
def passed(rate: Any, base: Any, open_: Any) -> Any:
    """The part of a weekly rate of requests that passes a gate: all requests within the open share of the flow
    without gates, and of the rest a share that falls fast as the gate closes."""
    usual = minimum(rate, open_ * base)
    square = open_ * open_
    return usual + square * square * square * square * (rate - usual)


@scalar
def grey(gap: Any, flow: Any, open_: Any, params: Any) -> Any:
    """The leak through a gate, out of the flow that it withholds, by the gap of log broker prices across it."""
    return clip(params.leakage * gap, ZERO, _LEAK_MOST) * ((ONE - open_) * flow)


@scalar
def held_back(had: Any, forecast: Any, need: Any) -> Any:
    """Share of wanted chips that gates hold back: a forecast above the week's need does not count as wanted."""
    return maximum(ONE - had / minimum(forecast, need), ZERO)


@scalar
def missing_share(met: Any, use: Any, behind: Any, params: Any) -> Any:
    """Share of accustomed use that is missing: at least the parts ``behind`` a gate that have one qualified maker,
    whatever else is in stock."""
    return maximum(clip(ONE - met * (ONE / use), ZERO, ONE), params.sole_share * behind)


@scalar
def left(missing: Any, behind: Any, gated_share: Any) -> Any:
    """(ordinary, gated) share left of an input over accustomed use, when the share ``missing`` is.

    The shortage falls first, up to the share ``behind`` the gate, on the sectors whose
    parts the gate names, which use ``gated_share``. The rest falls on all sectors.
    """
    gated = minimum(missing, behind)
    others = ONE - (missing - gated)
    return others, others - gated * (ONE / maximum(gated_share, _GATED_LEAST))


@scalar
def gated_share(accustomed: Any, gated_use: Any) -> Any:
    """Share of accustomed use by gated sectors: all that a buyer goes without is theirs."""
    return maximum(gated_use - (ONE - accustomed), ZERO) * (ONE / accustomed)


@scalar
def gated_left(accustomed: Any, gated_use: Any) -> Any:
    """Share that gated sectors have of the input they would use without gates."""
    return ONE - (ONE - accustomed) * (ONE / maximum(gated_use, _GATED_LEAST))


@scalar
def make(s: Any, desired: Any, capacity: Any, inputs: Any, g: Any, params: Any) -> Any:
    """A maker's week before shipping: (utilisation, fab, assembly, output)."""
    progress = (g.fab + g.assembly) * desired - s.fab - s.assembly
    finished = params.finished_weeks * desired - s.finished
    target = (
        params.utilisation
        * (desired + finished * _FINISHED_RATE + progress * _PROGRESS_RATE)
        / maximum(capacity, _TINY)
    )
    utilisation = s.utilisation + (clip(target, _UTIL_LOW, _UTIL_HIGH) - s.utilisation) * _EIGHTH
    starts = capacity * utilisation * (ONE / params.utilisation) * inputs
    to_assembly, out = s.fab * (ONE / g.fab), s.assembly * (ONE / g.assembly)
    return utilisation, s.fab + starts - to_assembly, s.assembly + to_assembly - out, out


@scalar
def receive(b: Any, arrived: Any, need_b: Any, use: Any, params: Any) -> Any:
    """A buyer's week after delivery: (met, stock, deferred, received, lead time)."""
    met = minimum(need_b, maximum(b.stock + arrived - HALF * need_b, ZERO))
    deferred = b.deferred - b.deferred * (ONE / params.deferred_weeks) + params.deferred_share * (need_b - met)
    received = b.received + (arrived - b.received) * _EIGHTH
    lead = minimum((b.book_c + b.book_x) / maximum(received, _FLOW_FLOOR * use), _LEAD_HIGH)
    return met, b.stock + arrived - met, deferred, received, lead


@scalar
def prices(b: Any, lead: Any, unmet: Any, z: Any, g: Any, params: Any) -> Any:
    """(broker, contract) log prices: fast and slow answers to long lead times and to unmet need.

    Contracts move by more in segments whose sales swing more.
    """
    tight = clip(lead * (ONE / g.lead) - ONE + params.shortage_gain * unmet, _TIGHT_LOW, _TIGHT_HIGH)
    broker = b.broker + params.broker_gain * tight - params.broker_decay * b.broker + params.sigma_broker * z
    news = g.volatility * (params.contract_gain * tight + params.sigma_contract * z)
    contract = b.contract + news - params.contract_decay * b.contract
    return clip(broker, _PRICE_LOW, _PRICE_HIGH), clip(contract, _PRICE_LOW, _PRICE_HIGH)


@scalar
def book(old: Any, passing: Any, added: Any, shipped: Any) -> Any:
    """Orders on a maker's books; those that a gate does not let pass lapse slowly."""
    return maximum(old - _VOID * (old - passing) + added - shipped, ZERO)


@scalar
def step(c: Any, x: Any, mc: Any, mx: Any, g: Any, params: Any) -> Any:
    """One week of one segment: (buyer China, buyer outside, maker China, maker outside, flows)."""
    base_c, base_x = g.flow_cc + g.flow_xc, g.flow_cx + g.flow_xx
    sought_c = seek(c, reachable(g.flow_cc, g.flow_xc, ONE, g.open_xc), params.regain_weeks)
    sought_x = seek(x, reachable(g.flow_cx, g.flow_xx, g.open_cx, g.open_xx), params.regain_weeks)
    drop_c, drop_x = price_drop(c, params), price_drop(x, params)
    free_c, free_x = g.use_c * exp_inside(drop_c), g.use_x * exp_inside(drop_x)
    own_c, own_x = regain(c, sought_c, free_c, g, params), regain(x, sought_x, free_x, g, params)
    use_c, use_x = own_c * free_c * g.running_c, own_x * free_x * g.running_x
    need_c, need_x = need(c, use_c, params), need(x, use_x, params)
    forecast_c = c.forecast + (need_c - c.forecast) * (ONE / params.smooth_forecast)
    forecast_x = x.forecast + (need_x - x.forecast) * (ONE / params.smooth_forecast)
    share_c = steer(c.share_c, g.flow_cc / base_c, ONE, g.open_xc, params.replace_weeks)
    share_x = steer(x.share_c, g.flow_cx / base_x, g.open_cx, g.open_xx, params.requalify_weeks)

    # flows without gates at the week's use, and the part of the forecast that is available behind the gates
    scale_c, scale_x = free_c / base_c, free_x / base_x
    flow_cx, flow_xc, flow_xx = scale_x * g.flow_cx, scale_c * g.flow_xc, scale_x * g.flow_xx
    want_c, want_x = forecast_c * (sought_c / own_c), forecast_x * (sought_x / own_x)
    had_cc, had_cx = share_c * want_c, passed(share_x * want_x, flow_cx, g.open_cx)
    had_xc = passed((ONE - share_c) * want_c, flow_xc, g.open_xc)
    had_xx = passed((ONE - share_x) * want_x, flow_xx, g.open_xx)
    had_c, had_x = maximum(had_cc + had_xc, _TINY * want_c), maximum(had_cx + had_xx, _TINY * want_x)
    behind_c = held_back(had_c, forecast_c, need_c)
    orders_c, orders_x = new_orders(c, had_c, g, params), new_orders(x, had_x, g, params)
    to_cc, to_cx = had_cc / had_c * orders_c, had_cx / had_x * orders_x

    # what each maker's books ask for and a gate lets through, and what it can ship
    per_lead = ONE / g.lead
    panic_c, panic_x = panic(c, g, params), panic(x, g, params)
    ask_cc, ask_cx = c.book_c * per_lead, passed(x.book_c * per_lead, panic_c * flow_cx, g.open_cx)
    ask_xc = passed(c.book_x * per_lead, panic_x * flow_xc, g.open_xc)
    ask_xx = passed(x.book_x * per_lead, panic_x * flow_xx, g.open_xx)
    gap = c.broker - x.broker
    grey_c, grey_x = grey(gap, flow_xc, g.open_xc, params), grey(-gap, flow_cx, g.open_cx, params)
    desired_c, desired_x = ask_cc + ask_cx + grey_x, ask_xc + ask_xx + grey_c
    util_c, fab_c, assembly_c, out_c = make(mc, desired_c, g.capacity_c, g.input_c, g, params)
    util_x, fab_x, assembly_x, out_x = make(mx, desired_x, g.capacity_x, g.input_x, g, params)
    ship_c = minimum(desired_c, HALF * mc.finished + out_c)
    ship_x = minimum(desired_x, HALF * mx.finished + out_x)
    per_c, per_x = ship_c / maximum(desired_c, _TINY), ship_x / maximum(desired_x, _TINY)
    ship_cc, ship_cx = ask_cc * per_c, (ask_cx + grey_x) * per_c
    ship_xc, ship_xx = (ask_xc + grey_c) * per_x, ask_xx * per_x

    met_c, stock_c, deferred_c, received_c, lead_c = receive(c, ship_cc + ship_xc, need_c, use_c, params)
    met_x, stock_x, deferred_x, received_x, lead_x = receive(x, ship_cx + ship_xx, need_x, use_x, params)
    broker_c, contract_c = prices(c, lead_c, ONE - met_c / need_c, g.z_c, g, params)
    broker_x, contract_x = prices(x, lead_x, ONE - met_x / need_x, g.z_x, g, params)

    next_c = Buyer(
        forecast=forecast_c,
        accustomed=own_c,
        sought=sought_c,
        deferred=deferred_c,
        stock=stock_c,
        book_c=maximum(c.book_c + to_cc - ship_cc, ZERO),
        book_x=book(c.book_x, ask_xc * g.lead, orders_c - to_cc, ask_xc * per_x),
        share_c=share_c,
        received=received_c,
        lead=c.lead + (lead_c - c.lead) * _HALF_YEAR,
        broker=broker_c,
        contract=contract_c,
    )
    next_x = Buyer(
        forecast=forecast_x,
        accustomed=own_x,
        sought=sought_x,
        deferred=deferred_x,
        stock=stock_x,
        book_c=book(x.book_c, ask_cx * g.lead, to_cx, ask_cx * per_c),
        book_x=book(x.book_x, ask_xx * g.lead, orders_x - to_cx, ship_xx),
        share_c=share_x,
        received=received_x,
        lead=x.lead + (lead_x - x.lead) * _HALF_YEAR,
        broker=broker_x,
        contract=contract_x,
    )
    next_mc = Maker(
        utilisation=util_c,
        fab=fab_c,
        assembly=assembly_c,
        finished=mc.finished + out_c - ship_c,
    )
    next_mx = Maker(
        utilisation=util_x,
        fab=fab_x,
        assembly=assembly_x,
        finished=mx.finished + out_x - ship_x,
    )
    missing_c = missing_share(met_c, use_c, behind_c, params)
    behind_x = held_back(had_x, forecast_x, need_x)
    missing_x = missing_share(met_x, use_x, behind_x, params)
    left_c, left_gated = left(missing_c, behind_c, gated_share(own_c, g.gated_use))
    flows = Flows(
        need_c=need_c,
        need_x=need_x,
        met_c=met_c,
        met_x=met_x,
        ship_cc=ship_cc,
        ship_cx=ship_cx,
        ship_xc=ship_xc,
        ship_xx=ship_xx,
        lead_x=lead_x,
        left_c=left_c,
        left_x=ONE - missing_x,
        left_gated=left_gated,
        held_back_x=where(params.sole_share > ZERO, behind_x, ZERO * behind_x),
        substitution_c=replaced(c, own_c * g.use_c * g.running_c, use_c),
        substitution_x=replaced(x, own_x * g.use_x * g.running_x, use_x),
    )
    return next_c, next_x, next_mc, next_mx, flows


@scalar
def start_buyer(flows: Any, opens: Any, g_lead: Any, held: Any, price: Any) -> Any:
    """A buyer at rest behind its gates: it uses what they let through, and its books are as long as the lead time.

    ``flows`` and ``opens`` are (from China, from outside), ``held`` is (normal inventory, share of it held).
    """
    cover, fill = held
    zero = ZERO * fill
    from_c, from_x = flows[0] * opens[0], flows[1] * opens[1]
    return Buyer(
        forecast=zero + from_c + from_x,
        accustomed=zero + reachable(flows[0], flows[1], opens[0], opens[1]),
        sought=zero + reachable(flows[0], flows[1], opens[0], opens[1]),
        deferred=zero,
        stock=cover * (from_c + from_x) * fill,
        book_c=zero + from_c * g_lead,
        book_x=zero + from_x * g_lead,
        share_c=zero + from_c / maximum(from_c + from_x, _TINY),
        received=zero + from_c + from_x,
        lead=zero + g_lead,
        broker=zero + price,
        contract=zero,
    )


@scalar
def start_maker(supply: Any, shipped: Any, fab: Any, assembly: Any, like: Any, params: Any) -> Any:
    """A maker at rest that ships ``shipped`` of its normal ``supply``."""
    zero = ZERO * like
    return Maker(
        utilisation=zero + params.utilisation * shipped / supply,
        fab=zero + shipped * fab,
        assembly=zero + shipped * assembly,
        finished=zero + params.finished_weeks * shipped,
    )
