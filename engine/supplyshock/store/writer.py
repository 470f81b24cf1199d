"""Writes blocks into results.zarr through array handles that stay open."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import zarr
from zarr.storage import LocalStore, WrapperStore

from supplyshock_kernels.outputs import Rows, series_rows
from supplyshock_kernels.params import Array, Params

from . import RESULTS
from .mantissa_rounding import rounded
from .partition import BLOCK, MEANS, PAIRS, SUMMARY, Plan, Unit
from .variables import EXPOSURE, Variable, series_shard, stored_rows, variables

if TYPE_CHECKING:
    from zarr.abc.store import ByteRequest, Store
    from zarr.core.buffer import Buffer, BufferPrototype


class WriteOnlyStore(WrapperStore["Store"]):
    """A store whose chunks are written and never read.

    zarr reads the file of a shard at the end of an array before it writes it. What a crash or another process
    left there must not enter: every write here is of whole files.
    """

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        """Metadata; nothing for a chunk."""
        return None if "/c/" in key else await super().get(key, prototype, byte_range)


class Writer:
    """Handles on the arrays of a run; safe to use from many threads, each on units of its own."""

    def __init__(self, out: Path, plan: Plan, params: Params) -> None:
        """Opens the arrays that blocks, summaries and pairs fill. Raises `KeyError` or `ValueError`."""
        self.root = out / RESULTS
        self.plan = plan
        self.rows = stored_rows(params, plan.proposal, plan.book)
        self.series = series_rows(params)
        store = LocalStore(self.root)
        self.variables = variables(plan)
        opened = _open(WriteOnlyStore(store), self.variables)
        self.handles = {name: array.with_config({"write_empty_chunks": True}) for name, array in opened.items()}
        self._store: Store = store
        self._read: dict[str, zarr.Array[Any]] = {}

    def read_from(self, store: Store) -> None:
        """Reads from another store what other processes have written."""
        self._store = store

    def write(self, name: str, index: int, values: Array | float) -> None:
        """Writes row `index` (a scenario or a pair) of the variable ``group/name``. Raises `OSError`."""
        self._write({name: (index, values)})

    def write_paths(self, name: str, index: int, start: int, values: Array) -> None:
        """Writes `values` (paths, ...) of row `index` from path `start` on: whole files. Raises `OSError`."""
        self._write_paths({name: values}, index, start)

    def read_paths(self, name: str, index: int, unit: Unit) -> Array:
        """The values (paths of the unit, ...) of row `index`. Raises `OSError`."""
        if not self._read:
            self._read = _open(self._store, [v for v in self.variables if v.group == "outcomes"], mode="r")
        return np.asarray(self._read[name][index, unit.start : unit.stop])

    def write_outcomes(self, unit: Unit, outcomes: Array) -> None:
        """Writes the outcomes (rows, paths of the unit): whole files. Raises `OSError`."""
        table = {}
        for r in self.rows:
            values = rounded(outcomes[r.start : r.stop], self.plan.mantissa_bits).reshape(*r.shape, -1)
            table[r.name] = np.moveaxis(values, -1, 0)
        self._write_paths(table, unit.scenario, unit.start)

    def write_series(self, scenario: int, start: int, series: Array) -> None:
        """Writes the kept series (rows, T, kept) of the call that began at path `start`. Raises `OSError`."""
        weeks, kept = series.shape[1:]
        table = {}
        for r in self.series if kept else ():
            values = rounded(series[r.start : r.stop], self.plan.mantissa_bits).reshape(*r.shape, weeks, kept)
            table[f"paths/{r.name}"] = np.moveaxis(values, (-1, -2), (0, 1))
        self._write_paths(table, scenario, start)

    def _write_paths(self, table: Mapping[str, Array], index: int, start: int) -> None:
        """Writes (paths, ...) of several variables from path `start` on."""
        row = slice(index, index + 1)
        self._write({name: ((row, slice(start, start + len(v))), v[None]) for name, v in table.items()})

    def _write(self, table: Mapping[str, tuple[Any, Array | float]]) -> None:
        """Writes (selection, values) of variables side by side, in an event loop of this thread.

        zarr has one loop for all threads, in which those of a GPU node waited for each other: 3.3 s for a million
        paths, whether 2 or 16 of them wrote.
        """

        async def all_of_it() -> None:
            parts = ((self.handles[name].async_array, *what) for name, what in table.items())
            await asyncio.gather(*(array.setitem(selection, values) for array, selection, values in parts))

        if table:
            asyncio.run(all_of_it())

    def files(self, unit: Unit) -> list[str]:
        """Every file of the unit, relative to results.zarr."""
        return {BLOCK: self._block, SUMMARY: self._summary, PAIRS: self._pairs, MEANS: self._means}[unit.kind](unit)

    def _block(self, unit: Unit) -> list[str]:
        names = _keys("", self.rows, unit.scenario, unit.start, unit.stop, self.plan.layout.shard, 0)
        if unit.start < self.plan.save_series:
            stop = min(unit.stop, self.plan.save_series)
            names += _keys("paths/", self.series, unit.scenario, unit.start, stop, series_shard(self.plan), 1)
        return names

    def _summary(self, unit: Unit) -> list[str]:
        table = [v for v in self.variables if v.group in ("summary", EXPOSURE) and not v.path_chunk]
        return [_whole(v, unit.scenario) for v in table]

    def _pairs(self, unit: Unit) -> list[str]:
        cuts = range(unit.start // self.plan.layout.shard, -(-unit.stop // self.plan.layout.shard))
        table = [v for v in self.variables if v.group == "pairs" and v.path_chunk]
        return [f"pairs/{v.name}/c/{unit.scenario - 1}/{cut}" + "/0" * (len(v.dims) - 2) for v in table for cut in cuts]

    def _means(self, unit: Unit) -> list[str]:
        table = [v for v in self.variables if v.group == "pairs" and not v.path_chunk]
        return [_whole(v, unit.scenario - 1) for v in table]


def _open(store: Store, table: Iterable[Variable], mode: Literal["r", "r+"] = "r+") -> dict[str, zarr.Array[Any]]:
    group = zarr.open_group(store, mode=mode, zarr_format=3, use_consolidated=False)
    return {f"{v.group}/{v.name}": _array(group, f"{v.group}/{v.name}") for v in table}


def _array(group: zarr.Group, name: str) -> zarr.Array[Any]:
    array = group[name]
    assert isinstance(array, zarr.Array)
    return array


def _whole(v: Variable, index: int) -> str:
    """The one chunk of a scenario or a pair."""
    return f"{v.group}/{v.name}/c/{index}" + "/0" * (len(v.dims) - 1)


def _keys(group: str, rows: Iterable[Rows], scenario: int, start: int, stop: int, size: int, more: int) -> list[str]:
    """Chunk keys of the zarr default encoding; `more` axes stand between the path and those of the row. `group` ends
    with a slash, or is in the names of the rows."""
    cuts = range(start // size, -(-stop // size))
    return [f"{group}{r.name}/c/{scenario}/{cut}" + "/0" * (more + len(r.axes)) for r in rows for cut in cuts]
