"""Every check of the backends on a GPU in one command: conformance with the CPU first, then timings.

    python benchmarks/gpu.py           on a GPU node; under eight minutes; writes results/gpu-<device>.json
    python benchmarks/gpu.py --cpu     tries the script itself: JAX on processor cores, the fused kernel in numba's
                                       simulator; small sizes, writes nothing
    python benchmarks/gpu.py --only torch           the peer, which takes a minute and a half more

From a bare clone: ``PYTHONPATH=engine:kernels python3 benchmarks/gpu.py``, with the packages of pyproject.toml,
``jax[cuda13]`` and ``numba-cuda[cu13]`` installed. Each part is caught by itself, and the file is written after every
part, so that a part that fails or runs out of time loses no other. Exit code 0: conformance passed and every part ran;
1: not; 69: no GPU.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

if "--cpu" in sys.argv:
    os.environ.setdefault("NUMBA_ENABLE_CUDASIM", "1")
os.environ.setdefault("XLA_PYTHON_CLIENT_MEM_FRACTION", "0.5")  # JAX takes it at once: the fused kernel needs the rest

import jax
import jax.numpy as jnp
import numba_programs
import numpy as np
import torch_peer
from agreement import CLOSE, DIVERGED, TOLERANCE, apart, distance
from gpu_cuda import compile_others, cuda_compiling, cuda_conformance, cuda_decision, cuda_job, cuda_rates
from storing import canned_run, disk_rate

from supplyshock.common.machine_limits import usable_cores
from supplyshock.execution.importance_sampling.proposal import reweighted_lists
from supplyshock.scenarios.scenario import load_scenario
from supplyshock.store.provenance import machine
from supplyshock.store.provenance import versions as versions_of_run
from supplyshock_kernels import backends
from supplyshock_kernels.backends.jax_xla import devices, launch, static
from supplyshock_kernels.backends.jax_xla.gradient import PathGradients, path_gradients
from supplyshock_kernels.outputs import outcome_rows
from supplyshock_kernels.params import Grid, Params, cast
from supplyshock_kernels.rng.philox import key_of, philox4x32_10

HERE = Path(__file__).resolve().parent
SEED = 20260701
SECONDS, HARD_STOP = 400.0, 475.0
"""On a GPU no part begins later than the first; at the second the script ends, whatever it is doing."""
DOUBLE, SLOPE = 1e-5, 1e-3
"""The same difference in double precision, whose outcomes are float32 at the end; median difference of gradients, of
the largest."""
PEER, PEER_PATHS = 200.0, 131_072
"""Seconds that PyTorch may take in all, most of which it spends on compiling; its paths at a time."""
INSTRUCTIONS_PER_MARKET_STEP = 1275 / 16
"""Vector instructions of the numba loops over lanes (results/cpu.json): what a fused kernel would have to issue."""


@dataclass
class Bench:
    """What is asked for, and what has been found so far."""

    kind: str
    params: Params
    to: Path | None
    began: float = field(default_factory=time.perf_counter)
    results: dict[str, Any] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    @property
    def small(self) -> bool:
        return self.kind == "cpu"

    @property
    def grid(self) -> Grid:
        return Grid(device=self.kind)

    @property
    def limit(self) -> float:
        return float("inf") if self.small else SECONDS

    def part(self, name: str, run: Callable[[Bench], Any]) -> None:
        """Runs a part, and keeps what it found or why it failed."""
        left = self.limit - (time.perf_counter() - self.began)
        print(f"... {name}, {left:.0f} s left", file=sys.stderr, flush=True)
        began = time.perf_counter()
        try:
            if left < 0:
                raise TimeoutError("no time was left")
            self.results[name] = run(self)
        except Exception as error:
            traceback.print_exc()
            self.failed.append(name)
            self.results[name] = {"failed": f"{type(error).__name__}: {error}"[:2000]}
        self.results.setdefault("seconds_of_parts", {})[name] = round(time.perf_counter() - began, 2)
        if self.to:
            self.to.write_text(json.dumps(self.results, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpu", action="store_true", help="try the script on processor cores")
    parser.add_argument(
        "--only", nargs="+", choices=[p.__name__ for p in PARTS], help="these parts, into the file that is there"
    )
    arguments = parser.parse_args()
    kind = "cpu" if arguments.cpu else "gpu"
    try:
        name, many = device_of(kind)
    except backends.NoDevice as error:
        print(f"no GPU: {error}", file=sys.stderr)
        return 69
    to = None if arguments.cpu else HERE / "results" / f"gpu-{re.sub('[^a-z0-9]+', '-', name.lower())}.json"
    bench = Bench(kind, load_scenario("status_quo").params, to)
    if arguments.only and to and to.exists():
        bench.results |= json.loads(to.read_text(encoding="utf-8"))
    bench.results |= {"device": name, "devices": many, "processor": machine(), "date": date.today().isoformat()}
    stop = threading.Timer(HARD_STOP, give_up)
    stop.daemon = True
    if kind == "gpu":
        stop.start()
    for part in [p for p in PARTS if p.__name__ in (arguments.only or STANDARD)]:
        bench.part(part.__name__, part)
    print(json.dumps(bench.results, indent=2))
    judged = [
        p.__name__
        for p in (conformance, cuda_conformance, weighing, float64, gradients, torch)
        if p.__name__ in bench.results
    ]
    wrong = [name for name in judged if not bench.results[name].get("passed", False)]
    bad = list(dict.fromkeys([*bench.failed, *wrong]))
    if bad:
        print(f"failed: {', '.join(bad)}", file=sys.stderr)
    return 1 if bad else 0


def device_of(kind: str) -> backends.Devices:
    """What JAX finds, or else numba-cuda: the parts of the one that finds none fail, and the others run."""
    try:
        return backends.SPECS["jax"].find_devices(kind)
    except backends.NoDevice as error:
        print(f"JAX: {error}", file=sys.stderr)
        try:
            return backends.SPECS["cuda"].find_devices(kind)
        except ImportError:
            raise error from None


def give_up() -> None:
    print(f"stopped after {HARD_STOP:.0f} s; what was found is written", file=sys.stderr, flush=True)
    os._exit(1)


# --- is it right -----------------------------------------------------------------------------------


def versions(bench: Bench) -> dict[str, Any]:
    facts = {
        "jax": jax.__version__,
        "python": sys.version.split()[0],
        "driver": driver(),
        "packages": versions_of_run(),
    }
    try:
        device = devices.find(bench.kind)[0]
    except backends.NoDevice as error:
        return facts | {"platform": str(error)}
    return facts | {"platform": device.client.platform_version, "memory": device.memory_stats() or {}}


def driver() -> str:
    where = Path("/proc/driver/nvidia/version")
    return where.read_text(encoding="utf-8").splitlines()[0] if where.exists() else "none"


def compiling(bench: Bench) -> dict[str, Any]:
    """Everything that later parts need, side by side: nothing else runs meanwhile. What fails here fails again there.

    numba's are compiled in processes of their own, then loaded; where cores are few, in this one.
    """
    params, run = bench.params, backends.get("jax")
    numba = (lambda: numba_programs.compile_one("float64")) if bench.small else numba_programs.compile_all

    def jax_programs() -> None:
        for precision in ("float32", "float64"):
            run(params, Grid(precision, device=bench.kind), SEED, range(1))

    work = {
        "numba": numba,
        "jax": jax_programs,
        "gradients": lambda: derivatives(bench, bench.kind, 1),
        "gradients_on_cpu": lambda: derivatives(bench, "cpu", 1),
        "cuda": lambda: compile_others(bench),
    }
    with ThreadPoolExecutor(len(work)) as pool:
        results = dict(zip(work, pool.map(tried, work.values()), strict=True))
    return results | {
        "numba_loaded": seconds_of(lambda: [numba_programs.compile_one(n) for n in ("float32", "float64")])
    }


def tried(function: Callable[[], Any]) -> float | str:
    """Seconds, or what went wrong."""
    try:
        return seconds_of(function)
    except Exception as error:
        traceback.print_exc()
        return f"failed: {type(error).__name__}: {error}"[:500]


def conformance(bench: Bench) -> dict[str, Any]:
    """The device against numba and against itself."""
    paths, run, params, grid = (512 if bench.small else 8192), backends.get("jax"), bench.params, bench.grid
    numba = backends.get("numba")
    whole, cpu = run(params, grid, SEED, range(paths)), numba(params, Grid(), SEED, range(paths))
    again, alone = run(params, grid, SEED, range(paths)), run(params, grid, SEED, range(77, 78))
    split = [run(params, grid, SEED, r) for r in (range(paths // 3), range(paths // 3, paths))]
    diverged, worst = apart(params, whole, cpu)
    rounding, _ = apart(params, cpu, numba(params, Grid("float64"), SEED, range(paths)))
    counts = sum(o.stats.histogram.astype(np.int64) for o in split)
    flags = {
        "words_identical": same_words(grid.device),
        "twice_identical": same_bits(whole.outcomes, again.outcomes),
        "a_path_alone_identical": same_bits(whole.outcomes[:, 77:78], alone.outcomes),
        "blocks_identical": same_bits(whole.outcomes, np.concatenate([o.outcomes for o in split], axis=1)),
        "statistics_add_up": bool(np.array_equal(counts, whole.stats.histogram)),
        "outcomes_agree": all(w <= TOLERANCE for w in worst.values()) and diverged <= DIVERGED * paths,
    }
    facts = {"paths": paths, "diverged_paths": diverged, "diverged_by_rounding_on_the_cpu": rounding}
    return flags | facts | {"difference_of_99_in_100": worst, "passed": all(flags.values())}


def float64(bench: Bench) -> dict[str, Any]:
    """The device against numba in double precision: outcomes are float32, so agreement is to their last places."""
    n = 256 if bench.small else 2048
    a = backends.get("jax")(bench.params, Grid("float64", device=bench.kind), SEED, range(n))
    b = backends.get("numba")(bench.params, Grid("float64"), SEED, range(n))
    worst = {name: float(distance(bench.params, a, b, name).max()) for name in CLOSE}
    return worst | {"passed": all(w <= DOUBLE for w in worst.values())}


def widths_agree(bench: Bench) -> dict[str, Any]:
    """Whether the width changes last bits on this device, as it does on processor cores (decision 0007)."""
    device = devices.find(bench.kind)[0]
    wide, n = (256, 128) if bench.small else (16_384, 4096)
    results = [np.asarray(call(bench.params, w, device)[0].outcomes)[:, :n] for w in (wide, n)]
    differ = results[0].view(np.uint32) != results[1].view(np.uint32)
    return {"widths": [wide, n], "paths_that_differ": int(differ.any(0).sum()), "of": n}


def gradients(bench: Bench) -> dict[str, Any]:
    """Derivatives on the device against processor cores, and the time of one direction."""
    n = 256 if bench.small else 4096
    here = derivatives(bench, bench.kind, n)
    seconds = timed(lambda: derivatives(bench, bench.kind, n), 3)
    there = derivatives(bench, "cpu", 256)
    off = np.abs(here.pathwise[:2, :256] - there.pathwise[:2]) / (np.abs(there.pathwise[:2]).max() + 1e-6)
    median = float(np.median(off))
    passed = bool(np.isfinite(here.pathwise).all()) and median <= SLOPE
    return {"paths": n, "seconds_a_direction": seconds, "median_difference": median, "passed": passed}


def derivatives(bench: Bench, kind: str, n: int) -> PathGradients:
    """Of n paths along the inventory response of prices."""
    along = {("material", "alpha"): np.asarray(bench.params.material.alpha)}
    return path_gradients(bench.params, Grid("float32", device=kind), SEED, range(n), along)


def same_words(kind: str) -> bool:
    """Random words of the device are those of NumPy."""
    inputs = np.random.default_rng(1).integers(0, 2**32, (6, 10_000), dtype=np.uint64)
    with jax.enable_x64(True), jax.default_device(jax.local_devices(backend=kind)[0]):
        made = jax.device_get(jax.jit(philox4x32_10)(*inputs))
    return bool(np.array_equal(np.stack(made), np.stack(philox4x32_10(*inputs))))


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.array_equal(a.view(np.uint32), b.view(np.uint32)))


# --- how fast is it --------------------------------------------------------------------------------


def ceilings(bench: Bench) -> dict[str, float]:
    """Bytes a second of a copy (read and written), float32 operations and small kernels a second, bytes to the host."""
    size, chains = (2**22, 2**18) if bench.small else (2**28, 2**26)
    with jax.default_device(devices.find(bench.kind)[0]):
        x, y, small = (jnp.ones(n, jnp.float32) for n in (size, chains, 1024))
        copy = timed(lambda: jax.block_until_ready(add_one(x)))
        flops = timed(lambda: jax.block_until_ready(multiply_add(y)))
        kernels = timed(lambda: jax.block_until_ready(in_a_row(small)))
        host = min(seconds_of(jax.device_get, jax.block_until_ready(add_one(x))) for _ in range(3))
        arrays = [jax.block_until_ready(add_one(x)) for _ in range(3)]
        pinned = min(seconds_of(lambda a: jax.block_until_ready(launch.pinned(a)), a) for a in arrays)
    return {
        "copy_bytes_per_second": 8 * size / copy,
        "flops_per_second": 2 * ROUNDS * chains / flops,
        "seconds_a_small_kernel": kernels / (WEEKS * KERNELS),
        "bytes_per_second_to_the_host": 4 * size / pinned,
        "bytes_per_second_to_pageable_memory": 4 * size / host,
    }


ROUNDS, WEEKS, KERNELS = 512, 104, 20


@jax.jit
def add_one(x: jax.Array) -> jax.Array:
    return x + 1


@jax.jit
def multiply_add(x: jax.Array) -> jax.Array:
    """One kernel: all rounds on a number before it is written."""
    for _ in range(ROUNDS):
        x = x * np.float32(0.999) + np.float32(0.001)
    return x


@jax.jit
def in_a_row(x: jax.Array) -> jax.Array:
    """A loop like that over weeks, of small kernels that wait for each other."""

    def week(_: int, y: jax.Array) -> jax.Array:
        for _ in range(KERNELS):
            y = jax.lax.optimization_barrier(jnp.roll(y, 1))
        return y

    return jax.lax.fori_loop(0, WEEKS, week, x)


def numba_rate(bench: Bench) -> dict[str, float]:
    """Market-steps a second on all cores of this machine's processor."""
    run, cores, paths, params = backends.get("numba"), usable_cores(), 512 if bench.small else 4096, bench.params
    run(params, Grid(), SEED, range(1))
    with ThreadPoolExecutor(cores) as pool:
        spans = [range(i * paths, (i + 1) * paths) for i in range(cores)]
        seconds = timed(lambda: list(pool.map(lambda r: run(params, Grid(), SEED, r), spans)), 3)
    return {"cores": cores, "market_steps_per_second": cores * paths * steps(params) / seconds}


def widths(bench: Bench) -> dict[str, Any]:
    """One program of each width: compiling, computing, bringing its outcomes back, memory."""
    results: dict[str, Any] = {}
    device = devices.find(bench.kind)[0]
    for width in (128, 256) if bench.small else (65_536, 32_768, 131_072):
        if time.perf_counter() - bench.began > bench.limit - 60:
            break
        try:
            results[str(width)] = timed_width(bench.params, width, device)
        except Exception as error:  # too wide for the memory, say
            results[str(width)] = {"failed": f"{type(error).__name__}: {error}"[:500]}
    rates = {w: f["market_steps_per_second"] for w, f in results.items() if "failed" not in f}
    if not rates:
        raise RuntimeError(f"no width works: {results}")
    in_force = backends.SPECS["jax"].width_of(bench.kind, "float32")
    return {"best": max(rates, key=rates.get), "in_force": in_force} | results


def timed_width(params: Params, width: int, device: Any) -> dict[str, float]:
    first = seconds_of(lambda: jax.block_until_ready(call(params, width, device)))
    seconds = timed(lambda: jax.block_until_ready(call(params, width, device)), 3)
    parts = [jax.block_until_ready(call(params, width, device)) for _ in range(2)]
    outcomes = min(seconds_of(jax.device_get, part.outcomes) for part, _ in parts)
    sums = min(seconds_of(jax.device_get, s) for _, s in parts)
    return {
        "first_call_seconds": first,
        "compute_seconds": seconds,
        "fetch_outcomes_seconds": outcomes,
        "fetch_sums_seconds": sums,
        "market_steps_per_second": width * steps(params) / seconds,
        "peak_memory_bytes": (device.memory_stats() or {}).get("peak_bytes_in_use", 0),
    }


def call(params: Params, width: int, device: Any) -> Any:
    """One call of the compiled program of a width: (part, sums), not waited for."""
    structure, numbers = static.split(cast(params, "float32"))
    program = launch.Program(structure, numbers, launch.shape_of(Grid(), width), key_of(SEED), device)
    with jax.enable_x64(True), jax.default_device(device):
        return launch.start(program, launch.Stretch(range(width), 0), launch.empty(program))


def reductions(bench: Bench) -> dict[str, float]:
    """What a program takes without its histogram: the share of a week that is spent on counting."""
    from supplyshock_kernels.backends.jax_xla import program

    width, device = backends.SPECS["jax"].width_of(bench.kind, "float32"), devices.find(bench.kind)[0]
    whole = timed(lambda: jax.block_until_ready(call(bench.params, width, device)), 3)
    count_bins = program.count_bins
    program.count_bins = lambda histogram, *_: histogram
    try:
        jax.clear_caches()
        without = timed(lambda: jax.block_until_ready(call(bench.params, width, device)), 3)
    finally:
        program.count_bins = count_bins
        jax.clear_caches()
    return {"width": width, "seconds": whole, "seconds_without_counting": without}


def job(bench: Bench) -> dict[str, Any]:
    """1 M paths through `simulate` as the engine calls it, after compilation; then the limits beside it."""
    paths, block = (1024, 512) if bench.small else (1_000_000, 2**18)
    run, grid, params = backends.get("jax"), bench.grid, bench.params
    many = backends.SPECS["jax"].find_devices(bench.kind).number
    spans = [range(a, min(a + block, paths)) for a in range(0, paths, block)]

    def all_paths() -> int:
        with ThreadPoolExecutor(2 * many) as pool:
            return sum(pool.map(lambda r: run(params, grid, SEED, r).stats.paths, spans))

    for _ in range(many):  # each device once
        run(params, grid, SEED, range(1))
    times = sorted(seconds_of(all_paths) for _ in range(3))
    rate = paths * steps(params) / times[0]
    facts: dict[str, Any] = {"paths": paths, "seconds": times, "market_steps_per_second": rate}
    facts["over_numba"] = rate / bench.results.get("numba_rate", {}).get("market_steps_per_second", float("nan"))
    return facts | limits(bench, paths, times[0])


def limits(bench: Bench, paths: int, seconds: float) -> dict[str, Any]:
    """Shares of the limits, from the bytes that the compiler's count says a week moves (results/compiled-h100.json)."""
    results, counted = bench.results.get("ceilings", {}), HERE / "results" / "compiled-h100.json"
    if "copy_bytes_per_second" not in results or not counted.exists():
        return {}
    moved = json.loads(counted.read_text(encoding="utf-8"))["bytes_a_path_and_week"] * paths * bench.params.weeks
    issued = INSTRUCTIONS_PER_MARKET_STEP * paths * steps(bench.params)
    fused = issued / (results["flops_per_second"] / 2)
    brought = 4 * paths * outcome_rows(bench.params)[-1].stop / results["bytes_per_second_to_the_host"]
    return {
        "share_of_copy_bandwidth": moved / seconds / results["copy_bytes_per_second"],
        "share_of_arithmetic": fused / seconds,
        "fused_kernel_limit_seconds": fused,
        "bringing_outcomes_seconds": brought,
        "worth_a_fused_kernel": bool(seconds > 2 * max(fused, brought)),
    }


def stored(bench: Bench) -> dict[str, Any]:
    """The same million paths through the engine into a store, what a user waits for, by threads; and four, for their
    memory."""
    n = 1024 if bench.small else 1_000_000
    results = {str(n): one_stored(bench, n)}
    results |= {f"{n}, {threads} threads": one_stored(bench, n, threads) for threads in (8, 12)}
    return results | {str(4 * n): one_stored(bench, 4 * n)}


def cuda_stored(bench: Bench) -> dict[str, Any]:
    """A million paths of the fused kernel through the engine into a store."""
    if bench.small:
        return one_stored(bench, 2, 1, "cuda", {"weeks": 1})
    return {str(threads): one_stored(bench, 1_000_000, threads, "cuda") for threads in (4, 8)}


def one_stored(
    bench: Bench, paths: int, threads: int | None = None, backend: str = "jax", changes: dict[str, Any] | None = None
) -> dict[str, Any]:
    from supplyshock.execution.run import run_scenarios

    with tempfile.TemporaryDirectory() as folder:
        report = run_scenarios(
            [load_scenario("status_quo", changes)], Path(folder) / "run", paths=paths, seed=1, save_series=0,
            backend=backend, device=bench.kind if backend == "jax" else "gpu", threads=threads, progress="quiet",
        )  # fmt: skip
    return {name: value for name, value in report.as_dict().items() if name != "run"}


def storing(bench: Bench) -> dict[str, Any]:
    """A million paths into a store with nothing to compute, by where it lies and by threads; and the disk alone."""
    n = 1024 if bench.small else 1_000_000
    observed = backends.get("numba")(bench.params, Grid(), SEED, range(min(n, 16_384)))
    repeats = -(-(n if bench.small else 2**18) // observed.outcomes.shape[1])
    outcomes = np.tile(observed.outcomes, repeats)
    results: dict[str, Any] = {}
    for name, place in {"disk": None, "memory": "/dev/shm"}.items():
        if place and not Path(place).is_dir():
            continue
        results[name] = {"write_bytes_per_second": disk_rate(place, 2**20 if bench.small else 2**29)}
        for threads in (2, 4, 8):
            results[name][str(threads)] = canned_run(bench.kind, observed, outcomes, n, threads, place)
    return results


def weighing(bench: Bench) -> dict[str, Any]:
    """Paths weighed against another policy, as importance sampling does: against numba, and what it costs."""
    params, n = bench.params, 512 if bench.small else 8192
    pol = params.policy
    factors = np.linspace(0.5, 2, pol.hit_cum[..., 0].size).reshape(pol.hit_cum.shape[:2])
    other = pol._replace(
        base_rate=pol.base_rate * 2, hazard=pol.hazard * 1.5, hit_cum=reweighted_lists(pol, factors.tolist())
    )
    run, width = backends.get("jax"), n if bench.small else 65_536
    here = run(params, bench.grid, SEED, range(n), other)
    there = backends.get("numba")(params, Grid(), SEED, range(n), other)
    off = np.abs(here.log_ratio - there.log_ratio) / (1 + np.abs(there.log_ratio))
    plain = timed(lambda: run(params, bench.grid, SEED, range(width)), 3)
    weighed = timed(lambda: run(params, bench.grid, SEED, range(width), other), 3)
    worst = float(np.quantile(off, 0.99))
    return {
        "paths": n,
        "difference_of_99_in_100": worst,
        "same_outcomes_as_unweighed": same_bits(here.outcomes, run(params, bench.grid, SEED, range(n)).outcomes),
        "cost_of_weighing": weighed / plain - 1,
        "passed": worst <= TOLERANCE,
    }


def torch(bench: Bench) -> dict[str, Any]:
    """The same model in PyTorch, traced and run operation by operation, then compiled (`torch_model.py`).

    A process of its own: it is cut off where compiling takes too long, and what it had found by then is kept.
    """
    left = HARD_STOP - 10 - (time.perf_counter() - bench.began)
    if bench.small:
        results = torch_peer.measured("cpu", PEER, "--paths", "256", "--eager")
    else:
        results = torch_peer.measured("cuda", min(PEER, left), "--paths", str(PEER_PATHS))
    ways = [results[name] for name in ("eager", "compiled") if name in results]
    if not ways and "absent" not in results:
        raise RuntimeError(f"nothing was measured: {results}")
    for way in ways:
        if "market_steps_per_second" in way and "job" in bench.results:
            way["job_over_it"] = bench.results["job"]["market_steps_per_second"] / way["market_steps_per_second"]
    return results | {"passed": all(way["passed"] for way in ways)}


PARTS = (
    versions, cuda_compiling, compiling, conformance, cuda_conformance, ceilings, numba_rate, job, cuda_rates, cuda_job,
    cuda_decision, stored, cuda_stored, storing, weighing, float64, gradients, widths, reductions, widths_agree, torch,
)  # fmt: skip
"""What must be known first, first."""
STANDARD = tuple(part.__name__ for part in PARTS if part is not torch)
"""What runs unless `--only` says otherwise."""


def steps(params: Params) -> int:
    return params.weeks * len(params.markets.group)


def seconds_of(function: Callable[..., Any], *arguments: Any) -> float:
    began = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - began


def timed(function: Callable[[], Any], repeats: int = 5) -> float:
    """Least seconds of a few calls, after one that does not count."""
    function()
    return min(seconds_of(function) for _ in range(repeats))


if __name__ == "__main__":
    sys.exit(main())
