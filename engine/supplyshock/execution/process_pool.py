"""One command, several processes: starts them, shows their progress as one, passes signals on, replaces dead ones.

The processes do not talk to each other. Each is a writer like any other (`scheduler`), on a shard of its own. What a
process does is in `worker_main`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import wait

from ..common.errors import Interrupted, UsageError
from ..common.machine_limits import check_threads
from ..common.progress import Progress
from ..store.run_folder import RunFolder
from .backend_selection import Backend
from .run_report import RunReport
from .run_request import RunRequest
from .scheduler import Scheduler
from .shard import Shard
from .worker_process import WorkerProcess, answer_in_turn

TICK = 0.2
"""Seconds between two looks at the signals."""


@dataclass
class ProcessPool:
    """The processes of one command."""

    folder: RunFolder
    request: RunRequest
    backend: Backend
    n_workers: int
    progress: Progress
    ended: list[WorkerProcess] = field(default_factory=list)

    def run(self, shard: Shard | None, stop: threading.Event) -> RunReport:
        """Runs to the end, or for a shard until others have what is left.

        Raises the first error of a worker once all have ended, `Interrupted` after a signal or when workers keep
        dying.
        """
        self._check()
        began = time.perf_counter()
        schedule = Scheduler(self.folder, self.progress)
        resumed = schedule.resumed
        if not schedule.complete:
            plan = self.folder.plan
            self.progress.start(len(plan.scenarios) * plan.paths, schedule.paths_done)
            self._rounds(schedule, shard, stop)
            schedule = Scheduler(self.folder, self.progress)
        return self._report(schedule, resumed, time.perf_counter() - began)

    def _check(self) -> None:
        if self.backend.device != "cpu":
            raise UsageError(
                "one process uses all devices, so more workers are not allowed",
                where="--workers",
                expected="1",
                got=str(self.n_workers),
            )
        check_threads(self.n_workers)

    def _rounds(self, schedule: Scheduler, shard: Shard | None, stop: threading.Event) -> None:
        """Starts the workers; and while all have ended and blocks are missing, starts them again."""
        shards: Sequence[Shard | None] = _divide(shard, self.n_workers)
        while True:
            workers = self._start_and_wait(shards, stop)
            self._check_errors(workers)
            before, schedule = len(schedule.done), Scheduler(self.folder, self.progress)
            if schedule.complete:
                return
            deaths = [w for w in workers if w.death()]
            if stop.is_set() or (deaths and len(schedule.done) == before):
                raise self._interrupted(schedule, deaths)
            if not deaths:
                if shard is not None:
                    return
                shards = [None]  # other commands have the remaining blocks in progress: one process waits for them
            else:
                self.progress.say("all workers ended before all blocks were done; starting them again")

    def _start_and_wait(self, shards: Sequence[Shard | None], stop: threading.Event) -> list[WorkerProcess]:
        """Starts a worker for each shard and waits until all have ended."""
        workers: list[WorkerProcess] = []
        try:
            for index in range(len(shards)):
                workers.append(self._start(index, shards))
            self._wait(workers, stop)
        except BaseException:
            for worker in workers:
                worker.process.kill()
                worker.close()
            raise
        self.ended += workers
        return workers

    def _wait(self, workers: Sequence[WorkerProcess], stop: threading.Event) -> None:
        """Until all have ended."""
        stopping = False
        while running := [w for w in workers if w.open]:
            ready = wait([w.pipe for w in running], timeout=TICK)
            for worker in running:
                if worker.pipe in ready:
                    worker.receive(self.progress)
                elif not ready:
                    worker.look()
            answer_in_turn(workers)
            if not stopping and (stop.is_set() or any(w.failed for w in workers)):
                stopping = True
                for worker in running:
                    worker.stop()
            for worker in running:
                if not worker.open:
                    self._reap(worker, others=len(running) > 1)

    def _reap(self, worker: WorkerProcess, *, others: bool) -> None:
        worker.close()
        worker.check_start()
        if death := worker.death():
            rest = "; the others compute its blocks" if others else ""
            self.progress.say(f"{worker.name} (process {worker.process.pid}) {death}{rest}")

    def _start(self, index: int, shards: Sequence[Shard | None]) -> WorkerProcess:
        threads, count = self.folder.plan.threads, len(shards)
        share = max(1, threads // count + (index < threads % count))
        request = replace(self.request, threads=share)
        return WorkerProcess.start(f"worker {index + 1} of {count}", request, self.folder.name, shards[index])

    def _check_errors(self, workers: Sequence[WorkerProcess]) -> None:
        for worker in workers:
            if worker.failed and worker.error is not None:
                raise worker.error

    def _interrupted(self, schedule: Scheduler, deaths: Sequence[WorkerProcess]) -> Interrupted:
        plan = self.folder.plan
        done = plan.blocks - schedule.blocks_left
        why = f"; {len(deaths)} workers died" if deaths else ""
        hint = "with fewer --workers or --threads " if deaths else ""
        return Interrupted(
            f"interrupted: {done} of {plan.blocks} blocks are done{why}",
            where=self.folder.name,
            fix=f"give the same command again {hint}to resume",
        )

    def _report(self, schedule: Scheduler, resumed: int, seconds: float) -> RunReport:
        reports = [w.report for w in self.ended if w.report is not None]
        compile_time = max((r["seconds_compile"] for r in reports), default=0.0)
        return RunReport.of(
            self.folder.name,
            self.folder.plan,
            seconds=seconds - compile_time,
            seconds_compile=compile_time,
            path_weeks_per_second=sum(r["path_weeks_per_second"] for r in reports),
            blocks_computed=sum(r["blocks_computed"] for r in reports),
            blocks_resumed=resumed,
            blocks_left=schedule.blocks_left,
            complete=schedule.complete,
            peak_memory_mb=sum(r["peak_memory_mb"] for r in reports),
        )


def _divide(shard: Shard | None, workers: int) -> list[Shard]:
    index, count = (shard.index, shard.count) if shard else (0, 1)
    return [Shard(index * workers + i, count * workers) for i in range(workers)]
