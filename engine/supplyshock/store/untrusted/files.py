"""The files of a run folder: plain files in plain folders, of the sizes that they can have."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ...common.errors import StoreError
from .. import JOURNAL, LOGS, RESULTS, WORKERS

MAX_JSON = 32 * 2**20
"""Bytes of a manifest, a journal entry or the metadata of results; that of 500 scenarios is 8 MB."""
MAX_FILE = 2**31
"""Bytes of any other file: blosc holds no more in a chunk, and a block's sums are far smaller."""


def is_inside(name: object) -> bool:
    """Whether a name from a journal stays below the folder that it is relative to."""
    if not isinstance(name, str) or not name or "\\" in name or "\0" in name:
        return False
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and ":" not in path.parts[0]


def check_run(out: Path) -> None:
    """Looks at every name in a run folder, follows no link, reads nothing.

    Raises `StoreError` for a link, for what is neither file nor folder, and for a file that is too large: reading it
    could lead out of the folder, never end, or fill the memory. Files that other processes remove meanwhile are
    ignored. Other files in `out`, beside the run, are not checked.
    """
    for name in (f"{RESULTS}", JOURNAL, LOGS, WORKERS, "manifest.json"):
        path = out / name
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            continue
        if stat.S_ISDIR(mode):
            _check_folder(path)
        else:
            _check_file(str(path), mode, path.lstat().st_size)


def _check_folder(folder: Path) -> None:
    waiting = [os.fspath(folder)]
    while waiting:
        for entry in _entries(waiting.pop()):
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            _check_file(entry.path, status.st_mode, status.st_size)


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except FileNotFoundError:
        return


def _check_file(path: str, mode: int, size: int) -> None:
    if not stat.S_ISREG(mode):
        got = "a link" if stat.S_ISLNK(mode) else "a device, pipe or socket"
        raise _refusal(path, "a file", got)
    most = MAX_JSON if path.endswith(".json") else MAX_FILE
    if size > most:
        raise _refusal(path, f"at most {most:,} bytes", f"{size:,}")


def _refusal(path: str, expected: str, got: str) -> StoreError:
    fix = "supplyshock does not write such files; see docs/security.md"
    return StoreError("not opened", where=path, expected=expected, got=got, fix=fix)
