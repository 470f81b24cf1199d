"""Signals: the first asks a run to stop after its current blocks, the second ends it at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

NAMES = ("SIGINT", "SIGTERM", "SIGUSR1", "SIGHUP")


@contextmanager
def stop_on_signal(stop: threading.Event | None = None) -> Iterator[threading.Event]:
    """An event that is set by SIGINT, SIGTERM, SIGUSR1 or SIGHUP while the context is open.

    Outside the main thread Python takes no signals, and the event stays unset. An event passed in is used as it
    is: its owner sets it.
    """
    if stop is not None:
        yield stop
        return
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        stop.set()

    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for name in NAMES:
            if hasattr(signal, name):
                number = getattr(signal, name)
                if name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN:
                    continue  # as nohup has it
                before[number] = signal.signal(number, handle)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
