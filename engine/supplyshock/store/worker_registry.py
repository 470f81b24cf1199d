"""The processes that work on a run right now: each has a file, and a lock on it that ends with the process.

Nothing here decides whether a block is done: only the journal does. A wrong answer (for example on a network file
system without locks) costs duplicate work or a wait, and never a byte of the results. No wall clock is read. A lock may
be visible on one machine only. So if a worker of another machine seems dead, it is taken as dead if the cost is only
duplicate work, and watched for signs of life before files are removed.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.errors import StoreError
from ..common.safe_text import load_json
from . import WORKERS
from .atomic_files import PARTIAL, write_whole

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

BEAT = 5.0
"""Seconds between two signs of life."""
SILENCE = 60.0
"""Seconds without a sign of life after which such a worker counts as gone, by the observer's own clock."""


@dataclass(frozen=True)
class WorkerRecord:
    """Another process, as its file tells."""

    id: str
    state: dict[str, Any]
    alive: bool
    elsewhere: bool
    """On another machine: its lock may be invisible here."""

    @property
    def doing(self) -> frozenset[str]:
        """Names of the parts that it has in hand."""
        return frozenset(self.state.get("doing", ()))


class WorkerRegistration:
    """The announcement of this process, and the announcements of the others. Safe to use from many threads."""

    def __init__(self, out: Path, about: dict[str, Any]) -> None:
        """Announces this process in the run folder `out`. Raises `OSError`."""
        self.folder = out / WORKERS
        self.id = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{secrets.token_hex(4)}"
        self._changing = threading.Lock()
        self._ended = threading.Event()
        self._watched: dict[str, tuple[Any, float]] = {}
        self._lock = _enter(self.folder, self.id)
        where = {"host": socket.gethostname(), "pid": os.getpid(), "place": _place(), "started": _started(os.getpid())}
        self.state = {**about, **where, "locked": self._lock is not None, "beat": 0, "done": 0, "doing": []}
        try:
            self._publish()
        except BaseException:
            self.close()
            raise
        threading.Thread(target=self._beat, daemon=True, name="beat").start()

    def take(self, part: str) -> None:
        """Says that this process begins a part."""
        self._change(lambda s: s["doing"].append(part))

    def leave(self, part: str, *, done: bool) -> None:
        """Announces that this process has finished a part, or has given it up."""

        def change(state: dict[str, Any]) -> None:
            state["doing"].remove(part)
            state["done"] += done

        self._change(change)

    def _change(self, change: Any) -> None:
        with self._changing:
            change(self.state)
            with suppress(OSError):  # others then see an older state, which costs duplicate work at most
                self._publish()

    def _publish(self) -> None:
        write_whole(self.folder / f"{self.id}.json", json.dumps(self.state).encode(), sync=False)

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            self._change(lambda s: s.update(beat=s["beat"] + 1))

    def others(self) -> list[WorkerRecord]:
        """The other processes that announced themselves, dead ones too."""
        return [s for s in worker_records(self.folder, self._watched) if s.id != self.id]

    def parts_of_others(self) -> frozenset[str]:
        """Names of the parts that other living processes have in progress."""
        return frozenset().union(*(s.doing for s in self.others() if s.alive))

    def close(self) -> None:
        """Takes the announcement back."""
        self._ended.set()
        with suppress(OSError):
            forget(self.folder, self.id)
            self.folder.rmdir()  # fails while others are there
        if self._lock is not None:
            os.close(self._lock)


def worker_records(folder: Path, watched: dict[str, tuple[Any, float]] | None = None) -> list[WorkerRecord]:
    """Every process that announced itself in the folder of workers; `watched` remembers beats between calls."""
    records = []
    try:
        files = sorted(folder.glob("*.json"))
    except OSError:
        return []
    for file in files:
        try:
            state = load_json(file.read_bytes())
            alive = _alive(file, state, {} if watched is None else watched)
            records.append(WorkerRecord(file.stem, state, alive, state["host"] != socket.gethostname()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # gone meanwhile, or no file of ours
    return records


def abandoned(folder: Path) -> list[Path]:
    """Locks of processes that were killed before they could announce themselves."""
    try:
        locks = sorted(folder.glob("*.lock"))
    except OSError:
        return []
    return [p for p in locks if not p.with_suffix(".json").exists() and _is_held(p) is False]


def _sign(state: dict[str, Any]) -> tuple[Any, ...]:
    """What changes while a worker lives."""
    return state["beat"], state["done"], tuple(state["doing"])


def forget(folder: Path, name: str) -> None:
    """Removes the files of a worker."""
    for ending in (".json", ".lock"):
        (folder / f"{name}{ending}").unlink(missing_ok=True)


def _alive(file: Path, state: dict[str, Any], watched: dict[str, tuple[Any, float]]) -> bool:
    if state["locked"]:
        held = _is_held(file.with_suffix(".lock"))
        if held is not None:
            return held
    if state["place"] == _place():
        return bool(state["started"] == _started(int(state["pid"])) != "")
    now, sign = time.monotonic(), _sign(state)
    last = watched.get(file.stem)
    if last is None or last[0] != sign:
        watched[file.stem] = (sign, now)
        return True
    return now - last[1] < SILENCE


def _enter(folder: Path, name: str) -> int | None:
    """Makes the folder and the lock in it, though the last worker may be removing it."""
    for _ in range(100):
        folder.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            return _hold(folder / f"{name}.lock")
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))


def _hold(path: Path) -> int | None:
    """A new locked file, or None if the file system has no locks; it gets its name once it is locked."""
    if fcntl is None:
        return None
    partial = path.with_name(path.name + PARTIAL)
    fd = os.open(partial, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.replace(partial, path)
    except OSError:
        os.close(fd)
        partial.unlink(missing_ok=True)
        return None
    return fd


def _is_held(path: Path) -> bool | None:
    """Whether a process holds the lock on a file; None if that cannot be known."""
    if fcntl is None:
        return None
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(fd)
    return False


def _place() -> str:
    """This boot of this machine and its table of processes: where a number of a process means something."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()
        return f"{boot} {os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return f"{socket.gethostname()} {secrets.token_hex(8)}"


def _started(pid: int) -> str:
    """When a living process began, in ticks since boot, or nothing: a number is used again, with another start."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return "" if facts[0] in "ZX" else facts[19]
    except (OSError, IndexError):
        return ""


@contextmanager
def announced(out: Path, **about: Any) -> Iterator[WorkerRegistration]:
    """Announces this process as one that makes blocks.

    Raises `StoreError` while another one replaces or cleans the run.
    """
    registration = WorkerRegistration(out, {**about, "alone": False})
    try:
        _wait_for_the_exclusive(registration, out)
        yield registration
    finally:
        registration.close()


PATIENCE = 12.0
"""Seconds to wait for a process that has the folder for itself (cleaning is quick, preparing too), or for a sign of
life: more than two beats."""


def _wait_for_the_exclusive(registration: WorkerRegistration, out: Path) -> None:
    def exclusive() -> list[WorkerRecord]:
        return [s for s in registration.others() if s.state.get("alone") and (s.alive or s.elsewhere)]

    until, first = time.monotonic() + PATIENCE, exclusive()
    while now := exclusive():
        if time.monotonic() > until:
            if _silent(first, now):
                return
            raise StoreError("another process replaces or cleans this run", where=str(out), fix="wait for it")
        time.sleep(0.1)


def _silent(before: list[WorkerRecord], after: list[WorkerRecord]) -> bool:
    """Whether none of those seen later is held by a lock or gave a sign of life in between."""
    signs = {s.id: _sign(s.state) for s in before}
    return not any(s.alive or signs.get(s.id) != _sign(s.state) for s in after)


def _writers(registration: WorkerRegistration) -> list[WorkerRecord]:
    """Others that live. Those of other machines that seem dead are listened to for a while."""
    others = registration.others()
    far = [s for s in others if s.elsewhere and not s.alive]
    if far and not any(s.alive for s in others):
        time.sleep(PATIENCE)
        others = registration.others()
        return [s for s in others if s.alive or (s.elsewhere and not _silent(far, [s]))]
    return [s for s in others if s.alive]


@contextmanager
def exclusive_access(
    out: Path, beside: Callable[[WorkerRegistration], AbstractContextManager[Any]] = nullcontext
) -> Iterator[WorkerRegistration]:
    """Keeps other processes out of the folder, with what goes on `beside` this one.

    Both sides announce themselves before they look, so of two that come at once at least one sees the other.
    Raises `StoreError` when another process writes into it.
    """
    registration = WorkerRegistration(out, {"alone": True})
    try:
        with beside(registration):
            if writers := _writers(registration):
                who = f"{writers[0].state.get('host')}, process {writers[0].state.get('pid')}"
                raise StoreError(
                    "another process is writing this run",
                    where=str(out),
                    got=who,
                    fix="wait for it, or choose another --out",
                )
            yield registration
    finally:
        registration.close()
