"""Wild but admissible worlds: nothing breaks, whatever the parameters (property tests).

A NaN, a negative stock, a share outside [0, 1] or a price outside its bounds is a defect, not a path. The
examples are derandomised: the same ones every time.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from supplyshock_kernels import backends
from supplyshock_kernels.model import materials
from supplyshock_kernels.outputs import outcome_rows
from supplyshock_kernels.params import Grid, Params
from support import worlds

WEEKS = 60
PATHS = 16
SLACK = 1e-5
"""Rounding of float32 around a bound."""

RANGES = {
    "material": {
        "eta": (0.05, 0.6),
        "es_low": (0.01, 0.1),
        "es_high": (0.2, 1.5),
        "tau_orders": (2, 40),
        "eps_cover": (0, 0.6),
        "chi": (0, 2),
        "rho": (0, 0.98),
        "hoard_gain": (0, 3),
        "news_gain": (0, 3),
        "omega": (0, 1),
        "leakage": (0, 0.5),
        "alpha": (0, 0.4),
        "delta": (0, 1),
        "theta": (0, 0.1),
        "scarce_cover": (0, 1),
        "k_up": (0, 0.2),
        "k_down": (0, 0.3),
        "arbitrage": (0, 0.6),
        "phi": (0, 0.95),
        "sigma_cn": (0, 0.06),
        "sigma_xc": (0, 0.1),
        "nu": (0, 8),
        "psi": (0, 1),
        "jump": (0, 2),
        "licence_rate": (0.05, 0.7),
        "thrift_gain": (0, 1),
        "thrift_decay": (0, 1),
        "supply_elasticity": (0, 1),
        "sigma_demand": (0, 0.3),
        "demand_weeks": (1, 1000),
    },
    "chip": {
        "chi": (0, 2),
        "smooth_forecast": (1, 20),
        "tau_inventory": (2, 30),
        "tau_backlog": (2, 40),
        "deferred_share": (0, 1),
        "deferred_weeks": (4, 100),
        "utilisation": (0.6, 0.92),
        "finished_weeks": (0.5, 8),
        "requalify_weeks": (2, 100),
        "replace_weeks": (2, 300),
        "regain_weeks": (2, 300),
        "broker_gain": (0, 0.3),
        "broker_decay": (0, 0.2),
        "leakage": (0, 1),
        "use_elasticity": (0, 1),
        "contract_gain": (0, 3),
        "contract_decay": (0, 0.1),
        "shortage_gain": (0, 4),
        "sigma_broker": (0, 0.1),
        "sigma_contract": (0, 2),
        "sigma_demand": (0, 2),
        "demand_weeks": (1, 1000),
        "common_weight": (0, 1),
        "node_weight": (0, 1),
    },
    "industry": {
        "alike": (0, 1),
        "share_chip": (1e-4, 0.2),
        "multiplier": (0.5, 4),
        "refill_weeks": (2, 100),
        "pain_weeks": (1, 30),
    },
    "policy": {
        "cross": (0, 30),
        "cross_decay": (0, 0.95),
        "reply_tariff": (0, 20),
        "reply_other": (0, 20),
        "pain_center": (0, 3),
        "pain_cap": (1, 20),
        "approval_weeks": (1, 20),
        "pull_weeks": (1, 50),
        "expiry_weekly": (0, 1),
        "strait_severity": (0, 1),
        "strait_recovery": (1, 100),
    },
}
unit = st.floats(0, 1, width=32)
LISTS = len(worlds.scenario().labels.list)


def between(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


LAWS = st.fixed_dictionaries(
    {g: st.fixed_dictionaries({k: between(*r) for k, r in laws.items()}) for g, laws in RANGES.items()}
)
START = st.fixed_dictionaries(
    {
        "regime": st.integers(0, 5),
        "clock": st.sampled_from([0.0, 1.0, 10.0, 1e6]),
        "approval": unit,
        "control": st.lists(unit, min_size=LISTS, max_size=LISTS),
        "open": st.lists(unit, min_size=104, max_size=104),
        "price": st.lists(between(np.log(0.1), np.log(20)), min_size=52, max_size=52),
        "inventory": st.lists(between(0, 3), min_size=52, max_size=52),
        "stockpile": between(0, 50),
        "rates": between(0, 10),
    }
)
EVENT = st.fixed_dictionaries(
    {
        "start": st.integers(0, WEEKS - 1),
        "weeks": st.integers(1, WEEKS),
        "control": st.one_of(st.none(), unit),
        "approval": st.one_of(st.none(), unit),
        "regime": st.one_of(st.none(), st.integers(0, 5)),
        "quota": unit,
        "quota_grant": between(0, 10),
        "demand": between(0.2, 3),
        "recipe": between(0.2, 3),
        "availability": st.sampled_from([0.0, 0.3, 1.0]),
        "sources": st.integers(1, 25),
        "purchase": st.sampled_from([0.0, 0.02, 1.0]),
        "recycled": between(0, 0.5),
        "announcement": unit,
        "capacity": between(0, 0.5),
    }
)


def world(laws, start, events):
    """The status quo with all of that changed."""
    p = worlds.status_quo(WEEKS)
    for group, values in laws.items():
        p = worlds.change(p, group, **values)
    s = {f: v.copy() for f, v in p.schedule._asdict().items()}
    for e in events:
        weeks = slice(e["start"], e["start"] + e["weeks"])
        for name in ("control", "approval", "regime"):
            if e[name] is not None:
                s[name][weeks] = e[name]
        for name in ("quota", "demand", "recipe", "purchase", "recycled"):
            s[name][weeks] = e[name]
        s["quota_grant"][e["start"]] = e["quota_grant"]
        s["quota_weeks"][weeks] = np.arange(len(s["quota_weeks"][weeks]), 0, -1)
        s["availability"][weeks, : e["sources"]] = e["availability"]
        s["announcement"][e["start"]] = e["announcement"]
        s["capacity"][e["start"]] = e["capacity"]
    p = worlds.change(p, "schedule", **s)
    rates = {f: getattr(p.policy, f) * start["rates"] for f in ("base_rate", "relax_rate", "hazard", "strait_hazard")}
    return worlds.change(
        worlds.change(p, "policy", **rates),
        "initial",
        regime=start["regime"],
        clock=start["clock"],
        approval=start["approval"],
        control=np.array(start["control"]),
        open_share=np.array(start["open"]).reshape(26, 2, 2),
        log_price=np.array(start["price"]).reshape(26, 2),
        inventory=np.array(start["inventory"]).reshape(26, 2),
        stockpile=np.full(26, start["stockpile"]),
    )


WORLD = st.tuples(LAWS, START, st.lists(EVENT, max_size=3))
"""What `world` takes: hypothesis prints an example, and whole parameters are too long for that."""


def check(name, values, low=0.0, high=np.inf, slack=SLACK) -> None:
    assert np.isfinite(values).all(), f"{name}: not finite"
    bottom = low - slack * max(1, abs(low)) if np.isfinite(low) else -np.inf
    assert values.min() >= bottom, f"{name}: {values.min()} below {low}"
    top = high + slack * max(1, abs(high)) if np.isfinite(high) else np.inf
    assert values.max() <= top, f"{name}: {values.max()} above {high}"


def check_state(s) -> None:
    """Everything a path carries; stocks, books and queues may not be negative at all."""
    low, high = float(materials.PRICE_LOW), float(materials.PRICE_HIGH)
    for node in (s.china, s.outside):
        check("log price", node.p, low, high)
        check("slow price", node.slow, low, high)
        check("momentum", node.ret, -np.inf)
        check("hoarding", node.hoard, 0, 3)
        check("thrift", node.thrift, -0.15, 0.5)
        check("stock", node.stock, slack=0)
        check("backlog", node.backlog)
    for name, value in s.trade._asdict().items():
        check(
            f"trade {name}",
            value,
            0,
            1 if name == "restricted" else np.inf,
            slack=0 if name != "restricted" else SLACK,
        )
    for b in s.buyers:
        for name in ("forecast", "deferred", "stock", "book_c", "book_x", "received"):
            check(f"buyer {name}", getattr(b, name), slack=0)
        check("share of orders", b.share_c, 0, 1)
        check("accustomed use", b.accustomed, 0.05, 1)
        check("use ordered for", b.sought, 0.05, 1)
        check("lead time", b.lead, 0, 120)
        check("broker price", b.broker, low, high)
        check("contract price", b.contract, low, high)
    for m in s.makers:
        check("utilisation", m.utilisation, 0, 1)
        for name in ("fab", "assembly", "finished"):
            check(name, getattr(m, name), slack=0)
    check("source utilisation", s.sources.utilisation, 0.6, 1.12)
    check("capacity", s.sources.capacity, 0.05)
    check("outage", s.sources.outage, 0, 0.95)
    for name in ("n1", "n2", "n3"):
        check(f"pipeline {name}", getattr(s.sources, name), slack=0)
    check("controls", s.controls.level, 0, 1, slack=0)
    check("approval", s.approval, 0, 1)
    check("handed on", s.handed, slack=0)
    check("strait", s.strait, 0, 1)
    check("output that standing gates cost", s.standing, 0, 1)
    assert set(np.unique(s.regime)) <= set(range(6))
    check("clock", s.clock, slack=0)
    for bloc in (0, 1):
        check("pain", s.pain[bloc])
        check("excitation", s.excitation[bloc])
        check("fab inputs", s.fab_inputs[bloc], 0, 1)
        for name in ("materials", "chips"):
            check(f"stocks drawn {name}", getattr(s.depletion[bloc], name))
    check("running", s.running, 0.05, 1)


def check_week(w) -> None:
    check("use", w.use)
    check("met", w.met)
    assert (w.met <= w.use * (1 + SLACK)).all()
    check("output lost", w.lost, 0, 1)
    for name in ("exports", "lead", "drawn", "to_china", "output", "substitution"):
        check(name, getattr(w, name))
    check("bill", w.bill, -np.inf)
    check("loss, or gain", w.loss, -np.inf)
    assert set(np.unique(w.actions)) <= {0, 1}


examples = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.generate,),  # shrinking a world takes minutes and helps little
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)


@settings(examples, max_examples=25)
@given(parts=WORLD, seed=st.integers(0, 2**64 - 1))
def test_states_stay_in_bounds(parts, seed):
    p = world(*parts)
    with np.errstate(invalid="raise", divide="ignore"):
        for _, after, happened in worlds.walk(p, seed, range(PATHS), "float32"):
            check_state(after)
            check_week(happened)


@settings(examples, max_examples=25)
@given(parts=WORLD, seed=st.integers(0, 2**64 - 1))
def test_compiled_results_are_finite(parts, seed):
    """Outcomes are finite but for dates that never came, shares in [0, 1], dates within the run."""
    p = world(*parts)
    o = backends.get("numba")(p, Grid("float32", keep=PATHS), seed, range(PATHS))
    assert np.isfinite(o.series).all()
    for row in outcome_rows(p):
        values = o.outcomes[row.start : row.stop]
        if row.name in ("deal_week", "rift_week", "first_plant_week", "first_stop_week"):
            values = values[~np.isnan(values)]
            assert ((values >= 0) & (values < WEEKS)).all()
        elif row.name in ("price_bill_usd_bn", "theta"):
            assert np.isfinite(values).all()
        elif row.name == "loss_usd_bn":
            gained = -values.reshape(2, -1, PATHS).sum(1)
            assert (gained[0] <= worlds.outcome(p, o.outcomes, "standing_cost_usd_bn") * (1 + 1e-3) + 1e-3).all()
            assert (gained[1] <= 0).all()
        else:
            one = row.name in ("ex_china_supply_share", "supply_concentration")
            check(row.name, values, 0, 1 if one else np.inf, slack=1e-4)
    for name, low, high in (("price_ratio", 0.067, 493), ("shortage_ratio", 0, 1), ("control_level", 0, 1)):
        check(name, worlds.weekly(p, o.series, name), low, high)
    for name in ("inventory_weeks", "paid_price_ratio", "export_ratio", "lead_time_weeks"):
        check(name, worlds.weekly(p, o.series, name))
    check("loss_usd_bn", worlds.weekly(p, o.series, "loss_usd_bn"), -np.inf)


def nothing_runs(first: int) -> Params:
    """No source makes anything from a week on, and nothing is recycled."""
    p = worlds.status_quo(WEEKS)
    availability = p.schedule.availability.copy()
    availability[first:] = 0
    return worlds.change(p, "schedule", availability=availability)


def test_a_world_that_makes_nothing():
    """The end of all supply is admissible: stocks run out, nothing divides by zero."""
    with np.errstate(invalid="raise", divide="raise"):
        for _, after, happened in worlds.walk(nothing_runs(5), 1, range(PATHS), "float32"):
            check_state(after)
            check_week(happened)


ON_CORES = [name for name in backends.NAMES if "cpu" in backends.SPECS[name].device_kinds]


@pytest.mark.parametrize("backend", [pytest.param(n, marks=[pytest.mark.slow] if n == "jax" else []) for n in ON_CORES])
def test_outcomes_of_a_world_that_makes_nothing(backend):
    p = nothing_runs(5)
    o = backends.get(backend)(p, Grid("float32", keep=PATHS), 1, range(PATHS))
    assert np.isfinite(o.series).all()
    dated = ("deal_week", "rift_week", "first_plant_week", "first_stop_week")
    broken = [
        row.name
        for row in outcome_rows(p)
        if row.name not in dated and not np.isfinite(o.outcomes[row.start : row.stop]).all()
    ]
    assert broken == []


def test_checks_can_fail():
    """Negative control: an inventory a hair below zero, a NaN, a share above one."""
    *_, (_, after, _) = worlds.walk(worlds.status_quo(2), 1, range(PATHS), "float32")
    check_state(after)
    for broken in (
        after._replace(
            china=after.china._replace(stock=after.china.stock - after.china.stock.min() - np.float32(1e-7))
        ),
        after._replace(outside=after.outside._replace(p=after.outside.p * np.float32(np.nan))),
        after._replace(buyers=(after.buyers[0], after.buyers[1]._replace(share_c=after.buyers[1].share_c + 1))),
    ):
        try:
            check_state(broken)
        except AssertionError:
            continue
        raise AssertionError("a broken state went unnoticed")
