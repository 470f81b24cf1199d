"""One command, several processes: starts them, shows their progress as one, passes signals on, outlives their deaths.

The processes do not talk to each other. Each is a writer like any other (`schedule`), on a stripe of its own.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from ..common.errors import Interrupted, SupplyshockError, UsageError
from ..common.progress import Progress
from ..store.run_folder import RunFolder
from .run_report import RunReport
from .run_request import RunRequest
from .scheduler import Scheduler, Shard

TICK = 0.2
"""Seconds between two looks at the signals."""


@dataclass
class WorkerProcess:
    """A process of the fleet, as its parent sees it."""

    name: str
    process: SpawnProcess
    pipe: Connection
    report: dict[str, Any] | None = None
    error: BaseException | None = None
    open: bool = True

    def hear(self, told: Progress) -> None:
        """Takes one message, or the end of the line."""
        try:
            kind, what = self.pipe.recv()
        except (EOFError, OSError):
            self.open = False
            return
        if kind == "advance":
            told.advance(what)
        elif kind == "say":
            told.say(what)
        elif kind == "report":
            self.report = what
        else:
            self.error = what

    @property
    def failed(self) -> bool:
        """True for an error that the others would meet too, such as a full disk."""
        return self.error is not None and not isinstance(self.error, Interrupted)

    def death(self) -> str:
        """What ended it without a word, or an empty string."""
        if self.report is not None or self.error is not None:
            return ""
        code = self.process.exitcode
        if code is None or code >= 0:
            return f"ended with exit code {code}"
        hint = " (out of memory?)" if -code == signal.SIGKILL else ""
        return f"was killed by {signal.Signals(-code).name}{hint}"


@dataclass
class ProcessPool:
    """The processes of one command."""

    folder: RunFolder
    wanted: RunRequest
    workers: int
    told: Progress
    ended: list[WorkerProcess] = field(default_factory=list)

    def run(self, shard: Shard | None, stop: threading.Event) -> RunReport:
        """Runs to the end, or for a shard until others have what is left.

        Raises the first error of a worker once all have ended, `Interrupted` after a signal or when workers keep
        dying.
        """
        self._check()
        began = time.perf_counter()
        schedule = Scheduler(self.folder, self.told)
        resumed = schedule.resumed
        if not schedule.complete:
            plan = self.folder.plan
            self.told.start(len(plan.scenarios) * plan.paths, schedule.paths_done)
            self._rounds(schedule, shard, stop)
            schedule = Scheduler(self.folder, self.told)
        return self._report(schedule, resumed, time.perf_counter() - began)

    def _check(self) -> None:
        if not isinstance(self.wanted.backend, str):
            return
        if self.folder.plan.backend == "jax" and self.folder.plan.device != "cpu":
            raise UsageError("one process fills all devices", where="--workers", expected="1", got=str(self.workers))

    def _rounds(self, schedule: Scheduler, shard: Shard | None, stop: threading.Event) -> None:
        """Starts the fleet; and while all have ended and blocks are missing, again."""
        shards: Sequence[Shard | None] = _divide(shard, self.workers)
        while True:
            crew = self._sail(shards, stop)
            self._check_errors(crew)
            before, schedule = len(schedule.done), Scheduler(self.folder, self.told)
            if schedule.complete:
                return
            deaths = [w for w in crew if w.death()]
            if stop.is_set() or (deaths and len(schedule.done) == before):
                raise self._interrupted(schedule, deaths)
            if not deaths:
                if shard is not None:
                    return
                shards = [None]  # other commands have what is left: one process waits for them
            else:
                self.told.say("all workers have ended and blocks are missing: they are started again")

    def _sail(self, shards: Sequence[Shard | None], stop: threading.Event) -> list[WorkerProcess]:
        """Starts a worker for each shard and waits until all have ended."""
        crew = [self._start(i, shard, len(shards)) for i, shard in enumerate(shards)]
        told_to_stop = False
        while afloat := [w for w in crew if w.open]:
            for pipe in wait([w.pipe for w in afloat], timeout=TICK):
                next(w for w in afloat if w.pipe is pipe).hear(self.told)
            if not told_to_stop and (stop.is_set() or any(w.failed for w in crew)):
                told_to_stop = True
                _tell_all(afloat, "stop")
            for worker in afloat:
                if not worker.open:
                    self._bury(worker, others=len(afloat) > 1)
        self.ended += crew
        return crew

    def _bury(self, worker: WorkerProcess, *, others: bool) -> None:
        worker.process.join()
        worker.pipe.close()
        if death := worker.death():
            rest = "; the others do its blocks" if others else ""
            self.told.say(f"{worker.name} (process {worker.process.pid}) {death}{rest}")

    def _start(self, index: int, shard: Shard | None, count: int) -> WorkerProcess:
        context = get_context("spawn")
        mine, theirs = context.Pipe()
        threads = self.folder.plan.threads
        share = max(1, threads // count + (index < threads % count))
        wanted = replace(self.wanted, threads=share)
        process = context.Process(target=work, args=(theirs, wanted, self.folder.name, shard), daemon=True)
        process.start()
        theirs.close()
        return WorkerProcess(f"worker {index + 1} of {count}", process, mine)

    def _check_errors(self, crew: Sequence[WorkerProcess]) -> None:
        for worker in crew:
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


def _tell_all(crew: Sequence[WorkerProcess], word: str) -> None:
    for worker in crew:
        try:
            worker.pipe.send(word)
        except OSError:
            continue  # it has just ended


class PipedProgress(Progress):
    """Tells the parent."""

    def __init__(self, pipe: Connection) -> None:
        """Through `pipe`."""
        self.pipe, self.lock = pipe, threading.Lock()

    def send(self, kind: str, what: Any) -> None:
        """One message, from any thread."""
        with self.lock:
            self.pipe.send((kind, what))

    def advance(self, paths: int) -> None:
        """Own paths."""
        self.send("advance", paths)

    def found(self, paths: int) -> None:
        """Paths of others, who tell the parent themselves."""

    def say(self, message: str) -> None:
        """Passes it on."""
        self.send("say", message)


def work(pipe: Connection, wanted: RunRequest, out: str, shard: Shard | None) -> None:
    """A worker: the main function of its process."""
    from .session import run_scenarios

    stop, told = threading.Event(), PipedProgress(pipe)
    _heed(stop)
    threading.Thread(target=_listen, args=(pipe, stop), daemon=True, name="parent").start()
    try:
        asked = {k: v for k, v in vars(wanted).items() if k != "parties"}  # the run is cut already
        report = run_scenarios(**asked, out=out, shard=shard, progress=told, stop=stop)
        told.send("report", report.as_dict())
    except SupplyshockError as e:
        told.send("error", e)
    except BaseException as e:
        told.send("error", SupplyshockError(f"a worker failed: {type(e).__name__}: {e}"))
        raise


def _heed(stop: threading.Event) -> None:
    """Ctrl-C reaches every process of a terminal: the parent passes it on. Other signals stop this process alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGUSR1"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: stop.set())


def _listen(pipe: Connection, stop: threading.Event) -> None:
    """Waits for the parent's word. Without a parent there is nobody to work for: what is not journalled is lost."""
    try:
        while True:
            pipe.recv()
            stop.set()
    except (EOFError, OSError):
        os._exit(Interrupted.exit_code)
