"""The work of one process on a run, which may be killed anywhere: open the folder, make blocks, clean up, report."""

from __future__ import annotations

import json
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ..common.errors import Interrupted, StoreError, UsageError
from ..common.machine_limits import resource_errors
from ..common.progress import Progress
from ..common.thread_pool import Stopped, run_all
from ..store import LOGS
from ..store.atomic_files import store_errors, write_whole
from ..store.cleanup import clean_run, sweep, was_killed
from ..store.manifest import Manifest, read_manifest
from ..store.object_store.address import Address, folder_of
from ..store.object_store.staging import manifest_at, open_remote_folder
from ..store.partition import Layout, Plan
from ..store.provenance import machine, versions
from ..store.run_definition import RunDefinition
from ..store.run_folder import RunFolder, clear, open_run_folder, writing
from ..store.worker_registry import WorkerRegistration
from .backend_selection import Backend
from .block_runner import BlockRunner
from .path_reuse import EarlierRun, EarlierRuns
from .plan import plan_run
from .run_report import RunReport
from .run_request import RunRequest
from .scheduler import Scheduler
from .shard import Shard


def define_run(request: RunRequest, backend: Backend, layout: Layout | None = None) -> RunDefinition:
    """The plan and the identity of a run, worked out once. Raises `UsageError` for a request that no run can have."""
    return RunDefinition.of(plan_run(request, backend, layout), request.scenarios)


def prepare(
    place: Path | Address,
    request: RunRequest,
    backend: Backend,
    *,
    overwrite: bool = False,
    extend: str | Path | None = None,
    check: Callable[[Plan], None] | None = None,
) -> RunFolder:
    """The folder of a run, ready for blocks. A wrong request, or a plan that `check` refuses, changes no folder.

    Raises `UsageError` for a request that no run can have and where another run is in the folder, and `StoreError`.
    """
    if isinstance(place, Address) and extend:
        raise UsageError("a run in object storage takes no paths from others", where="extend", got=str(extend))
    manifest = None if overwrite else manifest_in(place)
    definition = define_run(request, backend, manifest.layout if manifest else None)
    check = check or (lambda plan: None)
    if isinstance(place, Address):
        check(definition.plan)
        return open_remote_folder(place, definition, overwrite=overwrite)
    sources = EarlierRuns([EarlierRun.of(folder_of(extend, "--extend"))] if extend else [])
    sources.check(definition.identity, place)
    check(definition.plan)
    if overwrite:
        clear(place)
    return open_run_folder(place, definition, sources=[str(s.out) for s in sources])


def manifest_in(place: Path | Address) -> Manifest | None:
    """The manifest of the run at a place, or None if there is none. Raises `StoreError` for a damaged one."""
    return manifest_at(place) if isinstance(place, Address) else read_manifest(place)


@contextmanager
def run_errors(place: Path | Address) -> Iterator[None]:
    """Turns errors of the system during a run into errors that say how to resume."""
    with store_errors(place), resource_errors():
        yield


class Session:
    """What one process does for a run."""

    def __init__(self, folder: RunFolder, backend: Backend, progress: Progress, began: float | None = None) -> None:
        """Reads how far the run is; starts nothing. `began`: when the command did, by `time.perf_counter`."""
        self.began = time.perf_counter() if began is None else began
        self.folder, self.progress = folder, progress
        self.schedule = Scheduler(folder, progress)
        self.blocks = BlockRunner(folder, backend)
        self.seconds_compile = self.seconds = 0.0

    def carry_out(self, shard: Shard | None, stop: threading.Event) -> RunReport:
        """Does the remaining work; cleans up after killed processes when all is done."""
        if not self.schedule.complete:
            self.run(shard, stop)
        elif was_killed(self.folder.out):
            with suppress(OSError, StoreError):  # others may be here, or the folder is read-only
                clean_run(self.folder.out)
        return self.report()

    def run(self, shard: Shard | None, stop: threading.Event) -> None:
        """Works until all is done, or `stop` is set, or, for a shard, others have what is left."""
        plan = self.folder.plan
        with writing(self.folder, shard=str(shard or ""), threads=plan.threads) as registration:
            began, since = _now(), time.perf_counter()
            self.blocks.worker = registration.id
            try:
                self._work(registration, shard, stop)
            finally:
                self._log(registration.id, began, time.perf_counter() - since)
            self._tidy(registration)
        if stop.is_set() and not self.schedule.complete:
            raise self._interrupted()

    def _work(self, registration: WorkerRegistration, shard: Shard | None, stop: threading.Event) -> None:
        schedule, plan = self.schedule, self.folder.plan
        if schedule.blocks_left and self.blocks.computes:
            self._warm_up()
        self.progress.start(len(plan.scenarios) * plan.paths, schedule.paths_done)
        todo = schedule.todo(registration, shard, leave=shard is not None, stop=stop)
        since = time.perf_counter()
        with suppress(Stopped):
            run_all(partial(schedule.work, self.blocks, registration), todo, threads=plan.threads, stop=stop)
        self.seconds = time.perf_counter() - since

    def _warm_up(self) -> None:
        """Loads or compiles the backend on one path."""
        since = time.perf_counter()
        self.blocks.warm_up()
        self.seconds_compile = time.perf_counter() - since

    def _tidy(self, registration: WorkerRegistration) -> None:
        """Cleans up after killed processes, once the run is complete and nobody else is here."""
        out = self.folder.out
        # a worker on another machine counts as alive: only `clean` can make sure that it is not
        alone = not any(o.alive or o.elsewhere for o in registration.others())
        if self.schedule.complete and alone and was_killed(out, registration.id):
            sweep(out, registration.id)

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

    def report(self) -> RunReport:
        """What this process did until now."""
        plan, blocks, schedule = self.folder.plan, self.blocks, self.schedule
        rate = blocks.path_weeks / self.seconds if self.seconds else 0.0
        unit = 1 if sys.platform == "darwin" else 1024
        return RunReport.of(
            self.folder.name,
            plan,
            seconds=time.perf_counter() - self.began - self.seconds_compile,
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
