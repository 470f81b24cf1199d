"""The effect of a small step of each lever; discrete settings (dates, outages that stop a source) have none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from supplyshock_kernels.params import Array, Params

if TYPE_CHECKING:
    from ...scenarios.scenario import Scenario

PERCENT = "+1 %"
Entries = dict[tuple[str, str], Array]


@dataclass(frozen=True)
class Lever:
    """A family of directions, one a label."""

    step: str
    """in words: what a hundredth of the direction is."""
    labels: Callable[[Scenario], Sequence[str]]
    along: Callable[[Params, int], Entries]
    """the direction at the label of an index."""


def _markets(scenario: Scenario) -> Sequence[str]:
    return scenario.labels.market


def _materials(scenario: Scenario) -> Sequence[str]:
    return scenario.labels.market[: scenario.params.n_materials]


def _sources(scenario: Scenario) -> Sequence[str]:
    return scenario.labels.source


def _one(like: Array, at: int, size: float = 1.0) -> Array:
    """Zeros, except ``size`` at one market or source of every week."""
    step = np.zeros_like(like, float)
    step[..., at] = size
    return step


def _stockpile(p: Params, m: int) -> Entries:
    return {("initial", "stockpile"): _one(p.initial.stockpile, m, 100.0)}


def _recycling(p: Params, m: int) -> Entries:
    return {("schedule", "recycled"): _one(p.schedule.recycled, m)}


def _capacity(p: Params, j: int) -> Entries:
    step = np.zeros_like(p.schedule.capacity)
    step[0, j] = 1.0
    return {("schedule", "capacity"): step}


def _availability(p: Params, j: int) -> Entries:
    return {("schedule", "availability"): _one(p.schedule.availability, j) * p.schedule.availability}


def _hurdle(p: Params, j: int) -> Entries:
    return {("sources", "hurdle"): _one(p.sources.hurdle, j) * p.sources.hurdle}


def _demand(p: Params, m: int) -> Entries:
    s = p.schedule
    return {
        ("schedule", name): np.where(np.arange(len(p.markets.group))[:, None] == m, getattr(s, name), 0.0)
        for name in ("demand", "recipe")
    }


def _under_quota(scenario: Scenario) -> Sequence[str]:
    """Without a quota there is no tonnage to change."""
    return [scenario.labels.market[m] for m in _capped(scenario.params)]


def _capped(p: Params) -> Array:
    """Indices of the markets under a quota."""
    return np.flatnonzero(p.schedule.quota.any(0))


def _quota(p: Params, i: int) -> Entries:
    """A deeper cut of one market under a quota, and the tonnage that goes with it."""
    s, k, m = p.schedule, p.markets, _capped(p)[i]
    cut = np.zeros_like(s.quota, float)
    cut[:, m] = s.quota[:, m] > 0
    tonnes = max(k.use[m, 1] - k.supply[m, 1], 0.0) * k.tonnage[m]
    less = np.zeros_like(s.quota_grant, float)
    for first in np.flatnonzero(s.quota_grant > 0):
        less[first] = -tonnes * cut[first : first + round(s.quota_weeks[first]), m].sum()
    return {("schedule", "quota"): cut, ("schedule", "quota_grant"): less}


LEVERS = {
    "stockpile": Lever("+1 week of use", _materials, _stockpile),
    "recycling": Lever("+1 % of world use", _materials, _recycling),
    "capacity": Lever("+1 % from week 0", _sources, _capacity),
    "availability": Lever(PERCENT, _sources, _availability),
    "hurdle": Lever(PERCENT, _sources, _hurdle),
    "demand": Lever(PERCENT, _markets, _demand),
    "quota": Lever("+1 point", _under_quota, _quota),
}
"""Thrift is ``demand`` with the opposite sign, substitution is ``theta.use_elasticity``."""
