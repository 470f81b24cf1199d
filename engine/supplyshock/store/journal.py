"""Which blocks are done. An entry is written last, so a block with an entry has all its files.

``journal/<number>-<scenario>/<start>-<stop>.json`` names every file of the block with its size and SHA-256;
``.stats`` beside it holds the block's share of the summary until the scenario is summarised.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..plan import Unit
from .files import digest_file, write_whole

FOLDER = "journal"


@dataclass(frozen=True)
class Entry:
    """A finished block."""

    scenario: str
    digest: str
    """Of the scenario."""
    start: int
    stop: int
    files: dict[str, list[Any]]
    """Path below results.zarr -> [bytes, SHA-256]."""
    statistics: list[Any]
    """[bytes, SHA-256] of the file of statistics."""
    made: dict[str, Any]
    """Device, versions, seconds, time: who made it. Not part of the results."""

    def damaged(self, results: Path) -> list[str]:
        """Files whose bytes are not those that were written; reads them all."""
        return [name for name, (size, sha) in self.files.items() if not _has_bytes(results / name, size, sha)]


def read_entry(path: Path) -> Entry | None:
    """The entry in a file, or None where it is missing or not whole."""
    try:
        raw = json.loads(path.read_bytes())
        seal = hashlib.sha256(json.dumps(raw["entry"]).encode()).hexdigest()
        return Entry(**raw["entry"]) if seal == raw["sha256"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Journal:
    """The journal of a run."""

    def __init__(self, out: Path, names: tuple[str, ...], digests: tuple[str, ...]) -> None:
        """Of the run in the folder `out`; `names` and `digests` are those of its scenarios."""
        self.results = out / "results.zarr"
        self.folder = out / FOLDER
        self.names = names
        self.digests = digests

    def _path(self, unit: Unit, ending: str) -> Path:
        return self._folder(unit.scenario) / f"{unit.start:013d}-{unit.stop:013d}{ending}"

    def _folder(self, scenario: int) -> Path:
        return self.folder / f"{scenario:03d}-{quote(self.names[scenario], safe='')}"

    def record(self, unit: Unit, files: list[str], statistics: bytes, made: dict[str, Any]) -> None:
        """Declares a block done: its `files` (below results.zarr) are put on disk and then entered.

        Raises `OSError`; the block is then not done.
        """
        sums = {name: list(digest_file(self.results / name, sync=True)) for name in files}
        write_whole(self._path(unit, ".stats"), statistics)
        entry = Entry(
            scenario=self.names[unit.scenario],
            digest=self.digests[unit.scenario],
            start=unit.start,
            stop=unit.stop,
            files=sums,
            statistics=[len(statistics), hashlib.sha256(statistics).hexdigest()],
            made=made,
        )
        body = json.dumps(asdict(entry))
        seal = hashlib.sha256(body.encode()).hexdigest()
        write_whole(self._path(unit, ".json"), f'{{"entry": {body}, "sha256": "{seal}"}}\n'.encode())

    def entry(self, unit: Unit) -> Entry | None:
        """The entry of a block, or None where there is none that is whole and of this very block."""
        entry = read_entry(self._path(unit, ".json"))
        mine = (self.names[unit.scenario], self.digests[unit.scenario], unit.start, unit.stop)
        whole = entry and (entry.scenario, entry.digest, entry.start, entry.stop) == mine
        return entry if whole else None

    def is_done(self, unit: Unit, *, summarised: bool) -> bool:
        """True when the entry is whole and every file it names is there in its full size.

        The block's statistics are needed too until its scenario is `summarised`.
        """
        entry = self.entry(unit)
        if entry is None or not all(_has_size(self.results / f, size) for f, (size, _) in entry.files.items()):
            return False
        return summarised or _has_size(self._path(unit, ".stats"), entry.statistics[0])

    def statistics(self, unit: Unit) -> bytes | None:
        """The statistics of a finished block, or None where they are not those that were written."""
        entry = self.entry(unit)
        try:
            data = self._path(unit, ".stats").read_bytes()
        except OSError:
            return None
        known = entry is not None and entry.statistics == [len(data), hashlib.sha256(data).hexdigest()]
        return data if known else None

    def forget(self, unit: Unit) -> None:
        """Takes a block back before it is computed anew."""
        for ending in (".json", ".stats"):
            self._path(unit, ending).unlink(missing_ok=True)

    def drop_statistics(self, scenario: int) -> None:
        """Removes the blocks' statistics of a summarised scenario: the largest files of the journal."""
        for path in self._folder(scenario).glob("*.stats"):
            path.unlink(missing_ok=True)


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _has_bytes(path: Path, size: int, sha: str) -> bool:
    try:
        return digest_file(path) == (size, sha)
    except OSError:
        return False
