"""The small steps a gradient can be taken along, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from supplyshock_kernels.params import Array, Params

from ...common.errors import UsageError, did_you_mean
from .levers import LEVERS, PERCENT

if TYPE_CHECKING:
    from ...scenarios.scenario import Scenario

GROUPS = ("material", "chip", "industry")
"""Groups of parameters whose numbers are named as in configs: ``material.alpha``."""
DEFAULT = (
    "theta.substitution", "theta.use_elasticity", "theta.criticality_scale", "theta.cover_scale", "theta.policy_level",
    "theta.pain_us", "theta.pain_cn", "theta.relax_pain", "theta.hazard_truce", "theta.hazard_break",
    "theta.hazard_deal", "theta.parts", "material.alpha", "material.hoard_gain", "material.omega",
    "material.leakage", "material.licence_rate", "chip.chi", "industry.multiplier", "sources.hurdle",
    "stockpile.Dy", "recycling.Dy", "capacity.mount_weld_my", "demand.Dy",
)  # fmt: skip
"""What is shown when nothing is named."""


@dataclass(frozen=True)
class Direction:
    """A step: ``scale`` times the derivative along ``entries`` is its effect."""

    name: str
    step: str
    """in words, such as "+1 %"."""
    scale: float
    entries: dict[tuple[str, str], Array]


def find_directions(scenario: Scenario, names: Sequence[str] = DEFAULT) -> list[Direction]:
    """The steps of these names, in this scenario. Raises `UsageError` for an unknown name."""
    return [_find(scenario, name) for name in names]


def known_names(scenario: Scenario) -> list[str]:
    """Every name that `find_directions` takes."""
    p, labels = scenario.params, scenario.labels
    shared = [f"{g}.{k}" for g in GROUPS for k in getattr(p, g)._fields if np.ndim(getattr(getattr(p, g), k)) == 0]
    levers = [f"{name}.{label}" for name, lever in LEVERS.items() for label in lever.labels(scenario)]
    return [f"theta.{n}" for n in labels.parameter] + shared + ["sources.hurdle"] + levers


def _find(scenario: Scenario, name: str) -> Direction:
    known = known_names(scenario)
    if name not in known:
        raise UsageError(
            "no parameter or lever of this name has a gradient",
            where="--parameter",
            got=name,
            fix=did_you_mean(name, known),
        )
    kind, _, rest = name.partition(".")
    p = scenario.params
    if kind == "theta":
        return Direction(name, PERCENT, 0.01, _theta(p, scenario.labels.parameter.index(rest)))
    if kind in LEVERS:
        lever = LEVERS[kind]
        return Direction(name, lever.step, 0.01, lever.along(p, lever.labels(scenario).index(rest)))
    return Direction(name, PERCENT, 0.01, {(kind, rest): np.asarray(getattr(getattr(p, kind), rest), float)})


def _theta(p: Params, i: int) -> dict[tuple[str, str], Array]:
    """A hundred percent more of an uncertain parameter on every path: centre, bounds, spread of a normal."""
    q, chosen = p.priors, np.arange(len(p.priors.center)) == i
    spread = np.where(q.lognormal > 0, 0.0, q.sd)
    values = {"center": q.center, "low": q.low, "high": q.high, "sd": spread}
    return {("priors", name): np.where(chosen, value, 0.0) for name, value in values.items()}
