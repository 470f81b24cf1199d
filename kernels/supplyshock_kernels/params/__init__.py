"""The inputs of a simulation: plain arrays and numbers, without names or files.

Units, everywhere in the kernels
    quantity    1 = baseline world use of a market in one week
    price       ratio to its baseline; `p` is its natural logarithm
    money       billion USD; sector rates are per year, flows per week
    hazards     per year; ``DT`` turns them into weeks
    control     0 (open) .. 1 (closed), the level of a control list

Axes
    M   markets, materials first (``n_materials`` of them), then chip segments
    J   sources    K  sectors    C  control lists    H  uncertain parameters
    T   weeks      2  blocs, China (0) then the rest of the world (1);
                      parties, China (0) then the United States (1)

Floating arrays have the precision of the run (float32 or float64), index
arrays are int64.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..ops import scalar
from .constants import (
    ACTION_KINDS,
    BLOCS,
    CALM,
    DEAL,
    ECONOMIES,
    ESCALATION,
    NO_CLOCK,
    PARTIES,
    QUARTERS,
    REGIMES,
    RIFT,
    TALKS,
    TRUCE,
    WEEKS_PER_YEAR,
)
from .dated import Initial, Schedule
from .equations import Chip, Industry, Material
from .fields import AXIS_LABELS, FIXED_SIZES, SIZED_BY, Array, Field, all_values, axes, declared_fields
from .policy import Policy, Priors
from .recipes import Recipes
from .world import Markets, Sectors, Sources

__all__ = [
    "ACTION_KINDS", "AXIS_LABELS", "BLOCS", "CALM", "DEAL", "ECONOMIES", "ESCALATION", "FIELDS", "NO_CLOCK", "PARTIES",
    "QUARTERS", "REGIMES", "RIFT", "TALKS", "TRUCE", "WEEKS_PER_YEAR", "Array", "Chip", "Field", "Grid", "Industry",
    "Initial", "Markets", "Material", "Params", "Policy", "Priors", "Recipes", "Schedule", "Sectors", "Sources",
    "all_values",
    "axes", "axis_sizes", "cast", "neutral_schedule", "other_policy", "quarter", "require_shapes",
]  # fmt: skip


class Params(NamedTuple):
    """Everything one scenario needs. Built by `supplyshock.scenarios.scenario`, read by the backends."""

    markets: Markets
    recipes: Recipes
    sources: Sources
    sectors: Sectors
    material: Material
    chip: Chip
    industry: Industry
    policy: Policy
    priors: Priors
    initial: Initial
    schedule: Schedule

    @property
    def n_materials(self) -> int:
        """Materials come first; chips are the markets of group 3."""
        return int((self.markets.group < 3).sum())

    @property
    def weeks(self) -> int:
        """Length of the schedule."""
        return int(self.schedule.regime.shape[0])


FIELDS = declared_fields(Params)
"""The declaration of every field, by ``group.field``: an array without axes fails as this module is imported."""


def axis_sizes(params: Params) -> dict[str, int]:
    """Length of every axis of the parameters."""
    values = dict(all_values(params))
    return FIXED_SIZES | {axis: values[key].shape[at] for axis, (key, at) in SIZED_BY.items()}


def require_shapes(params: Params) -> None:
    """Raises ValueError where an array has not the shape of its axes."""
    size = axis_sizes(params)
    for key, value in all_values(params):
        shape = tuple(size[axis] for axis in FIELDS[key].axes)
        if value.shape != shape:
            expected = f"({', '.join(FIELDS[key].axes)}) {shape}"
            raise ValueError(f"the parameter {key} holds the shape {value.shape}, its axes are {expected}")


def neutral_schedule(size: Mapping[str, int]) -> Schedule:
    """Dated inputs that change nothing; ``size`` is the length of every axis they have."""

    def array(name: str) -> Array:
        field = FIELDS[f"schedule.{name}"]
        return np.full([size[a] for a in field.axes], field.neutral, np.int64 if field.into else np.float64)

    return Schedule(**{name: array(name) for name in Schedule._fields})


class Grid(NamedTuple):
    """Settings of a run: none of them changes the distribution of a path."""

    precision: str = "float32"
    """float32 or float64."""
    normals: str = "box_muller"
    """box_muller, or inverse for the inverse of the normal distribution function."""
    keep: int = 0
    """Paths with an index below this one return their weekly series; of a call by single numbers, the first so many."""
    rows: tuple[int, ...] | None = None
    """Which rows of `outputs.series_rows` they return, in this order; None: all of them."""
    state: bool = False
    """Paths return their state after the last week."""
    device: str = ""
    """cpu, gpu or tpu, for backends that run on several; empty: the best there is."""


@scalar
def quarter(week: Any, weeks: Any) -> Any:
    """The part of the run that a week lies in."""
    return week * QUARTERS // weeks


def cast(params: Params, precision: str) -> Params:
    """The same parameters with every floating number in the given precision."""
    dtype = np.dtype(precision)

    def convert(x: Any) -> Any:
        if isinstance(x, tuple):
            return type(x)(*(convert(v) for v in x))  # a NamedTuple
        a = np.asarray(x)
        kind = np.dtype(np.int64) if a.dtype.kind in "iu" else dtype
        return np.ascontiguousarray(a, dtype=kind) if a.ndim else a.astype(kind)[()]

    converted: Params = convert(params)
    return converted


def other_policy(params: Params, policy: Policy | None, precision: str) -> Policy | None:
    """The policy that paths are weighed against, in the given precision; None if there is none."""
    return policy and cast(params._replace(policy=policy), precision).policy
