"""Blocks as tasks of an existing dask.distributed scheduler.

A task names a folder and a part. A worker reads everything else from the folder, which it must see under the same name.
As in any run, the journal says what is done. If a worker is killed, its blocks in progress are submitted again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from supplyshock_kernels.backends import Simulate

from ..common.errors import Interrupted, StoreError, SupplyshockError, UsageError
from ..store.atomic_files import store_errors
from ..store.partition import BLOCK, GATHERED, Unit
from ..store.run_folder import RunFolder, writing
from ..store.status import manifest_of
from ..store.worker_registry import WorkerRegistration
from .backend_selection import find_backend
from .block_runner import BlockRunner, LostSums
from .run_report import RunReport
from .run_request import request_of_run
from .scheduler import Scheduler
from .session import Session, prepare

if TYPE_CHECKING:
    from distributed import Client, Future

RETRIES = 3
"""Repeats of a task that fails or whose workers die, besides those of the scheduler itself."""
AHEAD = 3
"""Tasks submitted for every thread: enough to keep it busy, few enough to stop soon."""
TICK = 0.5
"""Seconds between two looks at the signals."""


def run_on_dask(session: Session, address: str, backend: str | Simulate, stop: threading.Event) -> RunReport:
    """Makes the missing parts of a run on the scheduler at `address`; ``local`` starts one here, for this command.

    Raises `UsageError` without the extra or a scheduler, `Interrupted` after a signal, and what fails in a task.
    """
    began = time.perf_counter()
    plan, schedule = session.folder.plan, session.schedule
    session.progress.start(len(plan.scenarios) * plan.paths, schedule.paths_done)
    before = schedule.blocks_left
    with writing(session.folder, shard="dask", threads=0), _client(address, plan.threads) as client:
        tasks = _TaskSubmitter(client, session.folder, schedule, None if isinstance(backend, str) else backend)
        tasks.run(stop)
    session.blocks.computed = before - schedule.blocks_left
    session.blocks.paths_computed = tasks.paths
    session.seconds = time.perf_counter() - began
    if not schedule.complete:
        raise Interrupted("interrupted", where=str(session.folder.out), fix="give the same command again to resume")
    return session.report()


@contextmanager
def _client(address: str, threads: int) -> Iterator[Client]:
    """A client of this thread alone: a default one is the scheduler of all that dask computes in the process, and one
    that could not connect stays so."""
    try:
        from distributed import Client, LocalCluster
    except ImportError as e:
        fix = 'pip install "supplyshock[dask]"'
        raise UsageError("dask.distributed is not installed", where="--dask", got=str(e), fix=fix) from e
    if address == "local":
        try:
            cluster = LocalCluster(n_workers=threads, threads_per_worker=1, dashboard_address=None)
        except RuntimeError as e:
            fix = 'in a script, put the call below `if __name__ == "__main__":`; on a small machine, use fewer threads'
            raise UsageError("the Dask workers did not start", where="--dask", got=str(e), fix=fix) from e
        with cluster, Client(cluster, set_as_default=False) as client, client.as_current():
            yield client
        return
    try:
        client = Client(address, timeout=20, set_as_default=False)
    except (OSError, ValueError) as e:
        raise UsageError("no scheduler answers", where="--dask", expected="local or an address", got=str(e)) from e
    with client, client.as_current():
        yield client


class _TaskSubmitter:
    """Submits parts and takes their results."""

    def __init__(self, client: Client, folder: RunFolder, schedule: Scheduler, backend: Simulate | None) -> None:
        self.client, self.folder, self.schedule, self.backend = client, folder, schedule, backend
        self.submitted: dict[Future[Any], Unit] = {}
        self.failed: dict[Unit, int] = {}
        self.paths = 0

    def run(self, stop: threading.Event) -> None:
        from distributed import wait

        while not (stop.is_set() or self.schedule.complete):
            self._submit()
            try:
                done = wait(list(self.submitted), timeout=TICK, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                continue
            for future in done:
                self._finish(future, self.submitted.pop(future))
        self.client.cancel(list(self.submitted))  # blocks that have begun end by themselves, and count

    def _submit(self) -> None:
        room = AHEAD * max(1, sum(self.client.nthreads().values())) - len(self.submitted)
        in_hand = set(self.submitted.values())
        for unit in [u for u in self.schedule.ready() if u not in in_hand][: max(0, room)]:
            task = Task(str(self.folder.out.absolute()), self.folder.manifest.checksum, unit, self.backend)
            self.submitted[self.client.submit(make_part, task, pure=False, retries=RETRIES, key=_key(unit))] = unit

    def _finish(self, future: Future[Any], unit: Unit) -> None:
        error = future.exception()
        if error is None:
            lost = future.result()
            if lost and not self.schedule.is_done_by_others(
                unit
            ):  # else another process made it, which then dropped the sums
                self.schedule.undo(lost)
            else:
                self.schedule.enter(unit)
                self.paths += (unit.stop - unit.start) * (unit.kind == BLOCK)
            return
        self.failed[unit] = self.failed.get(unit, 0) + 1
        if isinstance(error, SupplyshockError) or self.failed[unit] > RETRIES:
            raise _explained(error, self.folder)


def _explained(error: BaseException, folder: RunFolder) -> BaseException:
    from distributed import KilledWorker

    if not isinstance(error, KilledWorker):
        return error
    fix = "give the workers more memory or fewer threads; the same command resumes"
    return Interrupted(
        "workers keep dying while they compute one block", where=str(folder.out), got=str(error), fix=fix
    )


def _key(unit: Unit) -> str:
    return f"supplyshock-{unit.name.replace('/', '-')}-{time.monotonic_ns()}"


class Task(NamedTuple):
    """What a worker is asked for."""

    out: str
    run: str
    """The manifest's checksum: a folder may hold another run by the time a worker is given its next task."""
    unit: Unit
    backend: Simulate | None


def make_part(task: Task) -> list[Unit]:
    """Makes a part, in a worker. Returns parts whose sums turned out to be lost, none if it was made."""
    with _opening:
        opened = _open(task.out, task.run, task.backend)
    try:
        with store_errors(Path(task.out)), opened.registered(task.unit):
            if not opened.blocks.folder.journal.is_done(task.unit, sums=task.unit.kind in GATHERED):
                opened.blocks.make(task.unit)
        return []
    except LostSums as lost:
        return lost.units


_opening = threading.Lock()


class _OpenedRun:
    """The run in a worker's process."""

    def __init__(self, blocks: BlockRunner) -> None:
        self.blocks = blocks
        self.lock, self.tasks = threading.Lock(), 0
        self.registration: WorkerRegistration | None = None
        self.announcement = ExitStack()

    @contextmanager
    def registered(self, unit: Unit) -> Iterator[None]:
        """Announces this process while it has tasks: a worker may live for days, and the run be cleaned meanwhile."""
        with self.lock:
            if self.registration is None:
                about = {"shard": "dask", "threads": _threads()}
                self.registration = self.announcement.enter_context(writing(self.blocks.folder, **about))
            registration = self.registration
            self.tasks += 1
            self.blocks.worker = registration.id
        registration.take(unit.name)
        done = False
        try:
            yield
            done = True
        finally:
            registration.leave(unit.name, done=done)
            with self.lock:
                self.tasks -= 1
                if not self.tasks:
                    self.registration = None
                    self.announcement.close()


def _threads() -> int:
    """Of the dask worker that this runs in."""
    from distributed import get_worker

    return int(get_worker().state.nthreads)


@lru_cache(maxsize=4)
def _open(out: str, run: str, backend: Simulate | None) -> _OpenedRun:
    folder = Path(out)
    with store_errors(folder):
        manifest = manifest_of(folder)
        if manifest.checksum != run:
            raise StoreError(
                "another run has replaced this one in the folder", where=out, fix="give the same command again"
            )
        request = request_of_run(folder, manifest, backend)
        chosen = find_backend(request.backend, request.device)
        return _OpenedRun(BlockRunner(prepare(folder, request, chosen), chosen, gather=False))
