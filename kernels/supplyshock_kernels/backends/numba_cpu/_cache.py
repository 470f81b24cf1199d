"""Where compiled kernels are kept: a folder named by the sources they were made from.

numba's own disk cache does not notice an edit in an imported file, so a stale
kernel would run for ever; a digest in the folder's name cannot be stale.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numba

from ..cachedir import parent

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
    """Remove files that a crash cut short: numba would fail on them at every start.

    All are pickles, whose last byte is a full stop. Of cuts at random one in 256 is missed.
    """
    for file in cache.rglob("*.nb[ic]"):
        with file.open("rb") as f:
            size = f.seek(0, os.SEEK_END)
            f.seek(max(size - 1, 0))
            whole = size >= 16 and f.read() == b"."
        if not whole:
            file.unlink(missing_ok=True)


@contextmanager
def kernel_cache() -> Iterator[None]:
    """While this is open, functions compiled with ``cache=True`` are kept in `folder`."""
    before, target = numba.config.CACHE_DIR, folder()  # type: ignore[attr-defined]
    try:
        target.mkdir(parents=True, exist_ok=True)
        drop_truncated(target)
        numba.config.CACHE_DIR = str(target)  # type: ignore[attr-defined]
    except OSError:
        pass  # a read-only home: numba falls back to its own places, or compiles anew
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]
