"""What storing takes when computing takes nothing: the engine's own stages beside a compressor that does nothing else.

python benchmarks/storing.py [--place FOLDER]     about two minutes; writes results/storing.json

Real outcomes of a million paths go into a store, in blocks as a GPU makes them, on one core and on two. `cpu` is
seconds of processors, which other work on the machine changes little; `wall` is what a user waits for. Ways take
turns, and shares are medians of pairs.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numcodecs import Blosc, Zstd

from supplyshock.execution import accumulators
from supplyshock.execution.backend_selection import Backend, find_backend
from supplyshock.execution.block_runner import BlockRunner
from supplyshock.execution.run import execute
from supplyshock.execution.run_request import RunControl, RunRequest
from supplyshock.execution.session import prepare
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.store import array_files, atomic_files, blosc
from supplyshock.store.journal import Journal
from supplyshock.store.run_folder import RunFolder, writing
from supplyshock.store.writer import Writer
from supplyshock_kernels import backends
from supplyshock_kernels.backends import SPECS
from supplyshock_kernels.outputs import Observed, outcome_rows
from supplyshock_kernels.params import Grid, Params

RESULTS = Path(__file__).resolve().parent / "results/storing.json"
PATHS, BLOCK, SMALL_BLOCK, REAL = 10**6, 2**18, 2**15, 2**16 - 1024
"""Paths of a run, of a block of a GPU and of processor cores, and those simulated, which then repeat."""
TURNS = 5


# --- a run whose answers are ready -------------------------------------------------------------------


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


# --- on so many cores ----------------------------------------------------------------------------------


def gpu() -> Backend:
    """What cuts a run as a GPU does; it computes nothing here."""
    return Backend(SPECS["jax"], "gpu", "a GPU")


@contextmanager
def folder_of_run(place: str | None, block: int) -> Iterator[RunFolder]:
    """An empty run, cut into blocks of so many paths."""
    backend = gpu() if block == BLOCK else find_backend("numba", "cpu")
    request = RunRequest([load_scenario("status_quo")], PATHS, seed=0, save_series=0, threads=2)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        run = prepare(Path(folder) / "run", request, backend)
        assert run.plan.layout.unit == block
        yield run


def on_cores(cores: int, outcomes: np.ndarray, place: str | None) -> dict[str, Any]:
    """Seconds a block of compressors alone and of storing, in turns."""
    rows = outcome_rows(load_scenario("status_quo").params)
    cuts = range(0, BLOCK, SMALL_BLOCK)
    chunks = [np.ascontiguousarray(outcomes[r.start : r.stop, a : a + SMALL_BLOCK].T) for r in rows for a in cuts]
    ways = {
        "zstd": lambda: compress(Zstd(), chunks, cores),
        "zstd 1 with shuffle": lambda: compress(Blosc("zstd", 1, Blosc.SHUFFLE, typesize=4), chunks, cores),
        "lz4 1 with shuffle": lambda: compress(Blosc("lz4", 1, Blosc.SHUFFLE, typesize=4), chunks, cores),
        "storing": lambda: store(outcomes, place),
        "storing, in memory": lambda: store(outcomes, "/dev/shm"),
    }
    took: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for turn in range(TURNS + 1):
        for name, way in ways.items():
            measured = way()
            if turn:
                took[name].append(measured)
    return {name: {unit: [t[unit] for t in turns] for unit in ("wall", "cpu")} for name, turns in took.items()}


def compress(codec: Any, chunks: list[np.ndarray], threads: int) -> dict[str, float]:
    """Every chunk once, by so many threads."""
    with ThreadPoolExecutor(threads) as pool:
        return timed(lambda: [len(packed) for packed in pool.map(codec.encode, chunks)])


def store(outcomes: np.ndarray, place: str | None) -> dict[str, float]:
    """One block into a new run: packed, digested, written, put on disk and entered."""
    with folder_of_run(place, BLOCK) as run:
        unit = next(run.plan.units(0))

        def block() -> None:
            run.writer.write_outcomes(unit, outcomes)
            run.journal.record(unit, run.writer.files(unit), b"", {})

        return timed(block)


def timed(work: Callable[[], Any]) -> dict[str, float]:
    """Seconds by the clock and of processors."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


# --- the interpreter's part ----------------------------------------------------------------------------


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


# --- the whole -------------------------------------------------------------------------------------------


def real_outcomes() -> tuple[Observed, np.ndarray]:
    """What the model says of some paths, and their outcomes, repeated until they fill a block."""
    params = load_scenario("status_quo").params
    calls = [backends.get("numba")(params, Grid(), 1, range(a, a + REAL // 4)) for a in range(0, REAL, REAL // 4)]
    outcomes = np.concatenate([call.outcomes for call in calls], 1)
    return calls[0], np.ascontiguousarray(np.tile(outcomes, -(-BLOCK // REAL))[:, :BLOCK])


def part(arguments: argparse.Namespace) -> dict[str, Any]:
    """What one process measures, on the cores that it was given."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.cores])
    observed, outcomes = real_outcomes()
    results: dict[str, Any] = {"block": on_cores(arguments.cores, outcomes, arguments.place)}
    results["run"] = [canned_run("cpu", observed, outcomes, PATHS, 2, arguments.place) for _ in range(3)]
    if arguments.cores == 1:
        results["interpreter"] = [interpreter(observed, outcomes, b, arguments.place) for b in (BLOCK, SMALL_BLOCK)]
    return results


def main() -> None:
    """Measures in a process for each number of cores, and keeps what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--place", help="folder to write in; by default that of temporary files")
    parser.add_argument("--cores", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    if arguments.cores:
        print(json.dumps(part(arguments)))
        return
    results: dict[str, Any] = {"machine": machine(), "date": time.strftime("%Y-%m-%d"), "load": os.getloadavg()[0]}
    results["bytes"] = 4 * BLOCK * outcome_rows(load_scenario("status_quo").params)[-1].stop
    results["disk_bytes_per_second"] = [disk_rate(arguments.place, 2**28) for _ in range(3)]
    for cores in (1, 2):
        command = [sys.executable, __file__, "--cores", str(cores), *sys.argv[1:]]
        results[f"{cores}"] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)
    arguments.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def machine() -> str:
    """The processor, as the system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


if __name__ == "__main__":
    main()
