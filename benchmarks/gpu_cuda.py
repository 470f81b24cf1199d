"""The parts of gpu.py that judge the fused kernel: whether it is right, how fast, and whether it is kept.

Each takes the bench of gpu.py. Tried without a GPU (``gpu.py --cpu``), they run in numba's simulator: few paths, a
week.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from agreement import DIVERGED, TOLERANCE, apart

from supplyshock_kernels import backends
from supplyshock_kernels.backends.numba_cuda import compiled, devices, launch
from supplyshock_kernels.backends.numba_cuda.call import Call, prepare
from supplyshock_kernels.backends.numba_cuda.counting import make_bins, make_sums
from supplyshock_kernels.backends.numba_cuda.layout import LANES
from supplyshock_kernels.backends.numba_cuda.memory import Room
from supplyshock_kernels.backends.numba_cuda.plan import rows_of, shared_bytes
from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import Grid, Params
from supplyshock_kernels.params.path_state import part_of

SEED = 20260701
KEEP_AT = 2.0
"""The fused kernel is kept where it computes at least so many times as fast as JAX (docs/decisions/0054)."""
MODELLED_CYCLES = 21_700
"""Of a block and a week on an H100, by the instructions in its machine code and assumed latencies (docs/gpu.md)."""
KEPT = Grid(keep=64, state=True)


def world(bench: Any) -> Params:
    return part_of(bench.params, range(1)) if bench.small else bench.params


def paths_of(bench: Any, number: int) -> int:
    return 3 if bench.small else number


def cuda_compiling(bench: Any) -> dict[str, Any]:
    """The fused kernel and the counting one, and what the first call of a process waits for."""
    seconds = seconds_of(lambda: backends.get("cuda")(world(bench), Grid(), SEED, range(1)))
    plan = prepare(bench.params, Grid(), SEED, range(1), None).inputs.plan
    return {"first_call_seconds": seconds, "rows": rows_of(plan), "shared_bytes": shared_bytes(plan)} | device_facts()


def compile_others(bench: Any) -> None:
    """The forms of the fused kernel that conformance needs beside the plain one."""
    if not bench.small:
        run, params = backends.get("cuda"), bench.params
        run(params, Grid(normals="inverse"), SEED, range(1))
        run(params, Grid(), SEED, range(1), params.policy)


def device_facts() -> dict[str, Any]:
    """Of the device, and of the code that it runs."""
    if devices.is_simulated():
        return {"simulated": True}
    gpu = devices.cuda_module().get_current_device()
    facts = {
        "multiprocessors": gpu.MULTIPROCESSOR_COUNT,
        "clock_khz": clock_of(gpu),
        "shared_bytes_a_block": gpu.MAX_SHARED_MEMORY_PER_BLOCK_OPTIN,
        "compute_capability": list(gpu.compute_capability),
    }
    kernels = [k for name, k in compiled._kernels.items() if name != "count"]
    codes = [overload for kernel in kernels for overload in kernel.overloads.values()]
    return facts | {
        "registers": [c.regs_per_thread for c in codes],
        "local_bytes": [c.local_mem_per_thread for c in codes],
    }


def clock_of(gpu: Any) -> int:
    """kHz; newer drivers may not tell it."""
    return int(getattr(gpu, "CLOCK_RATE", 0) or 1_700_000)


def cuda_conformance(bench: Any) -> dict[str, Any]:
    """The fused kernel against numba, whose bits it is to have, and against itself."""
    params, n, run, numba = world(bench), paths_of(bench, 8192), backends.get("cuda"), backends.get("numba")
    whole, cpu = run(params, KEPT, SEED, range(n)), numba(params, KEPT, SEED, range(n))
    again, alone = run(params, KEPT, SEED, range(n)), run(params, KEPT, SEED, range(1, 2))
    cut = n // 3 + 1
    split = [run(params, KEPT, SEED, r) for r in (range(cut), range(cut, n))]
    diverged, worst = apart(params, whole, cpu)
    counts = sum(o.stats.histogram.astype(np.int64) for o in split)
    flags = {
        "twice_identical": same(whole.outcomes, again.outcomes) and same(whole.series, again.series),
        "a_path_alone_identical": same(whole.outcomes[:, 1:2], alone.outcomes),
        "blocks_identical": same(whole.outcomes, np.concatenate([o.outcomes for o in split], axis=1)),
        "statistics_add_up": bool(np.array_equal(counts, whole.stats.histogram)),
        "outcomes_agree": all(w <= TOLERANCE for w in worst.values()) and diverged <= DIVERGED * n,
    }
    facts = {"paths": n, "diverged_paths": diverged, "difference_of_99_in_100": worst}
    return flags | facts | {"bits_of_numba": bits(bench, whole, cpu), "passed": all(flags.values())}


def bits(bench: Any, plain: Observed, expected: Observed) -> dict[str, Any]:
    """Which calls have numba's bits to the last: plain, with inverse normals, weighed, going on from a state."""
    params, n, run, numba = world(bench), paths_of(bench, 2048), backends.get("cuda"), backends.get("numba")
    other = params.policy._replace(base_rate=1.5 * params.policy.base_rate)
    inverse = KEPT._replace(normals="inverse")
    state = expected.state[:, : min(n, expected.state.shape[1])]
    rest = part_of(params, range(params.weeks // 2, params.weeks), state)

    def alike(p: Params, grid: Grid, versus: Any = None) -> dict[str, Any]:
        return compared(run(p, grid, SEED, range(n), versus), numba(p, grid, SEED, range(n), versus))

    return {
        "plain": compared(plain, expected),
        "inverse": alike(params, inverse),
        "weighed": alike(params, KEPT, other),
        "from_a_state": alike(rest, KEPT),
    }


def compared(a: Observed, b: Observed) -> dict[str, Any]:
    """Whether all bits are the same, and how many numbers are not."""
    pairs = {"outcomes": (a.outcomes, b.outcomes), "series": (a.series, b.series), "state": (a.state, b.state)}
    differ = {name: int((x.view(np.uint32) != y.view(np.uint32)).sum()) for name, (x, y) in pairs.items()}
    ratios = same(a.log_ratio, b.log_ratio)
    statistics = all(np.array_equal(x, y) for x, y in zip(a.stats, b.stats, strict=True))
    return {"identical": not any(differ.values()) and ratios and statistics, "differ": differ, "statistics": statistics}


def cuda_rates(bench: Any) -> dict[str, Any]:
    """Seconds of the fused and of the counting kernel by width, and cycles of a block and a week against the model."""
    timings: dict[str, Any] = {"modelled_cycles": MODELLED_CYCLES}
    for width in (LANES,) if bench.small else (65_536, 33_792, 4224):
        timings[str(width)] = timed_width(bench, width)
    if not bench.small:
        timings["products_fused_into_sums"] = timed_contracted(bench, 33_792)
    return timings


def timed_width(bench: Any, width: int) -> dict[str, float]:
    params, cuda = world(bench), devices.cuda_module()
    call = prepare(params, Grid(), SEED, range(width), None)
    with devices.borrowed() as device:
        fused, count = steps_of(cuda, call, device)
        seconds = on_device(cuda, fused), on_device(cuda, count)
    facts = {"fused_seconds": seconds[0], "counting_seconds": seconds[1]}
    if devices.is_simulated():
        return facts
    gpu = cuda.get_current_device()
    clock, many = clock_of(gpu) * 1000, gpu.MULTIPROCESSOR_COUNT
    waves = width / LANES / many
    return facts | {
        "seconds_of_1M_paths": sum(seconds) / width * 1e6,
        "cycles_of_a_block_and_week": seconds[0] * clock / waves / params.weeks,
        "market_steps_per_second": width * params.weeks * len(params.markets.group) / sum(seconds),
    }


def steps_of(cuda: Any, call: Call, device: int) -> tuple[Callable[[], None], Callable[[], None]]:
    """The launch of each kernel for a call of one width, on the default stream."""
    stretch, room, stream = launch.Stretch(0, call.paths, call.width, 0), Room(), 0
    memory = launch.cut_memory(room, call, call.width)
    numbers, tables = cuda.to_device(call.numbers), launch.send(cuda, call.inputs.tables, stream)
    bins = make_bins(call.params, call.inputs.plan.weekly.regime)
    there = launch.send(cuda, bins, stream), make_sums(call.params, bins, room.array)
    arguments = numbers, np.uint64(0), np.uint64(0), memory, call.inputs.laws, tables

    def fused() -> None:
        compiled.launch_fused(call, device, call.width // LANES, stream, arguments)

    def count() -> None:
        launch.count_week_rows(memory.weekly, stretch, bins, there, stream)

    return fused, count


def on_device(cuda: Any, step: Callable[[], None], times: int = 3) -> float:
    """Least seconds of a launch, by events of the device; by the clock in the simulator.

    The device rests first: what the host takes to prepare the launch, milliseconds, would count as the kernel's.
    """
    if devices.is_simulated():
        return seconds_of(step)
    rest = cuda.jit(rest_of(cuda))
    step()
    seconds = []
    for _ in range(times):
        rest[1, 1]()
        begin, end = cuda.event(), cuda.event()
        begin.record()
        step()
        end.record()
        end.synchronize()
        seconds.append(cuda.event_elapsed_time(begin, end) / 1e3)
    return min(seconds)


def rest_of(cuda: Any) -> Callable[[], None]:
    """A kernel that takes some 20 ms and does nothing."""

    def rest() -> None:
        for _ in range(20):
            cuda.nanosleep(1_000_000)

    return rest


def timed_contracted(bench: Any, width: int) -> dict[str, float]:
    """The same kernel where the compiler may fuse products into sums: what the bits of numba cost."""
    kernels, unfused = dict(compiled._kernels), compiled.unfused
    compiled._kernels.clear()
    compiled._allowed.clear()
    compiled.unfused = lambda module: UnfusedNot()  # type: ignore[assignment]
    try:
        return timed_width(bench, width)
    finally:
        compiled.unfused = unfused  # type: ignore[assignment]
        compiled._kernels.clear()
        compiled._kernels.update(kernels)
        compiled._allowed.clear()


class UnfusedNot:
    """In place of `compiled.unfused`: changes nothing."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def cuda_job(bench: Any) -> dict[str, Any]:
    """1 M paths through `simulate` as the engine calls it, outcomes brought to the host."""
    paths, block = (3, 3) if bench.small else (1_000_000, 2**18)
    run, params, many = backends.get("cuda"), world(bench), backends.SPECS["cuda"].find_devices("gpu").number
    spans = [range(a, min(a + block, paths)) for a in range(0, paths, block)]

    def all_paths() -> int:
        with ThreadPoolExecutor(2 * many) as pool:
            return sum(pool.map(lambda r: run(params, Grid(), SEED, r).stats.paths, spans))

    times = sorted(seconds_of(all_paths) for _ in range(1 if bench.small else 4))
    steps = paths * params.weeks * len(params.markets.group)
    return {"paths": paths, "seconds": times, "market_steps_per_second": steps / times[0]}


def cuda_decision(bench: Any) -> dict[str, Any]:
    """Kept where it is right and computes at least `KEEP_AT` times as fast as JAX; `auto` takes it there."""
    results = bench.results
    right = bool(results.get("cuda_conformance", {}).get("passed"))
    ours, theirs = (results.get(part, {}).get("market_steps_per_second", 0.0) for part in ("cuda_job", "job"))
    over = ours / theirs if theirs else 0.0
    return {"right": right, "over_jax": over, "at_least": KEEP_AT, "keep": right and over >= KEEP_AT}


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.array_equal(a.view(np.uint32), b.view(np.uint32)))


def seconds_of(function: Callable[[], Any]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began
