"""What a run will do: units of work, chunks, estimates of disk and memory. Starts and writes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from supplyshock_kernels.observe import MAX_BLOCK, WEEKLY, series_rows, sizes, weekly_rows

from .errors import UsageError
from .request import check_numbers, check_scenarios
from .tilt import Tilt, check_range, plain_paths, rows_of

if TYPE_CHECKING:
    from .scenario import Scenario

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
SERIES_CHUNK = 64
"""Paths in one chunk of a weekly series: one path can be read without reading a thousand."""
CALLS_PER_SHARD = 8
UNSHARDED_CHUNKS = 512
"""More chunks than this along the paths of a scenario are gathered into shards."""
HISTOGRAM_PACKED = 0.11
"""Bytes in a journal per histogram bin, measured: most bins are empty."""
COMPRESSION = 2.0
"""Measured on outcomes and series: 2.3 on whole tables, 1.3 where every mantissa is random."""


@dataclass(frozen=True)
class Layout:
    """How the path axis is cut.

    Chunks and shards depend on paths and keep alone, so that the bytes of a store do not depend on the
    machine; `unit` and `call` depend on the threads too.
    """

    chunk: int
    """Paths in a chunk of an outcome."""
    shard: int
    """Paths in a file of an outcome: `chunk`, or several chunks in a shard."""
    call: int
    """Paths of one kernel call."""
    unit: int
    """Paths written and journalled together: whole files, by one writer."""

    @property
    def sharded(self) -> bool:
        """True when a file holds several chunks."""
        return self.shard > self.chunk


BLOCK, SUMMARY, PAIRS, MEANS = "block", "summary", "pairs", "means"
"""Kinds of work: outcomes and series; the summary of a scenario; differences path by path; their means."""
GATHERED = {BLOCK: SUMMARY, PAIRS: MEANS}
"""What the sums of a part go into; they are needed until that is done."""


@dataclass(frozen=True)
class Unit:
    """A unit of work: paths `start` to `stop` of one scenario, whole files of the store."""

    scenario: int
    start: int
    stop: int
    kind: str = BLOCK

    @property
    def name(self) -> str:
        """Names the unit within its run."""
        return f"{self.scenario:03d}/{self.start:013d}-{self.stop:013d}.{self.kind}"

    def calls(self, size: int) -> Iterator[range]:
        """The kernel calls of the unit, `size` paths at most each."""
        return (range(a, min(a + size, self.stop)) for a in range(self.start, self.stop, size))


@dataclass(frozen=True)
class Plan:
    """A run before it starts; sizes in bytes."""

    scenarios: tuple[str, ...]
    paths: int
    weeks: int
    markets: int
    keep_paths: int
    """Of them, the series are stored: the first ones."""
    seed: int
    backend: str
    device: str
    """Name of the device, or "cpu"."""
    precision: str
    threads: int
    layout: Layout
    disk_bytes: int
    """Estimate of the finished run."""
    disk_bytes_while_running: int
    """The same with the journal's statistics, which go when a scenario is done."""
    memory_bytes: int
    """Estimate of the peak."""
    first: int = 0
    """Number of the first path; units count from it."""
    round_bits: int = 0
    """Bits of mantissa that outcomes and series keep; 0: all."""
    tilt: Tilt | None = None
    """Another law that most paths are drawn from; None: a plain run."""

    @property
    def blocks(self) -> int:
        """Units of work over all scenarios."""
        return len(self.scenarios) * ceil(self.paths / self.layout.unit)

    @property
    def counted(self) -> int:
        """Paths that the statistics of every week are over."""
        return plain_paths(range(self.first, self.first + self.paths)) if self.tilt else self.paths

    @property
    def path_weeks(self) -> int:
        """Weeks of all paths of all scenarios."""
        return len(self.scenarios) * self.paths * self.weeks

    def units(self, scenario: int, kind: str = BLOCK) -> Iterator[Unit]:
        """The units of one scenario, by ascending path."""
        size = self.layout.unit
        return (Unit(scenario, a, min(a + size, self.paths), kind) for a in range(0, self.paths, size))

    def whole(self, scenario: int, kind: str) -> Unit:
        """A unit over all paths: a summary, or means of differences."""
        return Unit(scenario, 0, self.paths, kind)

    @property
    def parts(self) -> Iterator[Unit]:
        """Everything a run consists of, in an order in which it can be made."""
        some, others = range(len(self.scenarios)), range(1, len(self.scenarios))
        for i in some:
            yield from self.units(i)
        yield from (self.whole(i, SUMMARY) for i in some)
        for i in others:
            yield from self.units(i, PAIRS)
        yield from (self.whole(i, MEANS) for i in others)


def plan_run(
    scenarios: Sequence[Scenario],
    *,
    paths: int,
    seed: int = 0,
    keep_paths: int = 0,
    backend: str = "numba",
    device: str = "cpu",
    precision: str = "float32",
    threads: int | None = None,
    devices: int = 1,
    parties: int = 1,
    layout: Layout | None = None,
    first: int = 0,
    round_bits: int = 0,
    tilt: Tilt | None = None,
) -> Plan:
    """Checks the request and plans it; `layout` is given when a run resumes, so that its blocks stay.

    Paths are numbered from `first` on; the series of those below `keep_paths` are kept.
    `device` is the name of the devices, or "cpu"; there are `devices` of them to fill.
    A run that is begun for so many `parties`, processes with `threads` each, is cut into blocks for all of them.

    Raises `UsageError` for numbers out of range and for scenarios that cannot share a run.
    """
    check_numbers(paths=paths, seed=seed, keep_paths=keep_paths, precision=precision, threads=threads)
    check_scenarios(scenarios)
    if tilt:
        check_tilted(scenarios, first, paths)
    params = scenarios[0].params
    keep = min(max(keep_paths - first, 0), paths)
    workers = threads or default_threads(backend, devices)
    series = 4 * scenarios[0].weeks * series_rows(params)[-1].stop
    cut = layout or make_layout(paths, keep, series, workers * parties, MAX_CALL if device == "cpu" else MAX_CALL_GPU)
    workers = max(1, min(workers, len(scenarios) * ceil(paths / cut.unit)))
    outcomes = 4 * rows_of(params, tilt)[-1].stop
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
        keep_paths=keep,
        seed=seed,
        backend=backend,
        device=device,
        precision=precision,
        threads=workers,
        layout=cut,
        disk_bytes=stored + weekly,
        disk_bytes_while_running=stored + weekly + 2 * journal,
        first=first,
        round_bits=round_bits,
        tilt=tilt,
        memory_bytes=int(200 * 2**20 + workers * per_worker + 2 * 4 * bins),
    )


def check_tilted(scenarios: Sequence[Scenario], first: int, paths: int) -> None:
    """Raises `UsageError` where a run with importance sampling cannot be so."""
    check_range(first, paths)
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
