"""Effects of small steps on the mean of a total over the run and on its worst paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from supplyshock_kernels.params import Array, Grid

from ...common.progress import Progress
from ...execution.backend_selection import find_backend
from ...execution.simulation_settings import SimulationSettings
from .directions import Direction
from .levers import PERCENT
from .targets import Target, find_target

if TYPE_CHECKING:
    from ...scenarios.scenario import Scenario


@dataclass(frozen=True)
class Effect:
    """The effect of a small step on a total over the run, such as the losses of a party, in the unit of the total."""

    name: str
    step: str
    measure: str
    """The total, such as ``loss:US`` or ``unmet:Dy``."""
    title: str
    """The total in words."""
    unit: str
    mean: float
    """Effect on the mean."""
    mean_se: float
    cvar: float
    """Effect on the mean of the worst `tail` of paths."""
    cvar_se: float
    value: float
    """The mean itself."""
    value_cvar: float
    """The mean of the worst paths."""

    @property
    def elasticity(self) -> float | None:
        """Change of the mean in percent for a step of 1 %; None if the step is not in percent."""
        return 100 * self.mean / self.value if self.step == PERCENT and self.value else None

    def as_dict(self) -> dict[str, Any]:
        """The fields and the elasticity, for JSON."""
        return asdict(self) | {"elasticity": self.elasticity}


def gradient_effects(
    scenario: Scenario,
    directions: Sequence[Direction],
    settings: SimulationSettings,
    *,
    measure: str = "loss:US",
    tail: float = 0.05,
    progress: Progress | None = None,
) -> list[Effect]:
    """The effect of each step on a total, the largest effect on the mean first, all on common random numbers.

    JAX computes, whatever the backend of the settings. Raises `UsageError` for a total without a gradient and
    `DeviceError` where JAX or the device is missing.
    """
    target, device_kind = find_target(scenario, measure), find_backend("jax", settings.device).kind
    from supplyshock_kernels.backends.jax_xla.gradient import path_gradients, row_of

    progress, rows = progress or Progress(), [row_of(kind, *index) for kind, index in target.cells]
    grid = Grid(precision=settings.precision, device=device_kind)
    effects = []
    progress.start(settings.paths * len(directions), 0)
    for direction in directions:
        s = path_gradients(scenario.params, grid, settings.seed, range(settings.paths), direction.entries)
        effects.append(_effect(direction, target, s.value[rows].sum(0), s.pathwise[rows].sum(0), s.score, tail))
        progress.advance(settings.paths)
    return sorted(effects, key=lambda e: -abs(e.mean))


def _effect(direction: Direction, target: Target, value: Array, slope: Array, chance: Array, tail: float) -> Effect:
    mean, cvar = mean_parts(value, slope, chance), cvar_parts(value, slope, chance, tail)
    return Effect(
        direction.name,
        direction.step,
        target.name,
        target.words,
        target.unit,
        direction.scale * float(mean.mean()),
        direction.scale * _se(mean),
        direction.scale * float(cvar.mean()),
        direction.scale * _se(cvar),
        float(value.mean()),
        float(np.sort(value)[-max(1, round(tail * len(value))) :].mean()),
    )


def mean_parts(loss: Array, slope: Array, chance: Array) -> Array:
    """(n,) numbers whose mean estimates the derivative of the mean loss."""
    return np.asarray(slope + (loss - loss.mean()) * chance)


def cvar_parts(loss: Array, slope: Array, chance: Array, tail: float) -> Array:
    """(n,) numbers whose mean estimates the derivative of the mean loss beyond the ``1 - tail`` quantile."""
    threshold = np.quantile(loss, 1 - tail)
    beyond = np.maximum(loss - threshold, 0) / tail
    return np.asarray((loss > threshold) * slope / tail + (beyond - beyond.mean()) * chance)


def _se(x: Array) -> float:
    return float(x.std(ddof=1) / np.sqrt(len(x)))
