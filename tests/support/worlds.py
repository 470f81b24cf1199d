"""Worlds to test in, and ways to run and read them. Shared by kernel and statistical tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np

from supplyshock.scenarios.scenario import load_scenario
from supplyshock_kernels import backends
from supplyshock_kernels.backends.array_program import random_inputs, week
from supplyshock_kernels.backends.array_program.start import start_paths
from supplyshock_kernels.backends.reference.walk import draws_of
from supplyshock_kernels.model import negotiation
from supplyshock_kernels.outputs import Observed, outcome_rows, series_rows
from supplyshock_kernels.params import NO_CLOCK, Array, Grid, Params, cast

BLOCK = 1024


@cache
def scenario(name: str = "status_quo") -> Any:
    """A shipped scenario that starts at rest."""
    return load_scenario(name, {"initial": {"states": None}})


def market(name: str) -> int:
    return scenario().labels.market.index(name)


def status_quo(weeks: int) -> Params:
    """The shipped scenario with nothing scheduled, over so many weeks."""
    return unscheduled(scenario().params, weeks)


def unscheduled(params: Params, weeks: int) -> Params:
    old = params.schedule

    def rows(a: Array, value: float) -> Array:
        return np.full((weeks, *a.shape[1:]), value, a.dtype)

    free = {f: rows(getattr(old, f), -1) for f in ("regime", "clock", "control", "approval", "approval_of")}
    one = {f: rows(getattr(old, f), 1) for f in ("demand", "recipe", "availability")}
    none = ("announcement", "quota", "quota_grant", "quota_weeks", "capacity", "recycled", "purchase")
    zero = {f: rows(getattr(old, f), 0) for f in none}
    return params._replace(schedule=old._replace(**free, **one, **zero))


def granted(params: Params) -> Params:
    """The parameters with the tonnage that their quotas leave, the weeks under quota being one half-year."""
    k, s = params.markets, params.schedule
    exports = np.maximum(k.use[:, 1] - k.supply[:, 1], 0) * k.tonnage
    allowed = (np.where(s.quota > 0, 1 - s.quota, 0) * exports).sum(1)
    under = np.flatnonzero((s.quota > 0).any(1))
    grant, weeks = np.zeros_like(s.quota_grant), np.zeros_like(s.quota_weeks)
    if len(under):
        assert len(under) == under[-1] - under[0] + 1
        grant[under[0]] = allowed.sum()
        weeks[under] = np.arange(len(under), 0, -1)
    return change(params, "schedule", quota_grant=grant, quota_weeks=weeks)


def change(params: Params, group: str, **values: Any) -> Params:
    """The parameters with some entries of one group replaced."""
    return params._replace(**{group: getattr(params, group)._replace(**values)})


def calm(weeks: int) -> Params:
    """No policy, no controls, nothing scheduled, every market at its baseline."""
    p = status_quo(weeks)
    p = change(p, "policy", endogenous=0.0)
    start = {
        "control": 0 * p.initial.control,
        "open_share": np.ones_like(p.initial.open_share),
        "log_price": 0 * p.initial.log_price,
        "stockpile": 0 * p.initial.stockpile,
    }
    start["inventory"] = np.ones_like(p.initial.inventory)
    return change(p, "initial", regime=0, clock=NO_CLOCK, approval=1.0, **start)


def quiet(weeks: int) -> Params:
    """A calm world: no noise, no accidents, every uncertain parameter at its centre."""
    p = change(calm(weeks), "material", sigma_cn=0.0, sigma_xc=0.0, sigma_demand=0.0)
    p = change(p, "chip", sigma_broker=0.0, sigma_contract=0.0, sigma_demand=0.0)
    p = change(p, "sources", outage_hazard=0 * p.sources.outage_hazard)
    p = change(p, "policy", strait_hazard=0 * p.policy.strait_hazard)
    return fixed_theta(p)


def eventless(weeks: int) -> Params:
    """Nothing discrete happens, and materials and chips are short: outcomes are continuous in every number."""
    lists = {"ree_2025_04": 0.95, "magnets_2025_04": 0.95, "ree_2025_10": 0.9, "ga_ge": 0.9}
    lists |= {"advanced_chips": 0.95, "mature_chips": 0.9}
    p = forced(status_quo(weeks), lists)
    p = change(p, "sources", outage_hazard=0 * p.sources.outage_hazard)
    p = change(p, "policy", endogenous=0.0, strait_hazard=0 * p.policy.strait_hazard)
    p = change(p, "markets", cover=0.3 * p.markets.cover)
    return change(p, "sectors", buffer=0.1 * p.sectors.buffer)


def fixed_theta(params: Params, **centers: float) -> Params:
    """Every uncertain parameter at its centre, or at the one given, on all paths."""
    from supplyshock_kernels.model.uncertain_parameters import NAMES

    q = params.priors
    center = q.center.copy()
    for name, value in centers.items():
        center[NAMES.index(name)] = value
    bound = {"low": np.minimum(q.low, center), "high": np.maximum(q.high, center)}
    return change(params, "priors", sd=0 * q.sd, center=center, **bound)


def forced(params: Params, lists: dict[str, float], weeks: slice = slice(None)) -> Params:
    """The parameters with control lists at a level in some weeks."""
    control = params.schedule.control.copy()
    for name, level in lists.items():
        control[weeks, scenario().labels.list.index(name)] = level
    return change(params, "schedule", control=control)


def outcome(params: Params, outcomes: Array, name: str) -> Array:
    """One outcome as (its axes..., paths)."""
    row = next(r for r in outcome_rows(params) if r.name == name)
    return outcomes[row.start : row.stop].reshape(*row.shape, -1)


def weekly(params: Params, series: Array, name: str) -> Array:
    """One weekly quantity of kept paths as (its axes..., weeks, paths)."""
    row = next(r for r in series_rows(params) if r.name == name)
    return series[row.start : row.stop].reshape(*row.shape, *series.shape[1:])


def collect(params: Params, paths: int, seed: int, pick: Callable[[Observed], Array], backend: str = "numba") -> Array:
    """What ``pick`` takes from each block (paths last), of all paths; two blocks at a time."""
    run = backends.get(backend)
    grid = Grid("float32", keep=paths)
    blocks = [range(i, min(i + BLOCK, paths)) for i in range(0, paths, BLOCK)]
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(lambda block: pick(run(params, grid, seed, block)), blocks))
    return np.concatenate(parts, axis=-1)


def collect_series(params: Params, paths: int, seed: int, name: str, backend: str = "numba") -> Array:
    """A weekly quantity of all paths as (its axes..., weeks, paths)."""
    return collect(params, paths, seed, lambda o: weekly(params, o.series, name).copy(), backend)


def collect_outcome(params: Params, paths: int, seed: int, name: str, backend: str = "numba") -> Array:
    """An outcome of all paths as (its axes..., paths)."""
    return collect(params, paths, seed, lambda o: outcome(params, o.outcomes, name).copy(), backend)


def walk(params: Params, seed: int, paths: range, precision: str = "float64") -> Iterator[tuple[Any, Any, Any]]:
    """(state before, state after, what happened) of every week, from the reference's own functions."""
    p = cast(params, precision)
    draws = draws_of(Grid(precision), seed, paths)
    rules, theta = negotiation.build_rules(p.policy), random_inputs.draw_theta(p, draws)
    state = start_paths(p, theta, draws)
    for t in range(p.weeks):
        drawn = random_inputs.draw_week(draws, t + 1, len(p.markets.group))
        after, happened = week.simulate_week(p, rules, theta, state, drawn, t)
        yield state, after, happened
        state = after
