"""What storing takes when computing takes nothing: the stages of the engine beside what the disk does alone."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from supplyshock.execution.backend_selection import find_backend
from supplyshock.execution.block_runner import BlockRunner
from supplyshock.execution.run import execute
from supplyshock.execution.run_request import RunControl, RunRequest
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.store.journal import Journal
from supplyshock.store.writer import Writer
from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import Grid, Params


def canned_run(
    kind: str, observed: Observed, outcomes: np.ndarray, paths: int, threads: int, place: str | None
) -> dict[str, Any]:
    """Seconds of a run whose backend has its answer ready, and of threads in each stage of storing it."""

    def canned(_: Params, __: Grid, ___: int, asked: range, ____: Any = None) -> Observed:
        stats = observed.stats._replace(paths=len(asked))
        return observed._replace(outcomes=outcomes[:, : len(asked)], stats=stats)

    backend, spent = find_backend("jax", kind), {}
    backend = replace(backend, spec=replace(backend.spec, load=lambda: canned))
    request = RunRequest([load_scenario("status_quo")], paths, seed=0, save_series=0, backend="numba", threads=threads)
    stages = [(Writer, "write_outcomes"), (Journal, "record"), (BlockRunner, "_gather"), (BlockRunner, "_summary")]
    kept = [(owner, name, getattr(owner, name)) for owner, name in stages]
    for owner, name, function in kept:
        setattr(owner, name, stopwatch(function, spent))
    try:
        with tempfile.TemporaryDirectory(dir=place) as folder:
            began = time.perf_counter()
            execute(request, Path(folder) / "run", backend, RunControl(progress="quiet"))
            seconds = time.perf_counter() - began
    finally:
        for owner, name, function in kept:
            setattr(owner, name, function)
    return {"seconds": seconds, "seconds_of_threads": spent}


def stopwatch(function: Callable[..., Any], spent: dict[str, float]) -> Callable[..., Any]:
    """The function, whose seconds are added up by its name."""
    lock = threading.Lock()

    def timed_one(*arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            with lock:
                spent[function.__name__] = spent.get(function.__name__, 0.0) + time.perf_counter() - began

    return timed_one


def disk_rate(place: str | None, size: int) -> float:
    """Bytes a second of four files that are written side by side and put on disk."""
    data = np.random.default_rng(1).bytes(size // 4)

    def write(path: Path) -> None:
        with open(path, "wb") as file:
            file.write(data)
            os.fsync(file.fileno())

    with tempfile.TemporaryDirectory(dir=place) as folder, ThreadPoolExecutor(4) as pool:
        began = time.perf_counter()
        list(pool.map(write, [Path(folder) / str(i) for i in range(4)]))
        return size / (time.perf_counter() - began)
