"""Makes the parts of a run: blocks of paths, summaries, differences and their means. The scheduler says which."""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import Array, Grid

from ..common.errors import StoreError
from ..common.thread_pool import Helpers
from ..store.partition import BLOCK, GATHERED, MEANS, PAIRS, SUMMARY, Unit
from ..store.proposal import PLAIN
from ..store.provenance import versions
from ..store.run_folder import RunFolder
from .accumulators import PathStatistics, added, pack, unpack
from .attached_firm import AttachedFirm
from .backend_selection import Backend
from .branching.simulate import BranchCall, simulate_branch
from .gathered_sums import GatheredSums
from .importance_sampling.proposal import SimulationCall, simulate_mixture
from .paired_differences import Sums, pack_sums, pair_block, unpack_sums, write_means
from .path_reuse import EarlierRun, EarlierRuns
from .shared_weeks import SharedWeeks
from .weekly_summary import write_summary

MOST_GATHERED = 2
"""Scenarios whose sums are kept in memory while their blocks are made; those of others are read again."""


class LostSums(Exception):
    """The sums of finished parts are lost or damaged, so the parts must be made again."""

    def __init__(self, units: list[Unit]) -> None:
        self.units = units
        super().__init__(", ".join(u.name for u in units))


class BlockRunner:
    """Makes parts, from any thread, and enters them in the journal."""

    def __init__(self, folder: RunFolder, backend: Backend, *, gather: bool = True) -> None:
        """Starts nothing. With `gather` sums and common weeks are kept, for a process that makes many parts."""
        self.folder, self.plan, self.scenarios = folder, folder.plan, folder.scenarios
        self.backend = backend
        self.grid = Grid(precision=self.plan.precision, keep=self._series_stop(), device=backend.kind)
        self.firm = AttachedFirm.of(self.plan, self.scenarios)
        self.shared = SharedWeeks(self.plan, self.scenarios, backend) if self.plan.common and gather else None
        self.computed = self.paths_computed = 0
        self._gathered: dict[int, GatheredSums] = {}
        self._most_gathered = MOST_GATHERED if gather else 0
        self._lock = threading.Lock()
        self._helpers = Helpers(self.plan.threads, "calls")
        device = f"{backend.device} {platform.machine()}"
        self.worker = ""
        """Who makes them, for the journal."""
        self._maker: dict[str, Any] = {"device": device, "versions": versions()}

    @cached_property
    def sources(self) -> EarlierRuns:
        """Runs to take paths from. Those that are gone are not needed once their sums are in the summaries.

        Raises `StoreError` if they are, and `UsageError` if other runs are in their place by now.
        """
        try:
            sources = EarlierRuns([EarlierRun.of(Path(name)) for name in self.folder.manifest.sources])
            sources.check(self.folder.manifest.identity, self.folder.out)
            return sources
        except StoreError:
            wholes = (self.plan.whole(i, SUMMARY) for i in range(len(self.scenarios)))
            if all(self.folder.journal.has_sums(whole) for whole in wholes):
                return EarlierRuns()
            raise

    def _series_stop(self) -> int:
        """Paths below this number return their series."""
        return self.plan.first + self.plan.save_series if self.plan.save_series else 0

    @property
    def computes(self) -> bool:
        """False when sources have every path."""
        first = self.plan.first
        return any(s is None for _, s in self.sources.pieces(range(first, first + self.plan.paths)))

    def warm_up(self) -> None:
        """Loads or compiles the backend on a path of each kind."""
        for path in (0, PLAIN) if self.plan.proposal else (0,):
            list(self._simulated(0, range(path, path + 1)))
        if self.shared:
            self.shared.forget()

    def _simulated(self, scenario: int, paths: range) -> Iterator[tuple[Observed, tuple[Array, ...]]]:
        """The paths, piece by piece, each with the counts of the attached firm."""
        if self.firm is None:
            yield from ((observed, ()) for observed in self._observe(scenario, paths, self.grid))
            return
        for piece, grid in self.firm.pieces(paths, self.grid):
            for observed in self._observe(scenario, piece, grid):
                yield self.firm.observe(scenario, observed, grid)

    def _observe(self, scenario: int, paths: range, grid: Grid) -> list[Observed]:
        if self.shared:
            return [self.shared.observe(scenario, paths, grid)]
        if self.plan.branch:
            params = self.scenarios[scenario].params
            branched = BranchCall(self.backend.simulate, params, grid, self.plan.seed, self.plan.branch)
            return simulate_branch(branched, paths)
        call = SimulationCall(self.backend.simulate, self.scenarios[scenario].params, grid, self.plan.seed)
        return simulate_mixture(call, self.plan.proposal, paths)

    @property
    def path_weeks(self) -> int:
        """Weeks of paths simulated."""
        return self.paths_computed * self.plan.weeks - (self.shared.spared if self.shared else 0)

    def make(self, unit: Unit) -> None:
        """Makes a part from finished parts. Raises `OSError`, and `LostSums` when some are not after all."""
        began, width = time.perf_counter(), self.backend.width(self.plan.precision)
        work = {BLOCK: self._block, SUMMARY: self._summary, PAIRS: self._pairs, MEANS: self._means}[unit.kind]
        sums = work(unit)
        seconds = round(time.perf_counter() - began, 3)
        provenance = self._maker | {"worker": self.worker, "seconds": seconds, "at": round(time.time(), 3)}
        if unit.kind == BLOCK:
            after = self.backend.width(self.plan.precision)  # it shrinks where memory is short
            provenance["width"] = width if width == after else [width, after]
        self.folder.journal.record(unit, self.folder.writer.files(unit), sums, provenance)
        self._drop_sums(unit)

    def _drop_sums(self, unit: Unit) -> None:
        """Removes sums that a finished whole already contains: those of all its parts, or of a late one."""
        journal = self.folder.journal
        if unit.kind not in GATHERED:
            journal.drop_statistics(unit.scenario, BLOCK if unit.kind == SUMMARY else PAIRS)
        elif journal.is_done(self.plan.whole(unit.scenario, GATHERED[unit.kind])):
            journal.drop_sums(unit)

    def _block(self, unit: Unit) -> bytes:
        outcomes, statistics = self._simulate(unit)
        self.folder.writer.write_outcomes(unit, outcomes)
        with self._lock:
            self.computed += 1
            self.paths_computed += unit.stop - unit.start
        self._gather(unit, statistics)
        return pack(statistics)

    def _simulate(self, unit: Unit) -> tuple[Array, PathStatistics]:
        """Outcomes (rows, paths of the unit) and statistics, over one kernel call or several.

        Several are shared with threads that have no block of their own: the last block of a run has them all.
        """
        calls = list(unit.calls(self.plan.layout.call))
        if len(calls) == 1:
            return self._call(unit.scenario, calls[0])
        rows = self.folder.writer.rows[-1].stop
        whole = np.empty((rows, unit.stop - unit.start), np.float32)
        total: list[PathStatistics] = []
        adding = threading.Lock()

        def call(paths: range) -> None:
            whole[:, paths.start - unit.start : paths.stop - unit.start], part = self._call(unit.scenario, paths)
            with adding:
                total[:] = total or [PathStatistics.like(part)]
                total[0].add(part)

        self._helpers.share(call, calls)
        return whole, total[0]

    def _call(self, scenario: int, paths: range) -> tuple[Array, PathStatistics]:
        """One call: writes its series. Paths that a source has are read, and do not enter the statistics."""
        params, plan, stored = self.scenarios[scenario].params, self.plan, self.folder.writer.rows
        pieces: list[tuple[Array, Array]] = []
        statistics: PathStatistics | None = None
        for piece, source in self.sources.pieces(range(paths.start + plan.first, paths.stop + plan.first)):
            if source is not None:
                pieces.append(source.read(stored, params, scenario, piece, self.grid.keep))
                continue
            for observed, counts in self._simulated(scenario, piece):
                pieces.append((observed.outcomes, observed.series))
                if observed.stats.paths:
                    part = PathStatistics.of(observed, counts)
                    statistics = part if statistics is None else added(statistics, part)
        outcomes, series = (_joined([pair[i] for pair in pieces]) for i in (0, 1))
        self.folder.writer.write_series(scenario, paths.start, series)
        return outcomes, statistics or PathStatistics.none(params, self.firm.no_counts(scenario) if self.firm else ())

    def _gather(self, unit: Unit, statistics: PathStatistics) -> None:
        """Adds up what this process makes, so that a summary need not read it again."""
        with self._lock:
            if unit.scenario not in self._gathered:
                if len(self._gathered) >= self._most_gathered:
                    return
                self._gathered[unit.scenario] = GatheredSums(self.plan.counted)
            gathered = self._gathered[unit.scenario]
        gathered.add(unit, statistics)

    def _summary(self, unit: Unit) -> bytes:
        """From the sums of blocks; or from the total, where it is all that is left of a damaged summary."""
        if (stored := self.folder.journal.statistics(unit)) is not None:
            total = unpack(stored)
        else:
            total = self._total(unit)
        write_summary(self.folder.writer, unit.scenario, self.scenarios[unit.scenario].params, total)
        if self.firm is not None:
            self.firm.write_weeks(self.folder.writer, unit.scenario, total)
        return stored or pack(total)

    def _total(self, unit: Unit) -> PathStatistics:
        with self._lock:
            gathered = self._gathered.pop(unit.scenario, None)
        total, gathered_units = gathered.take() if gathered else (None, frozenset())
        others = (u for u in self.plan.units(unit.scenario) if u not in gathered_units)
        blocks = (unpack(data) for data in self._sums(others))
        for part in chain(blocks, (source.total(unit.scenario) for source in self.sources)):
            if total is None:
                total = part if part.count == self.plan.counted else PathStatistics.like(part)
            if total is not part:
                total.add(part)
        assert total is not None
        assert total.count == self.plan.counted
        return total

    def _pairs(self, unit: Unit) -> bytes:
        return pack_sums(pair_block(self.folder.writer, unit))

    def _means(self, unit: Unit) -> bytes:
        sums = Sums()
        if (stored := self.folder.journal.statistics(unit)) is not None:
            sums = unpack_sums(stored)
        else:
            for data in self._sums(self.plan.units(unit.scenario, PAIRS)):
                sums.merge(unpack_sums(data))
        write_means(self.folder.writer, unit.scenario, sums)
        return pack_sums(sums)

    def _sums(self, units: Iterator[Unit]) -> Iterator[bytes]:
        """What finished parts left for the whole."""
        lost: list[Unit] = []
        for unit in units:
            data = self.folder.journal.statistics(unit)
            if data is None:
                lost.append(unit)
            elif not lost:
                yield data
        if lost:
            raise LostSums(lost)


def _joined(parts: list[Array]) -> Array:
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
