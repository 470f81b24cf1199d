"""The cache of compiled programs, which processes share. It saves time; no fault of it ends a run.

A program that cannot be read is compiled again. A program that cannot be written goes to a private folder, which is
removed at exit, with one warning. A file begins with the digest of its content, so that a damaged one is never
executed.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import secrets
import shutil
import tempfile
import threading
import warnings
from contextlib import suppress
from pathlib import Path

import platformdirs

VARIABLE = "SUPPLYSHOCK_CACHE_DIR"
DIGEST_SIZE = hashlib.sha256().digest_size
HOMELESS = Path("/nonexistent")
"""The home of nobody, by convention."""
WARNED = "warned"
"""A file of the private folder: one of the processes that share it has warned."""


class CacheWarning(UserWarning):
    """Compiled programs are not kept."""


def parent() -> Path:
    """The user's cache folder of this project; ``SUPPLYSHOCK_CACHE_DIR`` moves it."""
    try:
        folder = Path(os.environ.get(VARIABLE) or platformdirs.user_cache_dir("supplyshock"))
    except RuntimeError:
        return HOMELESS
    return HOMELESS if folder.parts[:1] == ("~",) else folder  # of platformdirs until 4.9, for a user without a home


def read_kept(place: Path, name: str) -> bytes | None:
    """The content of a cached file; None if it is absent, unreadable or damaged. A damaged file is removed."""
    for folder in (place, _private.place(place)):
        if folder is None:
            continue
        with suppress(OSError):
            data = (folder / name).read_bytes()
            content = data[DIGEST_SIZE:]
            if hashlib.sha256(content).digest() == data[:DIGEST_SIZE]:
                return content
            (folder / name).unlink()
    return None


def write_kept(place: Path, name: str, content: bytes) -> None:
    """Keeps a file in the cache, or else in the private folder, or else not at all."""
    data = hashlib.sha256(content).digest() + content
    try:
        _write_whole(place / name, data)
    except OSError as error:
        substitute = fall_back(place, error)
        if substitute:
            with suppress(OSError):
                _write_whole(substitute / name, data)


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{secrets.token_hex(6)}.partial")
    try:
        partial.write_bytes(data)
        os.replace(partial, path)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise


def fall_back(place: Path, error: OSError) -> Path | None:
    """The folder that stands in for one that cannot be written; None if no temporary folder can be made.

    Warns once, and once for all processes that share the private folder.
    """
    substitute = _private.made(place)
    if _private.warns():
        kept = "for this command only" if substitute else "in memory only"
        warnings.warn(
            f"compiled programs are kept {kept}: {place}: {error.strerror or error}; set {VARIABLE} to a writable "
            "folder, so that later commands start at once",
            CacheWarning,
            stacklevel=2,
        )
    return substitute


def check_writable(place: Path, size: int) -> None:
    """Makes a folder, and a file of that size for an instant. Raises `OSError`."""
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=place) as file:
        file.write(bytes(size))
        file.flush()


def lend() -> str:
    """The private folder of this process, for processes that it starts; empty if none can be made."""
    return str(_private.root() or "")


def borrow(folder: str) -> None:
    """Uses the private folder of the process that started this one."""
    _private.borrowed = Path(folder) if folder else None


class _PrivateFolder:
    """A temporary folder that nobody else can open; made at its first use, removed at exit by the process that did."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.own: Path | None = None
        self.borrowed: Path | None = None
        self.has_warned = self.failed = False

    def place(self, original: Path) -> Path | None:
        """Where it keeps the files of `original`, if it exists."""
        root = self.borrowed or self.own
        return root and root / original.name

    def made(self, original: Path) -> Path | None:
        """The same, and now it exists."""
        root = self.root()
        return root and root / original.name

    def root(self) -> Path | None:
        """The folder; None if none can be made."""
        with self.lock:
            if self.borrowed or self.own or self.failed:
                return self.borrowed or self.own
            try:
                self.own = Path(tempfile.mkdtemp(prefix="supplyshock-"))
            except OSError:
                self.failed = True
                return None
            atexit.register(_remove, self.own, os.getpid())
            return self.own

    def warns(self) -> bool:
        """True once, for all processes that share this folder."""
        with self.lock:
            first, self.has_warned = not self.has_warned, True
        root = self.borrowed or self.own
        if not first or root is None:
            return first
        try:
            (root / WARNED).touch(exist_ok=False)
        except FileExistsError:
            return False
        except OSError:
            return True
        return True


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked process leaves it to its parent
        shutil.rmtree(folder, ignore_errors=True)


_private = _PrivateFolder()
