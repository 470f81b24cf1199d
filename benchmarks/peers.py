"""Peers on identical work in one run: the toy market-step, the whole model, an inventory step, the store.

    pip install -r benchmarks/peers.txt    beside this project; a peer that is absent is named and left out
    python benchmarks/peers.py             about seven minutes on two quiet cores; writes results/peers.json

**The toy** is the step of `toy.py`: 24 independent markets, 104 weeks, ``x' = .98 x + .02 z``, a running sum of
``exp x``. Every peer must give the mean that the closed form says, within five standard errors, or its rate does not
count (a false alarm in two million). Each may use all cores; each is written as its own guide would have it, and takes
as many paths at a time as suit it.

**The whole model** is that of our backends and of PyTorch (`torch_model.py`), whose paths must be those of numba.

**The inventory step** is one node (a sector of a region, or a market in a bloc) one step on: BoARIO's does other work
than ours, and both are named for what they are.

**The store** writes the outcomes of one simulation, the same arrays in the same chunks.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch_peer
import toy

from supplyshock.common.machine_limits import usable_cores
from supplyshock.store.provenance import machine

HERE = Path(__file__).resolve().parent
MARKETS, WEEKS, KEEP, SIGMA = toy.MARKETS, 104, 0.98, 0.02
F = np.float32
Means = tuple[float, int]
"""(mean of the sums over paths and markets, paths)."""


# --- the toy -----------------------------------------------------------------------------------------


def closed_form() -> tuple[float, float]:
    """(mean, standard deviation) of one market's sum: lognormal moments of a path of an AR(1)."""
    t = np.arange(1, WEEKS + 1)
    var = SIGMA**2 * (1 - KEEP ** (2 * t)) / (1 - KEEP**2)
    cov = np.minimum.outer(var, var) * KEEP ** np.abs(np.subtract.outer(t, t))
    mean = np.exp(var / 2)
    second = np.exp((var[:, None] + var[None]) / 2) * np.expm1(cov)
    return float(mean.sum()), math.sqrt(float(second.sum()))


def supplyshock(cores: int) -> Means:
    from supplyshock_kernels.backends.numba_cpu import compile_options  # noqa: F401  how the kernels are compiled

    lanes, tiles = int(toy.LANES), 128

    def work(i: int) -> float:
        grand = 0.0
        for k in range(tiles):
            state, total = np.zeros(MARKETS * lanes, F), np.zeros(MARKETS * lanes, F)
            toy._toy(state, total, np.uint64((i * tiles + k) * lanes), WEEKS, np.uint64(1), np.uint64(0))
            grand += float(total.sum(dtype=np.float64))
        return grand

    n = cores * tiles * lanes
    return sum(side_by_side(work, cores)) / (n * MARKETS), n


def numpy(cores: int) -> Means:
    n, blocks = 2048, 8

    def work(i: int) -> float:
        rng, grand = np.random.Generator(np.random.SFC64(i)), 0.0
        z = np.empty((MARKETS, n), F)
        for _ in range(blocks):
            x, total = np.zeros((MARKETS, n), F), np.zeros((MARKETS, n), F)
            for _ in range(WEEKS):
                rng.standard_normal(out=z, dtype=F)
                x *= F(KEEP)
                z *= F(SIGMA)
                x += z
                total += np.exp(x)
            grand += float(total.sum(dtype=np.float64))
        return grand

    paths = cores * blocks * n
    return sum(side_by_side(work, cores)) / (paths * MARKETS), paths


def numba_plain() -> Callable[[int], Means]:
    from numba import njit

    @njit(nogil=True)
    def walk(seed: int, paths: int) -> float:
        np.random.seed(seed)
        grand = 0.0
        for _ in range(paths):
            for _ in range(MARKETS):
                x = 0.0
                for _ in range(WEEKS):
                    x = KEEP * x + SIGMA * np.random.standard_normal()
                    grand += math.exp(x)
        return grand

    n = 2048
    return lambda cores: (sum(side_by_side(lambda i: walk(i, n), cores)) / (cores * n * MARKETS), cores * n)


def jax_scan() -> Callable[[int], Means]:
    import jax
    import jax.numpy as jnp

    n = 16_384

    @jax.jit
    def walk(key: Any) -> Any:
        def week(carry: Any, key: Any) -> tuple[Any, None]:
            x, total = carry
            x = F(KEEP) * x + F(SIGMA) * jax.random.normal(key, x.shape, F)
            return (x, total + jnp.exp(x)), None

        start = jnp.zeros((MARKETS, n), F)
        return jax.lax.scan(week, (start, start), jax.random.split(key, WEEKS))[0][1].mean()

    return lambda cores: (float(walk(jax.random.key(1))), n)


def torch_eager() -> Callable[[int], Means]:
    import torch

    n = 16_384

    def run(cores: int) -> Means:
        torch.set_num_threads(cores)
        torch.manual_seed(1)
        with torch.inference_mode():
            x, total, z = (torch.zeros(MARKETS, n) for _ in range(3))
            for _ in range(WEEKS):
                x.mul_(KEEP).add_(z.normal_(), alpha=SIGMA)
                total.add_(x.exp())
            return float(total.mean(dtype=torch.float64)), n

    return run


def torchsde() -> Callable[[int], Means]:
    import torch
    from torchsde import sdeint

    class Walk(torch.nn.Module):
        noise_type, sde_type = "diagonal", "ito"

        def f(self, t: Any, y: Any) -> Any:
            return (KEEP - 1) * y

        def g(self, t: Any, y: Any) -> Any:
            return torch.full_like(y, SIGMA)

    n = 4096

    def run(cores: int) -> Means:
        torch.set_num_threads(cores)
        torch.manual_seed(1)
        with torch.inference_mode():
            times = torch.arange(WEEKS + 1, dtype=torch.float32)
            y = sdeint(Walk(), torch.zeros(n, MARKETS), times, method="euler", dt=1.0)
            return float(y[1:].exp().sum(0).mean(dtype=torch.float64)), n

    return run


def diffrax() -> Callable[[int], Means]:
    import diffrax as dfx
    import jax
    import jax.numpy as jnp
    import lineax

    n = 8192
    shape = jax.ShapeDtypeStruct((n, MARKETS), F)

    @jax.jit
    def walk(key: Any) -> Any:
        noise = dfx.UnsafeBrownianPath(shape, key)
        drift = dfx.ODETerm(lambda t, y, _: F(KEEP - 1) * y)
        spread = dfx.ControlTerm(lambda t, y, _: lineax.DiagonalLinearOperator(jnp.full(shape.shape, SIGMA, F)), noise)
        saved = dfx.SaveAt(ts=jnp.arange(1, WEEKS + 1, dtype=F), fn=lambda t, y, _: jnp.exp(y))
        done = dfx.diffeqsolve(
            dfx.MultiTerm(drift, spread), dfx.Euler(), 0.0, float(WEEKS), 1.0, jnp.zeros(shape.shape, F), saveat=saved,
            adjoint=dfx.DirectAdjoint(),
        )  # fmt: skip
        return done.ys.sum(0).mean()

    return lambda cores: (float(walk(jax.random.key(1))), n)


def quantlib() -> Callable[[int], Means]:
    import QuantLib as ql

    speed = -math.log(KEEP)
    volatility = SIGMA * math.sqrt(2 * speed / (1 - KEEP**2))
    one = ql.OrnsteinUhlenbeckProcess(speed, volatility, 0.0, 0.0)
    process = ql.StochasticProcessArray([one] * MARKETS, ql.Matrix(np.eye(MARKETS).tolist()))
    times = ql.TimeGrid(float(WEEKS), WEEKS)
    n = 400

    def run(cores: int) -> Means:
        words = ql.UniformRandomSequenceGenerator(MARKETS * WEEKS, ql.UniformRandomGenerator(1))
        paths = ql.GaussianMultiPathGenerator(process, list(times), ql.GaussianRandomSequenceGenerator(words), False)
        grand = 0.0
        for _ in range(n):
            sample = paths.next().value()
            grand += sum(float(np.exp(np.array(list(sample[k]))[1:]).sum()) for k in range(MARKETS))
        return grand / (n * MARKETS), n

    return run


def side_by_side(work: Callable[[int], float], cores: int) -> list[float]:
    with ThreadPoolExecutor(cores) as pool:
        return list(pool.map(work, range(cores)))


TOYS: dict[str, tuple[Callable[[], Callable[[int], Means]], str]] = {
    "this project, numba tiles": (lambda: supplyshock, "numba"),
    "NumPy, vectorised": (lambda: numpy, "numpy"),
    "numba, plain loops": (numba_plain, "numba"),
    "JAX, scan": (jax_scan, "jax"),
    "PyTorch, eager": (torch_eager, "torch"),
    "torchsde, Euler": (torchsde, "torchsde"),
    "diffrax, Euler": (diffrax, "diffrax"),
    "QuantLib, multi-path generator": (quantlib, "QuantLib"),
}


def toys(cores: int) -> list[dict[str, Any]]:
    """Market-steps a second of each peer, and how far its mean is from the closed form in standard errors."""
    mean, sd = closed_form()
    results = []
    for name, (make, package) in TOYS.items():
        try:
            run = make()
        except ImportError as error:
            print(f"left out: {name} ({error})", file=sys.stderr)
            continue
        print(f"... {name}", file=sys.stderr, flush=True)
        run(cores)
        seconds, (got, paths) = timed(lambda: run(cores))  # noqa: B023
        off = (got - mean) / (sd / math.sqrt(paths * MARKETS))
        row = {"name": name, "version": importlib.metadata.version(package), "paths": paths, "errors_off": off}
        results.append(row | {"right": abs(off) < 5, "market_steps_per_second": paths * MARKETS * WEEKS / seconds})
    return results


# --- the whole model, and an inventory step ----------------------------------------------------------


def models(cores: int) -> list[dict[str, Any]]:
    """The whole model by our own backends, statistics included, on the same paths."""
    from supplyshock.scenarios.scenario import load_scenario
    from supplyshock_kernels import backends
    from supplyshock_kernels.params import Grid

    params, results = load_scenario("status_quo").params, []
    for name, paths, threads in (("numba", 4096, cores), ("jax", 1024, 1), ("reference", 512, 1)):
        print(f"... the model by {name}", file=sys.stderr, flush=True)
        run = backends.get(name)

        def work(i: int) -> float:
            return run(params, Grid(), 1, range(i * paths, (i + 1) * paths)).stats.paths  # noqa: B023

        work(0)
        seconds, _ = timed(lambda: side_by_side(work, threads))  # noqa: B023
        steps = threads * paths * params.weeks * len(params.markets.group)
        results.append({"name": name, "threads": threads, "market_steps_per_second": steps / seconds})
    return results + torch_models()


def torch_models() -> list[dict[str, Any]]:
    """The same in PyTorch; a way that is not numba's paths, or that does not come to an end, has no rate."""
    print("... the model by PyTorch", file=sys.stderr, flush=True)
    seen = torch_peer.measured("cpu", 300, "--paths", "4096")
    for why in ("absent", "failed"):
        if why in seen:
            print(f"PyTorch, the whole model: {seen[why]}", file=sys.stderr)
    rows = []
    for way in ("eager", "compiled"):
        if "market_steps_per_second" in seen.get(way, {}):
            measured = {k: seen[way][k] for k in ("threads", "market_steps_per_second")}
            facts = {k: seen[k] for k in ("version", "paths", f"{way}_after_seconds")}
            rows.append({"name": f"PyTorch, {way}"} | measured | facts | {"check": seen[way]["check"]})
    return rows


def inventories(ours: float) -> list[dict[str, Any]]:
    """Node-steps a second: a market-step of ours is two nodes; BoARIO's step is a day of every industry of a table."""
    try:
        import pymrio
        from boario.extended_models import ARIOPsiModel
        from boario.simulation import Simulation
    except ImportError as error:
        print(f"left out: BoARIO ({error})", file=sys.stderr)
        return []
    print("... BoARIO", file=sys.stderr, flush=True)
    table = pymrio.load_test().calc_all()
    days, nodes = 365, len(table.x)
    simulation = Simulation(ARIOPsiModel(table), n_temporal_units_to_sim=days)
    began = time.perf_counter()
    simulation.loop()
    rate = days * nodes / (time.perf_counter() - began)
    version = importlib.metadata.version("boario")
    return [
        {"name": "BoARIO, ARIO with psi inventories, pymrio's test table", "version": version, "nodes": nodes,
         "node_steps_per_second": rate},
        {"name": "this project, the whole model", "nodes": 48, "node_steps_per_second": 2 * ours},
    ]  # fmt: skip


# --- the store ---------------------------------------------------------------------------------------


def stores() -> list[dict[str, Any]]:
    """Megabytes a second of writing the outcomes of 65,536 paths, one thread of ours, to the same folder."""
    from supplyshock.scenarios.scenario import load_scenario
    from supplyshock_kernels import backends
    from supplyshock_kernels.outputs import outcome_rows
    from supplyshock_kernels.params import Grid

    params, run = load_scenario("status_quo").params, backends.get("numba")
    outcomes = np.concatenate(
        [run(params, Grid(), 1, range(a, a + 16_384)).outcomes for a in range(0, 65_536, 16_384)], 1
    )
    arrays = {r.name: np.ascontiguousarray(np.moveaxis(outcomes[r.start : r.stop].reshape(*r.shape, -1), -1, 0))
              for r in outcome_rows(params)}  # fmt: skip
    size, results = sum(a.nbytes for a in arrays.values()) / 1e6, []
    for name, (write, package) in STORES.items():
        folder = Path(tempfile.mkdtemp())
        try:
            print(f"... {name}", file=sys.stderr, flush=True)
            seconds, _ = timed(lambda: write(folder, arrays))  # noqa: B023
            disk = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6
        except ImportError as error:
            print(f"left out: {name} ({error})", file=sys.stderr)
            continue
        finally:
            shutil.rmtree(folder)
        version = importlib.metadata.version(package)
        results.append({"name": name, "version": version, "mb_per_second": size / seconds, "disk_mb": disk, "mb": size})
    return results


CHUNK = 8192


def emptied(folder: Path) -> None:
    for item in folder.iterdir():
        shutil.rmtree(item) if item.is_dir() else item.unlink()


def by_zarr(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    import zarr

    emptied(folder)
    root = zarr.create_group(folder)
    for name, a in arrays.items():
        root.create_array(name, shape=a.shape, dtype=a.dtype, chunks=(CHUNK, *a.shape[1:]))[...] = a


def by_tensorstore(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    import tensorstore as ts

    emptied(folder)
    codecs = [{"name": "bytes", "configuration": {"endian": "little"}},
              {"name": "zstd", "configuration": {"level": 0, "checksum": False}}]  # fmt: skip
    waits = []
    for name, a in arrays.items():
        grid = {"name": "regular", "configuration": {"chunk_shape": [CHUNK, *a.shape[1:]]}}
        store = {"driver": "file", "path": str(folder / name)}
        meta = {"shape": a.shape, "data_type": "float32", "chunk_grid": grid, "codecs": codecs}
        spec = {"driver": "zarr3", "kvstore": store, "metadata": meta}
        waits.append(ts.open(spec, create=True).result().write(a))
    for wait in waits:
        wait.result()


def by_hdf5(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    import h5py

    emptied(folder)
    with h5py.File(folder / "run.h5", "w") as file:
        for name, a in arrays.items():
            chunks = (CHUNK, *a.shape[1:])
            file.create_dataset(name, data=a, chunks=chunks, compression="gzip", compression_opts=1, shuffle=True)


STORES: dict[str, tuple[Callable[[Path, dict[str, np.ndarray]], None], str]] = {
    "zarr-python, zstd": (by_zarr, "zarr"),
    "tensorstore, zarr3 with zstd": (by_tensorstore, "tensorstore"),
    "HDF5 by h5py, shuffle and gzip 1": (by_hdf5, "h5py"),
}


# --- the run -----------------------------------------------------------------------------------------


def timed(work: Callable[[], Any], repeats: int = 5) -> tuple[float, Any]:
    """(least seconds of a few calls, what the last gave)."""
    best, result = math.inf, None
    for _ in range(repeats):
        began = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - began)
    return best, result


def main() -> None:
    cores = usable_cores()
    results: dict[str, Any] = {"machine": machine(), "date": date.today().isoformat(), "toy": toys(cores)}
    results["model"] = models(cores)
    results["inventory"] = inventories(results["model"][0]["market_steps_per_second"])
    results["store"] = stores()
    to = HERE / "results" / "peers.json"
    to.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
