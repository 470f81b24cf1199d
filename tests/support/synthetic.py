"""A tiny world and a backend that needs no model: numbers that depend on (params, seed, path) alone."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from supplyshock.scenarios.config.schema import Run
from supplyshock.scenarios.labels import Labels
from supplyshock_kernels.backends import Simulate
from supplyshock_kernels.model.uncertain_parameters import NAMES
from supplyshock_kernels.outputs import FIXED_POINT, Observed, Stats, outcome_rows, series_rows, weekly_rows
from supplyshock_kernels.params import Array, Grid, Params
from supplyshock_kernels.statistics import bin_index, bin_table

M, J, K, C, H, WEEKS = 3, 2, 2, 3, len(NAMES), 4
SHAPES: dict[str, tuple[int, ...]] = {
    "markets.use": (M, 2), "markets.supply": (M, 2), "markets.cover": (M, 2), "markets.flow": (M, 2, 2),
    "sources.basket": (J, M), "sources.basket_value": (J, M),
    "sectors.value_added": (K, 2), "sectors.criticality": (K, M), "sectors.buffer": (K, 2),
    "sectors.use_share": (K, M), "sectors.ahead": (K, M), "sectors.value_added_abroad": (K, 4),
    "industry.gdp": (2,),
    "policy.base_rate": (2, 6), "policy.severity": (2, 2), "policy.severity_relax": (2, 2),
    "policy.tariff_share": (2,), "policy.list_party": (C,), "policy.list_is_tariff": (C,),
    "policy.list_cum": (C, 2), "policy.hit_cum": (4, C, 2),
    "policy.relax_rate": (2, 6), "policy.hazard": (6, 6), "policy.expiry": (4,),
    "policy.clock_weeks": (2,), "policy.onset_mean": (6,), "policy.approval": (6,), "policy.pull": (6, C),
    "policy.strait_hazard": (6,),
    "initial.control": (C,), "initial.open_share": (M, 2, 2),
    "initial.log_price": (M, 2), "initial.inventory": (M, 2), "initial.counted": (M, 2),
    "initial.stockpile": (M,), "initial.members": (0, 0),
    "schedule.control": (WEEKS, C), "schedule.announcement": (WEEKS, C), "schedule.quota": (WEEKS, M),
    "schedule.demand": (WEEKS, M, 2), "schedule.recipe": (WEEKS, M, 2),
    "schedule.availability": (WEEKS, J), "schedule.capacity": (WEEKS, J),
    "schedule.approval_of": (WEEKS, M), "schedule.recycled": (WEEKS, M), "schedule.purchase": (WEEKS, M),
}  # fmt: skip
DEFAULT = {"markets": (M,), "sources": (J,), "sectors": (K,), "priors": (H,), "recipes": (1,), "schedule": (WEEKS,)}
LABELS = Labels(
    market=("Dy", "Ga", "logic"),
    chip=("logic",),
    source=("mine_a", "mine_b"),
    sector=("cars", "magnets"),
    list=("CN rare earths", "US chips", "US tariffs"),
)


@dataclass(frozen=True)
class FakeScenario:
    """Has what the store reads of a `Scenario`."""

    name: str
    params: Params
    title: str = "A tiny world"
    description: str = "two materials, one chip"
    start: date = date(2026, 1, 5)
    weeks: int = WEEKS
    labels: Labels = LABELS
    digest: str = ""
    config: dict[str, Any] = field(
        default_factory=lambda: {"start": date(2026, 1, 5), "weeks": WEEKS, "initial": {}, "levers": {}}
    )
    run: Run = field(default_factory=lambda: Run(seed=0, save_series=0, backend="numba"))
    provenance: list[dict[str, Any]] = field(default_factory=list)


def tiny_params(shift: float = 0.0) -> Params:
    """Valid in shape only; `shift` makes another scenario of it."""
    groups = {}
    for group, kind in Params.__annotations__.items():
        cls = Params.__annotations__[group] if isinstance(kind, type) else _class(group)
        values = []
        for name in cls._fields:
            shape = SHAPES.get(f"{group}.{name}", DEFAULT.get(group, ()))
            values.append(np.full(shape, 0.5))
        groups[group] = cls(*values)
    lists, zeros = np.array([0, 3, 0]), np.zeros
    groups["markets"] = groups["markets"]._replace(group=np.array([1, 2, 3]), cn_list=lists, us_list=lists)
    groups["sources"] = groups["sources"]._replace(bloc=zeros(J, np.int64))
    groups["priors"] = groups["priors"]._replace(factor=zeros(H, np.int64))
    groups["recipes"] = groups["recipes"]._replace(product=np.array([1]), input=np.array([0]))
    groups["policy"] = groups["policy"]._replace(list_party=np.array([0, 1, 1]), tools_list=np.int64(1))
    groups["initial"] = groups["initial"]._replace(regime=np.int64(3))
    groups["schedule"] = groups["schedule"]._replace(regime=np.full(WEEKS, -1))
    groups["policy"] = groups["policy"]._replace(tools_list=np.int64(0))
    groups["initial"] = groups["initial"]._replace(regime=np.int64(0))
    groups["material"] = groups["material"]._replace(eta=np.float64(0.28 + shift))
    return Params(**groups)


def _class(group: str) -> Any:
    from supplyshock_kernels import params

    return getattr(params, group.capitalize())


def scenario(name: str = "status_quo", shift: float = 0.0, **changes: Any) -> Any:
    """A scenario to run."""
    columns = ("table", "key", "value", "unit", "mark", "source")
    rows = [
        ("parameters", "material.eta", 0.28 + shift, "1", "expert judgement", "x"),
        ("markets", "Dy.cover", 12, "weeks", "sourced", "y"),
        *(("market_figures", f"{m}.world_value", 1, "bn USD/yr", "sourced", "z") for m in LABELS.market),
    ]
    provenance = [dict(zip(columns, row, strict=True)) for row in rows]
    made = {"digest": f"{name}-{shift}", "provenance": provenance, **changes}
    return FakeScenario(name=name, params=tiny_params(shift), **made)


def two_scenarios() -> list[Any]:
    """The two scenarios of most tests of runs."""
    return [scenario(), scenario("swap_deal", 0.25)]


def uniform(seed: int, paths: Array, rows: int, salt: int) -> Array:
    """(rows, n) numbers in [0, 1) from a hash of (seed, path, row, salt)."""
    with np.errstate(over="ignore"):
        x = paths.astype(np.uint64)[None, :] * np.uint64(0x9E3779B97F4A7C15)
        x = x + np.arange(rows, dtype=np.uint64)[:, None] * np.uint64(0xD1B54A32D192ED03)
        x = x + np.uint64((seed * 1_000_003 + salt * 7919) % 2**64)
        for shift in (30, 27, 31):
            x = (x ^ (x >> np.uint64(shift))) * np.uint64(0xBF58476D1CE4E5B9)
    return (x >> np.uint64(40)).astype(np.float64) / 2**24


def simulate(params: Params, grid: Grid, seed: int, paths: range) -> Observed:
    """A backend: the contract of `supplyshock_kernels.outputs`, without a model."""
    index = np.arange(paths.start, paths.stop, dtype=np.uint64)
    shift = float(params.material.eta) - 0.28
    outcomes = (10 * uniform(seed, index, outcome_rows(params)[-1].stop, 0) + shift).astype(np.float32)
    for r in outcome_rows(params):
        if r.name in ("deal_week", "rift_week", "first_plant_week", "first_stop_week"):
            outcomes[r.start : r.stop][outcomes[r.start : r.stop] > 3] = np.nan
    kept = min(max(grid.keep - paths.start, 0), len(paths))
    rows, weekly = series_rows(params)[-1].stop, weekly_rows(params)[-1].stop
    series = np.empty((rows, params.weeks, kept), np.float32)
    table = bin_table(params)
    total = np.zeros((params.weeks, weekly), np.int64)
    square = np.zeros_like(total)
    regime = np.zeros((params.weeks, 6), np.int64)
    histogram = np.zeros((params.weeks, int(table.start[-1])), np.uint16)
    for t in range(params.weeks):
        x = (0.5 + 2 * uniform(seed, index, rows, t + 1) + shift).astype(np.float32)
        x[-1] = np.floor(x[-1])
        series[:, t] = x[:, :kept]
        total[t] = np.rint(x[:weekly].astype(np.float64) * FIXED_POINT).astype(np.int64).sum(1)
        square[t] = np.rint(x[:weekly].astype(np.float64) ** 2 * FIXED_POINT).astype(np.int64).sum(1)
        regime[t] = np.bincount(x[-1].astype(int), minlength=6)[:6]
        for v in range(weekly):
            histogram[t] += np.bincount(bin_index(x[v], v, table), minlength=len(histogram[t])).astype(np.uint16)
    clipped = sum(1 for p in paths if p % 100 == 0)
    return Observed(
        outcomes, series, Stats(len(paths), total, square, np.zeros_like(total), regime, histogram), clipped
    )


def paced(params: Params, grid: Grid, seed: int, paths: range) -> Observed:
    """`simulate`, after a pause of so many seconds: for processes of their own."""
    time.sleep(float(os.environ.get("PAUSE", "0")) * (len(paths) > 1))
    return simulate(params, grid, seed, paths)


def failing_beyond(last: int) -> Simulate:
    """`simulate`, whose calls with paths above a number fail: a run that uses it ends half-way."""

    def failing(params: Params, grid: Grid, seed: int, paths: range) -> Observed:
        if paths.stop > last:
            raise OSError("no")
        return simulate(params, grid, seed, paths)

    failing.__name__ = "simulate"
    return failing


def broken(params: Params, grid: Grid, seed: int, paths: range) -> Observed:
    """A backend with a defect."""
    raise FloatingPointError("NaN in the state")


paced.__name__ = broken.__name__ = "simulate"
