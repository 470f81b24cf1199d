"""A process of the pool, as its parent sees it: started, asked for its shard, heard, missed when it dies.

A new process gets nothing that could fill a pipe: it asks for its request once it reads. So one that dies at any
moment, even before it reads, leaves nobody writing to it for ever.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import ForkingPickler
from pickle import PicklingError
from typing import Any

from supplyshock_kernels.backends import compile_cache

from ..common.errors import Interrupted, UsageError
from ..common.progress import Progress
from .run_request import RunRequest
from .shard import Shard
from .worker_main import ASK, STOP, WARM, Errand, work

NAME = "supplyshock worker"
"""How the names of these processes begin."""
UNGUARDED = 78
"""Exit code of a worker that imported a script which starts the run at once."""


@dataclass
class WorkerProcess:
    """A process that computes one shard of a run."""

    name: str
    process: SpawnProcess
    pipe: Connection
    errand: memoryview
    """What it is sent when it asks."""
    asked: bool = False
    answered: bool = False
    warm: bool = False
    """It has loaded or compiled its backend."""
    stopped: bool = False
    report: dict[str, Any] | None = None
    error: BaseException | None = None
    open: bool = True

    @classmethod
    def start(cls, name: str, request: RunRequest, out: str, shard: Shard | None) -> WorkerProcess:
        """Starts a process for a shard of the run at `out`.

        Raises `OSError` if the system starts no more, and `UsageError` for a backend that no process can be sent.
        """
        pickled = _pickled(Errand(request, out, shard, compile_cache.lend()))
        context = multiprocessing.get_context("spawn")
        parent_end, child_end = context.Pipe()
        process = context.Process(target=work, args=(child_end,), daemon=True, name=f"{NAME}, {name}")
        try:
            process.start()
        except BaseException:
            parent_end.close()
            raise
        finally:
            child_end.close()
        return cls(name, process, parent_end, pickled)

    def receive(self, progress: Progress) -> None:
        """Takes one message, or the end of the pipe."""
        try:
            kind, value = self.pipe.recv()
        except (EOFError, OSError):
            self.open = False
            return
        if kind == ASK:
            self.asked = True
        elif kind == WARM:
            self.warm = True
        elif kind == "advance":
            progress.advance(value)
        elif kind == "say":
            progress.say(value)
        elif kind == "report":
            self.report = value
        elif kind == "error":
            self.error = value

    def answer(self) -> None:
        """Sends the request, once it has asked: somebody reads, so this does not wait for ever."""
        self.answered = True
        if not self.stopped:
            with suppress(OSError):  # it has just ended
                self.pipe.send_bytes(self.errand)

    def look(self) -> None:
        """Notices a death that the pipe does not show: another process may have inherited its other end."""
        if self.open and not self.process.is_alive() and not self.pipe.poll():
            self.open = False

    def stop(self) -> None:
        """Asks it to end after the blocks in hand."""
        self.stopped = True
        with suppress(OSError):  # it has just ended
            self.pipe.send(STOP)

    def close(self) -> None:
        """Waits for its end."""
        self.process.join()
        self.pipe.close()

    @property
    def failed(self) -> bool:
        """True for an error that the others would meet too, such as a full disk."""
        return self.error is not None and not isinstance(self.error, Interrupted)

    def death(self) -> str:
        """Why the worker ended before it could report, or an empty string."""
        if self.report is not None or self.error is not None:
            return ""
        code = self.process.exitcode
        when = "" if self.asked else " while it was starting"
        if code is None or code >= 0:
            return f"ended with exit code {code}{when}"
        hint = " (out of memory?)" if -code == signal.SIGKILL else ""
        return f"was killed by {signal.Signals(-code).name}{when}{hint}"

    def check_start(self) -> None:
        """Raises `UsageError` if the script that started the run would start it again in every worker."""
        if not self.asked and self.process.exitcode == UNGUARDED:
            raise unguarded("workers")


def _pickled(errand: Errand) -> memoryview:
    try:
        return ForkingPickler.dumps(errand)
    except (PicklingError, AttributeError, TypeError) as e:
        raise UsageError(
            "the request cannot be sent to another process",
            where="workers",
            expected="a backend that is a function of a module",
            got=str(e),
            fix="define it at the top of a file and import it, or use workers=1",
        ) from e


def answer_in_turn(workers: Sequence[WorkerProcess]) -> None:
    """Lets one worker compile and the others load what it has compiled: each of them would take a minute."""
    alive = [w for w in workers if w.open]
    for worker in alive:
        compiling = any(w.answered and not w.warm for w in alive) and not any(w.warm for w in workers)
        if worker.asked and not worker.answered and not compiling:
            worker.answer()


def unguarded(option: str) -> UsageError:
    """The error of a script that several processes import, and that starts a run when it is imported."""
    return UsageError(
        "each new process imports the script, and the import would start this run again; no work was given out",
        where=option,
        expected="the call in a function behind the usual guard",
        got="a call that runs when the script is imported",
        fix='put it below `if __name__ == "__main__":`',
    )


def check_guard(option: str) -> None:
    """Ends a worker whose import of the user's script came to a call that starts a run.

    Raises `UsageError` in the process of somebody else (a dask worker, say) for a call that starts more processes.
    """
    process = multiprocessing.current_process()
    if process.name.startswith(NAME):
        os._exit(UNGUARDED)  # at once and silent: the parent says why; the rest of the script is not for workers
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    if option and file and getattr(main, "__spec__", None) is None and not os.path.isfile(file):
        raise UsageError(
            "each process imports the script, so the script must be a file", where=option, got=file, fix="save it first"
        )
    if option and getattr(process, "_inheriting", False):  # as multiprocessing itself asks before it starts a process
        raise unguarded(option)
