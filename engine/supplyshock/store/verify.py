"""Reads every file of a run and compares it with the checksum that was taken when it was written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ..common.progress import Progress
from . import JOURNAL, RESULTS
from .atomic_files import AT_ONCE, store_errors
from .journal import Entry, has_bytes
from .partition import GATHERED, Unit
from .status import journal_of, manifest_of, units_of
from .store_template import ARCHIVE, LIST, read_originals

Same = Callable[[str, int, str], bool]
"""Whether a file of the run has this size and this SHA-256."""


@dataclass(frozen=True)
class Verified:
    """The result of reading every file of a run. Names are relative to its folder."""

    files: int
    bytes: int
    damaged: tuple[str, ...]
    """Missing or with other bytes than those that were written; `verify --repair` mends them."""
    unknown: tuple[str, ...]
    """In results.zarr, and named by nothing: half-written (`clean` removes that) or put there by somebody."""
    parts_missing: int
    """Blocks, summaries and so on that the run has not made yet."""


@dataclass
class IntegrityReport:
    """The same in detail, for a repair."""

    originals: set[str] = field(default_factory=set)
    """Damaged files of what was there before the first block; ``LIST`` and ``ARCHIVE`` where these are."""
    units: dict[Unit, list[str]] = field(default_factory=dict)
    """Damaged parts and their damaged files."""
    missing: int = 0
    files: int = 0
    bytes: int = 0
    known: set[str] = field(default_factory=set)
    """Every file that results.zarr should have."""


def verify_run(out: str | Path, progress: Progress | None = None) -> Verified:
    """Reads all of a run. Raises `StoreError` if there is none, or where its manifest is damaged."""
    out = Path(out)
    with store_errors(out):
        return verify_files(out, progress, in_folder(out))


def in_folder(out: Path) -> Same:
    """Asks the files of the run in `out`."""
    return lambda name, size, sha: has_bytes(out / name, size, sha)


def verify_files(out: Path, progress: Progress | None, same: Same) -> Verified:
    """The same where `same` knows the bytes. Raises `StoreError`."""
    with store_errors(out):
        report = check_integrity(out, progress or Progress(), same)
        names = {f"{JOURNAL}/{n}" if n in (LIST, ARCHIVE) else f"{RESULTS}/{n}" for n in report.originals}
        names |= {name for files in report.units.values() for name in files}
        unknown = sorted(f"{RESULTS}/{n}" for n in _present(out / RESULTS) - report.known) if report.known else []
        return Verified(report.files, report.bytes, tuple(sorted(names)), tuple(unknown), report.missing)


def check_integrity(out: Path, progress: Progress, same: Same) -> IntegrityReport:
    """Compares every checksum. Raises `OSError` and `StoreError`."""
    manifest = manifest_of(out)
    journal, report = journal_of(out, manifest), IntegrityReport()
    entries: dict[Unit, Entry] = {}
    for unit in units_of(manifest):
        entry = journal.entry(unit)
        if entry is not None:
            entries[unit] = entry
        elif journal.path(unit).exists():
            report.units[unit] = [journal.path(unit).relative_to(out).as_posix()]
        else:
            report.missing += 1
    known = read_originals(out)
    progress.start(
        sum(e.statistics[0] + sum(size for size, _ in e.files.values()) for e in entries.values()), 0, "bytes"
    )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        _check_originals(out, report, pool, same)
        for unit, entry in entries.items():
            files = {f"{RESULTS}/{name}": (size, sha) for name, (size, sha) in entry.files.items()}
            whole = None if unit.kind not in GATHERED else Unit(unit.scenario, 0, _paths(entries), GATHERED[unit.kind])
            if whole is None or (whole not in entries and not journal.has_sums(whole)):
                size, sha = entry.statistics
                files[journal.sums(unit).relative_to(out).as_posix()] = (size, sha)
            if damaged := _compare(files, report, pool, same):
                report.units[unit] = damaged
            progress.advance(sum(size for size, _ in files.values()))
            report.known |= set(entry.files)
    report.known |= set(known["files"]) if known else set()
    return report


def _paths(entries: dict[Unit, Entry]) -> int:
    return max(u.stop for u in entries)


def _check_originals(out: Path, report: IntegrityReport, pool: ThreadPoolExecutor, same: Same) -> None:
    known = read_originals(out)
    if known is None:
        report.originals.add(LIST)
        return
    damaged = _compare({f"{RESULTS}/{name}": it for name, it in known["files"].items()}, report, pool, same)
    report.originals |= {name.removeprefix(f"{RESULTS}/") for name in damaged}
    if _compare({f"{JOURNAL}/{ARCHIVE}": known["archive"]}, report, pool, same):
        report.originals.add(ARCHIVE)


def _compare(
    files: dict[str, tuple[int, str]], report: IntegrityReport, pool: ThreadPoolExecutor, same: Same
) -> list[str]:
    """Names of those that are not what they were."""
    report.files += len(files)
    report.bytes += sum(size for size, _ in files.values())
    sound = pool.map(lambda item: same(item[0], *item[1]), files.items())
    return [name for name, ok in zip(files, sound, strict=True) if not ok]


def _present(root: Path) -> set[str]:
    def walk() -> Iterator[str]:
        for folder, _, files in os.walk(root):
            yield from ((Path(folder) / f).relative_to(root).as_posix() for f in files)

    return set(walk())


@dataclass(frozen=True)
class Repaired:
    """What a repair did."""

    mended: tuple[str, ...]
    """Files made again, relative to the folder of the run."""
    parts: int
    """Blocks, summaries and so on that were computed again."""
    parts_missing: int
    """Parts that the run has not made yet: the command that made it goes on. Damaged ones are then among them."""
