"""Effects of small steps on the mean of a total over the run and on its worst paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from supplyshock_kernels.params import Array, Grid

from ...common.progress import Progress
from ...execution.backend_selection import find_backend
from .directions import Direction
from .levers import PERCENT
from .targets import Target, find_target

if TYPE_CHECKING:
    from ...scenarios.scenario import Scenario


@dataclass(frozen=True)
class Effect:
    """What a step does to a total over the run, such as the losses of a party; in the unit of the total."""

    name: str
    step: str
    by: str
    """the total: ``loss:US``, ``unmet:Dy``."""
    words: str
    """the same in words."""
    unit: str
    mean: float
    """effect on the expectation."""
    mean_se: float
    cvar: float
    """effect on the mean of the worst `tail` of paths."""
    cvar_se: float
    value: float
    """the expectation itself, and below the mean of the worst paths."""
    value_cvar: float

    @property
    def elasticity(self) -> float | None:
        """Per cent of the expectation for 1 % of what is stepped; None where the step is no per cent."""
        return 100 * self.mean / self.value if self.step == PERCENT and self.value else None

    def as_dict(self) -> dict[str, Any]:
        """The fields and the elasticity, for JSON."""
        return asdict(self) | {"elasticity": self.elasticity}


def gradient_effects(
    scenario: Scenario,
    directions: Sequence[Direction],
    *,
    by: str = "loss:US",
    paths: int = 2048,
    seed: int = 1,
    tail: float = 0.05,
    device: str = "auto",
    precision: str = "float32",
    progress: Progress | None = None,
) -> list[Effect]:
    """The effect of each step on a total, the largest effect on the mean first; all steps share their luck.

    Raises `UsageError` for a total without a gradient and `DeviceError` where JAX or the device is not there.
    """
    target, kind = find_target(scenario, by), find_backend("jax", device).kind
    from supplyshock_kernels.backends.jax_xla.gradient import path_gradients, row_of

    told, row = progress or Progress(), row_of(target.measure, *target.index)
    grid, found = Grid(precision=precision, device=kind), []
    told.start(paths * len(directions), 0)
    for direction in directions:
        s = path_gradients(scenario.params, grid, seed, range(paths), direction.entries)
        found.append(_answer(direction, target, s.value[row], s.pathwise[row], s.score, tail))
        told.advance(paths)
    return sorted(found, key=lambda a: -abs(a.mean))


def _answer(direction: Direction, target: Target, value: Array, slope: Array, chance: Array, tail: float) -> Effect:
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
