"""Where compiled kernels are kept: a folder named by the sources they were made from.

numba's own disk cache does not notice an edit in an imported file, so a stale
kernel would run for ever; a digest in the folder's name cannot be stale.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO

import numba

from ..compile_cache import parent

_PACKAGE = Path(__file__).resolve().parents[2]


def digest() -> str:
    """Twelve hex digits that change with any kernel source and with numba's version."""
    h = hashlib.sha256(numba.__version__.encode())
    for path in sorted(_PACKAGE.rglob("*.py")):
        h.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return h.hexdigest()[:12]


def folder() -> Path:
    """The cache folder of these sources."""
    return parent() / f"kernels-{digest()}"


def drop_truncated(cache: Path) -> None:
    """Remove files that a crash cut short: numba would fail on them at every start."""
    for file in cache.rglob("*.nb[ic]"):
        with file.open("rb") as f:
            whole = _pickles(f) == (2 if file.suffix == ".nbi" else 1)
        if not whole:
            file.unlink(missing_ok=True)


_PROTOCOL, _MEMOIZE, _STOP = 0x80, 0x94, b"."
_COUNTED = {0x95: 8, 0x42: 4, 0x8E: 8, 0x58: 4, 0x8D: 8, 0x96: 8}
"""Bytes of the length that follows: of a frame, and of what is too long for one (bytes, texts, byte arrays)."""


def _pickles(f: BinaryIO) -> int:
    """How many pickles a file holds, end to end; 0 for anything else. Only lengths are read (PEP 3154, 2011)."""
    size, at, pickles = f.seek(0, os.SEEK_END), 0, 0
    while at < size:
        f.seek(at)
        head = f.read(9)
        if head[0] == _PROTOCOL:
            at, pickles = at + 2, pickles + 1
        elif head[0] in _COUNTED:
            length = 1 + _COUNTED[head[0]]
            at += length + int.from_bytes(head[1:length], "little")
        elif head[0] == _MEMOIZE:
            at += 1
        else:
            return 0
    f.seek(max(size - 1, 0))
    return pickles if at == size and f.read() == _STOP else 0


@cache
def prepared_folder() -> Path | None:
    """`folder`, made and without truncated files, once a process; None where it cannot be written."""
    target = folder()
    try:
        target.mkdir(parents=True, exist_ok=True)
        drop_truncated(target)
    except OSError:
        return None  # a read-only home: numba falls back to its own places, or compiles anew
    return target


@contextmanager
def kept_with_sources() -> Iterator[None]:
    """While this is open, functions that are decorated with ``cache=True`` are kept in `folder`."""
    before, target = numba.config.CACHE_DIR, prepared_folder()  # type: ignore[attr-defined]
    if target:
        numba.config.CACHE_DIR = str(target)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]
