"""The spread of every figure that `show` prints over draws of the calibrated parameters."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..analysis.open_run import open_run
from ..analysis.summary_tables import Row, headline
from ..analysis.summary_tables.parameter_errors import Key, digests_of, spread_over
from ..analysis.summary_tables.prices import movers
from ..calibration.parameter_posterior import check_applies, drawn_params, read_posterior, shipped_posterior
from ..common.errors import UsageError
from ..common.progress import Progress
from ..execution.backend_selection import find_backend
from ..execution.run import execute
from ..execution.run_request import RunControl, RunRequest
from ..execution.simulation_settings import SimulationSettings
from ..scenarios.config.load import load_stored
from ..scenarios.scenario import Scenario, build_scenario
from ..store.branch import stored_branch
from ..store.stored_scenarios import stored_scenarios

MOST = 1000
"""Draws."""


@dataclass(frozen=True)
class FigureSpread:
    """Standard deviations of figures, and what they rest on."""

    sds: dict[Key, float]
    draws: int
    settings: SimulationSettings


def spread_of_run(run: Path, draws: int, seed: int, settings: SimulationSettings, progress: Progress) -> FigureSpread:
    """Runs the scenarios of a complete run under each draw, on the same paths, and compares what `show` would print.

    `seed` is that of the draws. What a config sets itself is not drawn. Raises `StoreError`, `ConfigError` and
    `DataError` (a data set that the posterior is not of), `UsageError` for a run whose scenarios are no longer what
    their configs make of the data set, and `Interrupted`.
    """
    if not 2 <= draws <= MOST:
        raise UsageError("out of range", where="--draws", expected=f"from 2 to {MOST:,}", got=str(draws))
    if stored_branch(run) is not None:
        fix = "give the run that the branch continues"
        raise UsageError(
            "a branch has no parameter error: its states were simulated with the best parameters",
            where=str(run),
            fix=fix,
        )
    tree = open_run(run)
    posterior = read_posterior(shipped_posterior())
    stored = stored_scenarios(run)
    loaded = [load_stored(s.config) for s in stored]
    for one, scenario in zip(loaded, stored, strict=True):
        check_applies(posterior, one)
        if build_scenario(one).digest != scenario.digest:
            fix = "run it again with today's data set"
            raise UsageError("the data set has changed since this run", where=f"{run}, {scenario.name}", fix=fix)
    drawn = [drawn_params(one, posterior.draw(draws, seed)) for one in loaded]
    markets = [market for market, _ in movers(tree)]
    progress.start(draws * len(stored) * settings.paths, 0, "paths under draws of the parameters")
    tables = []
    for sets in zip(*drawn, strict=True):
        under = [replace(s, params=p) for s, p in zip(stored, sets, strict=True)]
        tables.append(_figures(under, markets, settings))
        progress.advance(len(stored) * settings.paths)
    progress.close()
    return FigureSpread(dict(spread_over(tables, digests_of(tree))), draws, settings)


def _figures(scenarios: Sequence[Scenario], markets: Sequence[str], settings: SimulationSettings) -> list[Row]:
    """Every figure of a run that is made for this, and not kept."""
    with tempfile.TemporaryDirectory(prefix="supplyshock-") as folder:
        request = RunRequest(
            scenarios,
            paths=settings.paths,
            seed=settings.seed,
            save_series=0,
            backend=settings.backend,
            device=settings.device,
            precision=settings.precision,
            threads=settings.threads,
        )
        execute(request, folder, find_backend(request.backend, request.device), RunControl(progress="quiet"))
        return headline(open_run(folder), markets)
