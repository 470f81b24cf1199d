"""/inputs: the parameters as used, with dimensions and units, and the table of figures behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from supplyshock_kernels.params import BLOCS, QUARTERS, REGIMES, Array

from .variable_attributes import plain

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario

DEFAULT_AXES: dict[str, tuple[str, ...]] = {
    "markets": ("market",),
    "sources": ("source",),
    "sectors": ("sector",),
    "priors": ("parameter",),
    "schedule": ("time",),
}
AXES: dict[str, tuple[str, ...]] = {
    "markets.use": ("market", "bloc"),
    "markets.supply": ("market", "bloc"),
    "markets.cover": ("market", "bloc"),
    "markets.flow": ("market", "origin", "bloc"),
    "sources.basket": ("source", "market"),
    "sources.basket_value": ("source", "market"),
    "sectors.value_added": ("sector", "party"),
    "sectors.criticality": ("sector", "market"),
    "sectors.buffer": ("sector", "input"),
    "industry.gdp": ("party",),
    "policy.base_rate": ("party", "regime"),
    "policy.severity": ("party", "law"),
    "policy.severity_relax": ("party", "law"),
    "policy.tariff_share": ("party",),
    "policy.list_party": ("list",),
    "policy.list_is_tariff": ("list",),
    "policy.list_cum": ("list", "end"),
    "policy.hit_cum": ("quarter", "list", "end"),
    "policy.relax_rate": ("party", "regime"),
    "policy.hazard": ("regime", "to_regime"),
    "policy.expiry": ("expiry",),
    "policy.clock_weeks": ("clock",),
    "policy.onset_mean": ("regime",),
    "policy.approval": ("regime",),
    "policy.pull": ("regime", "list"),
    "policy.strait_hazard": ("regime",),
    "initial.control": ("list",),
    "initial.log_price": ("market", "bloc"),
    "initial.inventory": ("market", "bloc"),
    "initial.counted": ("market", "bloc"),
    "initial.stockpile": ("market",),
    "schedule.control": ("time", "list"),
    "schedule.announcement": ("time", "list"),
    "schedule.quota": ("time", "market"),
    "schedule.demand": ("time", "market", "bloc"),
    "schedule.availability": ("time", "source"),
    "schedule.capacity": ("time", "source"),
    "schedule.recycled": ("time", "market"),
    "schedule.purchase": ("time", "market"),
}
"""Dimensions of the fields of `Params` that are not those of their group."""

EXTRA_AXES = {
    "origin": BLOCS,
    "to_regime": REGIMES,
    "input": ("material", "chip"),
    "law": ("a", "b"),
    "end": ("lower", "upper"),
    "expiry": ("roll", "deal", "lapse", "talks"),
    "clock": ("short", "long"),
    "quarter": tuple(str(q + 1) for q in range(QUARTERS)),
}
"""Labels of axes that only inputs have."""

UNITS = {
    "markets.cover": "weeks",
    "markets.value": "1e9 USD week-1",
    "markets.fab": "weeks",
    "markets.assembly": "weeks",
    "markets.lead": "weeks",
    "sources.lead": "weeks",
    "sources.ramp": "year-1",
    "sources.outage_hazard": "year-1",
    "sources.outage_recovery": "weeks",
    "sources.tools_growth": "year-1",
    "sectors.value_added": "1e9 USD year-1",
    "sectors.buffer": "weeks",
    "industry.gdp": "1e9 USD year-1",
    "policy.base_rate": "year-1",
    "policy.relax_rate": "year-1",
    "policy.hazard": "year-1",
    "policy.clock_weeks": "weeks",
    "policy.strait_hazard": "year-1",
    "initial.clock": "weeks",
    "initial.stockpile": "weeks",
    "policy.strait_recovery": "weeks",
    "schedule.clock": "weeks",
}
"""Units of fields that are not ratios; docs/model.md has them all."""


class Input(NamedTuple):
    """A variable of /inputs; the values have an axis `scenario` first."""

    name: str
    dims: tuple[str, ...]
    values: Array
    units: str
    long_name: str


def array_inputs(scenarios: Sequence[Scenario]) -> Iterator[Input]:
    """Every field of `Params` that is an array, named ``group_field``."""
    for key, first in _fields(scenarios[0]):
        if first.ndim == 0:
            continue
        group, _, name = key.partition(".")
        values = np.stack([dict(_fields(s))[key] for s in scenarios])
        said = f"{group}: {name.replace('_', ' ')}"
        yield Input(f"{group}_{name}", ("scenario", *_axes(key, first)), values, UNITS.get(key, "1"), said)


def scalar_inputs(scenarios: Sequence[Scenario]) -> tuple[tuple[str, ...], tuple[str, ...], Array]:
    """Names ``group.field``, units and values (scenario, name) of every field that is one number."""
    table = [{k: v for k, v in _fields(s) if v.ndim == 0} for s in scenarios]
    names = tuple(table[0])
    rows = (r for r in scenarios[0].provenance if r.get("table") == "parameters")
    known = {str(r.get("key")): str(r.get("unit")) for r in rows}
    units = tuple(UNITS.get(n) or known.get(n) or plain(n).units for n in names)
    return names, units, np.array([[float(row[n]) for n in names] for row in table])


def _fields(scenario: Scenario) -> Iterator[tuple[str, Array]]:
    for group, fields in scenario.params._asdict().items():
        for name, value in fields._asdict().items():
            yield f"{group}.{name}", np.asarray(value)


def _axes(key: str, value: Array) -> tuple[str, ...]:
    group = key.partition(".")[0]
    known = AXES.get(key, DEFAULT_AXES.get(group, ()))
    return known if len(known) == value.ndim else tuple(f"{key.replace('.', '_')}_{i}" for i in range(value.ndim))


def figures(scenarios: Sequence[Scenario]) -> dict[str, list[str]]:
    """The figures behind the parameters, a list per column: value, unit, mark, source and so on, as text.

    A figure that all scenarios share is one row with ``scenarios`` = "all".
    """
    users: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for s in scenarios:
        for row in s.provenance:
            users.setdefault(tuple((str(k), _text(v)) for k, v in row.items()), []).append(s.name)
    rows = [{**dict(row), "scenarios": _who(names, scenarios)} for row, names in users.items()]
    columns = list(dict.fromkeys(k for row in rows for k in row))
    return {c: [row.get(c, "") for row in rows] for c in columns}


def _who(names: list[str], scenarios: Sequence[Scenario]) -> str:
    return "all" if len(set(names)) == len(scenarios) else ", ".join(names)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
