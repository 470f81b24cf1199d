"""Files that are whole or absent, their checksums, and errors that say what to do."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..common.errors import StoreError

PARTIAL = ".partial"
"""Ending of files being written, ours and zarr's."""
SLICE = 1 << 22
AT_ONCE = 8
"""Files put on disk side by side: a file system gathers such requests."""

_ADVICE = {
    errno.ENOSPC: "the disk is full, or has no room for more files (df, df -i); free some space",
    errno.EDQUOT: "the disk quota is used up; free some space",
    errno.EACCES: "permission denied; make the folder writable or choose another --out",
    errno.EPERM: "not permitted; make the folder writable or choose another --out",
    errno.EROFS: "the file system is read-only; choose another --out",
    errno.ENOTDIR: "a file stands where a folder is needed; move it or choose another --out",
    errno.EISDIR: "a folder stands where a file is needed; move it or choose another --out",
    errno.EEXIST: "a file stands where a folder is needed; move it or choose another --out",
    errno.EMFILE: "too many open files; raise `ulimit -n` or use fewer --threads",
    errno.EIO: "the disk reports an error; check it",
}


@contextmanager
def store_errors(out: object) -> Iterator[None]:
    """Turns every `OSError` inside into a `StoreError` that says what happened and how to go on."""
    try:
        yield
    except OSError as e:
        raise as_store_error(e, out) from e


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """The same for a file that is no part of a run: a page, a picture, a table."""
    try:
        yield
    except OSError as e:
        what, where = e.strerror or str(e), str(e.filename or path)
        fix = _ADVICE.get(e.errno or 0, "see the cause").replace("--out", "file")
        raise StoreError(f"cannot write the file ({what})", where=where, fix=fix) from e


def as_store_error(error: OSError, out: object) -> StoreError:
    """The `StoreError` for a failed write or read under `out`."""
    advice = _ADVICE.get(error.errno or 0, "see the cause")
    return StoreError(
        f"cannot write the run ({error.strerror or error})",
        where=str(error.filename or out),
        fix=f"{advice}, then give the same command again: finished blocks are kept and it resumes",
    )


def write_whole(path: Path, *parts: bytes, sync: bool = True) -> None:
    """Writes a file so that it is there whole and on disk, or not at all, whatever happens meanwhile.

    Many processes may write the same file: each has a partial file of its own, the last one to rename wins.
    Without `sync` a crash of the machine may lose the file; a kill cannot.
    """
    with _partial(path, parts, sync) as partial:
        os.replace(partial, path)
    if sync:
        sync_folder(path.parent)


def create_whole(path: Path, *parts: bytes) -> bool:
    """Writes a file that must not be there yet; False, and nothing is changed, where another process was first.

    A hard link decides, which is atomic on network file systems too. Where there are none, the last of those that
    come in the same instant wins: the file is whole, and whoever relies on it reads it once more.
    """
    with _partial(path, parts, sync=True) as partial:
        try:
            os.link(partial, path)
        except FileExistsError:
            return False
        except OSError:
            if path.exists():
                return False
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


@contextmanager
def _partial(path: Path, parts: tuple[bytes, ...], sync: bool) -> Iterator[Path]:
    """A file of these parts under a name that no other process uses; it goes if its user fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{secrets.token_hex(6)}{PARTIAL}")
    try:
        with open(partial, "wb") as f:
            f.writelines(parts)
            if sync:
                f.flush()
                os.fsync(f.fileno())
        yield partial
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Puts the names in a folder on disk; a file system that cannot is left alone."""
    with suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def digest_file(path: Path, *, sync: bool = False) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a file; `sync` also puts it on disk."""
    sha = hashlib.sha256()
    size = 0
    with open(path, "rb", buffering=0) as f:
        while piece := f.read(SLICE):
            sha.update(piece)
            size += len(piece)
        if sync:
            os.fsync(f.fileno())
    return size, sha.hexdigest()
