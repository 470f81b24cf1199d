"""The benchmark of the main job: everything it compares is measured in the same run.

    python benchmarks/main_job.py            kernels, the 1 M path job, start-up       about 5 minutes
    python benchmarks/main_job.py --large    also 4 M paths                            about 3 minutes more
    python benchmarks/main_job.py --huge     also 4 M and 10 M paths                   about 10 minutes more

Prints a table and writes benchmarks/results/cpu.json. Ratios travel between machines, times do not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import toy

from supplyshock.common.machine_limits import usable_cores
from supplyshock.scenarios.scenario import load_scenario
from supplyshock_kernels import backends
from supplyshock_kernels.params import Grid

HERE = Path(__file__).resolve().parent
COMMAND = Path(sys.executable).with_name("supplyshock")
MARKETS_BEFORE = 24
"""Of the data set in records that do not say how many markets it had."""
SIZES = (1_000_000, 4_000_000, 10_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true", help="also 4 M paths")
    parser.add_argument("--huge", action="store_true", help="also 4 M and 10 M paths")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "cpu.json")
    arguments = parser.parse_args()
    threads = usable_cores()
    results: dict[str, Any] = {"machine": machine(), "date": date.today().isoformat(), "threads": threads}
    say("kernels against the reference and the ceiling")
    results |= kernels(threads)
    say("start-up")
    results |= start_up()
    for paths in SIZES[: 3 if arguments.huge else 2 if arguments.large else 1]:
        say(f"{paths:,} paths end to end")
        results[f"end_to_end_{paths // 1_000_000}m"] = end_to_end(paths)
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(table(results))


def kernels(threads: int, paths: int = 16_384, reference_paths: int = 2_048) -> dict[str, Any]:
    """Rates in market-steps a second; numba and the reference do the same work, statistics included.

    The two are timed in turn, three times, so that a slow minute of the machine hits both.
    """
    params = load_scenario("status_quo").params
    markets = len(params.markets.group)
    steps = params.weeks * markets
    numba, reference = backends.get("numba"), backends.get("reference")
    numba(params, Grid(), 1, range(1))
    fast, slow = [], []
    for _ in range(3):
        with ThreadPoolExecutor(threads) as pool:
            began = time.perf_counter()
            list(pool.map(lambda i: numba(params, Grid(), 1, range(i * paths, (i + 1) * paths)), range(threads)))
            fast.append(threads * paths * steps / (time.perf_counter() - began))
        began = time.perf_counter()
        reference(params, Grid(), 1, range(reference_paths))
        slow.append(reference_paths * steps / (time.perf_counter() - began))
    peak, toys, counted = toy.peak_flops(threads), toy.toy_rate(threads), count()
    rate = statistics.median(fast)
    return {
        "markets": markets,
        "numba_market_steps_per_second": rate,
        "reference_market_steps_per_second": statistics.median(slow),
        "numba_over_reference": statistics.median(f / s for f, s in zip(fast, slow, strict=True)),
        "numba_over_reference_range": [min(map(div, fast, slow)), max(map(div, fast, slow))],
        "toy_market_steps_per_second": toys,
        "toy_over_model": toys / rate,
        "peak_fma_lanes_per_second": peak,
        "instructions": counted,
        "share_of_peak": rate * counted["per_16_market_steps"] / peak,
        **roofline(rate, counted, threads),
    }


def roofline(rate: float, counted: dict[str, Any], threads: int) -> dict[str, float]:
    """Bytes of a market-step against what was measured beside it: of the first cache, which loads and stores of the
    loops meet, and of a memory as large as a tile, which is read and written once a week."""
    first, tile = toy.bandwidth(threads, 2**14), toy.bandwidth(threads, counted["tile_bytes"])
    return {
        "first_cache_bytes_per_second": first,
        "tile_sized_bytes_per_second": tile,
        "share_of_first_cache": rate * counted["bytes_per_market_step"] / first,
        "share_of_tile_sized": rate * 2 * counted["tile_bytes_per_market_step"] / tile,
    }


def div(a: float, b: float) -> float:
    return a / b


def count() -> dict[str, Any]:
    """Instruction counts from a process that compiles afresh."""
    with tempfile.TemporaryDirectory() as cache:
        env = os.environ | {"SUPPLYSHOCK_CACHE_DIR": cache}
        done = subprocess.run(
            [sys.executable, HERE / "count.py"], env=env, check=True, capture_output=True, text=True, encoding="utf-8"
        )
    counted: dict[str, Any] = json.loads(done.stdout)
    return counted


def start_up(repeats: int = 5) -> dict[str, float]:
    """Median wall seconds of ``--help`` and of a warm run of 1,000 paths."""
    with tempfile.TemporaryDirectory() as folder:
        times = {"help_seconds": [], "run_1000_seconds": []}
        for i in range(repeats):
            times["help_seconds"].append(seconds([COMMAND, "--help"]))
            run = [COMMAND, "run", "status_quo", "--paths", "1000", "--out", f"{folder}/{i}", "--quiet"]
            times["run_1000_seconds"].append(seconds(run))
    return {name: statistics.median(values) for name, values in times.items()}


def seconds(command: list[Any]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def end_to_end(paths: int) -> dict[str, Any]:
    """One scenario with summary, outcomes and 1,000 kept paths, stored; as the command itself reports it."""
    folder = Path(tempfile.mkdtemp())
    run = [COMMAND, "run", "status_quo", "--paths", str(paths), "--save-series", "1000", "--json"]
    began = time.perf_counter()
    done = subprocess.run(
        [*run, "--out", folder / "run"], check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    wall = time.perf_counter() - began
    stored = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    shutil.rmtree(folder)
    report = json.loads(done.stdout)
    kept = ("seconds", "seconds_compile", "market_steps_per_second", "peak_memory_mb")
    return {"wall_seconds": wall, "disk_mb": stored / 1e6} | {k: report[k] for k in kept}


def machine() -> str:
    """The processor as the system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(x.split(":", 1)[1].strip() for x in lines if x.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor() or platform.machine()
    return f"{model}, {usable_cores()} cores"


def markets_of(results: dict[str, Any]) -> int:
    """Markets of the model that was measured."""
    return int(results.get("markets", MARKETS_BEFORE))


def table(results: dict[str, Any]) -> str:
    """The table of docs/performance.md."""
    low, high = results["numba_over_reference_range"]
    rows = [
        (
            "numba over the NumPy reference, float32",
            f"{results['numba_over_reference']:.0f}x ({low:.0f}-{high:.0f})",
        ),
        (
            "market-steps a second, kernel and statistics",
            f"{results['numba_market_steps_per_second'] / 1e6:.0f} M",
        ),
        ("toy kernel (OU step, normal, exp) over the model", f"{results['toy_over_model']:.1f}x"),
    ]
    if "instructions" in results:
        instructions, share = results["instructions"], results["share_of_first_cache"]
        rows += [
            ("instructions per 16 market-steps", f"{instructions['per_16_market_steps']:.0f}"),
            ("share of the peak of vector arithmetic", f"{100 * results['share_of_peak']:.0f} %"),
            ("bytes loaded and stored per market-step", f"{instructions['bytes_per_market_step']:,.0f}"),
            ("share of the bandwidth of the first cache", f"{100 * share:.0f} %"),
            (
                f"share of the bandwidth of {instructions['tile_bytes'] / 1e3:,.0f} kB, a tile",
                f"{100 * results['share_of_tile_sized']:.0f} %",
            ),
        ]
    for name in (f"{paths // 1_000_000} M paths" for paths in SIZES):
        key = f"end_to_end_{name.split()[0]}m"
        if key in results:
            e = results[key]
            rows.append((f"{name} x 104 weeks x {markets_of(results)} markets, stored", f"{e['wall_seconds']:.0f} s"))
            rows.append((f"{name}: peak memory, store", f"{e['peak_memory_mb']:.0f} MB, {e['disk_mb']:.0f} MB"))
    rows.append(("warm run of 1,000 paths", f"{results['run_1000_seconds']:.1f} s"))
    rows.append(("`--help`", f"{results['help_seconds']:.2f} s"))
    head = f"{results['machine']}, {results['date']}\n\n| what | measured |\n|---|---|\n"
    return head + "\n".join(f"| {a} | {b} |" for a, b in rows)


def say(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
