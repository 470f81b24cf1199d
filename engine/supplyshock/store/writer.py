"""Writes blocks into results.zarr: whole files, by threads that hold no interpreter while they pack and write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr
from zarr.storage import LocalStore

from supplyshock_kernels.outputs import series_rows
from supplyshock_kernels.params import Array, Params

from ..common.machine_limits import usable_cores
from ..common.thread_pool import Helpers
from . import RESULTS
from .array_files import ArrayFiles
from .atomic_files import Digest, write_digested
from .partition import BLOCK, MEANS, PAIRS, SUMMARY, Plan, Unit
from .variables import EXPOSURE, Variable, stored_rows, variables

if TYPE_CHECKING:
    from zarr.abc.store import Store


@dataclass(frozen=True)
class _File:
    """A file to be written."""

    array: ArrayFiles
    name: str
    values: Array
    """(entries, ...), perhaps fewer than the file has room for."""


class Writer:
    """Writes the arrays of a run; safe to use from many threads, each on units of its own."""

    def __init__(self, out: Path, plan: Plan, params: Params) -> None:
        """Opens the arrays that blocks, summaries and pairs fill. Raises `KeyError` or `ValueError`."""
        self.root = out / RESULTS
        self.plan = plan
        self.rows = stored_rows(params, plan.proposal, plan.book)
        self.series = series_rows(params)
        self.variables = variables(plan)
        self._store: Store = LocalStore(self.root)
        bits = [v.attrs.get("mantissa_bits_kept", 0) for v in self.variables]
        opened = _open(self._store, self.variables).items()
        self.arrays = {name: ArrayFiles.of(name, a, b) for (name, a), b in zip(opened, bits, strict=True)}
        self._read: dict[str, zarr.Array[Any]] = {}
        self._written: dict[str, Digest] = {}
        threads = plan.threads if plan.device == "cpu" else usable_cores()
        self._helpers = Helpers(2 * threads, "files")  # some wait for the disk

    def read_from(self, store: Store) -> None:
        """Reads from another store what other processes have written."""
        self._store = store

    def write(self, name: str, index: int, values: Array | float) -> None:
        """Writes row `index` (a scenario or a pair) of the variable ``group/name``. Raises `OSError`."""
        array = self.arrays[name]
        self._make([_File(array, array.key(index, 0), np.reshape(values, array.row or (1,)))])

    def write_paths(self, name: str, index: int, start: int, values: Array) -> None:
        """Writes `values` (paths, ...) of row `index` from path `start` on: whole files. Raises `OSError`."""
        self._write_paths({name: values}, index, start)

    def read_paths(self, name: str, index: int, unit: Unit) -> Array:
        """The values (paths of the unit, ...) of row `index`. Raises `OSError`."""
        if not self._read:
            self._read = _open(self._store, [v for v in self.variables if v.group == "outcomes"])
        return np.asarray(self._read[name][index, unit.start : unit.stop])

    def write_outcomes(self, unit: Unit, outcomes: Array) -> None:
        """Writes the outcomes (rows, paths of the unit): whole files. Raises `OSError`."""
        table = {}
        for r in self.rows:
            values = outcomes[r.start : r.stop].reshape(*r.shape, -1)
            table[r.name] = np.moveaxis(values, -1, 0)
        self._write_paths(table, unit.scenario, unit.start)

    def write_series(self, scenario: int, start: int, series: Array) -> None:
        """Writes the kept series (rows, T, kept) of the call that began at path `start`. Raises `OSError`."""
        weeks, kept = series.shape[1:]
        table = {}
        for r in self.series if kept else ():
            values = series[r.start : r.stop].reshape(*r.shape, weeks, kept)
            table[f"paths/{r.name}"] = np.moveaxis(values, (-1, -2), (0, 1))
        self._write_paths(table, scenario, start)

    def _write_paths(self, table: Mapping[str, Array], index: int, start: int) -> None:
        """Writes (paths, ...) of several variables from path `start` on. Raises `ValueError` for a part of a file."""
        files: list[_File] = []
        for name, values in table.items():
            array = self.arrays[name]
            if start % array.file:
                raise ValueError(f"{name}: path {start} is within a file of {array.file} paths")
            keys = array.keys(index, start, start + len(values))
            cuts = range(0, len(values), array.file)
            files += (_File(array, key, values[a : a + array.file]) for key, a in zip(keys, cuts, strict=True))
        self._make(files)

    def _make(self, files: list[_File]) -> None:
        """Makes files side by side, the largest first."""
        self._helpers.share(self._make_one, sorted(files, key=lambda file: -file.values.size))

    def _make_one(self, file: _File) -> None:
        self._written[file.name] = write_digested(f"{self.root}/{file.name}", file.array.parts(file.values))

    def files(self, unit: Unit) -> dict[str, Digest]:
        """Every file of the unit, relative to results.zarr, as this writer has just written it."""
        return {name: self._written.pop(name) for name in self._names(unit)}

    def _names(self, unit: Unit) -> Iterator[str]:
        if unit.kind == BLOCK:
            yield from self._of_paths((r.name for r in self.rows), unit.scenario, unit.start, unit.stop)
            stop = min(unit.stop, self.plan.save_series)
            if unit.start < stop:
                yield from self._of_paths((f"paths/{r.name}" for r in self.series), unit.scenario, unit.start, stop)
        elif unit.kind == PAIRS:
            names = (f"pairs/{v.name}" for v in self.variables if v.group == "pairs" and v.path_chunk)
            yield from self._of_paths(names, unit.scenario - 1, unit.start, unit.stop)
        else:
            groups, index = {
                SUMMARY: (("summary", EXPOSURE), unit.scenario), MEANS: (("pairs",), unit.scenario - 1)
            }[unit.kind]  # fmt: skip
            table = [v for v in self.variables if v.group in groups and not v.path_chunk]
            yield from (self.arrays[f"{v.group}/{v.name}"].key(index, 0) for v in table)

    def _of_paths(self, names: Iterable[str], index: int, start: int, stop: int) -> Iterator[str]:
        for name in names:
            yield from self.arrays[name].keys(index, start, stop)


def _open(store: Store, table: Iterable[Variable]) -> dict[str, zarr.Array[Any]]:
    group = zarr.open_group(store, mode="r", zarr_format=3, use_consolidated=False)
    return {f"{v.group}/{v.name}": _array(group, f"{v.group}/{v.name}") for v in table}


def _array(group: zarr.Group, name: str) -> zarr.Array[Any]:
    array = group[name]
    assert isinstance(array, zarr.Array)
    return array
