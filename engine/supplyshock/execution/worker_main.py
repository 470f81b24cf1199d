"""The main function of a worker process of the pool: computes a shard and reports to its parent through a pipe."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from supplyshock_kernels.backends import compile_cache

from ..common.errors import Interrupted, SupplyshockError
from ..common.plain_warnings import print_warning
from ..common.progress import Progress
from ..store.object_store.address import place_of
from .backend_selection import find_backend
from .run_report import RunReport
from .run_request import RunRequest
from .session import Session, prepare, run_errors
from .shard import Shard

ASK, WARM, STOP = "ask", "warm", "stop"
"""Messages: a worker asks for its request and reports a loaded backend; its parent tells it to stop."""


@dataclass(frozen=True)
class Errand:
    """What a worker is asked for."""

    request: RunRequest
    out: str
    shard: Shard | None
    cache: str
    """Folder for compiled programs that the user's cache does not take."""


def work(pipe: Connection) -> None:
    """Works on the run that its parent names until it is done, or others have what is left, or the parent says stop."""
    stop, progress = threading.Event(), PipedProgress(pipe)
    _handle_signals(stop)
    try:
        progress.send(ASK, None)
        errand = pipe.recv()
    except (EOFError, OSError):
        os._exit(Interrupted.exit_code)  # the parent is gone
    except Exception as e:
        progress.send("error", SupplyshockError(f"a worker cannot read its request: {type(e).__name__}: {e}"))
        return
    if errand == STOP:
        progress.send("error", Interrupted("interrupted before the run began"))
        return
    _work(pipe, progress, stop, errand)


def _work(pipe: Connection, progress: PipedProgress, stop: threading.Event, errand: Errand) -> None:
    threading.Thread(target=_listen, args=(pipe, stop), daemon=True, name="parent").start()
    try:
        progress.send("report", _compute(errand, progress, stop).as_dict())
    except SupplyshockError as e:
        progress.send("error", e)
    except BaseException as e:
        progress.send("error", SupplyshockError(f"a worker failed: {type(e).__name__}: {e}"))
        raise


def _compute(errand: Errand, progress: Progress, stop: threading.Event) -> RunReport:
    request, began, place = errand.request, time.perf_counter(), place_of(errand.out)
    compile_cache.borrow(errand.cache)
    warnings.showwarning = print_warning  # this process is our own
    with run_errors(place):
        backend = find_backend(request.backend, request.device)
        folder = prepare(place, request, backend)  # the parent has cut the run: its layout is in the manifest
        report = Session(folder, backend, progress, began).carry_out(errand.shard, stop)
        folder.end()
        return report


class PipedProgress(Progress):
    """Sends progress to the parent."""

    def __init__(self, pipe: Connection) -> None:
        """Sends through `pipe`."""
        self.pipe, self.lock = pipe, threading.Lock()

    def send(self, kind: str, value: Any) -> None:
        """Sends one message, from any thread."""
        with self.lock:
            self.pipe.send((kind, value))

    def start(self, total: int, done: int, unit: str = "paths") -> None:
        """The backend is loaded; the parent counts all paths itself."""
        self.send(WARM, None)

    def advance(self, paths: int) -> None:
        """Sends the number of paths that this worker has finished."""
        self.send("advance", paths)

    def advance_elsewhere(self, paths: int) -> None:
        """Sends nothing: other workers report their paths to the parent themselves."""

    def say(self, message: str) -> None:
        """Sends a message for people."""
        self.send("say", message)


def _handle_signals(stop: threading.Event) -> None:
    """Ctrl-C and a gone terminal reach every process of a terminal: the parent passes them on. Other signals stop this
    process alone."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    for name in ("SIGTERM", "SIGUSR1"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: stop.set())


def _listen(pipe: Connection, stop: threading.Event) -> None:
    """Waits for the parent to say stop. Where the parent is gone, this process ends: nobody would use its work."""
    try:
        while True:
            pipe.recv()
            stop.set()
    except (EOFError, OSError):
        os._exit(Interrupted.exit_code)
