"""The free parameters, their ranges and their start values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from supplyshock_kernels.params import Array

from ...common.errors import UsageError, did_you_mean
from ...scenarios.dataset.dataset import Dataset
from ...scenarios.dataset.parameter_names import parameter_rule
from ..student import SDS_IN_90_PERCENT

FAMILIES = ("material.", "chip.", "policy.leniency_sd")
BEYOND = 0.25
"""The share of a range that a search may go beyond its ends, since a range holds 90 % of the prior."""
FIXED = ("material.news_gain", "chip.replace_weeks", "chip.shortage_gain", "priors.substitution")
"""Have a range, but stay fixed. No target carries information about the first three. Only the loss of another model
(T6) does about the substitution, and it would be fitted to that model's own elasticity."""
PRIORS = ("priors.use_elasticity", "priors.substitution")
"""Priors whose centre is free; the spread stays."""


@dataclass(frozen=True)
class FreeParameter:
    """A parameter that the calibration may move, and its range."""

    name: str
    start: float
    low: float
    high: float

    @property
    def centre(self) -> float:
        """Centre of the prior."""
        return (self.high + self.low) / 2.0

    @property
    def prior_sd(self) -> float:
        """The range holds 90 % of a normal prior."""
        return (self.high - self.low) / SDS_IN_90_PERCENT

    @property
    def bounds(self) -> tuple[float, float]:
        """How far a search may go: a quarter of the range beyond its ends, as far as the parameter allows, and never
        below half of the low end. The centre of a prior stays in its range."""
        if self.name.startswith("priors."):
            return self.low, self.high
        rule, beyond = parameter_rule(self.name), BEYOND * (self.high - self.low)
        return max(self.low - beyond, rule.low, self.low / 2.0), min(self.high + beyond, rule.high)


def known_parameters(data: Dataset) -> dict[str, FreeParameter]:
    """Every parameter that may be free: market parameters with a range, and the centres of two priors."""
    free = {
        name: FreeParameter(name, f.value, f.low, f.high)
        for (name,), f in data.parameter.items()
        if name.startswith(FAMILIES) and f.low is not None and f.high is not None
    }
    for name in PRIORS:
        row = data.prior[name.partition(".")[2]]
        free[name] = FreeParameter(name, row.center, max(row.low, row.center / 1.6), min(row.high, row.center * 1.6))
    return free


def choose_parameters(data: Dataset, names: Sequence[str] = ()) -> tuple[FreeParameter, ...]:
    """The free parameters of these names, by default all but `FIXED`. Raises `UsageError` for an unknown one."""
    known = known_parameters(data)
    if not names:
        return tuple(f for name, f in known.items() if name not in FIXED)
    for name in names:
        if name not in known:
            expected = f"a market parameter with a range: {', '.join(known)}"
            raise UsageError("no such free parameter", where="--free", expected=expected, got=repr(name),
                             fix=did_you_mean(name, known))  # fmt: skip
    return tuple(known[name] for name in names)


def to_unit_interval(free: Sequence[FreeParameter], values: Sequence[float]) -> Array:
    """Values as coordinates: 0 and 1 are the ends of the ranges."""
    return np.array([(v - f.low) / (f.high - f.low) for f, v in zip(free, values, strict=True)])


def from_unit_interval(free: Sequence[FreeParameter], x: Array) -> dict[str, float]:
    """Coordinates as values, clipped to the range of the search."""
    inside = np.clip(x, *search_bounds(free))
    return {f.name: float(f.low + u * (f.high - f.low)) for f, u in zip(free, inside, strict=True)}


def search_bounds(free: Sequence[FreeParameter]) -> tuple[Array, Array]:
    """Lowest and highest coordinates of a search."""
    low, high = (to_unit_interval(free, [f.bounds[end] for f in free]) for end in (0, 1))
    return low, high
