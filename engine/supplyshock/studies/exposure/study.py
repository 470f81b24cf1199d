"""The exposure of a firm, from Python and for the command line."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np

from supplyshock_kernels.backends import Simulate

from ...common.arguments import FLAG, PATH_OR_NONE, PLACE, PROGRESS, Kind, check_keywords, checked
from ...common.errors import UsageError
from ...common.machine_limits import usable_cores
from ...common.places import local_path
from ...common.progress import Progress, make_progress
from ...execution.path_reuse import EarlierRun
from ...execution.request_checks import check_are_scenarios, check_numbers
from ...execution.run_request import KINDS
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.exposure.load import Loaded, load_exposure
from ...scenarios.scenario import load_scenario
from ..study_files import check_free, provenance_attrs
from .firm_params import lines_of
from .outcome_store import NAME, OutcomeStore
from .run import Counts, ExposurePlan, block_size, plan_exposure, simulate_exposure
from .statistics import QUANTILES, WEIGHTS, as_dataset, option_statistics, weekly_statistics

if TYPE_CHECKING:
    import xarray as xr

    from ...scenarios.scenario import Scenario

SIMULATED = ("paths", "seed", "backend", "device", "precision")
"""Whose defaults are in the `run` section of the first config, as on the command line."""


class ExposureOptions(TypedDict, total=False):
    """How `exposure` computes."""

    paths: int
    seed: int
    backend: str | Simulate
    device: str
    precision: str
    threads: int | None
    overwrite: bool
    progress: str | Progress


SCENARIOS = Kind("a list of scenarios, or of names", lambda x: isinstance(x, Sequence) and not isinstance(x, str))


@checked(
    **{name: KINDS[name] for name in (*SIMULATED, "threads")},
    book=PLACE,
    scenarios=SCENARIOS,
    out=PATH_OR_NONE,
    overwrite=FLAG,
    progress=PROGRESS,
)
def exposure(
    book: str | os.PathLike[str],
    scenarios: Sequence[Scenario | str],
    out: str | Path | None = None,
    **options: Unpack[ExposureOptions],
) -> xr.Dataset:
    """The exposure of one firm: how likely it stops, what it pays, and what each option changes.

    Every path is one of `run_scenarios` with the same seed, to the last bit. The firm takes its prices and its
    shortages as they are and moves no market.

    Parameters
    ----------
    book : str or path
        A YAML file; `supplyshock exposure --init` writes an example.
    scenarios : sequence of Scenario or str
        Of the same weeks, start and labels; or their names.
    out : str or Path, optional
        Folder that gets ``exposure.zarr``. Without one the results are in memory alone.
    paths, seed, backend, device, precision
        As those of `run_scenarios`: by default what the `run` section of the first config says, as on the command
        line: 100,000 paths, seed 1, "auto".
    threads : int, optional
        By default all cores, or a few for each device.
    overwrite : bool, default False
        Replace results that are in the folder.
    progress : str or Progress, default "auto"
        auto, bar, lines, quiet, or an object of your own.

    Returns
    -------
    xr.Dataset
        Outcomes over (scenario, option, path) such as ``total_cost_usd``; figures over (scenario, option) such as
        ``stop_probability`` with errors in ``stop_probability_se``; quantiles of stocks and rates by week. Money is
        in USD.

    Raises
    ------
    ConfigError
        The book cannot be read, or has keys that are unknown, out of range or contradictory.
    UsageError
        A number is out of range, scenarios do not go together, or the folder has results already.

    Examples
    --------
    >>> from pathlib import Path
    >>> import supplyshock as ss
    >>> text = "inputs: [{market: Dy, use: 3 t/year, stock: 8 weeks}]"
    >>> _ = Path("plant.yaml").write_text(text)
    >>> results = ss.exposure("plant.yaml", ["status_quo"], paths=64, progress="quiet")
    >>> results["total_cost_usd"].dims, results["stop_probability"].dims
    (('scenario', 'option', 'path'), ('scenario', 'option'))
    """
    given = [load_scenario(s) if isinstance(s, (str, os.PathLike)) else s for s in scenarios]
    if not given:
        raise UsageError("no scenario to run", where="scenarios", expected="one or more")
    check_keywords("exposure", options, ExposureOptions.__annotations__)
    check_are_scenarios(given)
    progress, overwrite = options.get("progress", "auto"), options.get("overwrite", False)
    first = given[0].run
    how: dict[str, Any] = {name: getattr(first, name) if (x := options.get(name)) is None else x for name in SIMULATED}
    settings = SimulationSettings(**how, threads=options.get("threads"))
    check_numbers(
        paths=settings.paths, seed=settings.seed, save_series=0, precision=settings.precision, threads=settings.threads
    )
    loaded = load_exposure(book, given[0])
    report = make_progress(progress) if isinstance(progress, str) else progress
    plan = plan_exposure(loaded, given)
    if out is not None:
        return run_exposure(plan, settings, local_path(out, "exposure"), report, overwrite=overwrite)
    with tempfile.TemporaryDirectory() as folder:
        return run_exposure(plan, settings, Path(folder), report).load()


def run_exposure(
    plan: ExposurePlan,
    settings: SimulationSettings,
    out: Path,
    progress: Progress,
    *,
    run: EarlierRun | None = None,
    overwrite: bool = False,
) -> xr.Dataset:
    """Simulates into ``out/exposure.zarr`` and opens it. Raises as `exposure` does."""
    import xarray as xr

    check_free(out, NAME, overwrite=overwrite)
    scenarios, options = len(plan.scenarios), len(plan.loaded.choices)
    store = OutcomeStore(out, scenarios, options, settings.paths, block_size(plan, settings))
    try:
        counts = simulate_exposure(plan, settings, store, progress, run)
        path = store.finish(_summary(plan, settings, store, counts))
    finally:
        store.drop()
    results: xr.Dataset = xr.open_zarr(path, chunks=None)
    return results


def _summary(plan: ExposurePlan, settings: SimulationSettings, store: OutcomeStore, counts: Counts) -> xr.Dataset:
    threads = settings.threads or usable_cores()
    figures = option_statistics(store, len(plan.scenarios), len(plan.loaded.choices), threads)
    weekly = weekly_statistics(counts, settings.paths)
    data = as_dataset({**figures, **weekly}, _coordinates(plan.loaded, plan))
    data.attrs = _attributes(plan, settings)
    return data


def _coordinates(loaded: Loaded, plan: ExposurePlan) -> dict[str, Any]:
    start = np.datetime64(plan.scenarios[0].start, "ns")
    weeks = start + np.arange(plan.scenarios[0].weeks) * np.timedelta64(7, "D").astype("timedelta64[ns]")
    return {
        "scenario": [s.name for s in plan.scenarios],
        "scenario_title": ("scenario", [s.title or s.name for s in plan.scenarios]),
        "option": [c.title for c in loaded.choices],
        "sweep": ("option", [c.sweep for c in loaded.choices]),
        "value": ("option", [c.value for c in loaded.choices]),
        "input": [i.market for i in loaded.exposure.inputs],
        "input_title": (
            "input",
            [plan.scenarios[0].labels.names.of("market", i.market) for i in loaded.exposure.inputs],
        ),
        "line": [line.title for line in lines_of(loaded)],
        "week": weeks,
        "quantile": list(QUANTILES),
        "tail_weight": list(WEIGHTS),
    }


def _attributes(plan: ExposurePlan, settings: SimulationSettings) -> dict[str, Any]:
    book = plan.loaded.exposure
    return {
        "title": book.title or "exposure of one firm",
        "tail_weight": book.tail_weight,
        "bloc": book.bloc,
        "book": book.model_dump_json(by_alias=True, exclude_unset=True),
        **provenance_attrs(plan.scenarios[0], settings),
    }
