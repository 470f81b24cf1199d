"""Every check of the JAX backend on a GPU in one command: conformance with the CPU first, then timings.

    python benchmarks/gpu.py           on a GPU node; about five minutes; writes results/gpu-<device>.json
    python benchmarks/gpu.py --cpu     tries the script itself on processor cores; small sizes, writes nothing

Nothing of this project has run on a GPU yet: there is no such file among the results.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from supplyshock.plan import usable_cores
from supplyshock.scenario import load_scenario
from supplyshock_kernels import backends
from supplyshock_kernels.backends.jax_xla import devices, launch, static
from supplyshock_kernels.backends.jax_xla.program import Shape
from supplyshock_kernels.observe import Observed, outcome_rows
from supplyshock_kernels.params import Grid, Params, cast
from supplyshock_kernels.philox import key_of, philox4x32_10

HERE = Path(__file__).resolve().parent
SEED = 20260701
DISCRETE = ("regime_end", "weeks_in_regime", "deal_week", "rift_week", "actions")
CLOSE = ("peak_price_ratio", "peak_paid_price_ratio", "loss_usd_bn", "theta")
TOLERANCE, PARTED = 1e-3, 2e-3
"""Largest relative difference of an outcome, and share of paths on which a discrete event may differ."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpu", action="store_true", help="try the script on processor cores")
    kind = "cpu" if parser.parse_args().cpu else "gpu"
    try:
        name = backends.device_name("jax", kind)
    except backends.NoDevice as error:
        print(f"no GPU: {error}", file=sys.stderr)
        return 69
    params, grid = load_scenario("status_quo").params, Grid(device=kind)
    found: dict[str, Any] = {"device": name, "devices": backends.device_count("jax", kind)}
    found |= {"date": date.today().isoformat()} | versions(kind)
    say("conformance")
    found["conformance"] = conformance(params, grid, 512 if kind == "cpu" else 8192)
    if not found["conformance"]["passed"]:
        print(json.dumps(found, indent=2))
        return 1
    say("ceilings")
    found["ceilings"] = ceilings(2**22 if kind == "cpu" else 2**28)
    say("numba on this machine's processor")
    found["numba_market_steps_per_second"] = numba_rate(params, 4096)
    for width in (128, 256) if kind == "cpu" else (4096, 8192, 16_384, 32_768, 65_536):
        say(f"{width:,} paths a call")
        found.setdefault("widths", {})[width] = timed_width(params, width, devices.find(kind)[0])
    say("the job: 1 M paths x 104 weeks x 24 markets" if kind == "gpu" else "the job, small")
    found["job"] = job(params, grid, 512 if kind == "cpu" else 1_000_000)
    found["job"]["over_numba"] = found["job"]["market_steps_per_second"] / found["numba_market_steps_per_second"]
    print(json.dumps(found, indent=2))
    if kind == "gpu":
        to = HERE / "results" / f"gpu-{re.sub('[^a-z0-9]+', '-', name.lower())}.json"
        to.write_text(json.dumps(found, indent=2) + "\n")
    return 0


def versions(kind: str) -> dict[str, str]:
    """Of JAX and of what drives the device."""
    driver = Path("/proc/driver/nvidia/version")
    text = driver.read_text().splitlines()[0] if kind == "gpu" and driver.exists() else ""
    return {"jax": jax.__version__, "platform": jax.devices(kind)[0].client.platform_version, "driver": text}


def conformance(params: Params, grid: Grid, paths: int) -> dict[str, Any]:
    """The device against numba and against itself."""
    run = backends.get("jax")
    whole, cpu = run(params, grid, SEED, range(paths)), backends.get("numba")(params, Grid(), SEED, range(paths))
    again, alone = run(params, grid, SEED, range(paths)), run(params, grid, SEED, range(77, 78))
    parted = np.any([differs(params, whole, cpu, name).any(0) for name in DISCRETE], axis=0)
    worst = {name: float(distance(params, whole, cpu, name)[..., ~parted].max()) for name in CLOSE}
    facts = {
        "words_identical": same_words(grid.device),
        "twice_identical": same_bits(whole.outcomes, again.outcomes),
        "a_path_alone_identical": same_bits(whole.outcomes[:, 77:78], alone.outcomes),
        "paths": paths,
        "parted_paths": int(parted.sum()),
        "largest_relative_difference": worst,
    }
    flags = all(facts[k] for k in ("words_identical", "twice_identical", "a_path_alone_identical"))
    close = sum(w > TOLERANCE for w in worst.values()) == 0
    return facts | {"passed": bool(flags and close and parted.mean() <= PARTED)}


def same_words(kind: str) -> bool:
    """Random words of the device are those of NumPy."""
    inputs = np.random.default_rng(1).integers(0, 2**32, (6, 10_000), dtype=np.uint64)
    with jax.enable_x64(True), jax.default_device(jax.devices(kind)[0]):
        made = jax.device_get(jax.jit(philox4x32_10)(*inputs))
    return bool(np.array_equal(np.stack(made), np.stack(philox4x32_10(*inputs))))


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.array_equal(a.view(np.uint32), b.view(np.uint32)))


def rows(params: Params, o: Observed, name: str) -> np.ndarray:
    row = next(r for r in outcome_rows(params) if r.name == name)
    return o.outcomes[row.start : row.stop]


def differs(params: Params, a: Observed, b: Observed, name: str) -> np.ndarray:
    x, y = rows(params, a, name), rows(params, b, name)
    return (x != y) & ~(np.isnan(x) & np.isnan(y))


def distance(params: Params, a: Observed, b: Observed, name: str) -> np.ndarray:
    x, y = rows(params, a, name), rows(params, b, name)
    return np.abs(x - y) / (0.1 + np.abs(y))


def ceilings(size: int) -> dict[str, float]:
    """Bytes a second of a copy (read and written) and float32 operations a second of fused multiply-adds."""
    x = jnp.ones(size, jnp.float32)
    copy = best(lambda: jax.block_until_ready(add_one(x)))
    rounds = 1024
    flops = best(lambda: jax.block_until_ready(multiply_add(x[: size // 64], rounds)))
    return {"copy_bytes_per_second": 8 * size / copy, "flops_per_second": 2 * rounds * (size // 64) / flops}


add_one = jax.jit(lambda x: x + 1)
multiply_add = jax.jit(lambda x, n: jax.lax.fori_loop(0, n, lambda _, y: y * 0.999 + 0.001, x))


def numba_rate(params: Params, paths: int) -> float:
    """Market-steps a second on all cores."""
    run, cores = backends.get("numba"), usable_cores()
    run(params, Grid(), SEED, range(1))
    with ThreadPoolExecutor(cores) as pool:
        spans = [range(i * paths, (i + 1) * paths) for i in range(cores)]
        seconds = best(lambda: list(pool.map(lambda r: run(params, Grid(), SEED, r), spans)))
    return cores * paths * steps(params) / seconds


def timed_width(params: Params, width: int, device: Any) -> dict[str, float]:
    """One call of the compiled program: compiling, computing, bringing back."""
    structure, numbers = static.split(cast(params, "float32"))
    shape = Shape(width, min(width, launch.SERIES_LANES), "float32", False)
    arguments = (structure, numbers, shape, key_of(SEED), 0, width, device)
    began = time.perf_counter()
    jax.block_until_ready(launch.start(*arguments))
    first = time.perf_counter() - began
    seconds = best(lambda: jax.block_until_ready(launch.start(*arguments)))
    fetch = first_fetch(lambda: jax.block_until_ready(launch.start(*arguments)))
    peak = (device.memory_stats() or {}).get("peak_bytes_in_use", 0)
    return {
        "first_call_seconds": first,
        "compute_seconds": seconds,
        "fetch_seconds": fetch,
        "market_steps_per_second": width * steps(params) / seconds,
        "peak_memory_bytes": peak,
    }


def first_fetch(make: Callable[[], Any], repeats: int = 5) -> float:
    """Least seconds to bring back a part without its series; a part made anew, since JAX keeps what it has fetched."""
    times = []
    for _ in range(repeats):
        part = make()
        began = time.perf_counter()
        launch.fetch(part, series=False)
        times.append(time.perf_counter() - began)
    return min(times)


def job(params: Params, grid: Grid, paths: int) -> dict[str, float]:
    """All paths through `simulate` with two threads a device, as the engine runs blocks, after compilation."""
    run, block, many = backends.get("jax"), 32_768, backends.device_count("jax", grid.device)
    for _ in range(many):  # each device once
        run(params, grid, SEED, range(1))
    spans = [range(a, min(a + block, paths)) for a in range(0, paths, block)]
    began = time.perf_counter()
    with ThreadPoolExecutor(2 * many) as pool:
        list(pool.map(lambda r: run(params, grid, SEED, r).stats.paths, spans))
    seconds = time.perf_counter() - began
    return {"paths": paths, "seconds": seconds, "market_steps_per_second": paths * steps(params) / seconds}


def steps(params: Params) -> int:
    return params.weeks * len(params.markets.group)


def best(call: Callable[[], Any], repeats: int = 5) -> float:
    """Least seconds of a few calls, after one that does not count."""
    call()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def say(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
