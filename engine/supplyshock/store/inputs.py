"""/inputs: the parameters as used, with dimensions and units, and the table of figures behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from supplyshock_kernels.params import FIELDS, Array, all_values

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario


class Input(NamedTuple):
    """A variable of /inputs; the values have an axis `scenario` first."""

    name: str
    dims: tuple[str, ...]
    values: Array
    units: str
    long_name: str


def array_inputs(scenarios: Sequence[Scenario]) -> Iterator[Input]:
    """Every field of `Params` that is an array, named after its group and field."""
    for key, first in all_values(scenarios[0].params):
        if first.ndim == 0:
            continue
        group, _, name = key.partition(".")
        values = np.stack([dict(all_values(s.params))[key] for s in scenarios])
        dims, long_name = ("scenario", *FIELDS[key].axes), f"{group}: {name.replace('_', ' ')}"
        yield Input(f"{group}_{name}", dims, values, FIELDS[key].units, long_name)


def scalar_inputs(scenarios: Sequence[Scenario]) -> tuple[tuple[str, ...], tuple[str, ...], Array]:
    """Names ``group.field``, units and values (scenario, name) of every field that is one number."""
    table = [{k: v for k, v in all_values(s.params) if v.ndim == 0} for s in scenarios]
    names = tuple(table[0])
    rows = (r for r in scenarios[0].provenance if r.get("table") == "parameters")
    figures = {str(r.get("key")): str(r.get("unit")) for r in rows}
    units = tuple(_scalar_units(name, figures) for name in names)
    return names, units, np.array([[float(row[n]) for n in names] for row in table])


def _scalar_units(key: str, figures: Mapping[str, str]) -> str:
    """Units of the field, of the figure behind it, or those that the ending of its name says."""
    declared, ending = FIELDS[key].units, "weeks" if key.endswith("_weeks") else "1"
    return declared if declared != "1" else figures.get(key, ending)


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
