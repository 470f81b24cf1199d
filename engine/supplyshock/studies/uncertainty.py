"""Scenarios under draws of the calibrated parameters: how sure means and differences are, given what is open there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from supplyshock_kernels.params import Array, Params

from ..analysis.measures import KernelMeasure
from ..calibration.parameter_posterior import (
    DRAWS,
    Posterior,
    check_applies,
    drawn_params,
    names_set_by_config,
    posterior_digest,
    read_posterior,
    shipped_posterior,
)
from ..common.errors import UsageError
from ..common.progress import Progress
from ..execution.backend_selection import check_scenarios
from ..execution.simulation_settings import SimulationSettings
from ..scenarios.config.load import Loaded, load_config
from ..scenarios.scenario import Scenario, build_scenario
from .batch_simulation import GROUPS, ScenarioMeans, simulate_many
from .measures import DEFAULT, MeasureColumns, study_measures
from .parameter_spread import QUANTILES, group_error, same_sign, spread
from .study_files import provenance_attrs

if TYPE_CHECKING:
    import xarray as xr

MOST = 1000
"""Draws: more would say no more of a distribution that is normal only by assumption."""


@dataclass(frozen=True)
class Uncertainty:
    """S scenarios, what is looked at (K outcomes), and their parameters today and under each of D draws."""

    scenarios: tuple[Scenario, ...]
    measures: tuple[KernelMeasure, ...]
    posterior: Posterior
    values: Array
    """(D, F) drawn values of the posterior's parameters."""
    kept: Array
    """(S, F) whether a scenario's config sets the parameter itself, so that no draw changes it."""
    drawn: tuple[tuple[Params, ...], ...]
    """D rows of S."""


def plan_uncertainty(
    configs: Sequence[str],
    *,
    measures: Sequence[str] = (),
    draws: int = DRAWS,
    seed: int = 1,
    overrides: dict[str, Any] | None = None,
) -> Uncertainty:
    """Reads the configs and draws the parameters; simulates nothing. `seed` is that of the draws.

    The first config is the one that the others are compared with. Raises `ConfigError`, `DataError` (a data set that
    the posterior is not of) and `UsageError`.
    """
    if not 2 <= draws <= MOST:
        raise UsageError("out of range", where="--draws", expected=f"from 2 to {MOST:,}", got=str(draws))
    posterior = read_posterior(shipped_posterior())
    loaded = [load_config(name, overrides) for name in configs]
    scenarios = [build_scenario(one) for one in loaded]
    check_scenarios(scenarios)
    for one in loaded:
        check_applies(posterior, one)
    sets = posterior.draw(draws, seed)
    by_scenario = [drawn_params(one, sets) for one in loaded]
    base = scenarios[0]
    return Uncertainty(
        scenarios=tuple(scenarios),
        measures=study_measures(measures or DEFAULT, base),
        posterior=posterior,
        values=np.array([[one[name] for name in posterior.names] for one in sets]),
        kept=np.array([_kept(one, posterior) for one in loaded]),
        drawn=tuple(zip(*by_scenario, strict=True)),
    )


def _kept(loaded: Loaded, posterior: Posterior) -> list[bool]:
    own = names_set_by_config(loaded)
    return [name in own for name in posterior.names]


def run_uncertainty(plan: Uncertainty, how: SimulationSettings, progress: Progress | None = None) -> xr.Dataset:
    """Simulates every scenario under every set of parameters, all on the same paths, and returns `dataset`.

    Raises as `simulate_many`.
    """
    cells = [*(s.params for s in plan.scenarios), *(params for row in plan.drawn for params in row)]
    return dataset(plan, _sorted(simulate_many(cells, MeasureColumns(plan.measures), how, progress), plan, how), how)


class _SetMeans(NamedTuple):
    """Means by set of parameters (today's first), scenario and outcome: (1 + D, S, K)."""

    mean: Array
    se: Array
    difference: Array
    """To the first scenario under the same parameters."""
    difference_se: Array
    groups: Array
    """(1 + D, G, S, K) means of groups of paths, less those of the first scenario today."""
    gaps: Array
    """The same of the differences to the first scenario under the same parameters."""


def _sorted(means: ScenarioMeans, plan: Uncertainty, how: SimulationSettings) -> _SetMeans:
    sets, scenarios = 1 + len(plan.values), len(plan.scenarios)
    mean, se, today_se = (x.reshape(sets, scenarios, -1) for x in (means.mean, means.se, means.difference_se))
    filled = min(GROUPS, how.paths)  # the other groups have no path
    groups = np.moveaxis(means.groups.reshape(sets, scenarios, GROUPS, -1), 2, 1)[:, :filled]
    gaps = groups - groups[:, :, :1]
    gap_se = group_error(gaps)
    gap_se[0] = today_se[0]  # known path by path
    return _SetMeans(mean, se, mean - mean[:, :1], gap_se, groups, gaps)


def dataset(plan: Uncertainty, means: _SetMeans, how: SimulationSettings) -> xr.Dataset:
    """Means today, means under each draw, their spread, and the same of differences to the first scenario."""
    import xarray as xr

    data = {
        **_of("", means.mean, means.se, means.groups, "mean over the paths"),
        **_of("difference", means.difference, means.difference_se, means.gaps, DIFFERENCE),
        "same_sign": (
            ("scenario", "outcome"),
            same_sign(means.difference[1:], means.difference[0]),
            {"long_name": "draws under which the difference has the sign that it has today"},
        ),
        **_about(plan),
    }
    coords = {
        "scenario": [s.name for s in plan.scenarios],
        "draw": np.arange(1, len(plan.values) + 1),
        "outcome": [o.name for o in plan.measures],
        "parameter": list(plan.posterior.names),
        "quantile": list(QUANTILES),
    }
    return xr.Dataset(data, coords, attrs(plan, how))


DIFFERENCE = "mean difference to the first scenario, same paths and same parameters"


def _of(name: str, mean: Array, se: Array, groups: Array, text: str) -> dict[str, Any]:
    """Variables of one number: today, under each draw, and over the draws."""
    each, both = ("draw", "scenario", "outcome"), ("scenario", "outcome")
    over, first = spread(mean[1:], groups[1:]), f"{name}_" if name else ""
    se_said = "standard error of the Monte Carlo"
    return {
        f"{first}today": (both, mean[0], {"long_name": f"{text}, under the best values"}),
        f"{first}today_se": (both, se[0], {"long_name": se_said}),
        name or "mean": (each, mean[1:], {"long_name": f"{text}, under each draw"}),
        f"{first}se": (each, se[1:], {"long_name": se_said}),
        f"{first}draws_mean": (both, over.mean, {"long_name": f"{text}: mean over the draws"}),
        f"{first}draws_sd": (both, over.sd, {"long_name": f"{text}: sd over the draws, noise included"}),
        f"{first}noise": (both, over.noise, {"long_name": "part of that sd that is noise of the Monte Carlo"}),
        f"{first}parameter_sd": (both, over.parameter_sd, {"long_name": "that sd without the noise"}),
        f"{first}draws_quantile": (("quantile", *both), over.quantile, {"long_name": f"{text}: quantile over draws"}),
    }


def _about(plan: Uncertainty) -> dict[str, Any]:
    posterior = plan.posterior
    return {
        "value": (("draw", "parameter"), plan.values, {"long_name": "drawn value"}),
        "best": ("parameter", posterior.best, {"long_name": "best value"}),
        "low": ("parameter", posterior.low, {"long_name": "lower end of the range"}),
        "high": ("parameter", posterior.high, {"long_name": "upper end of the range"}),
        "kept": (("scenario", "parameter"), plan.kept, {"long_name": "set by the config itself, so not drawn"}),
        "scenario_title": ("scenario", [s.title or s.name for s in plan.scenarios], {"long_name": "title"}),
        "scenario_digest": ("scenario", [s.digest for s in plan.scenarios], {"long_name": "SHA-256 of what it is"}),
        "outcome_unit": ("outcome", [o.unit for o in plan.measures], {"long_name": "unit of the means"}),
        "outcome_title": ("outcome", [o.title for o in plan.measures], {"long_name": "the outcome in words"}),
    }


def attrs(plan: Uncertainty, how: SimulationSettings) -> dict[str, Any]:
    """Where the numbers come from."""
    title = "supplyshock: scenarios under draws of the calibrated parameters, on the same random numbers"
    return {"title": title, "posterior_digest": posterior_digest(), **provenance_attrs(plan.scenarios[0], how)}
