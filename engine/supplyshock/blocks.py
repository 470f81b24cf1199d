"""The work of a run: what is done and what is not, and how one block is made."""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Iterator, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from supplyshock_kernels.observe import outcome_rows
from supplyshock_kernels.params import Array, Grid

from .plan import Unit
from .progress import Progress
from .request import Backend
from .store.files import sync_tree
from .store.folder import Folder
from .store.provenance import versions
from .summary import write_summary
from .tally import SharedTally, Tally, pack, unpack

if TYPE_CHECKING:
    from .scenario import Scenario


class Blocks:
    """Does blocks, from any thread, and merges what they add to the summaries."""

    def __init__(self, folder: Folder, scenarios: Sequence[Scenario], backend: Backend, told: Progress) -> None:
        """Finds out which blocks are done; starts nothing."""
        self.folder, self.plan, self.scenarios = folder, folder.plan, scenarios
        self.simulate, self.told, self._width = backend.simulate, told, backend.width
        self.grid = Grid(precision=self.plan.precision, keep=self.plan.keep_paths, device=backend.kind)
        self.summarised = {self.plan.scenarios.index(name) for name in folder.manifest.summarised}
        self.done = {u for u in self._units() if folder.journal.is_done(u, summarised=u.scenario in self.summarised)}
        self.resumed = len(self.done)
        self.computed = self.paths_computed = 0
        self.paths_done = sum(u.stop - u.start for u in self.done)
        self._left = {i: ceil(self.plan.paths / self.plan.layout.unit) for i in range(len(scenarios))}
        self._tallies: dict[int, SharedTally] = {}
        self._lock = threading.Lock()
        self._made: dict[str, Any] = {"device": f"{backend.device} {platform.machine()}", "versions": versions()}

    def _units(self) -> Iterator[Unit]:
        return (u for i in range(len(self.scenarios)) for u in self.plan.units(i))

    @property
    def pending(self) -> int:
        """Blocks still to be computed."""
        return self.plan.blocks - self.resumed - self.computed

    def tidy(self) -> None:
        """Removes the statistics that a kill left behind after their summary was written."""
        for scenario in self.summarised:
            self.folder.journal.drop_statistics(scenario)

    def todo(self) -> Iterator[Unit]:
        """Units to be computed, and units whose statistics a summary still needs, scenario by scenario."""
        return (u for u in self._units() if u not in self.done or u.scenario not in self.summarised)

    def work(self, unit: Unit) -> None:
        """Computes a unit, or reads its statistics where it is done; the last one writes the summary."""
        tally = self._read(unit) if unit in self.done else None
        if tally is None:
            tally = self._compute(unit)
        if unit.scenario not in self.summarised:
            self._merge(unit, tally)
        else:
            self.folder.journal.drop_statistics(unit.scenario)

    def _read(self, unit: Unit) -> Tally | None:
        data = self.folder.journal.statistics(unit)
        if data is not None:
            return unpack(data)
        with self._lock:
            self.resumed -= 1
            self.paths_done -= unit.stop - unit.start
        return None

    def _compute(self, unit: Unit) -> Tally:
        began = time.perf_counter()
        folder = self.folder
        folder.journal.forget(unit)
        folder.writer.remove(unit)
        outcomes, tally = self._simulate(unit)
        folder.writer.write_outcomes(unit, outcomes)
        made = self._made | {"seconds": round(time.perf_counter() - began, 3), "at": round(time.time(), 3)}
        made["width"] = self._width(self.plan.precision)
        folder.journal.record(unit, folder.writer.files(unit), pack(tally), made)
        with self._lock:
            self.computed += 1
            self.paths_computed += unit.stop - unit.start
        self.told.advance(unit.stop - unit.start)
        return tally

    def _simulate(self, unit: Unit) -> tuple[Array, Tally]:
        """Outcomes (rows, paths of the unit) and statistics, over one kernel call or several."""
        params = self.scenarios[unit.scenario].params
        calls = list(unit.calls(self.plan.layout.call))
        rows = outcome_rows(params)[-1].stop
        whole = np.empty((rows, unit.stop - unit.start), np.float32) if len(calls) > 1 else None
        tally: Tally | None = None
        for paths in calls:
            observed = self.simulate(params, self.grid, self.plan.seed, paths)
            self.folder.writer.write_series(unit.scenario, paths.start, observed.series)
            part = Tally.of(observed)
            if whole is None:
                return observed.outcomes, part
            whole[:, paths.start - unit.start : paths.stop - unit.start] = observed.outcomes
            tally = tally or Tally.like(part)
            tally.add(part)
        assert whole is not None
        assert tally is not None
        return whole, tally

    def _merge(self, unit: Unit, tally: Tally) -> None:
        if (unit.start, unit.stop) == (0, self.plan.paths):  # nothing to add it to: spares the 32-bit counts
            self._summarise(unit.scenario, tally)
            return
        with self._lock:
            if unit.scenario not in self._tallies:
                self._tallies[unit.scenario] = SharedTally(tally, self.plan.paths)
            shared = self._tallies[unit.scenario]
        shared.add(tally)
        with self._lock:
            self._left[unit.scenario] -= 1
            if self._left[unit.scenario]:
                return
            del self._tallies[unit.scenario]
        self._summarise(unit.scenario, shared.tally)

    def _summarise(self, scenario: int, total: Tally) -> None:
        folder = self.folder
        write_summary(folder.writer, scenario, self.scenarios[scenario].params, total)
        sync_tree(folder.writer.root / "summary")
        with self._lock:
            self.summarised.add(scenario)
            folder.manifest.summarised.append(self.plan.scenarios[scenario])
            folder.manifest.write(folder.out)
        folder.journal.drop_statistics(scenario)
