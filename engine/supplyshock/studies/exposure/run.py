"""Simulates scenarios block by block, hands the weekly prices and shortages to the firm, and keeps its outcomes.

A path depends on parameters, seed and its number alone, so its bits are those of a run with the same seed; the weekly
series of a block are dropped once the firm has read them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from supplyshock_kernels.firm_outputs import FIRM_OUTCOMES, FirmOutcomes
from supplyshock_kernels.params import Array, Grid
from supplyshock_kernels.params.firm import Firm

from ...common.errors import Interrupted, StoreError, UsageError
from ...common.progress import Progress
from ...common.signals import stop_on_signal
from ...common.thread_pool import Stopped, run_all
from ...execution.backend_selection import Backend, find_backend
from ...execution.path_reuse import EarlierRun
from ...execution.request_checks import check_are_scenarios, check_numbers, check_scenarios
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.exposure.load import Loaded
from ...scenarios.scenario import Scenario
from ...store.mantissa_rounding import rounded
from ...store.proposal import recorded_proposal
from .firm_params import firm_of, series_of
from .outcome_store import OutcomeStore

ROOM = 160 * 2**20
"""Most bytes of weekly series and outcomes of one call."""


@dataclass(frozen=True)
class ExposurePlan:
    """What is simulated: a book under scenarios of the same weeks, start and labels."""

    loaded: Loaded
    scenarios: tuple[Scenario, ...]
    firms: tuple[Firm, ...]
    rows: tuple[int, ...]
    """Of the weekly series."""

    @property
    def width(self) -> int:
        """Bytes of a path, series and outcomes together."""
        outcomes = len(self.loaded.choices) * (len(FIRM_OUTCOMES) + len(self.rows))
        return 4 * (len(self.rows) * self.scenarios[0].weeks + outcomes)


def plan_exposure(loaded: Loaded, scenarios: Sequence[Scenario]) -> ExposurePlan:
    """Raises `ConfigError` and `UsageError`."""
    check_are_scenarios(scenarios)
    check_scenarios(scenarios)
    firms = tuple(firm_of(loaded, s) for s in scenarios)
    return ExposurePlan(loaded, tuple(scenarios), firms, series_of(loaded, scenarios[0]))


class Counts(NamedTuple):
    """Exact counts over the paths of every scenario, as in `FirmOutcomes`."""

    standing: Array
    """(S, O, L, T)."""
    stock: Array
    """(S, O, I, T, bins)."""
    rate: Array
    """(S, O, L, T, bins)."""
    top: Array
    """(S, O, I)."""


def simulate_exposure(
    plan: ExposurePlan,
    settings: SimulationSettings,
    store: OutcomeStore,
    progress: Progress,
    run: EarlierRun | None = None,
) -> Counts:
    """Fills the store. With a run its outcomes are compared bit by bit. Raises `Interrupted`, and as `_Work`."""
    check_numbers(
        paths=settings.paths, seed=settings.seed, save_series=0, precision=settings.precision, threads=settings.threads
    )
    backend = find_backend(settings.backend, settings.device)
    work = _Work(plan, settings, backend, store, progress, run)
    try:
        with stop_on_signal() as stop:
            work.warm_up()
            progress.start(len(plan.scenarios) * settings.paths, 0)
            run_all(work, work.pieces(), threads=settings.threads or backend.threads, stop=stop)
    except Stopped:
        raise Interrupted("interrupted; no results were kept", fix="repeat the command to start again") from None
    finally:
        progress.close()
    return work.counts()


class _Piece(NamedTuple):
    scenario: int
    paths: range


class _Work:
    """Simulates one block after the other, from any thread."""

    def __init__(
        self,
        plan: ExposurePlan,
        settings: SimulationSettings,
        backend: Backend,
        store: OutcomeStore,
        progress: Progress,
        run: EarlierRun | None,
    ) -> None:
        from supplyshock_kernels.backends.numba_cpu.firm import simulate_firm

        self.plan, self.settings, self.store, self.progress, self.run = plan, settings, store, progress, run
        self.simulate, self.simulate_firm = backend.simulate, simulate_firm
        rows = tuple(dict.fromkeys(plan.rows))  # in China the quote is the paid price, too
        self.grid = Grid(precision=settings.precision, device=backend.kind, keep=settings.paths, rows=rows)
        self._places = [rows.index(r) for r in plan.rows]
        self._counts: list[FirmOutcomes | None] = [None] * len(plan.scenarios)
        self._lock = threading.Lock()

    def warm_up(self) -> None:
        """Loads or compiles the backend and the firm on one path."""
        self._of(_Piece(0, range(1)))

    def pieces(self) -> Iterator[_Piece]:
        """Every scenario on a block of paths before the next block."""
        size = block_size(self.plan, self.settings)
        for start in range(0, self.settings.paths, size):
            block = range(start, min(start + size, self.settings.paths))
            yield from (_Piece(i, block) for i in range(len(self.plan.scenarios)))

    def _of(self, piece: _Piece) -> tuple[Any, FirmOutcomes]:
        params = self.plan.scenarios[piece.scenario].params
        observed = self.simulate(params, self.grid, self.settings.seed, piece.paths)
        series = observed.series if len(observed.series) == len(self._places) else observed.series[self._places]
        return observed, self.simulate_firm(self.plan.firms[piece.scenario], series)

    def __call__(self, piece: _Piece) -> None:
        observed, firm = self._of(piece)
        if self.run is not None:
            self._compare(piece, observed.outcomes)
        self.store.write(piece.scenario, piece.paths, firm.outcomes[:, : len(FIRM_OUTCOMES)])
        with self._lock:
            self._add(piece.scenario, firm)
        self.progress.advance(len(piece.paths))

    def _add(self, scenario: int, firm: FirmOutcomes) -> None:
        sums = self._counts[scenario]
        if sums is None:
            self._counts[scenario] = firm._replace(outcomes=np.empty(0))
            return
        for name in ("standing", "stock", "rate"):
            total = getattr(sums, name)
            total += getattr(firm, name)

    def _compare(self, piece: _Piece, outcomes: Array) -> None:
        assert self.run is not None
        params, bits = self.plan.scenarios[piece.scenario].params, int(self.run.manifest.identity["round-bits"])
        stored, _ = self.run.read(params, piece.scenario, piece.paths, 0)
        if rounded(outcomes, bits).tobytes() != np.ascontiguousarray(stored, np.float32).tobytes():
            raise StoreError(
                "outcomes differ from those of the run",
                where=str(self.run.out),
                expected="the same bits",
                got=f"other values among the paths {piece.paths.start:,} to {piece.paths.stop - 1:,}",
                fix="use the version and the backend that made the run, or leave --run out",
            )

    def counts(self) -> Counts:
        """Of all blocks."""
        done = [c for c in self._counts if c is not None]
        return Counts(*(np.stack([getattr(c, name) for c in done]) for name in Counts._fields))


def block_size(plan: ExposurePlan, settings: SimulationSettings) -> int:
    """Paths of a block: as equal as can be, and small enough for the series of one to stay in memory."""
    most = min(settings.call, max(1024, ROOM // plan.width // 1024 * 1024))
    return ceil(settings.paths / ceil(settings.paths / most))


def earlier_run(folder: Path) -> EarlierRun:
    """The complete run in a folder. Raises `UsageError` for one whose paths do not count alike."""
    run = EarlierRun.of(folder)
    if recorded_proposal(run.manifest.identity) or run.first:
        raise UsageError(
            "a run with importance sampling, or one that begins at a later path, has no exposure yet",
            where=str(folder),
            fix="make a run without them",
        )
    return run
