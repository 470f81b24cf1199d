"""Removes what killed processes left behind: half-written files, folders that were being made or removed, sums of
summarised scenarios, announcements of dead processes. Nothing else is removed: only names that this project gives.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from . import JOURNAL, LOGS, RESULTS, WORKERS
from .atomic_files import PARTIAL
from .create_store import RENAMED
from .partition import GATHERED
from .status import journal_of, manifest_of, units_of
from .worker_registry import abandoned, exclusive_access, forget, worker_records

_PARTIAL = re.compile(r"(^|\.)([0-9a-f]{12}|lock)" + re.escape(PARTIAL) + "$")
"""Half-written files, and locks that were not yet taken."""


def find_litter(out: Path) -> Iterator[Path]:
    """Files and folders that nothing needs, given that no process is at work. Raises `StoreError` if no run is."""
    manifest = manifest_of(out)
    yield from _on_top(out)
    for name in (RESULTS, JOURNAL, LOGS, WORKERS):
        for folder, _, files in os.walk(out / name):
            yield from (Path(folder) / f for f in sorted(files) if _PARTIAL.search(f))
    journal = journal_of(out, manifest)
    wholes = {(u.scenario, u.kind): journal.is_done(u) for u in units_of(manifest) if u.kind not in GATHERED}
    for unit in units_of(manifest):
        if unit.kind in GATHERED and wholes[unit.scenario, GATHERED[unit.kind]] and journal.sums(unit).exists():
            yield journal.sums(unit)
    for worker in worker_records(out / WORKERS):
        if not worker.alive:
            yield out / WORKERS / f"{worker.id}.json"
    yield from abandoned(out / WORKERS)


def _on_top(out: Path) -> list[Path]:
    return [p for p in sorted(out.iterdir()) if RENAMED.fullmatch(p.name) or _PARTIAL.search(p.name)]


def was_killed(out: Path, own_id: str = "") -> bool:
    """Whether a process other than `own_id` was killed over this run, so that litter may lie anywhere; a quick look."""
    if _on_top(out) or any(not s.alive for s in worker_records(out / WORKERS) if s.id != own_id):
        return True
    return any(p.stem != own_id for p in abandoned(out / WORKERS))


def clean_run(out: Path) -> tuple[int, int]:
    """Removes the litter of a run; files removed and bytes freed.

    Raises `StoreError` if there is no run, or while a process works on it.
    """
    manifest_of(out)
    try:
        with exclusive_access(out) as registration:
            return sweep(out, registration.id)
    except OSError as e:
        if e.errno not in (errno.ENOSPC, errno.EDQUOT) or any(s.alive for s in worker_records(out / WORKERS)):
            raise
        return sweep(out, "")  # a full disk has no room for an announcement, of others neither


def sweep(out: Path, own_id: str) -> tuple[int, int]:
    """The same for the process `own_id`, which knows that no other one is at work."""
    count = size = 0
    for path in list(find_litter(out)):
        if path.stem == own_id:
            continue
        if path.is_dir() and not path.is_symlink():
            count += sum(len(files) for *_, files in os.walk(path))
            size += sum(f.lstat().st_size for f in path.rglob("*") if f.is_file())
            shutil.rmtree(path)
            continue
        count, size = count + 1, size + path.lstat().st_size
        if path.parent.name == WORKERS:
            forget(path.parent, path.stem)
        path.unlink(missing_ok=True)
    return count, size
