"""Files that are whole or absent, their checksums, and errors that say what to do."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..common.errors import StoreError

PARTIAL = ".partial"
"""Ending of files being written."""
Digest = tuple[int, str]
"""Bytes and SHA-256 of a file."""
SLICE = 1 << 22
AT_ONCE = 8
"""Files put on disk side by side: a file system gathers such requests."""

_ADVICE = {
    errno.ENOSPC: "the disk is full, or has no room for more files (df, df -i); free some space",
    errno.EDQUOT: "the disk quota is used up; free some space",
    errno.EACCES: "permission denied; make the folder writable or choose another --out",
    errno.EPERM: "not permitted; make the folder writable or choose another --out",
    errno.EROFS: "the file system is read-only; choose another --out",
    errno.ENOTDIR: "a file has the name of a needed folder; move it or choose another --out",
    errno.EISDIR: "a folder has the name of a needed file; move it or choose another --out",
    errno.EEXIST: "a file has the name of a needed folder; move it or choose another --out",
    errno.EMFILE: "too many open files; raise `ulimit -n` or use fewer --threads",
    errno.EIO: "the disk reports an error; check it",
    errno.EPIPE: "the reading process has ended",
    errno.ENOENT: "a folder above it is not there; make it or choose another --out",
    errno.ELOOP: "links lead in a circle; choose another --out",
    errno.ENAMETOOLONG: "the name is too long; choose another --out",
    errno.EFBIG: "a file would be larger than a limit allows (ulimit -f); raise it or choose another --out",
}


def _advice(error: OSError) -> str:
    if error.errno == errno.ENOENT:
        try:
            os.getcwd()
        except OSError:
            return "the current folder was removed; change into one that is there"
    return _ADVICE.get(error.errno or 0, "see the cause")


@contextmanager
def store_errors(out: object) -> Iterator[None]:
    """Turns every `OSError` inside into a `StoreError` that says what happened and how to continue."""
    try:
        yield
    except OSError as e:
        raise as_store_error(e, out) from e


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """The same for a file that is not part of a run: a page, a picture, a table."""
    try:
        yield
    except OSError as e:
        raise _as_file_error(e, path) from e


def _as_file_error(error: OSError, path: Path) -> StoreError:
    fix = _advice(error).replace("--out", "file")
    what = f"cannot write the file ({error.strerror or error})"
    where = str(error.filename or path)
    return StoreError(what, where=str(path) if where.endswith(PARTIAL) else where, fix=fix)


def check_writable(path: Path) -> None:
    """Raises `StoreError`, before anything is computed, where `write_whole` could write no file; changes nothing."""

    def refuse(number: int, where: Path) -> None:
        raise _as_file_error(OSError(number, os.strerror(number), str(where)), path)

    try:
        with suppress(FileNotFoundError, NotADirectoryError):
            path.stat()
        if path.is_dir():
            refuse(errno.EISDIR, path)
        if path.exists():
            if not os.access(path, os.W_OK):
                refuse(errno.EACCES, path)
            if not path.is_file():
                return
        above = next(p for p in Path(os.path.realpath(path)).parents if p.exists())
    except OSError as e:  # a name that is too long, links in a circle
        raise _as_file_error(e, path) from e
    if not above.is_dir():
        refuse(errno.ENOTDIR, above)
    if not os.access(above, os.W_OK | os.X_OK):
        refuse(errno.EACCES, above)


def as_store_error(error: OSError, out: object) -> StoreError:
    """The `StoreError` for a failed write or read under `out`."""
    fix = _advice(error)
    if not isinstance(out, (str, Path)) or os.path.isdir(out):
        fix += ", then give the same command again: finished blocks are kept and it resumes"
    return StoreError(f"cannot write the run ({error.strerror or error})", where=str(error.filename or out), fix=fix)


def write_whole(path: Path, *parts: bytes, sync: bool = True) -> None:
    """Writes a file so that it is on disk whole or not at all, whatever happens meanwhile.

    Many processes may write the same file: each has a partial file of its own, the last one to rename wins.
    Without `sync` a crash of the machine may lose the file; a kill cannot. Links are followed. A target that is not
    a file, such as ``/dev/stdout`` or a pipe, is written directly.
    """
    if path.exists() and not path.is_file():
        with open(path, "wb") as f:
            f.writelines(parts)
        return
    path = Path(os.path.realpath(path)) if path.is_symlink() else path
    with _partial(path, parts, sync) as partial:
        with suppress(OSError):
            partial.chmod(path.stat().st_mode & 0o7777)  # of the file that it replaces
        os.replace(partial, path)
    if sync:
        sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Writes a text file in UTF-8, whole or not at all; bytes of names that are not UTF-8 stay as they are."""
    write_whole(path, text.encode("utf-8", "surrogateescape"))


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


def write_digested(path: str, parts: Iterable[memoryview]) -> Digest:
    """Writes a file as `write_whole` does, part by part, and returns its digest; no link is followed.

    Each part is used up before the next is asked for. Packing apart, only system calls and the checksum take time,
    and they hold no interpreter.
    """
    partial = f"{path}.{secrets.token_hex(6)}{PARTIAL}"
    size, sha, fd = 0, hashlib.sha256(), _new_file(partial)
    try:
        for part in parts:
            sha.update(part)
            size += len(part)
            _write_all(fd, part)
        os.replace(partial, path)
        os.fsync(fd)  # under its name: on some file systems that puts the name on disk too
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)
        raise
    finally:
        os.close(fd)
    return size, sha.hexdigest()


def _new_file(path: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags, 0o666)


def _write_all(fd: int, data: memoryview) -> None:
    while data:
        data = data[os.write(fd, data) :]


def digest_file(path: Path) -> Digest:
    """Size in bytes and SHA-256 of a file, which is read piece by piece."""
    sha = hashlib.sha256()
    size = 0
    with open(path, "rb", buffering=0) as f:
        while piece := f.read(SLICE):
            sha.update(piece)
            size += len(piece)
    return size, sha.hexdigest()
