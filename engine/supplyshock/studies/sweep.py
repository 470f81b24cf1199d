"""Sweeps: a base scenario, a design over some of its keys, and mean measures at every point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from supplyshock_kernels.params import Array

from ..analysis.measures import KernelMeasure
from ..common.progress import Progress
from ..execution.simulation_settings import SimulationSettings
from ..scenarios.scenario import Scenario
from .base_values import base_value
from .batch_simulation import ScenarioMeans, simulate_many
from .config_template import Template
from .design import Design, design_points
from .factor_ends import scenarios_at_ends
from .factors import Factor, parse_factors
from .measures import DEFAULT, MeasureColumns, study_measures
from .study_files import provenance_attrs

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Sweep:
    """What varies, where, and the measures."""

    template: Template
    factors: tuple[Factor, ...]
    measures: tuple[KernelMeasure, ...]
    points: Array
    """(N, k) values of the factors."""
    design: str
    ends: tuple[Scenario, ...] = ()
    """The base with each lever at its lowest and its highest value."""


def plan_sweep(
    base: str,
    vary: Sequence[str],
    *,
    measures: Sequence[str] = (),
    design: Design | None = None,
    overrides: dict[str, Any] | None = None,
) -> Sweep:
    """Reads the texts and makes the design; simulates nothing.

    Raises `ConfigError` for a key or a value that the config cannot have, and `UsageError`.
    """
    template = Template(base, overrides)
    factors = parse_factors(vary, template.dataset)
    for factor in factors:  # refuses a wrong key before the design is drawn
        template.scenario({factor.key: factor.text(float(factor.levels(2)[0]))})
    columns = study_measures(measures or DEFAULT, template.base)
    design = design or Design()
    ends = tuple(scenarios_at_ends(template, factors))
    return Sweep(template, tuple(factors), columns, design_points(design, factors), design.kind, ends)


def run_points(
    sweep: Sweep,
    points: Array,
    how: SimulationSettings,
    progress: Progress | None = None,
    *,
    alone: Sequence[dict[str, Any]] = (),
) -> ScenarioMeans:
    """Means of the base scenario, of every row of `points` (N, k), and of the changes in `alone`.

    All share random numbers, and all are built before the first is simulated. Raises `ConfigError` for a value that
    cannot be.
    """
    changes = [{f.key: f.text(float(x)) for f, x in zip(sweep.factors, row, strict=True)} for row in points]
    cells = [sweep.template.base.params, *(sweep.template.scenario(c).params for c in (*changes, *alone))]
    return simulate_many(cells, MeasureColumns(sweep.measures), how, progress)


def run_sweep(sweep: Sweep, how: SimulationSettings, progress: Progress | None = None) -> xr.Dataset:
    """The measures at every point of the design, and their differences to the base scenario (`dataset`)."""
    return dataset(sweep, run_points(sweep, sweep.points, how, progress), how)


def dataset(sweep: Sweep, means: ScenarioMeans, how: SimulationSettings) -> xr.Dataset:
    """mean, se, difference, difference_se (point, outcome); base, base_se (outcome); value (point, factor).

    base_value (factor) is what the base has.
    """
    import xarray as xr

    both = ("point", "outcome")
    error = "standard error of the Monte Carlo"
    own = [base_value(sweep.template, factor) for factor in sweep.factors]
    data = {
        "mean": (both, means.mean[1:], {"long_name": "mean over the paths"}),
        "se": (both, means.se[1:], {"long_name": error}),
        "difference": (both, means.difference[1:], {"long_name": "mean difference to the base scenario, same paths"}),
        "difference_se": (both, means.difference_se[1:], {"long_name": f"{error} of the paired difference"}),
        "base": ("outcome", means.mean[0], {"long_name": "mean of the base scenario"}),
        "base_se": ("outcome", means.se[0], {"long_name": error}),
        "value": (("point", "factor"), sweep.points, {"long_name": "value of the factor"}),
        "base_value": ("factor", own, {"long_name": "value of the base; NaN where its config names none"}),
        "factor_unit": ("factor", [f.unit for f in sweep.factors], {"long_name": "unit of the values"}),
        "outcome_unit": ("outcome", [o.unit for o in sweep.measures], {"long_name": "unit of the means"}),
        "outcome_title": ("outcome", [o.title for o in sweep.measures], {"long_name": "the outcome in words"}),
    }
    coords = {
        "point": np.arange(len(sweep.points)),
        "factor": [f.key for f in sweep.factors],
        "outcome": [o.name for o in sweep.measures],
    }
    return xr.Dataset(data, coords, attrs(sweep, how))


def attrs(sweep: Sweep, how: SimulationSettings) -> dict[str, Any]:
    """Where the numbers come from."""
    title = "supplyshock: scenarios of a design on the same random numbers"
    return {"title": title, "design": sweep.design, **provenance_attrs(sweep.template.base, how)}
