"""Looks at a run folder without changing it: how far it got, and whether its files are what was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from ..errors import StoreError
from .files import store_errors
from .journal import FOLDER, Entry, read_entry
from .manifest import Manifest, read_manifest
from .template import RESULTS


@dataclass(frozen=True)
class Status:
    """How far a run got."""

    run: str
    status: str
    """preparing, running or complete."""
    scenarios: tuple[str, ...]
    paths: int
    weeks: int
    blocks_done: int
    blocks: int
    sessions: int
    """Commands that worked on it."""


@dataclass(frozen=True)
class Verified:
    """What reading every file of every finished block found."""

    files: int
    bytes: int
    damaged: tuple[str, ...]
    """Relative to the folder of the run. Once they are removed, the same `run` makes their blocks anew."""


def run_status(out: str | Path) -> Status:
    """How far the run in `out` got; counts journal entries. Raises `StoreError` where there is no run."""
    out = Path(out)
    with store_errors(out):
        manifest = _manifest(out)
        who, names = manifest.identity, tuple(manifest.identity["digest"])
        blocks = len(names) * ceil(who["paths"] / manifest.layout.unit)
        done = sum(entry is not None for _, entry in _entries(out))
        sessions = len(manifest.sessions)
        return Status(str(out), manifest.status, names, who["paths"], who["weeks"], done, blocks, sessions)


def verify_run(out: str | Path) -> Verified:
    """Reads every file of every finished block and compares checksums.

    Raises `StoreError` where there is no run.
    """
    out = Path(out)
    damaged: list[str] = []
    count = size = 0
    with store_errors(out):
        _manifest(out)
        for file, entry in _entries(out):
            if entry is None:
                damaged.append(str(file.relative_to(out)))
                continue
            count += len(entry.files)
            size += sum(known[0] for known in entry.files.values())
            damaged += [f"{RESULTS}/{name}" for name in entry.damaged(out / RESULTS)]
    return Verified(count, size, tuple(damaged))


def _manifest(out: Path) -> Manifest:
    manifest = read_manifest(out)
    if manifest is None:
        raise StoreError("no run here", where=str(out), expected="a folder with a manifest.json in it")
    return manifest


def _entries(out: Path) -> Iterator[tuple[Path, Entry | None]]:
    return ((file, read_entry(file)) for file in sorted((out / FOLDER).glob("*/*.json")))
