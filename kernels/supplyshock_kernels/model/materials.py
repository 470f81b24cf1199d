"""One material market in one week: use, orders, trade, clearing, prices, expectations.

docs/model.md, "Materials". Two nodes, China (``c``) and the rest of the world
(``x``), joined by trade that passes China's gate. Quantities are in weeks of
the world's baseline use, prices are logs of the ratio to baseline. Everything
is last week's unless said.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..ops import HALF, ONE, TWO, ZERO, clip, const, exp, exp_inside, maximum, minimum, scalar, tanh, where
from ..params import WEEKS_PER_YEAR
from . import demand

DT = const(1 / WEEKS_PER_YEAR)
PRICE_LOW, PRICE_HIGH = const(-2.7), const(6.2)
"""Bounds of a log price: 0.07 to 490 times baseline."""

_USE_FLOOR, _USE_DROP = const(-1.5), const(-5.0)
_ORDERS_CUT = const(-0.95)
_STOCK_SOLD = const(0.25)
_BACKLOG_KEPT = const(0.85)
_WITHHELD, _WITHHELD_KEPT = const(0.8), const(1 - 1 / 26)
_VOID, _VOID_OPEN = const(0.01), const(0.2)
_OVER_RELEASE = const(1.2)
_STAGES = const(3.0)
"""of review."""
_EIGHTH, _FOURTH, _THIRTEENTH, _EIGHTEENTH = const(1 / 8), const(1 / 4), const(1 / 13), const(1 / 18)
_LEAK_MOST = const(0.5)
_UNNOTICED = const(0.1)
"""log price over its slow mean below which sellers do not hold back, since noise is not a rising market."""
_RESTRICTED_AT = const(5.0)
_TIGHT_LOW, _TIGHT_HIGH = const(-1.0), const(1.5)
_SCARCE_FLOOR, _SCARCE_HIGH = const(0.2), const(10.0)
_DRIVE_UP, _DRIVE_DOWN = const(0.25), const(0.12)
_PER_UP, _PER_DOWN = const(1 / 0.25), const(1 / 0.12)
_GAP_HIGH, _HOARD_HIGH = const(1.5), const(3.0)
_PER_NORMAL = const(1 / 0.85)
"""flow below 0.85 of normal is news."""
_THRIFT_LOW, _THRIFT_HIGH = const(-0.15), const(0.5)
_LICENSED_MARKUP = const(1.05)
_TINY = const(1e-6)


class Node(NamedTuple):
    """One bloc's side of a market."""

    p: Any
    """log price."""
    ret: Any
    """momentum of the log price, per week."""
    slow: Any
    """slow mean of the log price, what people are used to."""
    hoard: Any
    thrift: Any
    """share of use that has been engineered away."""
    stock: Any
    """inventory."""
    backlog: Any


class Trade(NamedTuple):
    """What stands between the two nodes."""

    withheld: Any
    """goods Chinese exporters set aside when they could not ship."""
    l1: Any
    l2: Any
    l3: Any
    """licence applications in the three stages of review."""
    restricted: Any
    """8-week mean of "a restriction is on"."""
    flow: Any
    """4-week mean of exports over their baseline."""
    paid: Any
    """what buyers outside China pay on average, ratio to baseline."""
    reserve: Any
    """strategic stock outside China."""


class Sides(NamedTuple):
    """A market before the week."""

    china: Any
    outside: Any
    """`Node` each."""
    trade: Any


class Market(NamedTuple):
    """The parameters of one market, after the path's own draws."""

    use_c: Any
    use_x: Any
    imports: Any
    """baseline import of the rest of the world, x0."""
    elasticity: Any
    """local own-price elasticity of use, es."""
    cover_c: Any
    cover_x: Any
    """normal inventory, weeks of own use."""
    control: Any
    """share of trade that needs a licence, kappa."""
    quota: Any
    """share by which an export quota cuts the baseline of the rest; 0: no quota."""
    passed: Any
    """share of the free trade that ships under the quota (`quota.passed`)."""
    approval: Any
    jump: Any
    """announcement jump of the outside log price this week."""
    supply_c: Any
    supply_x: Any
    purchase: Any
    """bought for the strategic stock."""
    worth: Any
    """log price at which users want their baseline use."""
    price_c: Any
    price_x: Any
    """last week's quotes, ratio to baseline."""
    running_c: Any
    running_x: Any
    """share of use that running industry wants: plants that stand still need no input."""
    direct_c: Any
    direct_x: Any
    """baseline use by others than makers of products, levers included."""
    makers_c: Any
    makers_x: Any
    """what makers of products would take with the recipes of the baseline (`made_from`)."""
    spared: Any
    """share of what makers take that recipes can do without."""
    cost_c: Any
    cost_x: Any
    """log cost of its own inputs over that of the first day; 0 for what is made from nothing."""
    z_c: Any
    z_x: Any
    """standard normals."""


class Wants(NamedTuple):
    """What each side wants this week."""

    full_c: Any
    full_x: Any
    """use at the week's prices, if all of industry ran."""
    use_c: Any
    use_x: Any
    """use of what runs."""
    orders_c: Any
    orders_x: Any
    buy: Any
    taken_c: Any
    taken_x: Any
    """of the use, what makers of products want."""


class Goods(NamedTuple):
    """Stocks and flows after the week's trade."""

    stock_c: Any
    stock_x: Any
    withheld: Any
    l1: Any
    l2: Any
    l3: Any
    reserve: Any
    used_c: Any
    used_x: Any
    met_c: Any
    met_x: Any
    """used, and what could have been if all of industry ran."""
    unlicensed: Any
    licensed: Any
    free: Any
    offered: Any
    drawn: Any


class Shipment(NamedTuple):
    """Exports of a week."""

    want: Any
    """demand for them."""
    leak: Any
    """smuggled."""
    free: Any
    """without a licence."""
    offered: Any
    """what would ship without one if there were no quota."""
    released: Any
    """licensed."""
    applications: Any
    """for licences."""


class Flows(NamedTuple):
    """What happened in the week."""

    use_c: Any
    use_x: Any
    """use at the week's prices, if all of industry ran."""
    met_c: Any
    met_x: Any
    """what of it could be had."""
    need_c: Any
    need_x: Any
    used_c: Any
    used_x: Any
    """use of what runs, and what of it was had."""
    own_c: Any
    own_x: Any
    """of what was used, by others than makers of products, whose buyers pay for it with the product."""
    substitution_c: Any
    substitution_x: Any
    """extra cost of what users take instead because of the price, in baseline prices."""
    exports: Any
    free: Any
    offered: Any
    """exports without a licence, with and without the quota."""
    drawn: Any
    """taken from the strategic stock."""
    taken_c: Any
    taken_x: Any
    """of the use, what makers of products want."""


@scalar
def use(p: Any, thrift: Any, baseline: Any, elasticity: Any, eta: Any) -> Any:
    """(use at a price, its log change from baseline): the local elasticity grows with the price, so cheap
    materials multiply most."""
    drop = maximum(elasticity * (ONE - exp(eta * maximum(p, _USE_FLOOR))) * (ONE / eta), _USE_DROP)
    return baseline * (ONE - thrift) * exp_inside(drop), drop


@scalar
def recipe(baseline: Any, spared: Any, thrift: Any, drop: Any) -> Any:
    """The makers' demand for an input: the part that a recipe can spare responds to the price as other use does."""
    return baseline * (ONE - spared * (ONE - (ONE - thrift) * exp_inside(drop)))


@scalar
def bought(dear: Any, thrift: Any, spared: Any, elasticity: Any, eta: Any) -> Any:
    """Share of a recipe's part that makers buy at a log price ``dear`` over what the material is worth."""
    _, drop = use(dear, thrift, ONE, elasticity, eta)
    return recipe(ONE, spared, thrift, drop)


@scalar
def orders(node: Any, need: Any, cover: Any, position: Any, params: Any) -> Any:
    """Orders that close the gap between the target and the actual position."""
    target = cover * (ONE + params.chi * node.hoard) * exp(-params.eps_cover * maximum(node.p, ZERO)) * need
    gap = (target + node.backlog - position) * (ONE / params.tau_orders)
    return need + clip(gap, _ORDERS_CUT * need, need)


@scalar
def ship(orders_x: Any, c: Any, x: Any, t: Any, m: Any, params: Any) -> Any:
    """Exports of the week, bounded by what China has."""
    want = clip(orders_x - m.supply_x, ZERO, TWO * m.imports)
    leak = clip(params.leakage * (x.p - c.p), ZERO, _LEAK_MOST) * t.restricted * want
    rest = want - leak
    hold_back = ONE - params.omega * tanh(params.hoard_gain * maximum(x.p - x.slow - _UNNOTICED, ZERO))
    offered = (ONE - m.control) * rest * hold_back
    free = offered * where(m.quota > ZERO, m.passed, ONE)
    applications = m.control * rest
    released = minimum(params.licence_rate * t.l3, _OVER_RELEASE * m.approval * m.control * m.imports)
    most = m.supply_c + _STOCK_SOLD * c.stock
    scale = minimum(ONE, most / maximum(leak + free + released, _TINY))
    return Shipment(
        want=want,
        leak=leak * scale,
        free=free * scale,
        offered=offered,
        released=released * scale,
        applications=applications,
    )


@scalar
def licences(t: Any, applications: Any, released: Any, control: Any, params: Any) -> Any:
    """The queue after a week: three stages of review, then release; what has been reviewed and was not
    approved stays pending and is slowly voided."""
    into2, into3 = params.licence_rate * t.l1, params.licence_rate * t.l2
    stuck = maximum(t.l3 - released * (ONE / params.licence_rate), ZERO)
    void = (_VOID + _VOID_OPEN * (ONE - control)) * stuck
    l3 = maximum(t.l3 + into3 - released - void, ZERO)
    return t.l1 + applications - into2, t.l2 + into2 - into3, l3


@scalar
def tightness(ordered: Any, supplied: Any, need: Any, delta: Any) -> Any:
    """Excess orders over use; slack counts less than shortage."""
    tight = clip((ordered - supplied) * (ONE / need), _TIGHT_LOW, _TIGHT_HIGH)
    return where(tight < ZERO, delta * tight, tight)


@scalar
def scarcity(stock: Any, need: Any, cover: Any, params: Any) -> Any:
    """How far inventory lies below the node's own normal cover."""
    normal = params.scarce_cover * cover * need
    return clip(normal / maximum(stock, _SCARCE_FLOOR * need) - ONE, ZERO, _SCARCE_HIGH)


@scalar
def noise(sigma: Any, hoard: Any, z: Any, params: Any) -> Any:
    """Noise of a log return, which grows with hoarding."""
    return sigma * (ONE + params.nu * hoard) * z


@scalar
def momentum(node: Any, pull: Any, worth: Any, shock: Any, params: Any) -> Any:
    """Next week's log return: momentum, a soft-limited drive, and noise."""
    dear = node.p - worth
    drive = pull - where(dear > ZERO, params.k_up, params.k_down) * dear
    up = drive > ZERO
    limited = where(up, _DRIVE_UP, _DRIVE_DOWN) * tanh(where(up, _PER_UP, _PER_DOWN) * drive)
    return params.phi * node.ret + (ONE - params.phi) * limited + shock


@scalar
def fear(c: Any, x: Any, openness: Any) -> Any:
    """Hoarding that both quotes feel: news passes a gate, so the worse side counts in full on both sides, the
    other as far as trade is open."""
    return (maximum(c, x) + openness * minimum(c, x)) * (ONE / (ONE + openness))


@scalar
def expect(node: Any, quote: Any, left: Any, worth: Any, missing: Any, params: Any) -> Any:
    """The node after the week: slow mean, hoarding on price and on news of missing flow, thrift.

    ``quote`` is (log price, its return), ``left`` is (inventory, use that was not met).
    """
    p, ret = quote
    stock, unmet = left
    slow = node.slow + (p - node.slow) * _THIRTEENTH
    urge = params.hoard_gain * clip(p - slow, ZERO, _GAP_HIGH) + params.news_gain * missing
    hoard = minimum(params.rho * node.hoard + (ONE - params.rho) * urge, _HOARD_HIGH)
    learned = params.thrift_gain * clip(p - worth, -ONE, TWO) - params.thrift_decay * node.thrift
    thrift = clip(node.thrift + DT * learned, _THRIFT_LOW, _THRIFT_HIGH)
    backlog = _BACKLOG_KEPT * node.backlog + unmet
    return Node(p=p, ret=ret, slow=slow, hoard=hoard, thrift=thrift, stock=stock, backlog=backlog)


@scalar
def order(before: Any, m: Any, params: Any) -> Any:
    """First third of a week, what each side wants.

    Buyers outside count on pending licences, and keep as many pending as licensed trade usually has.
    """
    c, x, t = before
    direct_c, drop_c = use(c.p - m.worth, c.thrift, m.direct_c, m.elasticity, params.eta)
    direct_x, drop_x = use(x.p - m.worth, x.thrift, m.direct_x, m.elasticity, params.eta)
    taken_c = recipe(m.makers_c, m.spared, c.thrift, drop_c)
    taken_x = recipe(m.makers_x, m.spared, x.thrift, drop_x)
    use_c, use_x = direct_c * m.running_c + taken_c, direct_x * m.running_x + taken_x
    buy = minimum(m.purchase, _STOCK_SOLD * x.stock)
    usual = _STAGES * m.control * m.imports * (ONE / params.licence_rate)
    counted = params.psi * m.approval * (t.l1 + t.l2 + t.l3 - usual)
    orders_c = orders(c, use_c, m.cover_c, c.stock - t.withheld, params)
    orders_x = orders(x, use_x, m.cover_x, x.stock + counted, params) + buy
    return Wants(
        full_c=direct_c + taken_c,
        full_x=direct_x + taken_x,
        use_c=use_c,
        use_x=use_x,
        orders_c=orders_c,
        orders_x=orders_x,
        buy=buy,
        taken_c=taken_c,
        taken_x=taken_x,
    )


@scalar
def exchange(before: Any, m: Any, w: Any, params: Any) -> Any:
    """Second third, what is shipped and used."""
    c, x, t = before
    s = ship(w.orders_x, c, x, t, m, params)
    want, leak, free, licensed = s.want, s.leak, s.free, s.released
    exports = leak + free + licensed
    l1, l2, l3 = licences(t, s.applications, licensed, m.control, params)

    held_c = maximum(c.stock + m.supply_c - exports, ZERO)
    held_x = x.stock + m.supply_x + exports - w.buy
    drawn = minimum(t.reserve, maximum(w.use_x - held_x, ZERO))
    used_c, used_x = minimum(w.use_c, held_c), minimum(w.use_x, held_x + drawn)
    stock_c, stock_x = maximum(held_c - used_c, ZERO), maximum(held_x + drawn - used_x, ZERO)
    missed = maximum(minimum(want, m.imports) - exports, ZERO)
    withheld = minimum(_WITHHELD_KEPT * t.withheld + _WITHHELD * missed, stock_c)
    reserve = maximum(t.reserve + w.buy - drawn, ZERO)
    return Goods(
        stock_c=stock_c,
        stock_x=stock_x,
        withheld=withheld,
        l1=l1,
        l2=l2,
        l3=l3,
        reserve=reserve,
        used_c=used_c,
        used_x=used_x,
        met_c=minimum(w.full_c, held_c),
        met_x=minimum(w.full_x, held_x + drawn),
        unlicensed=leak + free,
        licensed=licensed,
        free=free,
        offered=s.offered,
        drawn=drawn,
    )


@scalar
def update_prices(before: Any, m: Any, w: Any, g: Any, params: Any) -> Any:
    """Last third, prices and expectations: (China, outside, trade) after the week."""
    c, x, t = before
    exports = g.unlicensed + g.licensed
    openness = (ONE - m.control) * (ONE - m.quota)
    bridge = params.arbitrage * openness * (x.p - c.p)
    alarm = fear(c.hoard, x.hoard, openness)
    pull_c = (
        params.alpha * tightness(w.orders_c, m.supply_c - exports, w.use_c, params.delta)
        + params.theta * scarcity(g.stock_c, w.use_c, m.cover_c, params)
        + bridge * m.use_x
    )
    pull_x = (
        params.alpha * tightness(w.orders_x, m.supply_x + exports, w.use_x, params.delta)
        + params.theta * scarcity(g.stock_x, w.use_x, m.cover_x, params)
        - bridge * m.use_c
    )
    ret_c = momentum(c, pull_c, m.worth + m.cost_c, noise(params.sigma_cn, alarm, m.z_c, params), params)
    ret_x = momentum(x, pull_x, m.worth + m.cost_x, noise(params.sigma_xc, alarm, m.z_x, params), params)
    p_c = clip(c.p + ret_c, PRICE_LOW, PRICE_HIGH)
    p_x = clip(x.p + ret_x + m.jump, PRICE_LOW, PRICE_HIGH)

    flow = t.flow + (exports * (ONE / m.imports) - t.flow) * _FOURTH
    missing = m.imports * (ONE / m.use_x) * maximum(ONE - _PER_NORMAL * flow, ZERO)
    next_c = expect(c, (p_c, ret_c), (g.stock_c, w.use_c - g.used_c), m.worth, ZERO * missing, params)
    next_x = expect(x, (p_x, ret_x), (g.stock_x, w.use_x - g.used_x), m.worth, missing, params)

    inflow = exports + m.supply_x
    cost = (g.unlicensed + m.supply_x) * exp_inside(p_x) + g.licensed * _LICENSED_MARKUP * exp_inside(p_c)
    price = cost / maximum(inflow, _TINY)
    paid = t.paid + minimum(inflow * (ONE / m.use_x), ONE) * _EIGHTEENTH * (price - t.paid)
    on = minimum(_RESTRICTED_AT * (m.control + m.quota), ONE)
    restricted = t.restricted + (on - t.restricted) * _EIGHTH
    trade = Trade(
        withheld=g.withheld,
        l1=g.l1,
        l2=g.l2,
        l3=g.l3,
        restricted=restricted,
        flow=flow,
        paid=paid,
        reserve=g.reserve,
    )
    return next_c, next_x, trade


@scalar
def step(c: Any, x: Any, t: Any, m: Any, params: Any) -> Any:
    """One week of one market: (China, outside, trade, flows)."""
    before = Sides(china=c, outside=x, trade=t)
    w = order(before, m, params)
    g = exchange(before, m, w, params)
    next_c, next_x, trade = update_prices(before, m, w, g, params)
    anchor = exp_inside(m.worth)
    return (
        next_c,
        next_x,
        trade,
        Flows(
            use_c=w.full_c,
            use_x=w.full_x,
            met_c=g.met_c,
            met_x=g.met_x,
            need_c=w.use_c,
            need_x=w.use_x,
            used_c=g.used_c,
            used_x=g.used_x,
            own_c=g.used_c * (ONE - w.taken_c * (ONE / w.use_c)),
            own_x=g.used_x * (ONE - w.taken_x * (ONE / w.use_x)),
            substitution_c=demand.substitution(w.full_c, m.direct_c + m.makers_c, c.p - m.worth, m.price_c, anchor),
            substitution_x=demand.substitution(w.full_x, m.direct_x + m.makers_x, x.p - m.worth, m.price_x, anchor),
            exports=g.unlicensed + g.licensed,
            free=g.free,
            offered=g.offered,
            drawn=g.drawn,
            taken_c=w.taken_c,
            taken_x=w.taken_x,
        ),
    )


@scalar
def fill(held: Any, counted: Any, cover_scale: Any) -> Any:
    """Starting inventory as a multiple of the path's own normal cover: a counted stock does not grow with it."""
    return held * where(counted > HALF, ONE / cover_scale, ONE)


@scalar
def start(use: Any, cover: Any, imports: Any, control: Any, initial: Any, params: Any) -> Any:
    """A market at rest under a control level: (China, outside, trade). Each stage of review holds what passes it.

    ``use`` and ``cover`` are (China, outside).
    ``initial`` is (log price in China, outside, inventory factor in China, outside, strategic stock).
    """
    (use_c, use_x), (cover_c, cover_x), (p_c, p_x, fill_c, fill_x, reserve) = use, cover, initial
    zero = ZERO * use_c
    stock_c, stock_x = cover_c * use_c * fill_c, cover_x * use_x * fill_x
    c = Node(p=p_c, ret=zero, slow=p_c, hoard=zero, thrift=zero, stock=stock_c, backlog=zero)
    x = Node(p=p_x, ret=zero, slow=p_x, hoard=zero, thrift=zero, stock=stock_x, backlog=zero)
    queue = control * imports * (ONE / params.licence_rate)
    trade = Trade(
        withheld=zero,
        l1=queue,
        l2=queue,
        l3=queue,
        restricted=minimum(_RESTRICTED_AT * control, ONE),
        flow=zero + ONE,
        paid=exp(p_x),
        reserve=reserve,
    )
    return c, x, trade
