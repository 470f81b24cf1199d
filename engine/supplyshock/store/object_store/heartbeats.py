"""The other processes that work on a run in object storage: each sends its state through the store.

Processes of this machine know each other by their locks in the stage (`worker_registry`). Those of others appear there
as files too, kept up to date; as their locks do not reach here, they are judged by their signs of life.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...common.errors import StoreError
from ...common.safe_text import load_json
from .. import LOGS, WORKERS
from ..atomic_files import write_whole
from ..worker_registry import BEAT, PATIENCE, WorkerRegistration, forget
from .bucket import Bucket

_FILE = re.compile(rf"{WORKERS}/([0-9T]{{15}}-[0-9a-f]{{8}})\.json")


@contextmanager
def exchange_heartbeats(bucket: Bucket, stage: Path, registration: WorkerRegistration) -> Iterator[None]:
    """Tells others of this process and shows it the others, until the end."""
    ended = threading.Event()
    shown: set[str] = set()
    _exchange(bucket, stage, registration, shown)

    def keep_on() -> None:
        while not ended.wait(BEAT):
            with suppress(OSError, StoreError):  # an older state costs work done twice at most
                _exchange(bucket, stage, registration, shown)

    thread = threading.Thread(target=keep_on, daemon=True, name="heartbeats")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(BEAT)
        with suppress(OSError, StoreError):
            _leave(bucket, stage, registration, shown)


def _exchange(bucket: Bucket, stage: Path, registration: WorkerRegistration, shown: set[str]) -> None:
    bucket.put(f"{WORKERS}/{registration.id}.json", json.dumps(registration.state).encode())
    names = [name for name in bucket.sizes(f"{WORKERS}/") if _FILE.fullmatch(name)]
    here = {name.removeprefix(f"{WORKERS}/").removesuffix(".json") for name in names}
    for name, data in bucket.get_all(n for n in names if registration.id not in n):
        _show(bucket, stage, registration, name, data, shown)
    for gone in shown - here:
        forget(stage / WORKERS, gone)
    shown &= here


def _show(
    bucket: Bucket, stage: Path, registration: WorkerRegistration, name: str, data: bytes, shown: set[str]
) -> None:
    try:
        state = dict(load_json(data))
        place = state["place"]
    except (ValueError, KeyError, TypeError):
        return
    if place == registration.state["place"]:  # this machine's: its own file tells better; without one it has ended
        if not (stage / name).exists():
            bucket.delete([name])
        return
    write_whole(stage / name, json.dumps(state | {"locked": False}).encode(), sync=False)
    shown.add(Path(name).stem)


def _leave(bucket: Bucket, stage: Path, registration: WorkerRegistration, shown: set[str]) -> None:
    log = stage / LOGS / f"{registration.id}.json"
    if log.exists():
        bucket.put(f"{LOGS}/{registration.id}.json", log)
    dead = [o.id for o in registration.others() if o.elsewhere and not o.alive]
    bucket.delete(f"{WORKERS}/{name}.json" for name in (registration.id, *dead))
    for other in shown:
        forget(stage / WORKERS, other)


def forget_worker(bucket: Bucket) -> None:
    """Removes the announcements of dead processes; watches for a while to tell them from living ones."""
    before = dict(_announcements(bucket))
    if before:
        time.sleep(PATIENCE)
        bucket.delete(name for name, data in _announcements(bucket) if before.get(name) == data)


def _announcements(bucket: Bucket) -> Iterator[tuple[str, bytes]]:
    return bucket.get_all(name for name in bucket.sizes(f"{WORKERS}/") if _FILE.fullmatch(name))
