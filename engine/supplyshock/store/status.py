"""Reads the progress of a run folder without changing it: finished blocks, workers and their speed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.errors import StoreError
from . import LOGS, RESULTS, WORKERS
from .atomic_files import store_errors
from .journal import Journal
from .manifest import Manifest, read_manifest
from .partition import BLOCK, MEANS, PAIRS, SUMMARY, Unit
from .untrusted.files import check_run
from .worker_registry import WorkerRecord, worker_records

PREPARING, RUNNING, COMPLETE = "preparing", "running", "complete"
INTERRUPTED = "interrupted"
"""For people: a run that nobody works on, and that the same command resumes."""
RECENT = 8
"""Blocks of each thread of a worker over which its rate is taken."""


@dataclass(frozen=True)
class Worker:
    """A process that works on a run, or that died over it."""

    id: str
    host: str
    pid: int
    alive: bool
    shard: str
    threads: int
    doing: tuple[str, ...]
    """Parts in hand."""
    blocks_done: int
    paths_per_second: float | None
    """The rate over its last blocks; None before the first one is done."""


@dataclass(frozen=True)
class Status:
    """The progress of a run."""

    run: str
    status: str
    """preparing, running or complete. A run is running until it is complete, whether or not anybody works on it."""
    scenarios: tuple[str, ...]
    paths: int
    weeks: int
    blocks_done: int
    blocks_running: int
    blocks_missing: int
    """Not done, and not in progress."""
    blocks: int
    summaries_done: int
    paths_per_second: float
    """The rate of all living workers, over the paths of all scenarios."""
    seconds_left: float | None
    """None while nobody works, or no rate is known."""
    sessions: int
    """Commands that worked on it and came to an end."""
    workers: tuple[Worker, ...]


def manifest_of(out: Path) -> Manifest:
    """The manifest of a run. Raises `StoreError` if there is none."""
    check_run(out)
    manifest = read_manifest(out)
    if manifest is None:
        raise StoreError("no run here", where=str(out), expected="a folder with a manifest.json in it")
    return manifest


def journal_of(out: Path, manifest: Manifest) -> Journal:
    """The journal of a run."""
    return Journal(out, manifest.checksum, manifest.scenarios, tuple(manifest.identity["digest"].values()))


def units_of(manifest: Manifest) -> Iterator[Unit]:
    """All parts of a run, from its manifest alone."""
    blocks = list(manifest.layout.blocks(int(manifest.identity["paths"])))
    for i in range(len(manifest.scenarios)):
        for kind, whole in ((BLOCK, SUMMARY), (PAIRS, MEANS))[: 1 + (i > 0)]:
            yield from (Unit(i, b.start, b.stop, kind) for b in blocks)
            yield Unit(i, 0, blocks[-1].stop, whole)


def state_of(out: Path, manifest: Manifest) -> str:
    """preparing, running or complete: a run is complete when every part has an entry."""
    if not (out / RESULTS / "zarr.json").is_file():
        return PREPARING
    journal = journal_of(out, manifest)
    entered = [_names(journal.of_scenario(i)) for i in range(len(manifest.scenarios))]
    return COMPLETE if all(journal.path(u).name in entered[u.scenario] for u in units_of(manifest)) else RUNNING


def state_for_people(out: Path, manifest: Manifest) -> str:
    """`state_of`; interrupted, where no worker is alive."""
    return in_words(state_of(out, manifest), any(w.alive for w in worker_records(out / WORKERS)))


def in_words(state: str, anybody: bool) -> str:
    """A state of `state_of`; interrupted, where a run is not complete and `anybody` is false."""
    return INTERRUPTED if state == RUNNING and not anybody else state


def _names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()} if folder.is_dir() else set()


def run_status(out: str | Path) -> Status:
    """The progress of the run in `out`, from its journal. Raises `StoreError` if there is no run."""
    out = Path(out)
    with store_errors(out):
        manifest = manifest_of(out)
        return _status(out, manifest)


def _status(out: Path, manifest: Manifest) -> Status:
    identity, journal = manifest.identity, journal_of(out, manifest)
    present = worker_records(out / WORKERS)
    blocks = sum(1 for u in units_of(manifest) if u.kind == BLOCK)
    entries = {u: e for u in units_of(manifest) if (e := journal.entry(u)) is not None}
    done = [u for u in entries if u.kind == BLOCK]
    doing = {name for s in present if s.alive for name in s.doing if name.endswith(f".{BLOCK}")}
    running = len(doing - {u.name for u in done})
    blocks_of: dict[str, list[Any]] = {}
    for unit in done:
        row = entries[unit].made
        blocks_of.setdefault(str(row.get("worker")), []).append((row["at"], row["seconds"], unit.stop - unit.start))
    workers = tuple(_worker(s, blocks_of.get(s.id, [])) for s in present)
    rate = sum(w.paths_per_second or 0.0 for w in workers if w.alive)
    paths_left = len(manifest.scenarios) * identity["paths"] - sum(u.stop - u.start for u in done)
    return Status(
        run=str(out),
        status=state_of(out, manifest),
        scenarios=manifest.scenarios,
        paths=identity["paths"],
        weeks=identity["weeks"],
        blocks_done=len(done),
        blocks_running=running,
        blocks_missing=blocks - len(done) - running,
        blocks=blocks,
        summaries_done=sum(u.kind == SUMMARY for u in entries),
        paths_per_second=rate,
        seconds_left=paths_left / rate if rate else None,
        sessions=len(list((out / LOGS).glob("*.json"))),
        workers=workers,
    )


def _worker(record: WorkerRecord, blocks: list[Any]) -> Worker:
    state = record.state
    return Worker(
        id=record.id,
        host=str(state.get("host", "")),
        pid=int(state.get("pid", 0)),
        alive=record.alive,
        shard=str(state.get("shard", "")),
        threads=int(state.get("threads", 0)),
        doing=tuple(sorted(record.doing)),
        blocks_done=len(blocks),
        paths_per_second=_rate(blocks, max(1, int(state.get("threads", 1)))),
    )


def _rate(blocks: list[Any], threads: int) -> float | None:
    """Paths a second of a worker whose threads are all busy: the rate of one thread, times the number of threads.

    A rate from the first beginning to the last end would be too low: it lacks the blocks that have not ended.
    """
    recent = sorted(blocks)[-RECENT * threads :]
    seconds = sum(seconds for _, seconds, _ in recent)
    return threads * sum(paths for *_, paths in recent) / seconds if seconds > 0 else None
