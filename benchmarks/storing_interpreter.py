"""How long a block holds the interpreter while it is stored: what no other thread can do anything in."""

from __future__ import annotations

import hashlib
import io
import os
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
from numcodecs import Blosc
from storing import canned, folder_of_run

from supplyshock.execution import accumulators
from supplyshock.execution.backend_selection import find_backend
from supplyshock.execution.block_runner import BlockRunner
from supplyshock.store import array_files, atomic_files, blosc
from supplyshock.store.run_folder import writing
from supplyshock_kernels.outputs import Observed

TURNS = 15


def interpreter(observed: Observed, outcomes: np.ndarray, block: int, place: str | None) -> dict[str, Any]:
    """Seconds of a block in which its thread holds the interpreter.

    What holds none (packing, checksums, copies between arrays, the system's calls) takes no time here; what is left
    is Python, and the copies of packed sums, which hold it.
    """
    with folder_of_run(place, block) as run, writing(run) as registration, patched() as patches:
        runner = BlockRunner(run, canned(find_backend("numba", "cpu"), observed, outcomes))
        sums = KeptSums()
        patches.set(accumulators, "Blosc", sums)
        patches.set(run.writer._helpers, "share", lambda work, items: [work(item) for item in items])
        first, *units = run.plan.units(0)
        runner.make(first)
        sums.kept = True
        for owner, name, instead in NOTHING:
            patches.set(owner, name, instead)
        seconds = []
        for _ in range(TURNS):
            began = time.thread_time()
            registration.take(units[0].name)
            runner.make(units[0])
            registration.leave(units[0].name, done=True)
            seconds.append(time.thread_time() - began)
    return {"paths": block, "seconds": seconds}


class patched:
    """Attributes that are others for a while."""

    def __enter__(self) -> patched:
        self.kept: list[tuple[Any, str, Any]] = []
        return self

    def set(self, owner: Any, name: str, instead: Any) -> None:
        self.kept.append((owner, name, getattr(owner, name, None)))
        setattr(owner, name, instead)

    def __exit__(self, *_: object) -> None:
        for owner, name, before in reversed(self.kept):
            setattr(owner, name, before)
        if atomic_files.open is None:
            del atomic_files.open


class KeptSums:
    """A codec that packs once, and then gives copies of what it has packed."""

    def __init__(self) -> None:
        self.codec = Blosc("lz4", 1, Blosc.BITSHUFFLE)
        self.kept, self.packed, self.at = False, [], 0

    BITSHUFFLE = Blosc.BITSHUFFLE

    def __call__(self, *_: Any, **__: Any) -> KeptSums:
        self.at = 0
        return self

    def encode(self, values: Any) -> bytes:
        if not self.kept:
            self.packed.append(bytearray(self.codec.encode(values)))
            return bytes(self.packed[-1])
        self.at += 1
        return bytes(self.packed[self.at - 1])


class NoFile(io.BytesIO):
    """Takes what is written and forgets it."""

    def writelines(self, _: Any) -> None:
        pass

    def fileno(self) -> int:
        return 0


class NoSum:
    """A checksum of nothing."""

    def __init__(self, _: bytes = b"") -> None:
        pass

    def update(self, _: Any) -> None:
        pass

    def digest(self) -> bytes:
        return bytes(32)

    def hexdigest(self) -> str:
        return "0" * 64


def nothing(*_: Any, **__: Any) -> None:
    pass


NOTHING: list[tuple[Any, str, Any]] = [
    *((os, name, nothing) for name in ("replace", "fsync", "close", "unlink", "mkdir", "utime")),
    (os, "open", lambda *_: 0),
    (os, "write", lambda _, data: len(data)),
    (os, "stat", lambda *_, **__: SimpleNamespace(st_size=100, st_mode=0o100644)),
    (hashlib, "sha256", NoSum),
    (array_files.ArrayFiles, "_fill", nothing),
    (blosc, "compress_function", lambda: lambda *_: 100),
    (accumulators.PathStatistics, "add_week", nothing),
    (atomic_files, "open", lambda *_: NoFile()),
]
"""What holds no interpreter, and what stands in its place."""
