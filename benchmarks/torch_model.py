"""The whole model in PyTorch: a peer of the backends on the same paths, with the same statistics.

    python benchmarks/torch_model.py [cpu | cuda]      checks it against numba, then times it

The physics is the project's own (`backends.array_program`), run on tensors through `torch_arrays`: NumPy's part of it
(the parameters) is worked out on the host, all that depends on a path on the device. Compiled, a week is traced once
into plain PyTorch operations, which `torch.compile` gets in one piece. A rate is given only for paths that are numba's.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import timeit
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from agreement import DIVERGED, TOLERANCE, apart
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils import _pytree as pytree
from torch_arrays import Array, constant

from supplyshock.common.machine_limits import usable_cores
from supplyshock.scenarios.scenario import load_scenario
from supplyshock_kernels import backends, statistics
from supplyshock_kernels.backends.array_program import industry, lift, path_totals, supply
from supplyshock_kernels.backends.array_program.random_inputs import (
    Draws,
    RandomInputs,
    draw_theta,
    name_inputs,
)
from supplyshock_kernels.backends.array_program.start import start_at_rest
from supplyshock_kernels.backends.array_program.week import simulate_week
from supplyshock_kernels.backends.array_program.weekly_statistics import gather_rows
from supplyshock_kernels.model import negotiation, weekly_uniforms
from supplyshock_kernels.outputs import FIXED_POINT, LARGEST, Observed, Stats
from supplyshock_kernels.params import REGIMES, Grid, Params, cast
from supplyshock_kernels.rng import random_variates
from supplyshock_kernels.rng.philox import key_of


def weighted(weights: np.ndarray, rows: Any) -> Any:
    """`lift.weighted` of tensors as a matrix product, not row by row: sums may round otherwise."""
    if not isinstance(rows, Array):
        return lift.weighted(weights, rows)
    return Array(constant(np.ascontiguousarray(weights.T), rows.tensor.device) @ rows.tensor)


for module in (path_totals, industry, supply):
    module.weighted = weighted  # type: ignore[attr-defined]

SUMS, COUNTS = 1e-3, 1e-2
"""Largest relative difference of a week's sums, and share of values in another bin or regime: diverging paths move
both. One value in 27 lies on the edge of a bin (a price of 1, whole weeks) and moves with its last bit: compiled on an
H100, 3 in a thousand did."""
SPAN = 4096
"""Paths of one call of numba."""
Week = Callable[[Any, Any, Any, Any], Any]
"""(paths, theta, t, carry) -> (carry, sums of the week)."""


def apart_in_memory(x: torch.Tensor) -> torch.Tensor:
    """A copy: what begins as the same zeros must not be traced as one variable."""
    return x.clone(memory_format=torch.contiguous_format)


@dataclass
class Model:
    """The model of some parameters on a device."""

    params: Params
    precision: str
    device: torch.device
    seed: int = 1

    def __post_init__(self) -> None:
        params = cast(self.params, self.precision)
        dated = (Array(torch.tensor(x, device=self.device)) for x in params.schedule)
        by_quarter = Array(torch.tensor(params.policy.hit_cum, device=self.device))
        self.host = params
        self.params = params._replace(
            schedule=type(params.schedule)(*dated), policy=params.policy._replace(hit_cum=by_quarter)
        )
        self.rules, self.key, self.one = (
            negotiation.build_rules(params.policy),
            key_of(self.seed),
            np.dtype(self.precision).type(1),
        )
        self.table = statistics.bin_table(params)

    def start(self, first: int, paths: int) -> tuple[Array, Any, Any]:
        """(paths, theta, what is carried from week to week)."""
        index = Array(torch.arange(first, first + paths, device=self.device))
        theta = draw_theta(self.host, Draws(index, self.key, self.one, False))
        sources = len(self.host.sources.lead)
        output = Array(torch.zeros(sources, paths, dtype=theta.parts.tensor.dtype, device=self.device))
        carry = (start_at_rest(self.host, theta), path_totals.start_totals(self.host, theta), output)
        return index, theta, pytree.tree_map(apart_in_memory, carry)

    def week(self, index: Array, theta: Any, t: Any, carry: Any) -> tuple[Any, Any]:
        """One week of every path, and its sums."""
        state, totals, _ = carry
        random_inputs = self.draw(index, t + 1)
        state, shown = simulate_week(self.params, self.rules, theta, state, random_inputs, t)
        rows = gather_rows(self.host, state, shown)
        totals = path_totals.add_totals(self.params, totals, state, shown, rows, t)
        return (state, totals, shown.output), self.sums(rows.tensor.float(), state.regime.tensor)

    def draw(self, index: Array, step: Any) -> RandomInputs:
        """`random_inputs.draw_week` with the words of all streams side by side, in one operation."""
        markets = len(self.host.markets.group)
        nodes = [random_variates.NODE + q for q in range((markets + 1) // 2)]
        streams = np.array([*weekly_uniforms.STREAMS, random_variates.COMMON, *nodes])[:, None]
        words = random_variates.words(index[None], step, streams, *self.key)
        u = [random_variates.uniform(w, self.one) for w in words]
        ahead = len(weekly_uniforms.STREAMS)
        z = [
            *random_variates.box_muller(u[0][ahead:], u[1][ahead:]),
            *random_variates.box_muller(u[2][ahead:], u[3][ahead:]),
        ]
        return name_inputs(
            uniforms=[v[i] for i in range(ahead) for v in u],
            normals=lift.stack(z, 1)[1:].reshape(4 * len(nodes), -1)[: 2 * markets].reshape(markets, 2, -1),
            common=[v[0] for v in z],
        )

    def sums(self, rows: torch.Tensor, regime: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(sums, sums of squares, values left out, paths in each regime, counts in each bin) of a week."""
        left_out = ~(rows.abs() < LARGEST)
        codes_of, rows = self.counts(rows), rows.masked_fill(left_out, 0.0)
        scaled = rows * FIXED_POINT
        total, square = (torch.round(x).long().sum(1) for x in (scaled, rows * scaled))
        codes = torch.arange(len(REGIMES), device=regime.device)
        return total, square, left_out.sum(1), (regime == codes[:, None]).sum(1), codes_of

    def counts(self, rows: torch.Tensor) -> torch.Tensor:
        """(B,) paths in each bin of every row (`statistics.bin_index`); neighbours count different rows."""
        low, shift, offset = (constant(x[:, None], rows.device) for x in self.table[:3])
        first, last = (constant(x[:, None], rows.device) for x in (self.table.start[:-1], self.table.start[1:] - 1))
        bits = (rows + offset).view(torch.int32)
        before = constant(self.table.before[:, None], rows.device)
        magnitude = torch.where(before > 0, bits & statistics.MAGNITUDE, bits)
        index = torch.minimum(torch.clamp((magnitude - low) >> shift, 0), last - first - before)
        index = first + before + torch.where((bits < 0) & (before > 0), -index, index)
        none = torch.zeros(int(self.table.start[-1]), dtype=torch.int32, device=rows.device)
        flat = index.T.reshape(-1)
        return none.scatter_add(0, flat, torch.ones_like(flat, dtype=torch.int32))

    def simulate(self, paths: range, week: Week) -> Observed:
        """Every week of a range of paths, brought to the host."""
        index, theta, carry = self.start(paths.start, len(paths))
        sums = []
        for t in torch.arange(self.host.weeks, device=self.device).unbind():
            carry, results = week(index, theta, Array(t), carry)
            sums.append(results)
        state, totals, output = carry
        outcomes = on_host(path_totals.finish_totals(self.host, totals, output, state).tensor)
        stats = Stats(len(paths), *(on_host(torch.stack(x)) for x in zip(*sums, strict=True)))
        return Observed(outcomes, np.empty(0, np.float32), stats, statistics.clipped(stats.histogram, self.host))


def on_host(x: torch.Tensor) -> np.ndarray:
    """The numbers of a tensor; through memory that a GPU writes without help, which PyTorch keeps for the next call."""
    if x.device.type == "cpu":
        return x.numpy()
    return torch.empty(x.shape, dtype=x.dtype, pin_memory=True).copy_(x).numpy()


def traced(model: Model, paths: int) -> tuple[torch.fx.GraphModule, Any]:
    """(a week as plain PyTorch operations on a flat list of tensors, how what it gives nests)."""
    model.week(*arguments(model, paths))  # constants are on the device before anything is traced
    leaves, given = pytree.tree_flatten(arguments(model, paths))
    nestings: list[Any] = []

    def flat(*tensors: torch.Tensor) -> list[torch.Tensor]:
        results, nesting = pytree.tree_flatten(model.week(*pytree.tree_unflatten(list(tensors), given)))
        nestings.append(nesting)
        return results

    return make_fx(flat)(*leaves), nestings[0]


def arguments(model: Model, paths: int) -> tuple[Any, ...]:
    """What the first week of the first paths begins with."""
    index, theta, carry = model.start(0, paths)
    return index, theta, Array(torch.zeros((), dtype=torch.int64, device=model.device)), carry


def nested(graph: Callable[..., list[torch.Tensor]], nesting: Any) -> Week:
    """The week of a flat graph."""
    return lambda *given: pytree.tree_unflatten(graph(*pytree.tree_leaves(given)), nesting)


# --- is it right -----------------------------------------------------------------------------------


def numbas(model: Model, paths: int) -> Observed:
    """The same paths by numba, statistics merged."""
    run, cores = backends.get("numba"), usable_cores()
    spans = [range(a, min(a + SPAN, paths)) for a in range(0, paths, SPAN)]
    with ThreadPoolExecutor(cores) as pool:
        parts = list(pool.map(lambda r: run(model.host, Grid(model.precision), model.seed, r), spans))
    sums = (sum(getattr(p.stats, name).astype(np.int64) for p in parts) for name in Stats._fields[1:])
    outcomes = np.concatenate([p.outcomes for p in parts], 1)
    return Observed(outcomes, parts[0].series, Stats(paths, *sums), sum(p.clipped for p in parts))


def compared(params: Params, a: Observed, b: Observed) -> dict[str, Any]:
    """How far outcomes and statistics are apart, and whether that is near enough."""
    n = b.stats.paths
    diverged, worst = apart(params, a, b)
    mean, square = (
        float((np.abs(x - y) / (np.abs(y) + FIXED_POINT * n)).max())
        for x, y in ((a.stats.total, b.stats.total), (a.stats.square, b.stats.square))
    )
    regime, counts = (
        float(np.abs(x.astype(np.int64) - y.astype(np.int64)).sum() / 2 / y.sum())
        for x, y in ((a.stats.regime, b.stats.regime), (a.stats.histogram, b.stats.histogram))
    )
    near = {
        "outcomes": max(worst.values()) <= TOLERANCE and diverged <= DIVERGED * n,
        "sums": max(mean, square) <= SUMS,
        "counts": max(regime, counts) <= COUNTS and int(a.stats.histogram.sum()) == int(b.stats.histogram.sum()),
    }
    return {
        "paths": n,
        "diverged_paths": diverged,
        "difference_of_99_in_100": max(worst.values()),
        "difference_of_sums": max(mean, square),
        "share_in_other_bins": max(regime, counts),
        "passed": all(near.values()),
    }


# --- how fast is it --------------------------------------------------------------------------------


def timed(model: Model, week: Week, repeats: int, truth: Observed) -> dict[str, Any]:
    """The rate of whole runs, what they found brought to the host; none if it is not what numba found."""
    seconds, paths = [], truth.stats.paths
    if model.device.type == "cpu":
        choose_threads(week, arguments(model, paths))
    for _ in range(1 + repeats):
        began = time.perf_counter()
        seen = model.simulate(range(paths), week)
        seconds.append(time.perf_counter() - began)
    check = compared(model.host, seen, truth)
    results = {"threads": torch.get_num_threads(), "seconds": seconds, "check": check, "passed": check["passed"]}
    steps = paths * model.host.weeks * len(model.host.markets.group)
    return results | ({"market_steps_per_second": steps / min(seconds[1:])} if check["passed"] else {})


def choose_threads(week: Week, given: tuple[Any, ...]) -> None:
    """One thread or all, whichever is quicker by a few weeks."""
    took = {}
    for threads in (1, usable_cores()):
        torch.set_num_threads(threads)
        took[threads] = min(timeit.repeat(lambda: week(*given), number=1, repeat=5))
    torch.set_num_threads(min(took, key=lambda n: took[n]))


def report(**results: Any) -> None:
    """One line a stage, so that a stage that is cut off loses none before it."""
    print(json.dumps(results), flush=True)


@torch.no_grad()
def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("device", nargs="?", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--paths", type=int, default=4096)
    parser.add_argument("--repeats", type=int, default=2, help="of which the quickest counts, after one that does not")
    parser.add_argument("--eager", action="store_true", help="do not compile")
    given = parser.parse_args()
    if given.device == "cuda" and not torch.cuda.is_available():
        report(absent="PyTorch sees no CUDA device", version=torch.__version__)
        return 0
    model = Model(load_scenario("status_quo").params, "float32", torch.device(given.device))
    report(version=torch.__version__, paths=given.paths)
    truth = numbas(model, given.paths)
    began = time.perf_counter()
    graph, nesting = traced(model, given.paths)
    report(operations_a_week=len(graph.graph.nodes), eager_after_seconds=time.perf_counter() - began)
    report(eager=timed(model, nested(graph, nesting), given.repeats, truth))
    if not given.eager:
        began = time.perf_counter()
        threads = {"cpp.dynamic_threads": True}  # they are chosen afterwards
        week = nested(torch.compile(graph, fullgraph=True, dynamic=False, options=threads), nesting)
        week(*arguments(model, given.paths))
        report(compiled_after_seconds=time.perf_counter() - began)
        report(compiled=timed(model, week, given.repeats, truth))
    return 0


if __name__ == "__main__":
    sys.exit(main())
