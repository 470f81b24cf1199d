"""Sensitivity: which factors drive a measure. A method is a function in `METHODS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from supplyshock_kernels.params import Array

from ..common.errors import UsageError, did_you_mean
from ..common.progress import Progress
from ..execution.simulation_settings import SimulationSettings
from .batch_simulation import ScenarioMeans
from .factors import Factor
from .sobol_indices import sobol_indices
from .sweep import Sweep, dataset, run_points

if TYPE_CHECKING:
    import xarray as xr

SWING = (0.05, 0.95)
"""Ends of a factor, as probabilities, between which the tornado swings it."""


def sobol(sweep: Sweep, how: SimulationSettings, progress: Progress | None = None) -> xr.Dataset:
    """Sobol indices over the design, and swings of one factor at a time; all on the same random numbers.

    The dataset of `sweep.dataset`, with first, first_ci, total, total_ci (factor, outcome), and low, high, their
    `_se` (factor, outcome): differences to the base scenario with one factor at its 5 % or 95 % point, and
    end (factor, side): those points. Raises `UsageError` if an outcome is not finite.
    """
    n = len(sweep.points)
    swings = swing_changes(sweep)
    means = run_points(sweep, sweep.points, how, progress, alone=swings)
    points, alone = _split(means, n + 1)
    results = dataset(sweep, points, how)
    names = [o.name for o in sweep.measures]
    indices = sobol_indices(sweep.factors, points.mean[1:], names, how.seed)
    both = ("factor", "outcome")
    for name, values, text in zip(indices._fields, indices, _LONG_NAMES, strict=True):
        results[name] = (both, values, {"units": "1", "long_name": text})
    k = len(sweep.factors)
    for side, name in enumerate(("low", "high")):
        text = f"difference to the base scenario with this factor alone at its {100 * SWING[side]:.0f} % point"
        for ending, table in (("", alone.difference), ("_se", alone.difference_se)):
            results[name + ending] = (both, table.reshape(k, 2, -1)[:, side], {"long_name": text})
    results["end"] = (("factor", "side"), ends(sweep.factors), {"long_name": "ends of the swing"})
    return results.assign_coords(side=["low", "high"])


_LONG_NAMES = (
    "first-order Sobol index",
    "half width of its 95 % confidence interval",
    "total Sobol index",
    "half width of its 95 % confidence interval",
)

Method = Callable[..., "xr.Dataset"]
METHODS: dict[str, Method] = {"sobol": sobol}
DESIGN = {"sobol": "sobol"}
"""The design that a method needs."""


def method(name: str) -> Method:
    """The method of a name. Raises `UsageError` for an unknown one."""
    if name not in METHODS:
        known = ", ".join(METHODS)
        raise UsageError(
            "unknown method", where="--method", expected=known, got=repr(name), fix=did_you_mean(name, METHODS)
        )
    return METHODS[name]


def ends(factors: tuple[Factor, ...]) -> Array:
    """(k, 2) values at the ends of the swing: 5 % and 95 %; of values that are listed, the least and the most."""
    return np.stack([f.quantile(np.array((0.0, 1.0) if f.distribution == "values" else SWING)) for f in factors])


def swing_changes(sweep: Sweep) -> list[dict[str, str | float]]:
    """One factor at one end, all else as in the base scenario; two for each factor."""
    table = ends(sweep.factors)
    return [{f.key: f.text(float(x))} for f, row in zip(sweep.factors, table, strict=True) for x in row]


def _split(means: ScenarioMeans, at: int) -> tuple[ScenarioMeans, ScenarioMeans]:
    return ScenarioMeans(*(x[:at] for x in means)), ScenarioMeans(*(x[at:] for x in means))
