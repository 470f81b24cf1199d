"""Effects of small steps on the mean loss and on the loss of the worst paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from supplyshock_kernels.params import PARTIES, Array, Grid

from ..progress import Progress
from ..request import find_backend
from .directions import Direction

if TYPE_CHECKING:
    from ..scenario import Scenario


@dataclass(frozen=True)
class Answer:
    """What a step does to the losses of a party over the run, bn USD."""

    name: str
    step: str
    party: str
    mean: float
    """effect on the expected loss."""
    mean_se: float
    cvar: float
    """effect on the mean loss of the worst `tail` of paths."""
    cvar_se: float
    loss: float
    """the expected loss itself, and below the mean of the worst paths."""
    loss_cvar: float

    def as_dict(self) -> dict[str, Any]:
        """The fields, for JSON."""
        return asdict(self)


def gradient_answers(
    scenario: Scenario,
    directions: Sequence[Direction],
    *,
    party: str = "US",
    paths: int = 2048,
    seed: int = 1,
    tail: float = 0.05,
    device: str = "auto",
    precision: str = "float32",
    progress: Progress | None = None,
) -> list[Answer]:
    """The effect of each step, the largest effect on the mean first; ties of luck are shared by all steps.

    Raises `DeviceError` where JAX or the device is not there.
    """
    kind = find_backend("jax", device).kind
    from supplyshock_kernels.backends.jax_xla.gradient import slopes

    told, side = progress or Progress(), PARTIES.index(party)
    grid, found = Grid(precision=precision, device=kind), []
    told.start(paths * len(directions), 0)
    for direction in directions:
        s = slopes(scenario.params, grid, seed, range(paths), direction.entries)
        found.append(_answer(direction, party, s.loss[side], s.slope[side], s.chance, tail))
        told.advance(paths)
    return sorted(found, key=lambda a: -abs(a.mean))


def _answer(direction: Direction, party: str, loss: Array, slope: Array, chance: Array, tail: float) -> Answer:
    mean, cvar = mean_parts(loss, slope, chance), cvar_parts(loss, slope, chance, tail)
    return Answer(
        direction.name,
        direction.step,
        party,
        direction.scale * float(mean.mean()),
        direction.scale * _se(mean),
        direction.scale * float(cvar.mean()),
        direction.scale * _se(cvar),
        float(loss.mean()),
        float(np.sort(loss)[-max(1, round(tail * len(loss))) :].mean()),
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
