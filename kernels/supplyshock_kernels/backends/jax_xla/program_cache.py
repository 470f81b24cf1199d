"""Where JAX keeps compiled programs: its own persistent cache, made fit before JAX sees it.

JAX takes a file for good once it exists, does not write it whole or not at all, and leaves out checksums where it packs
with zstd. So each file gets a file with its digest beside it when a process first sees it, and goes when they differ.
"""

from __future__ import annotations

import hashlib
import threading
import zlib
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
    """The folder, without damaged files; a private one where it can neither be written nor has programs to read."""
    try:
        compile_cache.check_writable(folder, PROBE)
        for program in folder.glob(f"*{ENDING}"):
            if not is_whole(program):
                program.unlink(missing_ok=True)
                _digest_of(program).unlink(missing_ok=True)
    except OSError as error:
        return folder if _is_warm(folder) else compile_cache.fall_back(folder, error)
    return folder


def _is_warm(folder: Path) -> bool:
    """Whether a folder that can only be read has programs, all of them whole. JAX finds none of them elsewhere."""
    try:
        programs = list(folder.glob(f"*{ENDING}"))
        return bool(programs) and all(is_whole(program) for program in programs)
    except OSError:
        return False


def is_whole(program: Path) -> bool:
    """Whether a program has its digest; one without a digest yet gets it if it can be unpacked. Raises `OSError`."""
    data = program.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if (beside := _digest_of(program)).exists():
        return beside.read_text(encoding="utf-8", errors="replace") == digest
    if not _unpacks(data):
        return False
    with suppress(OSError):  # a folder that can only be read
        beside.write_text(digest, encoding="utf-8")
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
