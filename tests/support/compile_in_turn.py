"""Test processes compile numba kernels one after the other, and those that waited load them from the disk cache.

Side by side, two processes would both compile a kernel of 45 seconds of work.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from numba.core.dispatcher import Dispatcher

from supplyshock_kernels.backends import compile_cache

try:
    import fcntl
except ImportError:  # Windows: everybody compiles
    fcntl = None  # type: ignore[assignment]


class ProcessLock:
    """A lock between processes, which its thread may take again: compiling a caller compiles what it calls."""

    def __init__(self, path: Path) -> None:
        self.path, self.thread, self.depth = path, threading.RLock(), 0
        self.file: BinaryIO | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the lock; others wait."""
        with self.thread:
            self.depth += 1
            if self.depth == 1 and fcntl:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.file = self.path.open("ab")
                fcntl.flock(self.file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                self.depth -= 1
                if self.depth == 0 and self.file:
                    self.file.close()
                    self.file = None


def install() -> None:
    """From now on this process compiles only while no other test process does."""
    lock, compile_one = ProcessLock(compile_cache.parent() / "tests.lock"), Dispatcher.compile

    def compile_in_turn(self: Any, signature: Any) -> Any:
        with lock.held():
            return compile_one(self, signature)

    Dispatcher.compile = compile_in_turn
