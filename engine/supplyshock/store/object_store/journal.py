"""The journal of a run in object storage: parts are made in a folder, sent, and then entered."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...common.errors import StoreError
from .. import JOURNAL, RESULTS
from ..atomic_files import Digest
from ..journal import Entry, Journal, parse_entry
from ..manifest import NAME
from ..partition import BLOCK, Unit
from ..untrusted.files import MAX_FILE
from .bucket import Bucket


class SentJournal(Journal):
    """As `Journal`, of objects. Names are known from the last `refresh` or `listed`; an object appears whole."""

    def __init__(self, stage: Journal, bucket: Bucket) -> None:
        """For the run of the stage's journal. Reads nothing yet."""
        super().__init__(stage.results.parent, stage.run, stage.names, stage.digests)
        self._bucket = bucket
        self._there: set[str] = set()
        self._changing = threading.Lock()
        self._manifest = bucket.get(NAME)

    def refresh(self) -> None:
        """Looks at all that is there."""
        names = set(self._bucket.sizes(f"{JOURNAL}/"))
        with self._changing:
            self._there = names

    def listed(self, scenario: int) -> set[str]:
        """Names in a scenario's folder, as the service has them."""
        folder = self._name(self.of_scenario(scenario)) + "/"
        names = set(self._bucket.sizes(folder))
        with self._changing:
            self._there = {n for n in self._there if not n.startswith(folder)} | names
        return {n.removeprefix(folder) for n in names}

    def record(self, unit: Unit, files: Mapping[str, Digest], statistics: bytes, made: dict[str, Any]) -> None:
        """Sends a part and declares it done; its files on this machine go then. Raises `OSError` and `StoreError`."""
        super().record(unit, files, statistics, made)
        sent = {f"{RESULTS}/{name}": self.results / name for name in files}
        sent[self._name(self.sums(unit))] = self.sums(unit)
        self._bucket.put_all(sent)
        if self._bucket.get(NAME) != self._manifest:
            fix = "give the same command again"
            raise StoreError("the run was replaced in the meantime", where=str(self._bucket.address), fix=fix)
        self._bucket.put(self._name(self.path(unit)), self.path(unit))
        with self._changing:
            self._there |= {self._name(self.sums(unit)), self._name(self.path(unit))}
        for path in (*sent.values(), self.path(unit)):
            path.unlink(missing_ok=True)

    def is_done(self, unit: Unit, *, sums: bool = False) -> bool:
        """True when the part has an entry; `sums` wants its sums too."""
        there = self._there
        return self._name(self.path(unit)) in there and (not sums or self._name(self.sums(unit)) in there)

    def has_sums(self, unit: Unit) -> bool:
        """Whether sums are there."""
        return self._name(self.sums(unit)) in self._there

    def forget(self, unit: Unit) -> None:
        """Takes a part back, so that it is made again; sums that are whole stay."""
        self._remove([self._name(self.path(unit))])
        if self.statistics(unit) is None:
            self.drop_sums(unit)

    def drop_sums(self, unit: Unit) -> None:
        """Removes the sums of a part."""
        self._remove([self._name(self.sums(unit))])

    def drop_statistics(self, scenario: int, kind: str = BLOCK) -> None:
        """Removes the blocks' sums of a summarised scenario."""
        folder = self._name(self.of_scenario(scenario)) + "/"
        self._remove([n for n in self._there if n.startswith(folder) and n.endswith(f".{kind}.stats")])

    def _remove(self, names: list[str]) -> None:
        self._bucket.delete(names)
        with self._changing:
            self._there = self._there - set(names)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.results.parent).as_posix()

    def _read_entry(self, path: Path) -> Entry | None:
        try:
            return parse_entry(self._bucket.get(self._name(path)))
        except FileNotFoundError:
            return None

    def _read_sums(self, path: Path) -> bytes | None:
        try:
            return self._bucket.get(self._name(path), MAX_FILE)
        except FileNotFoundError:
            return None
