"""Where JAX keeps compiled programs: its own persistent cache, made fit before JAX sees it.

JAX takes a file for good once it exists, does not write it whole or not at all, and leaves out checksums where it packs
with zstd. So each file gets a file with its digest beside it when a process first sees it, and goes when they differ.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import jax

from .. import compile_cache

ENDING, DIGEST = "-cache", ".sha256"
PROBE = 8 << 20
"""Bytes that a cache has to take: a program has 2 MB."""
_lock = threading.Lock()


def keep_programs() -> None:
    """Keeps compiled programs between processes, unless the user has chosen where."""
    with _lock:
        chosen: Any = getattr(jax.config, "jax_compilation_cache_dir", None)
        if chosen is None and (folder := usable(compile_cache.parent() / "jax")):
            jax.config.update("jax_compilation_cache_dir", str(folder))


def usable(folder: Path) -> Path | None:
    """The folder, or else a private one with the programs of a folder that can only be read; without damaged files."""
    try:
        compile_cache.check_writable(folder, PROBE)
        for program in folder.glob(f"*{ENDING}"):
            if not is_whole(program):
                program.unlink(missing_ok=True)
                _digest_of(program).unlink(missing_ok=True)
    except OSError as error:
        substitute = compile_cache.fall_back(folder, error)
        return substitute and _copied(folder, substitute)
    return folder


def is_whole(program: Path) -> bool:
    """Whether a program has its digest; one without a digest yet gets it if it can be unpacked. Raises `OSError`."""
    data = program.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if (beside := _digest_of(program)).exists():
        return beside.read_text(errors="replace") == digest
    if not _unpacks(data):
        return False
    with suppress(OSError):  # a folder that can only be read
        beside.write_text(digest)
    return True


def _digest_of(program: Path) -> Path:
    return program.with_name(program.name + DIGEST)


def _unpacks(data: bytes) -> bool:
    """Whether packed data are whole. Of zstd, which Python before 3.14 cannot read, only the first bytes are known."""
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return True
    try:
        zlib.decompress(data)
    except zlib.error:
        return False
    return True


def _copied(folder: Path, substitute: Path) -> Path | None:
    try:
        substitute.mkdir(parents=True, exist_ok=True)
        for program in _readable(folder):
            if not (substitute / program.name).exists():
                shutil.copyfile(program, substitute / program.name)
    except OSError:
        return substitute if substitute.is_dir() else None
    return substitute


def _readable(folder: Path) -> Iterator[Path]:
    """The whole programs of a folder."""
    for program in folder.glob(f"*{ENDING}"):
        with suppress(OSError):
            if is_whole(program):
                yield program
