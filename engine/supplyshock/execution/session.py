"""Runs scenarios into a folder: simulate, write, journal, merge; killed anywhere, it goes on from there."""

from __future__ import annotations

import json
import resource
import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from supplyshock_kernels.backends import Simulate

from ..common.errors import Interrupted, StoreError, SupplyshockError, UsageError
from ..common.progress import Progress, make_progress
from ..common.signals import stop_on_signal
from ..common.thread_pool import Stopped, run_all
from ..store import LOGS
from ..store.atomic_files import store_errors, write_whole
from ..store.cleanup import clean_run, sweep, was_killed
from ..store.object_store.address import Address, folder_of, place_of
from ..store.proposal import Proposal
from ..store.provenance import identity, machine, versions
from ..store.run_folder import RunFolder, clear, open_run_folder, writing
from ..store.worker_registry import WorkerRegistration
from .backend_selection import Backend
from .block_runner import BlockRunner
from .path_reuse import EarlierRun, EarlierRuns
from .run_report import RunReport
from .run_request import RunRequest
from .scheduler import Scheduler, Shard

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario


def run_scenarios(
    scenarios: Sequence[Scenario],
    out: str | Path | Address,
    *,
    paths: int,
    seed: int = 0,
    save_series: int = 0,
    backend: str | Simulate = "numba",
    device: str = "auto",
    precision: str = "float32",
    threads: int | None = None,
    mantissa_bits: int = 0,
    first_path: int = 0,
    tilt: Proposal | None = None,
    extend: str | Path | None = None,
    workers: int = 1,
    dask: str | None = None,
    shard: Shard | None = None,
    overwrite: bool = False,
    progress: str | Progress = "auto",
    stop: threading.Event | None = None,
) -> RunReport:
    """Runs `scenarios` on the same paths into the folder `out`, or goes on with the run that is there.

    `out` may be ``s3://bucket/key``, as a string: the run is in object storage then (`remote`).

    The first scenario is the one the others are compared with. The finished results.zarr has the same bytes
    whatever interrupted it, and the same values for any number of threads. Any number of processes may do this at
    once, on machines that share the folder. With `shard` this process begins with its stripe of the blocks, goes on
    with what is in nobody's hands, and leaves when others have all that is left; without, it stays to the end.
    `mantissa_bits` keeps so many bits of mantissa of outcomes and series (not of statistics), 0 all of them.
    Paths are numbered from `first_path` on. A new run takes the paths of the complete run `extend` from there.
    `workers` above 1 does all that in so many processes of this machine and divides the threads among them; `dask`
    (an address, or "local") gives the blocks to a dask.distributed scheduler.

    Signals set `stop`; give an event of your own to stop it otherwise.

    Raises `UsageError` (numbers out of range, or `out` holds another run), `DeviceError` (no such backend or device),
    `StoreError` (reading or writing failed) and `Interrupted` (a signal; the same command resumes).
    """
    if dask and (shard or workers > 1):
        raise UsageError("dask has workers of its own", where="dask", expected="neither workers nor shard")
    if dask:
        out = folder_of(out, "a run by dask")
    parties = shard.count if shard else 1
    wanted = RunRequest(
        scenarios,
        paths,
        seed,
        save_series,
        backend,
        device,
        precision,
        threads,
        first_path,
        mantissa_bits,
        parties,
        tilt,
    )
    began = time.perf_counter()
    found, told = wanted.check(), make_progress(progress) if isinstance(progress, str) else progress
    place = place_of(out)
    with store_errors(place), stop_on_signal(stop) as stopping:
        try:
            folder = prepare(place, wanted, found, overwrite=overwrite, extend=extend)
            if workers > 1:
                from .process_pool import ProcessPool

                report = ProcessPool(folder, wanted, workers, told).run(shard, stopping)
            else:
                session = Session(folder, scenarios, found, told)
                report = session.carry_out(shard, dask, wanted, stopping, began)
            folder.end()
            return report
        except MemoryError as e:
            raise SupplyshockError(
                "out of memory", fix="use fewer --threads or --save-series; the same command resumes"
            ) from e
        finally:
            told.close()


def prepare(
    out: Path | Address, wanted: RunRequest, found: Backend, *, overwrite: bool, extend: str | Path | None = None
) -> RunFolder:
    """The folder of a run, ready for blocks. Raises `StoreError`, and `UsageError` where another run is in it."""
    if isinstance(out, Address):
        from ..store.object_store.staging import join_remote

        if extend:
            raise UsageError("a run in object storage takes no paths from others", where="extend", got=str(extend))
        return join_remote(out, wanted.scenarios, partial(wanted.plan, found), overwrite=overwrite)
    sources = EarlierRuns([EarlierRun.of(Path(extend))] if extend else [])
    sources.check(identity(wanted.plan(found), wanted.scenarios), out)
    if overwrite:
        clear(out)
    return open_run_folder(out, wanted.scenarios, partial(wanted.plan, found), sources=[str(s.out) for s in sources])


class Session:
    """What one process does for a run."""

    def __init__(self, folder: RunFolder, scenarios: Sequence[Scenario], backend: Backend, told: Progress) -> None:
        """Reads how far the run is; starts nothing."""
        self.folder, self.scenarios, self.told = folder, scenarios, told
        self.schedule = Scheduler(folder, told)
        self.blocks = BlockRunner(folder, scenarios, backend)
        self.seconds_compile = self.seconds = 0.0

    def carry_out(
        self, shard: Shard | None, dask: str | None, wanted: RunRequest, stop: threading.Event, began: float
    ) -> RunReport:
        """Does what is not done yet, here or by dask."""
        out = self.folder.out
        if not self.schedule.complete and dask:
            from .dask_runner import run_on_dask

            return run_on_dask(self, dask, wanted, stop)
        if not self.schedule.complete:
            self.run(shard, stop)
        elif was_killed(out):
            with suppress(OSError, StoreError):  # others may be here, or the folder is read-only
                clean_run(out)
        return self.report(time.perf_counter() - began)

    def run(self, shard: Shard | None, stop: threading.Event) -> None:
        """Works until all is done, or `stop` is set, or, for a shard, others have what is left."""
        plan = self.folder.plan
        with writing(self.folder, shard=str(shard or ""), threads=plan.threads) as me:
            began, since = _now(), time.perf_counter()
            self.blocks.worker = me.id
            try:
                self._work(me, shard, stop)
            finally:
                self._log(me.id, began, time.perf_counter() - since)
            self._tidy(me)
        if stop.is_set() and not self.schedule.complete:
            raise self._interrupted()

    def _work(self, me: WorkerRegistration, shard: Shard | None, stop: threading.Event) -> None:
        schedule, plan = self.schedule, self.folder.plan
        if schedule.blocks_left and self.blocks.computes:
            self._warm_up()
        self.told.start(len(plan.scenarios) * plan.paths, schedule.paths_done)
        todo = schedule.todo(me, shard, leave=shard is not None, stop=stop)
        since = time.perf_counter()
        with suppress(Stopped):
            run_all(partial(schedule.work, self.blocks, me), todo, threads=plan.threads, stop=stop)
        self.seconds = time.perf_counter() - since

    def _warm_up(self) -> None:
        """Loads or compiles the backend on one path."""
        since = time.perf_counter()
        self.blocks.warm_up()
        self.seconds_compile = time.perf_counter() - since

    def _tidy(self, me: WorkerRegistration) -> None:
        """Removes what others left who were killed over this run, once it is complete and nobody else is here."""
        out = self.folder.out
        nobody = not any(o.alive or o.elsewhere for o in me.others())  # of other machines only `clean` makes sure
        if self.schedule.complete and nobody and was_killed(out, me.id):
            sweep(out, me.id)

    def _interrupted(self) -> Interrupted:
        plan = self.folder.plan
        return Interrupted(
            f"interrupted: {plan.blocks - self.schedule.blocks_left} of {plan.blocks} blocks are done",
            where=self.folder.name,
            fix="give the same command again to resume",
        )

    def _log(self, worker: str, began: str, seconds: float) -> None:
        """Enters this command into the log; on a full disk the error that ended it matters more."""
        row = {
            "began": began,
            "ended": _now(),
            "seconds": round(seconds, 3),
            "host": socket.gethostname(),
            "machine": machine(),
            "versions": versions(),
            "threads": self.folder.plan.threads,
            "blocks_computed": self.blocks.computed,
        }
        with suppress(OSError):
            write_whole(self.folder.out / LOGS / f"{worker}.json", json.dumps(row, indent=1).encode())

    def report(self, seconds: float) -> RunReport:
        """What this process did in so many seconds."""
        plan, blocks, schedule = self.folder.plan, self.blocks, self.schedule
        rate = blocks.paths_computed * plan.weeks / self.seconds if self.seconds else 0.0
        unit = 1 if sys.platform == "darwin" else 1024
        return RunReport.of(
            self.folder.name,
            plan,
            seconds=seconds - self.seconds_compile,
            seconds_compile=self.seconds_compile,
            path_weeks_per_second=rate,
            blocks_computed=blocks.computed,
            blocks_resumed=schedule.resumed,
            blocks_left=schedule.blocks_left,
            complete=schedule.complete,
            peak_memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20,
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
