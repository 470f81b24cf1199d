"""Which devices there are, and which of them a call takes."""

from __future__ import annotations

import importlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numba import config

from ..spec import Devices, NoDevice

INSTALL = 'pip install "supplyshock[fused-cuda13]", or fused-cuda12'

_lock = threading.Lock()
_busy: Counter[int] = Counter()
_calls: Counter[int] = Counter()


@cache
def cuda_module() -> Any:
    """`numba.cuda` of the package numba-cuda, or numba's simulator of it. Raises `ImportError`."""
    module = importlib.import_module("numba.cuda")
    if not is_simulated():
        try:
            version("numba-cuda")
        except PackageNotFoundError:
            raise ImportError(f"the package numba-cuda is not installed: {INSTALL}") from None
        with _names_of_old():
            importlib.import_module("numba.cuda.np.npyimpl")
        # a call of few paths is no fault
        importlib.import_module("numba.cuda.core.config").CUDA_LOW_OCCUPANCY_WARNINGS = 0  # type: ignore[attr-defined]
    return module


@contextmanager
def _names_of_old() -> Iterator[None]:
    """NumPy with ``row_stack``, which numba-cuda 0.30 overloads where it first compiles, and NumPy 2.5 has no more."""
    if hasattr(np, "row_stack"):
        yield
        return
    namespace = vars(np)
    namespace["row_stack"] = lambda tup: np.vstack(tup)
    try:
        yield
    finally:
        del namespace["row_stack"]


def is_simulated() -> bool:
    """Whether NUMBA_ENABLE_CUDASIM is set: kernels run in Python threads."""
    return bool(config.ENABLE_CUDASIM)  # type: ignore[attr-defined]


def find(kind: str) -> Devices:
    """The devices. Raises `NoDevice`, and `ImportError` if the package is missing."""
    if kind not in ("", "gpu"):
        raise NoDevice(f"no {kind}: the cuda backend computes on gpu")
    cuda = cuda_module()
    if is_simulated():
        return Devices("simulated GPU")
    if not cuda.is_available():
        raise NoDevice(f"no gpu found by numba-cuda {version('numba-cuda')}")
    names = [_text(gpu.name) for gpu in cuda.gpus]
    return Devices(names[0], names.count(names[0]))


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


@contextmanager
def borrowed() -> Iterator[int]:
    """The least busy of the devices, made current, so that calls from several threads fill all of them."""
    cuda, number = cuda_module(), find("gpu").number
    with _lock:
        device = min(range(number), key=lambda d: (_busy[d], _calls[d]))
        _busy[device] += 1
        _calls[device] += 1
    try:
        with cuda.gpus[device]:
            yield device
    finally:
        with _lock:
            _busy[device] -= 1
