"""What is done. An entry is written last, so a part of the run with an entry has all its files.

``journal/<number>-<scenario>/<start>-<stop>.<kind>.json`` names every file of the part with its size and SHA-256.
Beside it lie exact sums: ``.stats`` of a block until the scenario is summarised, ``.total`` of a summary for ever,
so that a summary can be mended and runs can be joined.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..common.safe_text import load_json
from . import JOURNAL, RESULTS
from .atomic_files import PARTIAL, Digest, digest_file, write_whole
from .partition import BLOCK, MEANS, PAIRS, SUMMARY, Unit
from .untrusted.files import is_inside

SEAL = 32
"""Bytes of SHA-256 at the end of a file of sums."""
STATISTICS = {BLOCK: ".stats", PAIRS: ".stats", SUMMARY: ".total", MEANS: ".total"}
"""Ending of the file of sums of each kind."""


@dataclass(frozen=True)
class Entry:
    """The journal entry of a finished part."""

    run: str
    """Checksum of the run's manifest."""
    scenario: str
    digest: str
    """Of the scenario."""
    start: int
    stop: int
    kind: str
    files: dict[str, list[Any]]
    """Path below results.zarr -> [bytes, SHA-256]."""
    statistics: list[Any]
    """[bytes, SHA-256] of the file of sums."""
    made: dict[str, Any]
    """The origin of the part: device, versions, seconds, time, worker. It is not part of the results."""

    def damaged(self, results: Path) -> list[str]:
        """Files whose bytes are not those that were written; reads them all."""
        return [name for name, (size, sha) in self.files.items() if not has_bytes(results / name, size, sha)]


def read_entry(path: Path) -> Entry | None:
    """The entry in a file, or None if it is missing or not whole."""
    try:
        return parse_entry(path.read_bytes())
    except OSError:
        return None


def parse_entry(data: bytes) -> Entry | None:
    """The entry that a file holds, or None if it is not whole."""
    try:
        raw = load_json(data)
        seal = hashlib.sha256(json.dumps(raw["entry"]).encode()).hexdigest()
        entry = Entry(**raw["entry"])
        return entry if seal == raw["sha256"] and all(map(is_inside, entry.files)) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


class Journal:
    """The journal of a run. Any number of processes may write it, since they write the same."""

    def __init__(self, out: Path, run: str, names: tuple[str, ...], digests: tuple[str, ...]) -> None:
        """The journal of the run in the folder `out`, whose manifest has the checksum `run`; `names` and `digests` are
        those of its scenarios."""
        self.run = run
        self.results = out / RESULTS
        self.folder = out / JOURNAL
        self.names = names
        self.digests = digests

    def path(self, unit: Unit, ending: str = ".json") -> Path:
        """The file of an entry, or of its sums."""
        return self.of_scenario(unit.scenario) / f"{unit.start:013d}-{unit.stop:013d}.{unit.kind}{ending}"

    def of_scenario(self, scenario: int) -> Path:
        """The folder of a scenario's entries."""
        return self.folder / f"{scenario:03d}-{quote(self.names[scenario], safe='')}"

    def sums(self, unit: Unit) -> Path:
        """The file of a part's sums."""
        return self.path(unit, STATISTICS[unit.kind])

    def record(self, unit: Unit, files: Mapping[str, Digest], statistics: bytes, made: dict[str, Any]) -> None:
        """Declares a part done: enters its `files` (below results.zarr), which are on disk.

        Raises `OSError`; the part is then not done.
        """
        for name, (size, _) in files.items():
            if os.stat(f"{self.results}/{name}").st_size != size:
                raise OSError(errno.EIO, "not of the size that was written", f"{self.results}/{name}")
        sums = hashlib.sha256(statistics)
        seal = sums.digest()  # they outlive their entry
        sums.update(seal)
        write_whole(self.sums(unit), statistics, seal)
        entry = Entry(
            run=self.run,
            scenario=self.names[unit.scenario],
            digest=self.digests[unit.scenario],
            start=unit.start,
            stop=unit.stop,
            kind=unit.kind,
            files={name: list(digest) for name, digest in files.items()},
            statistics=[len(statistics) + SEAL, sums.hexdigest()],
            made=made,
        )
        body = json.dumps(vars(entry))
        sealed = hashlib.sha256(body.encode()).hexdigest()
        write_whole(self.path(unit), f'{{"entry": {body}, "sha256": "{sealed}"}}\n'.encode())

    def entry(self, unit: Unit) -> Entry | None:
        """The entry of a part, or None if there is none that is whole and of this very part."""
        entry = self._read_entry(self.path(unit))
        expected = (self.run, self.names[unit.scenario], self.digests[unit.scenario], unit.start, unit.stop, unit.kind)
        whole = entry and (entry.run, entry.scenario, entry.digest, entry.start, entry.stop, entry.kind) == expected
        return entry if whole else None

    def is_done(self, unit: Unit, *, sums: bool = False) -> bool:
        """True when the entry is whole and every file it names is there in its full size; `sums` wants those too."""
        entry = self.entry(unit)
        if entry is None or not all(_has_size(self.results / f, size) for f, (size, _) in entry.files.items()):
            return False
        return not sums or _has_size(self.sums(unit), entry.statistics[0])

    def statistics(self, unit: Unit) -> bytes | None:
        """The sums of a part, or None if they are not those that were written, or not there."""
        data = self._read_sums(self.sums(unit))
        if data is None:
            return None
        body, seal = data[:-SEAL], data[-SEAL:]
        return body if hashlib.sha256(body).digest() == seal else None

    def has_sums(self, unit: Unit) -> bool:
        """Whether a file of sums is there; reading it tells whether it is whole."""
        return self.sums(unit).exists()

    def forget(self, unit: Unit) -> None:
        """Takes a part back, so that it is made again; sums that are whole stay."""
        self.path(unit).unlink(missing_ok=True)
        if self.statistics(unit) is None:
            self.drop_sums(unit)

    def drop_sums(self, unit: Unit) -> None:
        """Removes the sums of a part."""
        self.sums(unit).unlink(missing_ok=True)

    def drop_statistics(self, scenario: int, kind: str = BLOCK) -> None:
        """Removes the blocks' sums of a summarised scenario: the largest files of the journal."""
        for path in self.of_scenario(scenario).glob(f"*.{kind}.stats"):
            path.unlink(missing_ok=True)

    def refresh(self) -> None:
        """Reads the names again, if they are known only from an earlier look; a folder is read each time."""

    def listed(self, scenario: int) -> set[str]:
        """Names of the files in a scenario's folder, as the server has them.

        A network file system may answer from memory. It does not once this machine has changed the folder itself.
        """
        folder = self.of_scenario(scenario)
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f"{secrets.token_hex(6)}{PARTIAL}"
            probe.touch()
            probe.unlink()
        try:
            return {p.name for p in folder.iterdir()}
        except OSError:
            return set()

    def _read_entry(self, path: Path) -> Entry | None:
        return read_entry(path)

    def _read_sums(self, path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except OSError:
            return None


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def has_bytes(path: Path, size: int, sha: str) -> bool:
    """Whether a file has this size and this SHA-256."""
    try:
        return digest_file(path) == (size, sha)
    except OSError:
        return False
