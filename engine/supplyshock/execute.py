"""Runs scenarios into a folder: simulate, write, journal, merge; killed anywhere, it goes on from there."""

from __future__ import annotations

import resource
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplyshock_kernels.backends import Simulate

from .blocks import Blocks
from .errors import Interrupted, SupplyshockError
from .interrupt import stop_on_signal
from .pairs import write_pairs
from .plan import Layout, Plan, default_threads, plan_run
from .progress import Progress, make_progress
from .request import find_backend
from .store.files import sync_tree, write_whole
from .store.folder import LOGS, Folder, open_folder
from .store.manifest import COMPLETE, RUNNING
from .store.provenance import machine, versions
from .workers import Stopped, run_all

if TYPE_CHECKING:
    from .scenario import Scenario


@dataclass(frozen=True)
class RunReport:
    """What a run did, as `--json` prints it."""

    run: str
    """Folder."""
    scenarios: tuple[str, ...]
    paths: int
    weeks: int
    backend: str
    device: str
    seconds: float
    """Of this command, without compiling."""
    seconds_compile: float
    path_weeks_per_second: float
    """Of the blocks this command computed."""
    market_steps_per_second: float
    blocks_computed: int
    blocks_resumed: int
    peak_memory_mb: float

    def as_dict(self) -> dict[str, Any]:
        """The fields, for JSON."""
        return asdict(self)


def run_scenarios(
    scenarios: Sequence[Scenario],
    out: str | Path,
    *,
    paths: int,
    seed: int = 0,
    keep_paths: int = 0,
    backend: str | Simulate = "numba",
    device: str = "auto",
    precision: str = "float32",
    threads: int | None = None,
    overwrite: bool = False,
    progress: str | Progress = "auto",
) -> RunReport:
    """Runs `scenarios` on the same paths into the folder `out`, or goes on with the run that is there.

    The first scenario is the one the others are compared with. The finished results.zarr has the same bytes
    whatever interrupted it, and the same values for any number of threads.

    Raises `UsageError` (numbers out of range, or `out` holds another run), `DeviceError` (no such backend or device),
    `StoreError` (reading or writing failed) and `Interrupted` (a signal; the same command resumes).
    """
    found = find_backend(backend, device)
    began = time.perf_counter()

    def replan(layout: Layout | None) -> Plan:
        return plan_run(
            scenarios,
            paths=paths,
            seed=seed,
            keep_paths=keep_paths,
            backend=found.name,
            device=found.device,
            precision=precision,
            threads=threads or default_threads(found.name, found.devices),
            layout=layout,
        )

    replan(None)  # a wrong request creates no folder
    out = Path(out)
    told = make_progress(progress) if isinstance(progress, str) else progress
    with open_folder(out, scenarios, replan, overwrite=overwrite) as folder, stop_on_signal() as stop:
        try:
            blocks = Blocks(folder, scenarios, found, told)
            clock = _run(folder, blocks, scenarios[0], stop)
            return _report(folder, blocks, clock, time.perf_counter() - began)
        except MemoryError as e:
            raise SupplyshockError(
                "out of memory", fix="use fewer --workers or --keep-paths; the same command resumes"
            ) from e
        finally:
            told.close()


@dataclass
class Clock:
    """Seconds."""

    compile: float = 0.0
    blocks: float = 0.0


def _run(folder: Folder, blocks: Blocks, first: Scenario, stop: threading.Event) -> Clock:
    plan, manifest, clock = folder.plan, folder.manifest, Clock()
    if not blocks.pending and manifest.status == COMPLETE:
        return clock
    session = {"began": _now(), "machine": machine(), "versions": versions(), "threads": plan.threads}
    manifest.status = RUNNING
    manifest.write(folder.out)
    blocks.tidy()
    if blocks.pending:
        clock.compile = _warm_up(first, blocks)
    blocks.told.start(len(plan.scenarios) * plan.paths, blocks.paths_done)
    each = partial(run_all, threads=plan.threads, stop=stop)
    began = time.perf_counter()
    try:
        each(blocks.work, blocks.todo())
        clock.blocks = time.perf_counter() - began
        write_pairs(folder.writer, plan, each)
        sync_tree(folder.writer.root / "pairs")
        manifest.status = COMPLETE
    except Stopped:
        raise _interrupted(folder, blocks) from None
    finally:
        _close_session(folder, session, blocks, time.perf_counter() - began)
    manifest.write(folder.out)
    return clock


def _warm_up(scenario: Scenario, blocks: Blocks) -> float:
    """Seconds to load or compile the backend, measured on one path."""
    began = time.perf_counter()
    blocks.simulate(scenario.params, blocks.grid, blocks.plan.seed, range(1))
    return time.perf_counter() - began


def _interrupted(folder: Folder, blocks: Blocks) -> Interrupted:
    done = blocks.computed + blocks.resumed
    return Interrupted(
        f"interrupted: {done} of {folder.plan.blocks} blocks are done",
        where=str(folder.out),
        fix="give the same command again to resume",
    )


def _close_session(folder: Folder, session: dict[str, Any], blocks: Blocks, seconds: float) -> None:
    """Enters this command into manifest and log; on a full disk the error that ended it matters more."""
    done = {"ended": _now(), "seconds": round(seconds, 3), "blocks_computed": blocks.computed}
    folder.manifest.sessions.append(session | done)
    log = folder.out / LOGS / f"{session['began'].replace(':', '')}.log"
    with suppress(OSError):
        folder.manifest.write(folder.out)
        write_whole(log, "".join(f"{key}: {value}\n" for key, value in (session | done).items()).encode())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _report(folder: Folder, blocks: Blocks, clock: Clock, seconds: float) -> RunReport:
    plan = folder.plan
    rate = blocks.paths_computed * plan.weeks / clock.blocks if clock.blocks else 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return RunReport(
        run=str(folder.out),
        scenarios=plan.scenarios,
        paths=plan.paths,
        weeks=plan.weeks,
        backend=plan.backend,
        device=plan.device,
        seconds=seconds - clock.compile,
        seconds_compile=clock.compile,
        path_weeks_per_second=rate,
        market_steps_per_second=rate * plan.markets,
        blocks_computed=blocks.computed,
        blocks_resumed=blocks.resumed,
        peak_memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20,
    )
