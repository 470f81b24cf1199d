"""Runs from which a new run takes its first paths: to extend a run, or to join runs of adjoining paths.

A path depends only on parameters, seed and its number, so its stored results need not be computed again. Outcomes
and series are copied, exact sums are added; differences and summaries are made from these as in any run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from supplyshock_kernels.outputs import Rows, series_rows
from supplyshock_kernels.params import Array, Params

from ..common.errors import StoreError, UsageError
from ..common.safe_text import command_line
from ..store import RESULTS
from ..store.journal import Journal, has_bytes
from ..store.manifest import Manifest
from ..store.partition import SUMMARY, Unit
from ..store.proposal import recorded_proposal
from ..store.status import COMPLETE, journal_of, manifest_of, state_for_people, state_of
from ..store.store_template import read_originals
from ..store.stored_scenarios import stored_scenarios
from ..store.untrusted.metadata import check_results
from ..store.variables import stored_rows
from .accumulators import PathStatistics, unpack

_Values = tuple[Array, Array]
RANGE = ("paths", "first-path", "keep-paths")
"""What may differ between runs that are joined."""


@dataclass(frozen=True)
class EarlierRun:
    """A complete run in another folder, from which paths are read instead of simulated."""

    out: Path
    manifest: Manifest
    journal: Journal
    _sound: set[Unit] = field(default_factory=set, compare=False)
    """Blocks whose files have the bytes that were written."""

    @classmethod
    def of(cls, out: Path) -> EarlierRun:
        """Raises `StoreError` if there is no run, one that is not complete, or one whose metadata is damaged."""
        manifest = manifest_of(out)
        if state_of(out, manifest) != COMPLETE:
            got, fix = state_for_people(out, manifest), "complete it first"
            raise StoreError("the run is not complete", where=str(out), got=got, fix=fix)
        source = cls(out.absolute(), manifest, journal_of(out, manifest))
        source._check_metadata()
        return source

    def _check_metadata(self) -> None:
        originals = read_originals(self.out)
        if originals is None:
            raise self._damaged("the list of checksums")
        for name, (size, sha) in originals["files"].items():
            if not has_bytes(self.out / RESULTS / name, size, sha):
                raise self._damaged(name)
        try:
            check_results(self.out / RESULTS)
        except ValueError as e:
            raise self._damaged(str(e)) from e

    def _check(self, scenario: int, cut: slice) -> None:
        """Checks the files of a range of paths. Copies get new checksums, so the originals must be undamaged."""
        blocks = self.manifest.layout.blocks(self.stop - self.first)
        units = (Unit(scenario, b.start, b.stop) for b in blocks if b.start < cut.stop and cut.start < b.stop)
        for unit in [u for u in units if u not in self._sound]:
            entry = self.journal.entry(unit)
            if entry is None:
                raise self._damaged(self.journal.path(unit).name)
            for name in entry.damaged(self.out / RESULTS):
                raise self._damaged(name)
            self._sound.add(unit)

    def _damaged(self, name: str) -> StoreError:
        fix = f"{self._repair} repairs it; then give the same command again"
        return StoreError("a run to take paths from is damaged", where=str(self.out), got=name, fix=fix)

    @property
    def _repair(self) -> str:
        return command_line("supplyshock", "verify", self.out, "--repair")

    @property
    def first(self) -> int:
        """Number of its first path."""
        return int(self.manifest.identity["first-path"])

    @property
    def stop(self) -> int:
        """One past its last path."""
        return self.first + int(self.manifest.identity["paths"])

    @property
    def kept_to(self) -> int:
        """One past the last path whose series it stores; its first path if there are none."""
        return self.first + int(self.manifest.identity["keep-paths"])

    def total(self, scenario: int) -> PathStatistics:
        """The sums over all of its paths. Raises `StoreError` if they are damaged."""
        unit = Unit(scenario, 0, self.stop - self.first, SUMMARY)
        data = self.journal.statistics(unit)
        if data is None:
            file = str(self.journal.sums(unit))
            raise StoreError("the sums are damaged", where=file, fix=self._repair)
        return unpack(data)

    def read(self, stored: Sequence[Rows], params: Params, scenario: int, paths: range, keep: int) -> _Values:
        """What is `stored` of these paths (rows, n), and series (rows, T, kept) of those below `keep`.

        Raises `StoreError` if their files are not those that were written, and `OSError`.
        """
        cut = slice(paths.start - self.first, paths.stop - self.first)
        self._check(scenario, cut)
        group = zarr.open_group(str(self.out / RESULTS), mode="r", zarr_format=3)
        totals = [self._rows(group, r.name, scenario, cut, 1) for r in stored]
        series_paths = min(max(keep - paths.start, 0), len(paths))
        if not series_paths:
            return np.concatenate(totals), np.empty((series_rows(params)[-1].stop, params.weeks, 0), np.float32)
        cut = slice(cut.start, cut.start + series_paths)
        weekly = [self._rows(group, f"paths/{r.name}", scenario, cut, 2) for r in series_rows(params)]
        return np.concatenate(totals), np.concatenate(weekly)

    def _rows(self, group: zarr.Group, name: str, scenario: int, cut: slice, axes: int) -> Array:
        """Values with their first `axes` axes last, path being the last of all; the others laid flat."""
        array = group[name]
        assert isinstance(array, zarr.Array)
        values = np.asarray(array[scenario, cut])
        turned = np.moveaxis(values, range(axes), range(-1, -axes - 1, -1))
        return np.ascontiguousarray(turned).reshape(-1, *turned.shape[turned.ndim - axes :])


def check_same_outcomes(run: EarlierRun, out: Path) -> None:
    """Raises `StoreError` if the outcomes of another complete run are not those of `run`, to the last bit."""
    scenarios, other = stored_scenarios(run.out), EarlierRun.of(out)
    size = run.manifest.layout.unit
    for index, scenario in enumerate(scenarios):
        stored = stored_rows(scenario.params, recorded_proposal(run.manifest.identity))
        for start in range(run.first, run.stop, size):
            paths = range(start, min(start + size, run.stop))
            one, two = (r.read(stored, scenario.params, index, paths, 0)[0] for r in (run, other))
            if one.tobytes() != two.tobytes():
                raise StoreError(
                    "outcomes differ from those of the run",
                    where=str(run.out),
                    expected="the same bits",
                    got=f"other values among the paths {paths.start:,} to {paths.stop - 1:,}",
                    fix="use the version and the backend that made the run, or leave --run out",
                )


class EarlierRuns(Sequence[EarlierRun]):
    """The paths that a run takes from others, in ascending order."""

    def __init__(self, sources: Sequence[EarlierRun] = ()) -> None:
        """Takes the runs in any order and sorts them by first path."""
        self._all = sorted(sources, key=lambda s: s.first)

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, index: Any) -> Any:
        return self._all[index]

    def pieces(self, paths: range) -> Iterator[tuple[range, EarlierRun | None]]:
        """Cuts a range of paths into pieces that one source has, or none."""
        next_path = paths.start
        for source in self._all:
            if source.stop <= next_path or source.first >= paths.stop:
                continue
            if source.first > next_path:
                yield range(next_path, source.first), None
            next_path = max(next_path, source.first)
            end = min(source.stop, paths.stop)
            yield range(next_path, end), source
            next_path = end
        if next_path < paths.stop:
            yield range(next_path, paths.stop), None

    def check(self, identity: dict[str, Any], out: Path) -> None:
        """Raises `UsageError` unless all may be parts of a run with this identity in another folder, `out`."""
        first, stop = int(identity["first-path"]), int(identity["first-path"]) + int(identity["paths"])
        keep = first + int(identity["keep-paths"])
        next_path = first
        for source in self._all:
            if out.exists() and out.samefile(source.out):
                raise UsageError(
                    "a run cannot take paths from itself; nothing was touched",
                    where=str(out),
                    fix="choose another --out",
                )
            _check_same(source, identity)
            if source.first < next_path:
                _refuse(
                    source,
                    f"paths from {next_path:,} on",
                    f"paths from {source.first:,} on",
                    "its paths overlap with those of another",
                )
            if source.stop > stop:
                _refuse(
                    source, f"paths below {stop:,}", f"paths below {source.stop:,}", "it has more paths than this run"
                )
            if min(keep, source.stop) > max(source.kept_to, source.first):
                stored = f"those below {source.kept_to:,}"
                _refuse(source, f"series of paths below {min(keep, source.stop):,}", stored, "it keeps fewer series")
            next_path = source.stop


def _check_same(source: EarlierRun, identity: dict[str, Any]) -> None:
    other = source.manifest.identity
    differ = [k for k in sorted(other.keys() | identity.keys()) if k not in RANGE and other.get(k) != identity.get(k)]
    if differ:
        key = differ[0]
        _refuse(source, f"{key} {identity.get(key)!s:.60}", f"{other.get(key)!s:.60}", "it is not the same run")


def _refuse(source: EarlierRun, expected: str, got: str, what: str) -> None:
    raise UsageError(f"cannot take paths from it: {what}", where=str(source.out), expected=expected, got=got)
