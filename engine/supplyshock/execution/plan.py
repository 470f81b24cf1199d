"""What a run will do: units of work, chunks, estimates of disk and memory. Starts and writes nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

from supplyshock_kernels.outputs import MAX_BLOCK, WEEKLY, series_rows, sizes, weekly_rows

from ..common.errors import UsageError
from ..store.partition import Layout, Plan
from ..store.proposal import Proposal
from ..store.variables import stored_rows
from .backend_selection import check_numbers, check_scenarios
from .importance_sampling.proposal import check_mixture

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario

STEP = 1024
"""Blocks are multiples of this many paths."""
MAX_CALL = 32_768
"""Most paths of one kernel call: its histogram counts in 16 bits."""
MAX_CALL_GPU = 2**18
"""The same on a GPU, where counts have 32 bits: several widths of its program, whose statistics cross the bus once."""
JAX_THREADS = (2, 4)
"""Of a device, at least and at most: one computes while others write, which takes longer on an H100 node."""
SERIES_BUDGET = 384 * 2**20
"""Most bytes of weekly series that one kernel call may return."""
FIXED_COST = 3_000
"""What a kernel call costs besides its paths (its histogram is cleared, packed, merged), in paths."""
CALLS_PER_SHARD = 8
UNSHARDED_CHUNKS = 512
"""More chunks than this along the paths of a scenario are gathered into shards."""
HISTOGRAM_PACKED = 0.11
"""Bytes in a journal per histogram bin, measured: most bins are empty."""
COMPRESSION = 2.0
"""Measured on outcomes and series: 2.3 on whole tables, 1.3 where every mantissa is random."""


def plan_run(
    scenarios: Sequence[Scenario],
    *,
    paths: int,
    seed: int = 0,
    save_series: int = 0,
    backend: str = "numba",
    device: str = "cpu",
    precision: str = "float32",
    threads: int | None = None,
    devices: int = 1,
    parties: int = 1,
    layout: Layout | None = None,
    first: int = 0,
    mantissa_bits: int = 0,
    tilt: Proposal | None = None,
) -> Plan:
    """Checks the request and plans it; `layout` is given when a run resumes, so that its blocks stay.

    Paths are numbered from `first` on; the series of those below `save_series` are kept.
    `device` is the name of the devices, or "cpu"; there are `devices` of them to fill.
    A run that is begun for so many `parties`, processes with `threads` each, is cut into blocks for all of them.

    Raises `UsageError` for numbers out of range and for scenarios that cannot share a run.
    """
    check_numbers(paths=paths, seed=seed, save_series=save_series, precision=precision, threads=threads)
    check_scenarios(scenarios)
    if tilt:
        check_importance_sampling(scenarios, first, paths)
    params = scenarios[0].params
    keep = min(max(save_series - first, 0), paths)
    workers = threads or default_threads(backend, devices)
    series = 4 * scenarios[0].weeks * series_rows(params)[-1].stop
    cut = layout or make_layout(paths, keep, series, workers * parties, MAX_CALL if device == "cpu" else MAX_CALL_GPU)
    workers = max(1, min(workers, len(scenarios) * ceil(paths / cut.unit)))
    outcomes = 4 * stored_rows(params, tilt)[-1].stop
    bins = scenarios[0].weeks * histogram_bins(scenarios[0])
    totals = int(len(scenarios) * 2 * bins * HISTOGRAM_PACKED)
    stored = int(len(scenarios) * (paths * outcomes + keep * series) / COMPRESSION) + totals
    weekly = 4 * 11 * scenarios[0].weeks * weekly_rows(params)[-1].stop * len(scenarios)
    journal = int(ceil(paths / cut.unit) * bins * HISTOGRAM_PACKED)
    kept = min(keep, cut.call) * series
    counts = (2 if cut.call <= MAX_BLOCK else 4) * bins
    if (backend, device) == ("jax", "cpu"):
        counts += 4 * bins  # what a device adds up stands in the same memory
    per_worker = counts + 2 * kept + (2 if cut.sharded else 1.2) * cut.unit * outcomes
    return Plan(
        scenarios=tuple(s.name for s in scenarios),
        paths=paths,
        weeks=scenarios[0].weeks,
        markets=sizes(params)["market"],
        save_series=keep,
        seed=seed,
        backend=backend,
        device=device,
        precision=precision,
        threads=workers,
        layout=cut,
        disk_bytes=stored + weekly,
        disk_bytes_while_running=stored + weekly + 2 * journal,
        first=first,
        mantissa_bits=mantissa_bits,
        tilt=tilt,
        memory_bytes=int(200 * 2**20 + workers * per_worker + 2 * 4 * bins),
    )


def check_importance_sampling(scenarios: Sequence[Scenario], first: int, paths: int) -> None:
    """Raises `UsageError` where a run with importance sampling cannot be so."""
    check_mixture(first, paths)
    if len(scenarios) > 1:
        raise UsageError(
            "importance sampling is for one scenario: on another the same paths would count otherwise",
            expected="one scenario",
            got=", ".join(s.name for s in scenarios),
            fix="run each into a folder of its own",
        )


def default_threads(backend: str, devices: int = 1) -> int:
    """Threads that keep a backend busy: all cores, or a few for each device."""
    if backend != "jax":
        return usable_cores()
    least, most = (n * devices for n in JAX_THREADS)
    return max(least, min(most, usable_cores()))


def usable_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def histogram_bins(scenario: Scenario) -> int:
    """Bins of one week over all weekly quantities."""
    rows = weekly_rows(scenario.params)
    return sum((r.stop - r.start) * w.bins.number for r, w in zip(rows, WEEKLY, strict=True))


def make_layout(paths: int, keep: int, series_bytes: int, threads: int, most_call: int = MAX_CALL) -> Layout:
    """Cuts `paths`: 16 chunks or more, files of a few MB, calls that keep all threads busy to the end."""
    most = MAX_CALL
    if keep * series_bytes > SERIES_BUDGET:
        most = most_call = max(STEP, SERIES_BUDGET // series_bytes // STEP * STEP)
    chunk = min(paths, most, _round_up(ceil(paths / 16), STEP))
    if paths > UNSHARDED_CHUNKS * chunk:
        shard = CALLS_PER_SHARD * chunk
        return Layout(chunk, shard, call=min(shard, max(most_call // chunk, 1) * chunk), unit=shard)
    call = _best_call(paths, chunk, most_call, threads)
    return Layout(chunk, chunk, call, unit=call)


def _best_call(paths: int, chunk: int, most: int, threads: int) -> int:
    """The multiple of `chunk` up to `most` that ends first: fewer calls cost less, equal shares idle less."""

    def seconds(call: int) -> float:
        blocks = ceil(paths / call)
        return ceil(blocks / threads) * (min(call, paths) + FIXED_COST)

    return min(range(chunk, max(most, chunk) + 1, chunk), key=seconds)


def _round_up(x: int, step: int) -> int:
    return ceil(x / step) * step
