"""Every number of the parameters is declared once: axes, units, kind, whether a gradient exists."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pytest

from supplyshock.studies.gradients import find_directions
from supplyshock.studies.gradients.directions import known_names
from supplyshock_kernels.backends.jax_xla import static
from supplyshock_kernels.params import (
    FIELDS,
    Array,
    all_values,
    axes,
    axis_sizes,
    cast,
    neutral_schedule,
    require_shapes,
)
from supplyshock_kernels.params.fields import declared_fields
from support import worlds


def params_with(field: Any) -> type:
    """`Params` whose schedule has this array."""
    schedule = type("Schedule", (), {"__annotations__": {"tariff_rate": field}})
    return type("Params", (), {"__annotations__": {"schedule": schedule}})


def test_every_field_is_declared():
    assert list(FIELDS) == [key for key, _ in all_values(worlds.scenario().params)]


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (Array, r"schedule.tariff_rate: an array without axes; declare it as Annotated\[Array, axes"),
        (Annotated[Array, axes("market", neutral=0)], 'has "time" as its first axis'),
        (Annotated[Array, axes("time", "market")], "and a `neutral` value"),
    ],
)
def test_a_dated_array_without_axes_fails_as_it_is_declared(field, message):
    with pytest.raises(TypeError, match=message):
        declared_fields(params_with(field))


def test_a_declared_array_is_accepted():
    field = axes("time", "market", neutral=0)
    assert declared_fields(params_with(Annotated[Array, field])) == {"schedule.tariff_rate": field}


def test_an_unknown_axis_fails_as_it_is_named():
    with pytest.raises(TypeError, match=r"'markte' is not an axis of the parameters; known: .*market"):
        axes("time", "markte")


@pytest.mark.parametrize("name", ["status_quo", "hindcast_2010", "rift"])
def test_the_shipped_scenarios_are_as_declared(name):
    """Shapes, and the kind of number that the precision of a run gives."""
    params = worlds.scenario(name).params
    require_shapes(params)
    for key, value in all_values(cast(params, "float32")):
        assert value.dtype == (np.int64 if FIELDS[key].into else np.float32), key


def test_a_wrong_shape_fails_as_a_scenario_is_built():
    p = worlds.status_quo(8)
    other = worlds.change(p, "schedule", quota=p.schedule.quota[:, 1:])
    with pytest.raises(ValueError, match=r"schedule.quota holds the shape \(8, 25\), its axes are \(time, market\)"):
        require_shapes(other)


def test_the_neutral_schedule_is_that_of_a_scenario_without_levers():
    p = worlds.status_quo(8)
    for name, value in neutral_schedule(axis_sizes(p))._asdict().items():
        np.testing.assert_array_equal(value, getattr(p.schedule, name), err_msg=name)


def test_what_decides_the_structure_of_a_program():
    structure, traced = static.split(cast(worlds.status_quo(8), "float32"))
    assert sorted(structure.arrays) == [
        ("markets", "cn_list"), ("markets", "group"), ("markets", "us_list"), ("policy", "list_is_tariff"),
        ("policy", "list_party"), ("policy", "tools_list"), ("priors", "factor"), ("recipes", "input"),
        ("recipes", "product"), ("sectors", "chip_making"),
        ("sectors", "gated"), ("sectors", "many_parts"), ("sources", "bloc"),
    ]  # fmt: skip
    assert traced["schedule"]["regime"].dtype == np.int64


def test_gradients_are_taken_of_what_has_one():
    scenario = worlds.scenario()
    for direction in find_directions(scenario, known_names(scenario)):
        for (group, name), step in direction.entries.items():
            assert FIELDS[f"{group}.{name}"].has_gradient, direction.name
            assert np.shape(step) == np.shape(getattr(getattr(scenario.params, group), name)), direction.name


def test_indices_switches_and_loadings_have_no_gradient():
    assert not any(FIELDS[key].has_gradient for key in ("markets.group", "sectors.gated", "schedule.regime"))
    assert not any(FIELDS[key].has_gradient for key in ("priors.loading", "priors.lognormal"))
    assert FIELDS["schedule.control"].has_gradient
