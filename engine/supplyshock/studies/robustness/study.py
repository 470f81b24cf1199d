"""Policies against many futures, from Python and for the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from supplyshock_kernels.backends import Simulate

from ...analysis.scenario_discovery import Discovery, discover
from ...common.arguments import (
    FLAG,
    PATH_OR_NONE,
    PROGRESS,
    TEXT,
    WHOLE,
    WHOLE_OR_NONE,
    Kind,
    check_keywords,
    checked,
    names_arguments,
)
from ...common.progress import Progress, make_progress
from ...common.size_warning import warn_of_sizes
from ...execution.run_request import KINDS
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.sizes import size_warnings
from ..study_files import check_free, save
from .outcomes import Judged, judge, summarise
from .plan import RobustnessPlan, plan_robustness
from .results import as_dataset, failures
from .simulate import simulate_futures

if TYPE_CHECKING:
    import xarray as xr

NAME = "robustness"


class RobustnessOptions(TypedDict, total=False):
    """The keywords of `robustness` that say how it computes."""

    futures: int | None
    paths: int | None
    seed: int
    backend: str | Simulate
    device: str
    precision: str
    threads: int | None
    overwrite: bool
    progress: str | Progress


STUDY = Kind("a path, or a mapping of the keys of a study", lambda x: isinstance(x, (str, os.PathLike, Mapping)))


@names_arguments
@checked(
    **{name: KINDS[name] for name in ("paths", "backend", "threads")},
    study=STUDY,
    out=PATH_OR_NONE,
    futures=WHOLE_OR_NONE,
    seed=WHOLE,
    precision=TEXT,
    device=TEXT,
    overwrite=FLAG,
    progress=PROGRESS,
)
def robustness(
    study: str | os.PathLike[str] | Mapping[str, Any],
    out: str | Path | None = None,
    **options: Unpack[RobustnessOptions],
) -> xr.Dataset:
    """Policies tested on many futures: regret, how often each is good enough, and where it fails.

    A future is a set of uncertain parameters. In each future all policies have the same parameters and common random
    numbers. Every future has its own paths.

    Parameters
    ----------
    study : str, path or mapping
        A YAML file, or its keys. `supplyshock robustness --init` writes an example.
    out : str or Path, optional
        Folder for ``robustness.zarr``. By default the results stay in memory.
    futures : int, optional
        Number of futures. By default the number in the study.
    paths : int, optional
        Number of paths for each future and policy. By default the number in the study.
    seed : int, default 1
        Seed of the random numbers and of the futures.
    backend : str or callable, default "auto"
        Name of a backend, "auto", or a function ``(params, grid, seed, paths, versus=None) -> Observed``.
    device : str, default "auto"
        auto, cpu, gpu or tpu.
    precision : str, default "float32"
        Precision of the kernels: float32 or float64.
    threads : int, optional
        Number of threads. By default all cores, or a few for each device.
    overwrite : bool, default False
        Replace existing results in the folder.
    progress : str or Progress, default "quiet"
        auto, bar, lines, quiet, or an object of your own.

    Returns
    -------
    xr.Dataset
        Figures with the dimensions (policy, outcome), such as ``regret_mean``, with standard errors in
        ``regret_mean_se``. ``value``, ``regret`` and ``holds`` have the dimensions (future, policy, outcome). All
        these are in the units of ``outcome_unit``, and shares are from 0 to 1. ``box_low`` and ``box_high``, with the
        dimensions (policy, parameter), bound the futures in which a policy fails, in the units of ``parameter_unit``.

    Warns
    -----
    SizeWarning
        A size of a policy is out of all reason: most often its unit is mistaken.

    Raises
    ------
    ConfigError
        The file cannot be read, or has keys that are unknown, out of range or contradictory.
    UsageError
        A number is out of range, policies do not fit together, or the folder has results already.
    DeviceError
        This machine lacks the backend or the device.

    Examples
    --------
    >>> import supplyshock as ss
    >>> policies = [{"scenario": "status_quo"}, {"scenario": "swap_deal"}]
    >>> study = {"policies": policies, "measures": ["loss:US mean"], "futures": {"vary": ["priors"]}}
    >>> results = ss.robustness(study, futures=4, paths=32)
    >>> results["regret_mean"].dims, results["regret"].dims
    (('policy', 'outcome'), ('future', 'policy', 'outcome'))
    """
    check_keywords("robustness", options, RobustnessOptions.__annotations__)
    progress, overwrite = options.pop("progress", "quiet"), options.pop("overwrite", False)
    seed = options.get("seed", 1)
    plan = plan_robustness(study, futures=options.pop("futures", None), paths=options.pop("paths", None), seed=seed)
    warn_of_sizes(size_warnings([*plan.policies, *plan.ends]))
    settings = SimulationSettings(paths=plan.paths, **{"backend": "auto", **options})  # type: ignore[arg-type]
    report = make_progress(progress) if isinstance(progress, str) else progress
    if out is not None:
        check_free(Path(out), NAME, overwrite=overwrite)
    results = run_robustness(plan, settings, report)
    if out is not None:
        save(results, Path(out), NAME)
    return results


def run_robustness(plan: RobustnessPlan, settings: SimulationSettings, progress: Progress) -> xr.Dataset:
    """Simulates, judges and searches. Raises as `robustness` does."""
    estimates = simulate_futures(plan, settings, progress)
    judged = [judge(estimates, criterion, k) for k, criterion in enumerate(plan.criteria)]
    summaries = [summarise(j, c, settings.seed) for j, c in zip(judged, plan.criteria, strict=True)]
    return as_dataset(plan, judged, summaries, _discoveries(plan, judged, settings.seed), settings)


def _discoveries(plan: RobustnessPlan, judged: list[Judged], seed: int) -> dict[int, Discovery]:
    """Where each chosen policy fails; empty without a threshold."""
    fails = failures(judged)
    chosen = plan.discover if plan.has_threshold else ()
    return {policy: discover(plan.futures.values, fails[:, policy], seed) for policy in chosen}
