"""Two test processes never compile the same numba kernel: the one that waited loads it from the disk cache.

Side by side, both would compile a kernel of 45 seconds of work. Different kernels are compiled side by side.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numba.core.dispatcher import Dispatcher

from supplyshock_kernels.backends import compile_cache

try:
    import fcntl
except ImportError:  # Windows: everybody compiles
    fcntl = None  # type: ignore[assignment]


class ProcessLocks:
    """Locks between processes by name, which their thread may take again: compiling a caller compiles what it calls.

    One thread of a process takes locks at a time, as numba itself compiles in one. A caller is locked before what it
    calls, in every process, so no two wait for each other.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.thread = folder, threading.RLock()
        self.mine: set[str] = set()

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Holds the lock; others wait."""
        with self.thread:
            if name in self.mine or not fcntl:
                yield
                return
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / name).open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                self.mine.add(name)
                try:
                    yield
                finally:
                    self.mine.discard(name)


def install() -> None:
    """From now on this process compiles a kernel only while no other test process compiles the same one."""
    locks, compile_one = ProcessLocks(compile_cache.parent() / "tests-locks"), Dispatcher.compile

    def compile_in_turn(self: Any, signature: Any) -> Any:
        name = repr((self.py_func.__module__, self.py_func.__qualname__, signature))
        with locks.held(hashlib.sha256(name.encode()).hexdigest()[:16]):
            return compile_one(self, signature)

    Dispatcher.compile = compile_in_turn
