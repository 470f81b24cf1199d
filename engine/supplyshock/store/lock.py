"""One writer per run folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no advisory locks on folders
    fcntl = None  # type: ignore[assignment]


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Holds the folder for this process; the lock goes with the process, so a kill leaves none behind.

    Raises `StoreError` when another process writes into it. File systems without locks are used unlocked.
    """
    if fcntl is None:
        yield
        return
    fd = os.open(out, os.O_RDONLY)
    try:
        _lock(fd, out)
        yield
    finally:
        os.close(fd)


def _lock(fd: int, out: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StoreError(
            "another process is writing this run", where=str(out), fix="wait for it, or choose another --out"
        ) from None
    except OSError:
        return  # no locks on this file system
