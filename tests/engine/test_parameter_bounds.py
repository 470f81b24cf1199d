"""At the ends of what may be declared, every equation stays finite: each parameter and each column of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from supplyshock.common.errors import DataError
from supplyshock.scenarios.config.load import Loaded, load_config
from supplyshock.scenarios.dataset.csv_table import Rule
from supplyshock.scenarios.dataset.parameter_names import EXPIRY, parameter_rule
from supplyshock.scenarios.dataset.table_schemas import CHIP_FIELDS, MARKET_FIELDS, SOURCE_FIELDS
from supplyshock.scenarios.scenario import build_params
from supplyshock_kernels.backends.numba_cpu.simulate import simulate
from supplyshock_kernels.outputs import OUTCOMES, Rows, outcome_rows
from supplyshock_kernels.params import Grid, Params

PATHS, WEEKS = 64, 60
DATED = {o.name for o in OUTCOMES if o.dated}
MOST = 1e8
"""No outcome of a parameter within its bounds is larger in any unit: the sum of float32 numbers stays exact enough."""
FIELDS = {"market": {**MARKET_FIELDS, **CHIP_FIELDS}, "source": SOURCE_FIELDS}


@cache
def loaded() -> Loaded:
    return load_config("breakdown", {"weeks": WEEKS})


def with_parameters(change: Mapping[str, float]) -> Params:
    start = loaded()
    parameters = {**start.config.parameters, **change}
    return build_params(replace(start, config=start.config.model_copy(update={"parameters": parameters})))


def with_column(table: str, field: str, value: float) -> Params:
    start = loaded()
    old = getattr(start.dataset, table)
    new = {key: replace(f, value=value) if key[1] == field else f for key, f in old.items()}
    return build_params(replace(start, dataset=replace(start.dataset, **{table: new})))


def outcome_of_column(table: str, field: str, value: float) -> list[str]:
    """What is wild; nothing where the check across tables refuses the value."""
    try:
        return wild(with_column(table, field, value))
    except DataError:
        return []


def wild(params: Params) -> list[str]:
    """What is not finite, or larger than anything can be."""
    with np.errstate(all="ignore"):
        observed = simulate(params, Grid(precision="float32", keep=PATHS), 1, range(PATHS))
    names = [] if np.isfinite(observed.series).all() else ["series"]
    return [*names, *(rows.name for rows in outcome_rows(params) if not is_tame(rows, observed.outcomes))]


def is_tame(rows: Rows, outcomes: Any) -> bool:
    values = outcomes[rows.start : rows.stop]
    if rows.name in DATED:
        return not np.isinf(values).any()
    return bool(np.isfinite(values).all() and np.abs(values).max() <= MOST)


def ends(rule: Rule) -> tuple[float, float]:
    """The least and the largest value; a rule that excludes zero is tried close to it."""
    return (1e-6 if rule.positive and not rule.low else rule.low), rule.high


def test_every_parameter_is_bounded() -> None:
    names = loaded().dataset.parameter_names
    assert len(names) == 269
    assert [n for n in names if not np.isfinite(ends(parameter_rule(n))).all()] == []


@pytest.mark.parametrize("end", [0, 1])
def test_outcomes_are_finite_at_the_bounds_of_every_parameter(end: int) -> None:
    broken = {}
    for name in loaded().dataset.parameter_names:
        change = {name: ends(parameter_rule(name))[end]}
        if name.startswith("policy.expiry."):  # the four sum to 1
            change |= {n: (1.0 - change[name]) / 3 for e in EXPIRY if (n := f"policy.expiry.{e}") != name}
        if bad := wild(with_parameters(change)):
            broken[name] = (change, bad)
    assert broken == {}


@pytest.mark.parametrize(
    ("table", "field"), [(t, f) for t, fields in FIELDS.items() for f, r in fields.items() if r.high < np.inf]
)
def test_outcomes_are_finite_at_the_bounds_of_every_column(table: str, field: str) -> None:
    assert [outcome_of_column(table, field, value) for value in ends(FIELDS[table][field])] == [[], []]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"industry.multiplier": 1e12}, "loss_usd_bn"),
        ({"material.omega": 1e6}, "series"),
        ({"chip.deferred_weeks": 1e-6}, "series"),
    ],
)
def test_values_beyond_the_bounds_are_wild(
    change: dict[str, float], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the checks see what the bounds keep out, and the bounds do keep it out."""
    (key, value), = change.items()  # fmt: skip
    assert not parameter_rule(key).admits(value)
    monkeypatch.setattr("supplyshock.scenarios.model_inputs.consistency.parameter_rule", lambda _: Rule())
    assert name in wild(with_parameters(change))
