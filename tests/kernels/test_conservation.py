"""Nothing is made or lost but by the stated flows: every node, every week, to float64 precision.

The reference runs week by week while a recorder keeps what `materials.step` and `chips.step` were given and
gave back; each account is then drawn up from the equations of docs/model.md, not from the code.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from supplyshock_kernels.backends.array_program import markets
from supplyshock_kernels.model import chips, materials
from support import worlds

TOLERANCE = 1e-12
SEED = 11
_VOID, _VOID_OPEN = np.float32(0.01), np.float32(0.2)  # the physics keeps its constants in float32
WEEKS = 70
PATHS = 24


class Call(NamedTuple):
    before: tuple[Any, ...]
    params: Any
    given: Any
    after: tuple[Any, ...]


class Recorder:
    """Stands in for a module of the model and keeps what went through its ``step``."""

    def __init__(self, module: Any) -> None:
        self.module, self.calls = module, []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.module, name)

    def step(self, *arguments: Any) -> Any:
        result = self.module.step(*arguments)
        self.calls.append(Call(arguments[:-2], arguments[-1], arguments[-2], result))
        return result


def bought_and_cut() -> Any:
    """A world in which everything happens: controls that open and shut, a quota, purchases, a stockpile."""
    lists = {"ree_2025_04": 1.0, "magnets_2025_04": 1.0, "ga_ge": 1.0}
    p = worlds.forced(worlds.status_quo(WEEKS), lists, slice(10, 40))
    p = worlds.forced(p, {"advanced_chips": 1.0, "mature_chips": 0.9}, slice(20, 50))
    s = p.schedule
    quota, purchase, demand, availability = (a.copy() for a in (s.quota, s.purchase, s.demand, s.availability))
    quota[5:45, worlds.market("La") : worlds.market("Nd") + 1] = 0.7
    purchase[3:60, worlds.market("Nd")] = 0.05
    purchase[3:60, worlds.market("Ga")] = 10.0  # more than there is
    demand[30:] = 1.3
    availability[15:30, ::3] = 0.0
    p = worlds.change(p, "schedule", quota=quota, purchase=purchase, demand=demand, availability=availability)
    p = worlds.granted(p)
    return worlds.change(p, "initial", stockpile=p.initial.stockpile + 4.0)


WORLDS = {"status quo": lambda: worlds.status_quo(WEEKS), "bought and cut": bought_and_cut}


@pytest.fixture(scope="module", params=WORLDS)
def walked(request):
    """(every week's `WeekOutputs`, calls of the material step, calls of the chip step)."""
    with pytest.MonkeyPatch.context() as patch:
        m, c = Recorder(materials), Recorder(chips)
        patch.setattr(markets, "materials", m)
        patch.setattr(markets, "chips", c)
        happened = [w for _, _, w in worlds.walk(WORLDS[request.param](), SEED, range(PATHS))]
    assert len(m.calls) == len(c.calls) == WEEKS
    return happened, m.calls, c.calls


# --- materials -------------------------------------------------------------------------------------


def bought(call: Call) -> Any:
    """What enters the strategic stock: never more than a quarter of what buyers hold."""
    return np.minimum(call.given.purchase, 0.25 * call.before[1].stock)


def material_accounts(call: Call) -> dict[str, Any]:
    """What each stock has too much at the end of the week; all zero where mass is conserved."""
    (c, x, t), m, (c1, x1, t1, f) = call.before, call.given, call.after
    buy = bought(call)
    applied = m.control * (wanted(call) - leaked(call)[0])
    licensed = f.exports - sum(leaked(call)[1:])
    not_approved = np.maximum(t.l3 - licensed / call.params.licence_rate, 0)
    voided = (_VOID + _VOID_OPEN * (1 - m.control)) * not_approved
    return {
        "China": c1.stock - (c.stock + m.supply_c - f.exports - f.used_c),
        "outside": x1.stock - (x.stock + m.supply_x + f.exports + f.drawn - buy - f.used_x),
        "reserve": t1.reserve - (t.reserve + buy - f.drawn),
        "world": (c1.stock + x1.stock + t1.reserve)
        - (c.stock + x.stock + t.reserve + m.supply_c + m.supply_x - f.used_c - f.used_x),
        "licences": (t1.l1 + t1.l2 + t1.l3) - (t.l1 + t.l2 + t.l3 + applied - licensed - voided),
    }


def wanted(call: Call) -> Any:
    (_, x, t), m, params = call.before, call.given, call.params
    usual = 3 * m.control * m.imports / params.licence_rate
    counted = params.psi * m.approval * (t.l1 + t.l2 + t.l3 - usual)
    orders = materials.orders(x, call.after[3].need_x, m.cover_x, x.stock + counted, params) + bought(call)
    return np.clip(orders - m.supply_x, 0, 2 * m.imports)


def leaked(call: Call) -> tuple[Any, Any, Any]:
    """(what would leak, what leaked, what went free) from the module's own `ship`."""
    (c, x, t), m, params = call.before, call.given, call.params
    want = wanted(call)
    leak = np.clip(params.leakage * (x.p - c.p), 0, 0.5) * t.restricted * want
    orders = want + m.supply_x  # `ship` clips it to the same want
    shipped = materials.ship(orders, c, x, t, m, params)
    return leak, shipped.leak, shipped.free


def worst(accounts: list[dict[str, Any]]) -> dict[str, float]:
    return {name: max(float(np.abs(a[name]).max()) for a in accounts) for name in accounts[0]}


def test_materials_balance(walked):
    excess = worst([material_accounts(call) for call in walked[1]])
    assert max(excess.values()) < TOLERANCE, excess


def test_materials_stay_in_bounds(walked):
    for call in walked[1]:
        c, x, t, f = call.after
        m = call.given
        for name in ("stock", "backlog", "hoard"):
            assert min(getattr(c, name).min(), getattr(x, name).min()) >= 0, name
        for name in ("withheld", "l1", "l2", "l3", "flow", "paid", "reserve", "restricted"):
            assert getattr(t, name).min() >= 0, name
        assert (t.withheld <= c.stock).all()
        assert (f.used_c <= f.met_c).all()
        assert (f.used_x <= f.met_x).all()
        assert (f.met_c <= f.use_c).all()
        assert (f.met_x <= f.use_x).all()
        assert min(f.exports.min(), f.drawn.min(), f.met_c.min(), f.met_x.min()) >= 0
        assert (f.exports <= m.supply_c + 0.25 * call.before[0].stock + TOLERANCE).all()
        assert (f.drawn <= call.before[2].reserve).all()
        assert (np.abs(np.stack([c.p, x.p])) <= 6.2).all()


def test_supply_is_what_sources_made(walked):
    """The supply of a market is its sources' output times their baskets; columns of W sum to 1. What is made from
    others, and what it is made from, has tests of its own (`test_made_from`)."""
    p = worlds.scenario().params
    basket, chain = p.sources.basket, np.union1d(p.recipes.product, p.recipes.input)
    np.testing.assert_allclose(basket.sum(0), 1, atol=1e-12)
    n = worlds.scenario().params.n_materials
    for happened, call in zip(walked[0], walked[1], strict=True):
        made = np.einsum("jm,jn->mn", basket, happened.output)[:n]
        supplied = call.given.supply_c + call.given.supply_x
        np.testing.assert_allclose(*(np.delete(x, chain, 0) for x in (supplied, made)), atol=TOLERANCE)


def test_something_happened(request, walked):
    """The worlds exercise every account: the reserve fills and empties, queues move, people go without."""
    calls = walked[1]
    if "bought" in request.node.name:
        assert max(bought(call).max() for call in calls) > 0.04
        assert max(call.after[3].drawn.max() for call in calls) > 0.01
        assert min((call.after[3].met_x / call.after[3].use_x).min() for call in calls) < 0.7
    assert max(call.after[2].l3.max() for call in calls) > 0.1


@pytest.mark.parametrize("flow", ["exports", "used_c", "used_x", "drawn"])
def test_materials_balance_can_fail(walked, flow):
    """Negative control: a flow off by one part in a million unbalances the books."""
    call = walked[1][25]
    off = call.after[3]._replace(**{flow: getattr(call.after[3], flow) * (1 + 1e-6) + 1e-9})
    assert max(worst([material_accounts(call._replace(after=(*call.after[:3], off)))]).values()) > 100 * TOLERANCE


# --- chips -----------------------------------------------------------------------------------------


def chip_accounts(call: Call) -> dict[str, Any]:
    """The same for makers' work in progress and finished stock, buyers' stock, books and deferred output."""
    (c, x, mc, mx), g, params, (c1, x1, mc1, mx1, f) = call.before, call.given, call.params, call.after
    errors = {}
    makers = (
        ("China", mc, mc1, g.capacity_c, g.input_c, f.ship_cc + f.ship_cx),
        ("outside", mx, mx1, g.capacity_x, g.input_x, f.ship_xc + f.ship_xx),
    )
    for name, s, s1, capacity, inputs, shipped in makers:
        starts = capacity * s1.utilisation / params.utilisation * inputs
        errors[f"{name} fab"] = s1.fab - (s.fab + starts - s.fab / g.fab)
        errors[f"{name} assembly"] = s1.assembly - (s.assembly + s.fab / g.fab - s.assembly / g.assembly)
        errors[f"{name} finished"] = s1.finished - (s.finished + s.assembly / g.assembly - shipped)
        errors[f"{name} maker"] = (s1.fab + s1.assembly + s1.finished) - (
            s.fab + s.assembly + s.finished + starts - shipped
        )
    buyers = (
        ("China", c, c1, f.ship_cc + f.ship_xc, f.met_c, f.need_c),
        ("outside", x, x1, f.ship_cx + f.ship_xx, f.met_x, f.need_x),
    )
    for name, b, b1, arrived, met, need in buyers:
        errors[f"{name} buyer"] = b1.stock - (b.stock + arrived - met)
        errors[f"{name} deferred"] = b1.deferred - (
            b.deferred * (1 - 1 / params.deferred_weeks) + params.deferred_share * (need - met)
        )
    return errors


def test_chips_balance(walked):
    errors = worst([chip_accounts(call) for call in walked[2]])
    assert max(errors.values()) < TOLERANCE, errors


def test_chips_stay_in_bounds(walked):
    for call in walked[2]:
        c, x, mc, mx, f = call.after
        for b in (c, x):
            for name in ("forecast", "deferred", "stock", "book_c", "book_x", "received", "lead"):
                assert getattr(b, name).min() >= 0, name
            assert b.share_c.min() >= 0
            assert b.share_c.max() <= 1
        for s in (mc, mx):
            assert min(getattr(s, name).min() for name in s._fields) >= 0
            assert 0.5 < s.utilisation.min() <= s.utilisation.max() < 0.95
        assert (f.met_c <= f.need_c).all()
        assert (f.met_x <= f.need_x).all()
        ships = (f.ship_cc, f.ship_cx, f.ship_xc, f.ship_xx)
        assert min(s.min() for s in ships) >= 0
        for share in (f.left_c, f.left_x, f.left_gated):
            assert (share <= 1).all()


@pytest.mark.parametrize("flow", ["ship_cc", "ship_xx", "met_c", "met_x"])
def test_chips_balance_can_fail(walked, flow):
    call = walked[2][25]
    off = call.after[4]._replace(**{flow: getattr(call.after[4], flow) * (1 + 1e-6)})
    assert max(worst([chip_accounts(call._replace(after=(*call.after[:4], off)))]).values()) > 100 * TOLERANCE
