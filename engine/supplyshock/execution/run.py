"""Runs scenarios into a folder: in this process, in several, or on a dask.distributed scheduler."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from ..common.arguments import (
    DAY,
    FLAG,
    PATH_OR_NONE,
    PLACE,
    PROGRESS,
    STOP,
    TEXT_OR_NONE,
    TEXTS,
    WHOLE,
    Kind,
    checked,
    names_arguments,
)
from ..common.errors import UsageError
from ..common.progress import make_progress
from ..common.signals import stop_on_signal
from ..common.size_warning import warn_of_sizes
from ..store.object_store.address import Address, folder_of, place_of
from ..store.partition import Plan
from .backend_selection import Backend, find_backend
from .branching.request import request_branch
from .capacity import Capacity, refuse_shortages
from .dask_runner import run_on_dask
from .process_pool import ProcessPool
from .request_checks import MAX_WORKERS, check_whole
from .request_sizes import request_warnings
from .run_report import RunReport
from .run_request import KINDS, RunControl, RunOptions, RunRequest, split_options
from .session import Session, prepare, run_errors
from .shard import Shard
from .worker_process import check_guard

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario


SHARD = Kind("a Shard, or None", lambda x: x is None or isinstance(x, Shard))
CONDITIONS = Kind("text, a list of texts, or None", lambda x: x is None or TEXTS.fits(x))


@names_arguments
@checked(
    **KINDS,
    out=PLACE,
    extend=PATH_OR_NONE,
    workers=WHOLE,
    dask=TEXT_OR_NONE,
    shard=SHARD,
    overwrite=FLAG,
    force=FLAG,
    from_run=PATH_OR_NONE,
    at=DAY,
    where=CONDITIONS,
    from_scenario=TEXT_OR_NONE,
    progress=PROGRESS,
    stop=STOP,
)
def run_scenarios(scenarios: Sequence[Scenario], out: str | Path | Address, **options: Unpack[RunOptions]) -> RunReport:
    """Simulate scenarios on the same paths into a folder, or resume the run in it.

    The finished results.zarr has the same bytes after any interruption, and the same values for any number of threads.
    Any number of processes may call this at once, on machines that share the folder. A signal stops a run after its
    current blocks.

    Parameters
    ----------
    scenarios : sequence of Scenario
        The scenarios to simulate. The first one is the baseline of comparisons.
    out : str, Path or Address
        Folder of the run, or ``"s3://bucket/key"`` for a run in object storage.
    paths : int, optional
        Number of paths per scenario. The default of this parameter and of the next five is the value in the `run`
        section of the first config, which is 100,000 paths, seed 1, 1,000 series, "auto", "auto" and "float32" unless
        it says otherwise.
    seed : int, optional
        Seed of the random numbers, below 2**64.
    save_series : int, optional
        Paths with numbers below this have their weekly series stored.
    backend : str or callable, optional
        Name of a backend, "auto", or a function ``(params, grid, seed, paths, versus=None) -> Observed``.
    device : str, optional
        auto, cpu, gpu or tpu.
    precision : str, optional
        Precision of the kernels: float32 or float64.
    threads : int, optional
        Number of threads. By default all cores, or a few for each device.
    first_path : int, default 0
        Number of the first path.
    mantissa_bits : int, default 0
        Number of mantissa bits that outcomes and series keep (12 to 22); 0 keeps all. Statistics keep all.
    proposal : Proposal, optional
        Parameters from which most paths are drawn (importance sampling). By default all paths are drawn from the
        model.
    book : str or Path, optional
        The book of a firm. The group ``exposure`` stores the firm's outcomes on every path (see `exposure`). By
        default the run has no firm.
    extend : str or Path, optional
        A complete run whose paths the new run copies.
    workers : int, default 1
        Number of processes on this machine that share the threads.
    dask : str, optional
        Address of a dask.distributed scheduler that computes the blocks, or "local".
    shard : Shard, optional
        Share of the blocks that this process computes first. It continues with blocks that no process has in hand, and
        ends when other processes have the rest. Without a shard the process stays until the run is complete.
    overwrite : bool, default False
        Replace another run in the folder.
    force : bool, default False
        Start the run even if the estimates of its plan do not fit on the disk or in memory.
    progress : str or Progress, default "auto"
        auto, bar, lines, quiet, or an object of your own.
    stop : threading.Event, optional
        Set it to stop the run. With it, the run ignores signals.
    from_run : str or Path, optional
        A finished run from which the scenarios branch: each path starts from the state of a path of that run on the
        day `at`. Each scenario takes the dates and the first day of that run; its own initial state does not apply.
        Backend, precision and seed are by default those of that run, and `paths` is the number of its paths that meet
        `where`.
    at : str or date, optional
        Day of the branch, the first day of a week of `from_run`. `from_run` requires it.
    where : str or sequence of str, optional
        Conditions on the weeks before that day, in the language of measures, such as ``"regime=rift"`` or ``"quote:Dy
        now > 2"``. A path must meet all of them. By default all paths qualify.
    from_scenario : str, optional
        Scenario of `from_run`. By default its first scenario.

    Returns
    -------
    RunReport
        The work of this call: numbers of paths, weeks and blocks, times in seconds, rates in path-weeks and
        market-steps per second, peak memory in MB.

    Warns
    -----
    SizeWarning
        A size of a scenario or of the book is out of all reason: most often its unit is mistaken.

    Raises
    ------
    UsageError
        A number is out of range, a keyword is unknown, or the folder contains another run.
    ConfigError
        The book cannot be read, or has keys that are unknown, out of range or contradictory.
    DeviceError
        This machine lacks the backend or the device.
    CapacityError
        The run does not fit on the disk or in memory.
    StoreError
        Reading or writing failed.
    Interrupted
        The run was stopped. The same call resumes it.

    Examples
    --------
    >>> import supplyshock as ss
    >>> scenario = ss.load_scenario("status_quo", {"weeks": 12})
    >>> report = ss.run_scenarios([scenario], "runs/first", paths=256, seed=1, progress="quiet")
    >>> (report.paths, report.complete)
    (256, True)
    """
    if options.get("from_run") is not None:
        request, control = request_branch(scenarios, options, out)
    else:
        request, control = split_options(scenarios, options)
    warn_of_sizes(request_warnings(request))
    return execute(request, out, find_backend(request.backend, request.device), control)


def execute(request: RunRequest, out: str | Path | Address, backend: Backend, control: RunControl) -> RunReport:
    """Carries a request out. Raises as `run_scenarios` does."""
    began, place = time.perf_counter(), place_of(out)
    check_whole("workers", control.workers, 1, MAX_WORKERS)
    check_guard("workers" if control.workers > 1 else "dask" if control.dask else "")
    if control.dask:
        _check_dask(control)
        place = folder_of(out, "a run by dask")
    request = replace(request, n_processes=control.shard.count if control.shard else 1)
    progress = make_progress(control.progress)
    with run_errors(place), stop_on_signal(control.stop) as stop:
        try:
            check = None if control.force else partial(_check_capacity, place, control)
            folder = prepare(place, request, backend, overwrite=control.overwrite, extend=control.extend, check=check)
            if control.workers > 1:
                report = ProcessPool(folder, request, backend, control.workers, progress).run(control.shard, stop)
            else:
                session = Session(folder, backend, progress, began)
                if control.dask and not session.schedule.complete:
                    report = run_on_dask(session, control.dask, request.backend, stop)
                else:
                    report = session.carry_out(control.shard, stop)
            folder.end()
            return report
        finally:
            progress.close()


def _check_capacity(place: Path | Address, control: RunControl, plan: Plan) -> None:
    """Raises `CapacityError`. Workers of dask have memory of their own."""
    capacity = Capacity.at(place)
    if control.dask:
        capacity = replace(capacity, memory=None)
    refuse_shortages(capacity.shortages(plan, control.workers), place)


def _check_dask(control: RunControl) -> None:
    if control.shard or control.workers > 1:
        raise UsageError("Dask starts its own workers", where="--dask", expected="neither --workers nor --shard")
