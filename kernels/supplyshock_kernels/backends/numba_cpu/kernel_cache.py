"""Where compiled kernels are kept: a folder named by the sources they were made from, a file for each kernel.

numba's own disk cache does not notice an edit in an imported file, so a stale kernel would run for ever; a digest in
the folder's name cannot be stale. It also needs a folder that can be written, executes damaged files, and may hand one
kernel out for another where two processes write its index at once; so the files are our own (`compile_cache`).
"""

from __future__ import annotations

import hashlib
import pickle
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from ..compile_cache import parent, read_kept, write_kept

_PACKAGE = Path(__file__).resolve().parents[2]
ENDING = ".nbc"


@cache
def digest() -> str:
    """Twelve hex digits that change with any kernel source, and with what compiles them."""
    versions = (sys.version_info[:2], sys.abiflags, numba.__version__, llvmlite.__version__, numpy.__version__)
    h = hashlib.sha256(repr(versions).encode())
    for path in sorted(_PACKAGE.rglob("*.py")):
        h.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return h.hexdigest()[:12]


def folder() -> Path:
    """The cache folder of these sources."""
    return parent() / f"kernels-{digest()}"


class KernelCache(_Cache):
    """The kept compilations of one function, as numba asks for them."""

    def __init__(self, function: Callable[..., Any]) -> None:
        """Of a function without a closure."""
        self.function = function
        self.enabled = True

    @property
    def cache_path(self) -> str:
        """The folder, for numba's own reports."""
        return str(folder())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The kernel for a signature, or None."""
        target_context.refresh()
        if not self.enabled or (content := read_kept(folder(), self._name(sig, target_context.codegen()))) is None:
            return None
        return CompileResult._rebuild(target_context, *pickle.loads(content))  # type: ignore[no-untyped-call]

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keeps the kernel for a signature."""
        if self.enabled and not data.library.has_dynamic_globals:
            content: bytes = dumps(data._reduce())  # type: ignore[no-untyped-call]
            write_kept(folder(), self._name(sig, data.codegen), content)

    def _name(self, sig: Any, codegen: Any) -> str:
        """The file for a signature and a processor; the sources are in the name of the folder."""
        module, name = self.function.__module__, self.function.__name__
        key = hashlib.sha256(repr((module, sig, codegen.magic_tuple())).encode()).hexdigest()[:16]
        return f"{module.rpartition('.')[2]}.{name}-{key}{ENDING}"

    def enable(self) -> None:
        """As numba asks."""
        self.enabled = True

    def disable(self) -> None:
        """As numba asks."""
        self.enabled = False

    def flush(self) -> None:
        """Files of other sources are in other folders, so none is stale."""
