"""The whole calibration of the markets: search, test on fresh paths, identify, write."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...common.errors import DataError
from ...common.interruption import interruptible
from ...common.progress import Progress
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.config.load import load_config
from ...scenarios.scenario import build_scenario
from ...store.atomic_files import store_errors, write_text
from ..backtest.observed_point import ObservedPoint
from ..leave_out import Sensitivities
from ..leave_out import as_csv as sensitivities_csv
from ..parameter_posterior import Posterior
from ..parameter_posterior import as_csv as posterior_csv
from .free_parameters import choose_parameters
from .identification import (
    ParameterIdentification,
    covariance_of,
    identify,
    jacobian,
    posterior,
    sensitivities,
    without_profile,
)
from .market_report import Fit, as_csv, config_fragment, fits
from .objective import Objective, Trial
from .search import Search, SearchFile, generations_done, population, search

FRESH = 1_000_003
"""Added to the seed for the paths that test the fit."""


@dataclass(frozen=True)
class Calibration:
    """The result of a calibration. Losses are sums of squares of the targets alone, on the test paths."""

    search: Search
    parameters: tuple[ParameterIdentification, ...]
    fits: tuple[Fit, ...]
    before: Trial
    after: Trial
    files: dict[str, str]

    @property
    def improved(self) -> bool:
        """The targets are met better than before, on paths that the search did not use."""
        return self.after.target_loss() < self.before.target_loss()


@dataclass(frozen=True)
class CalibrationPlan:
    """What is fit, how long, and where it is kept."""

    names: Sequence[str]
    """Free parameters."""
    generations: int
    folder: Path
    profile: bool = True
    """Whether each parameter is identified by its profile; that takes four trials a parameter."""
    start_values: Mapping[str, float] | None = None
    """Where the search starts; without, at the values of today."""


def calibrate(
    points: Sequence[ObservedPoint],
    plan: CalibrationPlan,
    settings: SimulationSettings,
    progress: Progress | None = None,
) -> Calibration:
    """Fits the free parameters to the targets among `points`; the same call resumes after an interruption.

    Residuals of the parameters are distances from their values today.

    Raises `UsageError`, `ConfigError` and `DataError` (65), `StoreError`, and `Interrupted` (75) with the state kept.
    """
    progress = progress or Progress()
    free = choose_parameters(load_config("base").dataset, plan.names)
    if not any(p.target for p in points):
        raise DataError("nothing to fit", expected="a point with a target such as T1", got="none")
    objective = Objective(points, free, settings, start_values=plan.start_values)
    folder, fresh = plan.folder, Objective(points, free, replace(settings, seed=settings.seed + FRESH))
    with store_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    checks = 2 + (4 * len(free) if plan.profile else 0)
    kept, trials = SearchFile(folder, _key(objective)), population(len(free))
    before_now = generations_done(kept)
    done = 0 if before_now is None else before_now * trials + 1
    progress.start((plan.generations * trials + 1 + checks) * objective.paths(), done * objective.paths())

    def each(state: Search) -> None:
        loss = f"sum of squares {state.best.loss:.1f}, of targets {state.best.target_loss():.1f}"
        progress.say(f"generation {state.generation}: {loss}")

    with interruptible(progress, "the search is kept", "run the same command again to resume") as stop:
        objective.stop = fresh.stop = stop
        result = search(objective, generations=plan.generations, seed=settings.seed, kept=kept,
                        progress=progress, each=each)  # fmt: skip
        before, after = fresh(objective.current(), progress), fresh(result.best_x, progress)
        spread, slopes, identified = None, None, without_profile(free, after)
        if plan.profile:
            derivatives = jacobian(fresh, result.best_x, progress)
            covariance = covariance_of(derivatives)
            slopes = sensitivities(fresh, after, result.best_x, derivatives)
            spread = posterior(fresh, result.best_x, covariance)
            identified = identify(fresh, after, result.best_x, covariance, progress)
    table = fits(objective, before, after)
    files = _write(folder, settings, identified, table)
    files |= _write_posterior(folder, spread, slopes) if spread and slopes else {}
    return Calibration(result, tuple(identified), tuple(table), before, after, files)


def _key(objective: Objective) -> str:
    """A digest of everything a search depends on, except its length."""
    settings, sha = objective.settings, hashlib.sha256()
    for loaded in (*objective.configs.values(), objective.calm):
        sha.update(build_scenario(loaded).digest.encode())
    for p in objective.points:
        sha.update(repr(replace(p, where="")).encode())
    sha.update(
        repr(
            (
                objective.free,
                settings.paths,
                settings.seed,
                settings.precision,
                objective.calm_paths,
                objective.start_values,
            )
        ).encode()
    )
    return sha.hexdigest()


def _write(
    folder: Path,
    settings: SimulationSettings,
    identified: Sequence[ParameterIdentification],
    table: Sequence[Fit],
) -> dict[str, str]:
    files = {"fits": folder / "fits.csv"}
    with store_errors(folder):
        write_text(files["fits"], as_csv(table))
        files |= {"parameters": folder / "parameters.csv", "config": folder / "calibrated.yaml"}
        write_text(files["parameters"], as_csv(identified))
        source = f"supplyshock calibrate markets, {settings.paths} paths a scenario, seed {settings.seed}"
        write_text(files["config"], config_fragment(identified, source))
    return {name: str(path) for name, path in files.items()}


def _write_posterior(folder: Path, spread: Posterior, slopes: Sensitivities) -> dict[str, str]:
    files = {"posterior": folder / "posterior.csv", "sensitivities": folder / "sensitivities.csv"}
    with store_errors(folder):
        write_text(files["posterior"], posterior_csv(spread))
        write_text(files["sensitivities"], sensitivities_csv(slopes))
    return {name: str(path) for name, path in files.items()}
