"""The whole calibration of the markets: search, judge on fresh paths, identify, write."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...common.errors import DataError, Interrupted
from ...common.progress import Progress
from ...common.signals import stop_on_signal
from ...common.thread_pool import Stopped
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.config.load import load_config
from ...scenarios.scenario import build_scenario
from ...store.atomic_files import store_errors
from ..backtest.observations import ObservedPoint
from ..parameter_posterior import Posterior
from ..parameter_posterior import as_csv as posterior_csv
from .free_parameters import choose_parameters
from .identification import Identified, covariance_at, identify, posterior, unprofiled
from .market_report import Fit, as_csv, fits, fragment
from .objective import Objective, Trial
from .search import Search, search, size

FRESH = 1_000_003
"""Added to the seed for the paths that judge the fit."""


@dataclass(frozen=True)
class Calibration:
    """What a calibration found. Losses are sums of squares of the targets alone, on the paths that judge."""

    search: Search
    known: tuple[Identified, ...]
    fits: tuple[Fit, ...]
    before: Trial
    after: Trial
    files: dict[str, str]

    @property
    def better(self) -> bool:
        """The targets are met better than before, on paths that the search has not seen."""
        return self.after.target_loss() < self.before.target_loss()


def calibrate(
    points: Sequence[ObservedPoint],
    *,
    names: Sequence[str],
    how: SimulationSettings,
    generations: int,
    folder: Path,
    told: Progress | None = None,
    profile: bool = True,
    begin: Mapping[str, float] | None = None,
) -> Calibration:
    """Fits the free parameters to the targets among `points`; the same call goes on after an interruption.

    The search starts at the values of `begin`; distances are from where the parameters are all the same.

    Raises `UsageError`, `ConfigError` and `DataError` (65), `StoreError`, and `Interrupted` (75) with the state kept.
    """
    told = told or Progress()
    free = choose_parameters(load_config("base").dataset, names)
    if not any(p.target for p in points):
        raise DataError("nothing to fit", expected="a point with a target such as T1", got="none")
    objective = Objective(points, free, how, begin=begin)
    fresh = Objective(points, free, replace(how, seed=how.seed + FRESH))
    with store_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    checks = 2 + (4 * len(free) if profile else 0)
    told.start((generations * size(len(free)) + 1 + checks) * objective.paths(), 0)

    def each(state: Search) -> None:
        loss = f"sum of squares {state.best.loss:.1f}, of targets {state.best.target_loss():.1f}"
        told.say(f"generation {state.generation}: {loss}")

    try:
        with stop_on_signal() as stop:
            objective.stop = fresh.stop = stop
            found = search(objective, generations=generations, seed=how.seed, key=_key(objective),
                           folder=folder, told=told, each=each)  # fmt: skip
            before, after = fresh(objective.start(), told), fresh(found.best_x, told)
            spread, known = None, unprofiled(free, after)
            if profile:
                covariance = covariance_at(fresh, found.best_x, told)
                spread = posterior(fresh, found.best_x, covariance)
                known = identify(fresh, after, found.best_x, covariance, told)
    except Stopped:
        raise Interrupted("interrupted; the search is kept", fix="give the same command again to go on") from None
    finally:
        told.close()
    table = fits(objective, before, after)
    return Calibration(found, tuple(known), tuple(table), before, after, _write(folder, how, known, table, spread))


def _key(objective: Objective) -> str:
    """What a search depends on, its length apart."""
    how, sha = objective.how, hashlib.sha256()
    for loaded in (*objective.worlds.values(), objective.calm):
        sha.update(build_scenario(loaded).digest.encode())
    for p in objective.points:
        sha.update(repr(replace(p, where="")).encode())
    sha.update(
        repr((objective.free, how.paths, how.seed, how.precision, objective.calm_paths, objective.begin)).encode()
    )
    return sha.hexdigest()


def _write(
    folder: Path, how: SimulationSettings, known: Sequence[Identified], table: Sequence[Fit], spread: Posterior | None
) -> dict[str, str]:
    files = {"fits": folder / "fits.csv"}
    with store_errors(folder):
        files["fits"].write_text(as_csv(table), encoding="utf-8")
        files |= {"parameters": folder / "parameters.csv", "config": folder / "calibrated.yaml"}
        files["parameters"].write_text(as_csv(known), encoding="utf-8")
        source = f"supplyshock calibrate markets, {how.paths} paths a scenario, seed {how.seed}"
        files["config"].write_text(fragment(known, source), encoding="utf-8")
        if spread is not None:
            files["posterior"] = folder / "posterior.csv"
            files["posterior"].write_text(posterior_csv(spread), encoding="utf-8")
    return {name: str(path) for name, path in files.items()}
