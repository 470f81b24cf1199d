"""How a run is cut: its plan, the layout of its path axis, its units of work. Starts and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from .branch import Branch
from .common_weeks import CommonWeeks
from .proposal import Proposal, plain_paths

if TYPE_CHECKING:
    from ..scenarios.exposure.book import Book

SERIES_CHUNK = 64
"""Paths in one chunk of a weekly series: one path can be read without reading a thousand."""


@dataclass(frozen=True)
class Layout:
    """How the path axis is cut.

    Chunks and shards depend on paths and keep alone, so that the bytes of a store do not depend on the
    machine; `unit`, `least` and `call` depend on the threads and the device too.
    """

    chunk: int
    """Paths in a chunk of an outcome."""
    shard: int
    """Paths in a file of an outcome: `chunk`, or several chunks in a shard."""
    call: int
    """Paths of one kernel call."""
    unit: int
    """Most paths written and journalled together: whole files, by one writer."""
    least: int = 0
    """Fewest paths of such a block, near the end; 0: all blocks are of one size."""

    @property
    def sharded(self) -> bool:
        """True when a file holds several chunks."""
        return self.shard > self.chunk

    def blocks(self, paths: int) -> Iterator[range]:
        """The blocks of so many paths: of `unit`, then each of half of what is left, down to `least`.

        While the last block is stored, nothing else runs; so it is a small one.
        """
        start, least = 0, self.least or self.unit
        while start < paths:
            left = paths - start
            half = ceil(left / 2 / least) * least
            stop = start + min(self.unit, half, left)
            yield range(start, stop)
            start = stop


BLOCK, SUMMARY, PAIRS, MEANS = "block", "summary", "pairs", "means"
"""Kinds of work: outcomes and series; the summary of a scenario; differences path by path; their means."""
GATHERED = {BLOCK: SUMMARY, PAIRS: MEANS}
"""The part that needs the sums of another part; they are kept until it is done."""


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
    save_series: int
    """Number of first paths whose series are stored."""
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
    mantissa_bits: int = 0
    """Bits of mantissa that outcomes and series keep; 0: all."""
    proposal: Proposal | None = None
    """The parameters that most paths are drawn from; None: a plain run."""
    branch: Branch | None = None
    """The branch that the paths belong to; None: they begin on the first day."""
    book: Book | None = None
    """The firm whose outcomes are stored beside those of its paths; None: no firm."""
    common: CommonWeeks | None = None
    """Weeks that scenarios have in common and that are simulated once; None: none."""

    @property
    def blocks(self) -> int:
        """Units of work over all scenarios."""
        return len(self.scenarios) * sum(1 for _ in self.layout.blocks(self.paths))

    @property
    def counted(self) -> int:
        """Paths that the statistics of every week are over."""
        return plain_paths(range(self.first, self.first + self.paths)) if self.proposal else self.paths

    @property
    def path_weeks(self) -> int:
        """Weeks of paths that are simulated, over all scenarios."""
        weeks = self.common.simulated if self.common else len(self.scenarios) * self.weeks
        return self.paths * weeks

    def blocks_in_turn(self, share: int = 0, shares: int = 1) -> list[Unit]:
        """The blocks of one of some shares, in the order in which a process makes them.

        Scenarios follow each other; those with common weeks do so for as many blocks as the process makes at a time.
        """
        cuts, scenarios = list(self.layout.blocks(self.paths)), range(len(self.scenarios))
        if self.common is None:
            return [Unit(i, cut.start, cut.stop) for i in scenarios for cut in cuts][share::shares]
        own, order, step = cuts[share::shares], self.common.order, self.threads
        turns = (own[a : a + step] for a in range(0, len(own), step))
        return [Unit(i, cut.start, cut.stop) for turn in turns for i in order for cut in turn]

    def units(self, scenario: int, kind: str = BLOCK) -> Iterator[Unit]:
        """The units of one scenario, by ascending path."""
        return (Unit(scenario, b.start, b.stop, kind) for b in self.layout.blocks(self.paths))

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
