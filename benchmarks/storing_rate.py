"""How fast blocks are stored when nothing is computed, beside a compressor that does nothing else.

python benchmarks/storing_rate.py [--place FOLDER]     about two minutes; writes results/storing.json

Real outcomes of a million paths go into a store, in blocks as a GPU makes them, on one core and on two. `cpu` is
seconds of processors, which other work on the machine changes little; `wall` is what a user waits for. Ways take
turns, and shares are medians of pairs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numcodecs import Blosc, Zstd
from storing import BLOCK, PATHS, SMALL_BLOCK, canned_run, disk_rate, folder_of_run
from storing_interpreter import interpreter

from supplyshock.scenarios.scenario import load_scenario
from supplyshock_kernels import backends
from supplyshock_kernels.outputs import Observed, outcome_rows
from supplyshock_kernels.params import Grid

RESULTS = Path(__file__).resolve().parent / "results/storing.json"
REAL, TURNS = 2**16 - 1024, 5
"""Paths that are simulated, whose outcomes then repeat until they fill a block; and turns that count."""
ZSTD, ZSTD_SHUFFLE, LZ4, STORED, IN_MEMORY = "zstd", "zstd 1, shuffle", "lz4 1, shuffle", "storing", "storing, memory"
NODE = 16
"""Cores of the node that the model is asked about."""


def on_cores(cores: int, outcomes: np.ndarray, place: str | None) -> dict[str, Any]:
    """Seconds a block of compressors alone and of storing, in turns."""
    rows = outcome_rows(load_scenario("status_quo").params)
    cuts = range(0, BLOCK, SMALL_BLOCK)
    chunks = [np.ascontiguousarray(outcomes[r.start : r.stop, a : a + SMALL_BLOCK].T) for r in rows for a in cuts]
    ways = {
        ZSTD: lambda: compress(Zstd(), chunks, cores),
        ZSTD_SHUFFLE: lambda: compress(Blosc("zstd", 1, Blosc.SHUFFLE, typesize=4), chunks, cores),
        LZ4: lambda: compress(Blosc("lz4", 1, Blosc.SHUFFLE, typesize=4), chunks, cores),
        STORED: lambda: store(outcomes, place),
    }
    if Path("/dev/shm").is_dir():
        ways[IN_MEMORY] = lambda: store(outcomes, "/dev/shm")
    took: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for turn in range(TURNS + 1):
        for name, way in ways.items():
            measured = way()
            if turn:
                took[name].append(measured)
    return {name: {unit: [t[unit] for t in turns] for unit in turns[0]} for name, turns in took.items()}


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

        took = timed(block)
        files = (f for f in run.out.glob("results.zarr/outcomes/*/c/**/*") if f.is_file())
        return took | {"packed": sum(f.stat().st_size for f in files)}


def timed(work: Callable[[], Any]) -> dict[str, float]:
    """Seconds by the clock and of processors."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


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
    results["run"] = [canned_run("cpu", observed, outcomes, PATHS, 2, arguments.place) for _ in range(2)]
    if arguments.cores == 1:
        results["interpreter"] = [interpreter(observed, outcomes, b, arguments.place) for b in (BLOCK, SMALL_BLOCK)]
    return results


def table(results: dict[str, Any]) -> str:
    """The section of docs/performance.md."""
    mb = results["bytes"] / 1e6
    lines = [f"{results['machine']}, {results['date']}; load before: {results['load']:.2f}.", "", *HEAD]
    for name in (ZSTD, ZSTD_SHUFFLE, LZ4, STORED, IN_MEMORY):
        cells = []
        for cores in ("1", "2"):
            blocks = results[cores]["block"]
            rates = (mb / median(blocks[name]["cpu"]), mb / median(blocks[name]["wall"]), share(blocks, name))
            cells += [f"{rates[0]:,.0f}", f"{rates[1]:,.0f}", f"{100 * rates[2]:.0f} %"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *held(results), "", node(results)])


HEAD = (
    "| MB of raw outcomes a second | 1 core: a core-second | by the clock | of zstd | "
    "2 cores: a core-second | by the clock | of zstd |",
    "|---|---|---|---|---|---|---|",
)


def share(blocks: dict[str, Any], name: str) -> float:
    """Of the rate of zstd alone, by processor seconds, as the median of pairs."""
    return median(z / x for z, x in zip(blocks[ZSTD]["cpu"], blocks[name]["cpu"], strict=True))


def held(results: dict[str, Any]) -> list[str]:
    """What the interpreter is held for."""
    rows = ["| block | interpreter held | of its budget at 1 M paths a second |", "|---|---|---|"]
    for block in results["1"]["interpreter"]:
        seconds = median(block["seconds"])
        rows.append(
            f"| {block['paths']:,} paths | {1e3 * seconds:.1f} ms | {100 * seconds * 1e6 / block['paths']:.1f} % |"
        )
    return rows


def node(results: dict[str, Any]) -> str:
    """What the model says of one core, two, and a node."""
    mb = results["bytes"] / 1e6
    work = [median(results[c]["block"][STORED]["cpu"]) for c in ("1", "2")]
    python = median(results["1"]["interpreter"][0]["seconds"])
    shrunk = results["bytes"] / results["1"]["block"][STORED]["packed"][0]
    disk = max(results["disk_bytes_per_second"]) * shrunk / 1e6
    two = results["2"]["block"][STORED]["wall"], results["1"]["block"][STORED]["wall"]
    rates = [mb / max(w / n, python) for w, n in ((work[0], 1), (work[1], 2), (max(work), NODE))]
    return NOTE.format(
        one=rates[0], two=rates[1], node=rates[2], python=mb / python, disk=disk, shrunk=shrunk,
        wall_one=mb / median(two[1]), wall_two=mb / median(two[0]), more=100 * (work[1] / work[0] - 1),
        run_one=min(r["seconds"] for r in results["1"]["run"]), run_two=min(r["seconds"] for r in results["2"]["run"]),
        cores=NODE,
    )  # fmt: skip


NOTE = """**A node by a model.** Work that holds no interpreter is shared by the cores; what holds it is not; the disk
takes packed bytes, {shrunk:.1f} times fewer. One core then stores {one:,.0f} MB/s and two {two:,.0f}. Measured by the
clock, with waits for the disk and for other work on the machine, were {wall_one:,.0f} and {wall_two:,.0f}. A block took
{more:+.0f} % of core-seconds on two cores against one. {cores} cores would pack and write {node:,.0f} MB/s, the
interpreter alone would allow {python:,.0f}, and this disk takes what {disk:,.0f} MB/s are packed to: the disk is the
bound. A million paths with nothing to compute, statistics and summaries included, took {run_one:.1f} s on one core and
{run_two:.1f} s on two, in the small blocks of processor cores."""


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
        results[f"{cores}"] = json.loads(
            subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, encoding="utf-8").stdout
        )
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
