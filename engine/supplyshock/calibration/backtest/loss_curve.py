"""Lost output of an experiment as a curve against the elasticity of substitution, through the published bands.

How much output a missing input costs depends on how easily users do without it, and no data pin that down. So a
loss is shown along the elasticity, never as one number.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import Any, NamedTuple

import numpy as np

from ...common.errors import Interrupted, UsageError
from ...common.progress import Progress
from ...common.signals import stop_on_signal
from ...common.thread_pool import Stopped
from ...execution.request_checks import check_numbers
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.config.load import load_config
from ...scenarios.scenario import build_scenario, load_scenario
from .observations import shipped_points
from .observed_point import ObservedPoint
from .run import known_points
from .simulated_view import simulate_view

ELASTICITY_PRIOR = "substitution"
SIGMAS = (0.03, 0.05, 0.07, 0.1, 0.13, 0.2, 0.3, 0.4, 0.5)
EXPERIMENTS = ("rare_earth_stop", "gallium_stop")


class Elasticity(NamedTuple):
    """A published elasticity of substitution and its range."""

    central: float
    low: float
    high: float
    what: str
    source: str
    mark: str


PUBLISHED = (
    Elasticity(
        0.03,
        0.0,
        0.2,
        "materials and value added, a quarter",
        'Boehm, Flaaen, Pandalai-Nayar, "Input linkages and the transmission of shocks", 2019',
        "unverified",
    ),
    Elasticity(
        0.2,
        0.0,
        0.4,
        "imported and other materials, a quarter",
        'Boehm, Flaaen, Pandalai-Nayar, "Input linkages and the transmission of shocks", 2019',
        "unverified",
    ),
    Elasticity(
        0.1, 0.0, 0.2, "intermediate inputs, a year", 'Atalay, "How important are sectoral shocks?", 2017', "unverified"
    ),
)


class Loss(NamedTuple):
    """Lost output of a scenario at one elasticity."""

    scenario: str
    party: str
    sigma: float
    mean: float
    """bn USD over the horizon."""
    se: float
    low: float
    """5 % quantile over paths."""
    median: float
    high: float
    percent_of_gdp: float
    """The mean over a year's GDP, scaled to a year."""


def loss_curve(
    scenarios: Sequence[str] = EXPERIMENTS,
    sigmas: Sequence[float] = SIGMAS,
    settings: SimulationSettings | None = None,
    progress: Progress | None = None,
    overrides: dict[str, Any] | None = None,
) -> list[Loss]:
    """Lost output of both parties by scenario (shipped name or path) and elasticity, on the same paths.

    Parameters that depend fully on the elasticity move with it (the price elasticity of use is the same behaviour).
    Raises `ConfigError` and `DataError` (65), `UsageError`, `DeviceError`, and `Interrupted` after a signal.
    """
    settings, progress = settings or SimulationSettings(paths=2048), progress or Progress()
    for name in scenarios:
        _check_elasticities(name, sigmas)
    check_numbers(
        paths=settings.paths, seed=settings.seed, save_series=0, precision=settings.precision, threads=settings.threads
    )
    losses: list[Loss] = []
    try:
        with stop_on_signal() as stop:
            progress.start(len(scenarios) * len(sigmas) * settings.paths, 0)
            for name in scenarios:
                for sigma in sigmas:
                    scenario = build_scenario(load_config(name, _with_priors(overrides, priors_at(name, sigma))))
                    view = simulate_view(scenario, (), settings, progress, stop)
                    years, gdp = scenario.weeks / 52, scenario.params.industry.gdp
                    for i, party in enumerate(scenario.labels.party):
                        x = view.totals["loss", party]
                        losses.append(_loss(scenario.name, party, sigma, x, 100 / (years * float(gdp[i]))))
    except Stopped:
        raise Interrupted("interrupted; nothing is kept", fix="run the same command again to start over") from None
    finally:
        progress.close()
    return losses


def _with_priors(overrides: dict[str, Any] | None, fixed: dict[str, float]) -> dict[str, Any]:
    """The overrides, in which the fixed priors win."""
    merged = dict(overrides or {})
    return {**merged, "priors": {**merged.get("priors", {}), **fixed}}


def _check_elasticities(name: str, sigmas: Sequence[float]) -> None:
    prior = load_config(name).dataset.prior[ELASTICITY_PRIOR]
    for sigma in sigmas:
        if not prior.low <= sigma <= prior.high:
            expected = f"numbers within the prior's range, {prior.low:g} to {prior.high:g}"
            raise UsageError("the elasticity is out of range", where="--at", expected=expected, got=f"{sigma:g}")


def priors_at(name: str, sigma: float) -> dict[str, float]:
    """Fixed values of the elasticity and of every lognormal prior that shares its draw, within their bounds."""
    prior = load_config(name).dataset.prior
    z = log(sigma / prior[ELASTICITY_PRIOR].center) / prior[ELASTICITY_PRIOR].sd
    return {
        row.name: min(max(row.center * exp(row.sd * z), row.low), row.high)
        for row in prior.values()
        if row.factor == ELASTICITY_PRIOR and row.loading == 1.0 and row.distribution == "lognormal"
    }


def published() -> tuple[ObservedPoint, ...]:
    """Published losses: the shipped points that are lost output, bounds apart."""
    return tuple(p for p in known_points(shipped_points()) if p.measure == "loss" and p.value is not None)


def _loss(scenario: str, party: str, sigma: float, x: Any, per: float) -> Loss:
    mean, se = float(x.mean()), float(x.std(ddof=1) / np.sqrt(len(x))) if len(x) > 1 else float("nan")
    low, median, high = (float(q) for q in np.quantile(x, (0.05, 0.5, 0.95)))
    return Loss(scenario, party, sigma, mean, se, low, median, high, mean * per)


def titles(scenarios: Sequence[str]) -> dict[str, str]:
    """Title of each scenario by its name."""
    loaded = [load_scenario(name) for name in scenarios]
    return {s.name: s.title for s in loaded}
