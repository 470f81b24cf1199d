"""The state of a path as one column of numbers: what stands in which row, for every backend and every file.

A run can be stopped after any week and taken up again from this column: `params.Initial.members` takes it in,
`params.Grid.state` asks for it. The uncertain parameters of the path are its last rows.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from ..model.chips import Buyer, Maker
from ..model.industry import Depletion
from ..model.materials import Node, Trade
from ..model.quota import Quota
from ..model.supply import Source
from ..model.uncertain_parameters import NAMES
from . import BLOCS, Array, Params


class Part(NamedTuple):
    """A quantity of the state: its name, and the axes that its rows run along, the last one fastest."""

    name: str
    axes: tuple[str, ...] = ()


def _records(prefix: str, record: type, *axes: str) -> tuple[Part, ...]:
    return tuple(Part(f"{prefix}.{field}", axes) for field in record._fields)  # type: ignore[attr-defined]


PARTS = (
    Part("regime"),
    Part("clock"),
    Part("excitation.0"),
    Part("excitation.1"),
    Part("pain.0"),
    Part("pain.1"),
    Part("approval"),
    Part("leniency"),
    Part("strait"),
    Part("controls.level", ("list",)),
    Part("controls.jump2", ("list",)),
    Part("controls.jump3", ("list",)),
    *_records("sources", Source, "source"),
    *_records("china", Node, "material"),
    *_records("outside", Node, "material"),
    *_records("trade", Trade, "material"),
    *_records("quota", Quota),
    *_records("buyers.0", Buyer, "chip"),
    *_records("buyers.1", Buyer, "chip"),
    *_records("makers.0", Maker, "chip"),
    *_records("makers.1", Maker, "chip"),
    *_records("depletion.0", Depletion, "sector"),
    *_records("depletion.1", Depletion, "sector"),
    Part("running", ("market", "bloc")),
    Part("standing", ("sector",)),
    Part("demand", ("market",)),
    Part("handed", ("material", "bloc")),
    Part("fab_inputs.0"),
    Part("fab_inputs.1"),
    *(Part(f"theta.{name}") for name in NAMES),
)
"""Every quantity in the order of `backends.array_program.state.State`. 0 is China, 1 the outside, or the US."""


class Place(NamedTuple):
    """Where a quantity stands in the column."""

    part: Part
    shape: tuple[int, ...]
    start: int
    stop: int


def locate_parts(params: Params) -> tuple[Place, ...]:
    """The rows of every quantity."""
    materials = params.n_materials
    size = {
        "material": materials,
        "chip": params.markets.group.shape[0] - materials,
        "market": params.markets.group.shape[0],
        "source": params.sources.lead.shape[0],
        "sector": params.sectors.gated.shape[0],
        "list": params.policy.list_party.shape[0],
        "bloc": len(BLOCS),
    }
    places, start = [], 0
    for part in PARTS:
        shape = tuple(size[axis] for axis in part.axes)
        places.append(Place(part, shape, start, start + prod(shape)))
        start = places[-1].stop
    return tuple(places)


def count_rows(params: Params) -> int:
    """R: numbers in the state of a path."""
    return locate_parts(params)[-1].stop


def part_of(params: Params, weeks: range, state: Array | None = None) -> Params:
    """The parameters of some weeks of a run, whose paths continue from their (R, N) ``state`` after the week before.

    The random numbers of those weeks are the ones that the whole run draws.
    """
    schedule = params.schedule
    cut = {name: getattr(schedule, name)[weeks.start : weeks.stop] for name in schedule._fields}
    initial = params.initial._replace(elapsed=params.initial.elapsed + weeks.start)
    if state is not None:
        initial = initial._replace(members=np.ascontiguousarray(state.T), drawn=np.float64(0))
    return params._replace(schedule=schedule._replace(**cut), initial=initial)
