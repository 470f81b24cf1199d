"""What storing takes when computing takes nothing: a run whose answers are ready, and the disk alone."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from supplyshock.execution.backend_selection import Backend, find_backend
from supplyshock.execution.block_runner import BlockRunner
from supplyshock.execution.run import execute
from supplyshock.execution.run_request import RunControl, RunRequest
from supplyshock.execution.session import prepare
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.store.journal import Journal
from supplyshock.store.run_folder import RunFolder
from supplyshock.store.writer import Writer
from supplyshock_kernels.backends import SPECS
from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import Grid, Params

PATHS, BLOCK, SMALL_BLOCK = 10**6, 2**18, 2**15
"""Paths of a run, and of a block as a GPU and as processor cores make it."""


def canned_run(
    kind: str, observed: Observed, outcomes: np.ndarray, paths: int, threads: int, place: str | None
) -> dict[str, Any]:
    """Seconds of a run whose backend has its answer ready, and of threads in each stage of storing it."""
    backend, spent = canned(find_backend("jax", kind), observed, outcomes), {}
    request = RunRequest([load_scenario("status_quo")], paths, seed=0, save_series=0, backend="numba", threads=threads)
    stages = [(Writer, "write_outcomes"), (Journal, "record"), (BlockRunner, "_gather"), (BlockRunner, "_summary")]
    kept = [(owner, name, getattr(owner, name)) for owner, name in stages]
    for owner, name, function in kept:
        setattr(owner, name, stopwatch(function, spent))
    try:
        with tempfile.TemporaryDirectory(dir=place) as folder:
            began, cpu = time.perf_counter(), time.process_time()
            execute(request, Path(folder) / "run", backend, RunControl(progress="quiet"))
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    finally:
        for owner, name, function in kept:
            setattr(owner, name, function)
    return {"seconds": seconds, "cpu_seconds": cpu, "seconds_of_threads": spent}


def canned(backend: Backend, observed: Observed, outcomes: np.ndarray) -> Backend:
    """A backend that has its answer ready."""

    def answer(_: Params, __: Grid, ___: int, asked: range, ____: Any = None) -> Observed:
        stats = observed.stats._replace(paths=len(asked))
        return observed._replace(outcomes=outcomes[:, : len(asked)], stats=stats)

    return replace(backend, spec=replace(backend.spec, load=lambda: answer))


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


@contextmanager
def folder_of_run(place: str | None, block: int) -> Iterator[RunFolder]:
    """An empty run, cut into blocks of so many paths."""
    backend = Backend(SPECS["jax"], "gpu", "a GPU") if block == BLOCK else find_backend("numba", "cpu")
    request = RunRequest([load_scenario("status_quo")], PATHS, seed=0, save_series=0, threads=2)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        run = prepare(Path(folder) / "run", request, backend)
        assert run.plan.layout.unit == block
        yield run
