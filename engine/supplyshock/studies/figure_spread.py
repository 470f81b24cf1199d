"""The spread of every figure of a run over draws of the calibrated parameters: of `show`, of measures, of its firm."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..analysis.exposure.figures import exposure_of, has_exposure
from ..analysis.exposure.parameter_errors import BestDraws, Choice, choices_of, count_choices, figures_of_firm
from ..analysis.measures import resolve, run_vocabulary
from ..analysis.open_run import open_run
from ..analysis.summary_tables import headline
from ..analysis.summary_tables.measures import check_has_mean, is_in_summary, measure_rows
from ..analysis.summary_tables.parameter_errors import Key, digests_of, figures_by_key, spread_over
from ..analysis.summary_tables.prices import movers
from ..calibration.parameter_posterior import check_applies, drawn_params, read_posterior, shipped_posterior
from ..common.errors import UsageError
from ..common.machine_limits import usable_cores
from ..common.progress import Progress
from ..execution.backend_selection import find_backend
from ..execution.run import execute
from ..execution.run_request import RunControl, RunRequest
from ..execution.simulation_settings import SimulationSettings
from ..scenarios.config.load import load_stored
from ..scenarios.scenario import Scenario, build_scenario
from ..store.branch import stored_branch
from ..store.stored_book import stored_book
from ..store.stored_scenarios import stored_scenarios

if TYPE_CHECKING:
    import xarray as xr

    from supplyshock_kernels.params import Params

    from ..scenarios.exposure.book import Book

MOST = 1000
"""Draws."""


@dataclass(frozen=True)
class FigureSpread:
    """Standard deviations of figures, the best stocks of a firm, and what they rest on."""

    sds: dict[Key, float]
    best: BestDraws
    draws: int
    has_firm: bool
    """Whether figures of a firm are among them."""


class _Asked(NamedTuple):
    """What is computed under each draw, as the run has it."""

    digests: Mapping[str, str]
    markets: Sequence[str]
    measures: Sequence[str]
    book: Book | None
    series: bool
    """Whether a measure needs the weeks of the paths."""


def spread_of_run(
    run: Path,
    draws: int,
    seed: int,
    settings: SimulationSettings,
    progress: Progress,
    measures: Sequence[str] = (),
) -> FigureSpread:
    """Runs the scenarios of a complete run under each draw, on the same paths, and compares the figures.

    The figures are those that `show` prints, `measures`, and those of the firm that is attached to the run. `seed` is
    that of the draws. What a config sets itself is not drawn. Raises `StoreError`, `ConfigError` and `DataError` (a
    data set that the posterior is not of), `UsageError` for a measure that is unknown and for a run whose scenarios
    are no longer what their configs make of the data set, and `Interrupted`.
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
    stored = stored_scenarios(run)
    asked = _asked(run, stored, measures)
    drawn = _drawn(run, stored, draws, seed)
    progress.start(draws * len(stored) * settings.paths, 0, "paths under draws of the parameters")
    figures, choices = [], []
    for sets in zip(*drawn, strict=True):
        under = [replace(s, params=p) for s, p in zip(stored, sets, strict=True)]
        of_draw, chosen = _under_draw(under, asked, settings)
        figures.append(of_draw)
        choices.append(chosen)
        progress.advance(len(stored) * settings.paths)
    progress.close()
    has_firm = asked.book is not None
    return FigureSpread(dict(spread_over(figures)), count_choices(choices), draws, has_firm)


def _asked(run: Path, stored: Sequence[Scenario], measures: Sequence[str]) -> _Asked:
    tree = open_run(run)
    chosen = [resolve(text, run_vocabulary(tree)) for text in measures]
    for measure in chosen:
        check_has_mean(measure)
    return _Asked(
        digests=digests_of(tree),
        markets=[market for market, _ in movers(tree)],
        measures=measures,
        book=stored_book(run, stored[0]) if has_exposure(tree) else None,
        series=any(m.window and not is_in_summary(tree, m) for m in chosen),
    )


def _drawn(run: Path, stored: Sequence[Scenario], draws: int, seed: int) -> list[list[Params]]:
    """The parameters of each scenario under each draw."""
    posterior = read_posterior(shipped_posterior())
    loaded = [load_stored(s.config) for s in stored]
    for one, scenario in zip(loaded, stored, strict=True):
        check_applies(posterior, one)
        if build_scenario(one).digest != scenario.digest:
            fix = "run it again with today's data set"
            raise UsageError("the data set has changed since this run", where=f"{run}, {scenario.name}", fix=fix)
    return [drawn_params(one, posterior.draw(draws, seed)) for one in loaded]


def _under_draw(
    scenarios: Sequence[Scenario], asked: _Asked, settings: SimulationSettings
) -> tuple[dict[Key, float], list[Choice]]:
    """Every figure of a run that is made for this and not kept, and the best stocks of its firm."""
    with tempfile.TemporaryDirectory(prefix="supplyshock-") as folder:
        request = RunRequest(
            scenarios,
            paths=settings.paths,
            seed=settings.seed,
            save_series=settings.paths if asked.series else 0,
            backend=settings.backend,
            device=settings.device,
            precision=settings.precision,
            threads=settings.threads,
            book=asked.book,
        )
        execute(request, folder, find_backend(request.backend, request.device), RunControl(progress="quiet"))
        return _figures(open_run(folder), asked, settings.threads or usable_cores())


def _figures(tree: xr.DataTree, asked: _Asked, threads: int) -> tuple[dict[Key, float], list[Choice]]:
    rows = [*headline(tree, asked.markets), *measure_rows(tree, asked.measures)]
    figures = figures_by_key(rows, asked.digests)
    if asked.book is None:
        return figures, []
    firm = exposure_of(tree, threads)
    return figures | figures_of_firm(firm, asked.digests), choices_of(firm, asked.digests)
