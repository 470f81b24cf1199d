"""Writes results.zarr once, empty except for inputs and coordinates; blocks fill it afterwards."""

from __future__ import annotations

import errno
import re
import secrets
import shutil
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec
from zarr.core.array_spec import ArrayConfigParams
from zarr.storage import MemoryStore

from supplyshock_kernels.outputs import WEEKLY, sizes
from supplyshock_kernels.params import AXIS_LABELS, Array

from . import JOURNAL, RESULTS
from .atomic_files import sync_folder
from .axis_names import AXIS_NAMES
from .branch import GROUP, Branch
from .consolidated import consolidate
from .inputs import Input, array_inputs, figures, scalar_inputs
from .manifest import NAME
from .partition import Plan
from .stored_names import names_attribute
from .variables import EXPOSURE, QUANTILES, Variable, chunks, shape, variables

if TYPE_CHECKING:
    from ..scenarios.exposure.book import Book
    from ..scenarios.scenario import Scenario

NEW, OLD = ".new-", ".old-"
RENAMED = re.compile(
    f"({re.escape(RESULTS)}|{JOURNAL}|{re.escape(NAME)})({re.escape(NEW)}|{re.escape(OLD)})[0-9a-f]{{12}}"
)
"""Names of what is being made or removed."""
"""Between a name and what makes it unique: a folder that is being made, and one that is being removed."""
COMPRESSOR = BloscCodec(cname="lz4", clevel=1, shuffle="shuffle")
"""lz4 packs outcomes of the model at 1,430 MB/s to 1/2.3 of their size; zstd 1: 530 MB/s and 1/2.7."""
NUMBERS_CHUNK = 2**20
"""Numbers of paths in a chunk."""
FULL: ArrayConfigParams = {"write_empty_chunks": True}
"""Every chunk is a file, so a missing one is a loss and not a fill value."""


def create(out: Path, plan: Plan, scenarios: Sequence[Scenario], attrs: dict[str, Any]) -> None:
    """Creates results.zarr in `out` at once or not at all.

    If several processes do so, the first one wins; the others find its results and keep them. Raises `OSError`.
    """
    files: dict[str, Any] = {}
    store = MemoryStore(files)  # faster than file by file
    root = zarr.create_group(store, zarr_format=3, attributes=attrs)
    axes = _Axes(plan, scenarios)
    for group, table in _by_group(variables(plan)).items():
        node = root.create_group(group, attributes={"long_name": _GROUPS[group]})
        own = axes.of_book(plan.book) if plan.book and group == EXPOSURE else axes
        for v in table:
            _create(node, v, own, plan)
        own.write(node, {d for v in table for d in v.dims})
        if plan.book and group == EXPOSURE:
            write_book(node, plan.book)
    _write_inputs(root.create_group("inputs", attributes={"long_name": _GROUPS["inputs"]}), scenarios, axes)
    if plan.branch:
        _write_branch(root, plan, plan.branch)
    new = out / f"{RESULTS}{NEW}{secrets.token_hex(6)}"
    try:
        for name, content in files.items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_bytes(content.to_bytes())
        consolidate(new)
        _move(new, out / RESULTS)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def _move(new: Path, place: Path) -> None:
    """Renames a folder. If a folder with content exists already, it stays and the new one is removed."""
    try:
        new.rename(place)
    except OSError as e:
        if e.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        shutil.rmtree(new, ignore_errors=True)
        return
    sync_folder(place.parent)


_GROUPS = {
    "summary": "statistics of every week over all paths",
    "outcomes": "totals of every path; path i has the same random numbers in every scenario",
    "paths": "weekly series of the first paths",
    "pairs": "differences between scenarios on the same path, and their means",
    "inputs": "parameters as used, and the figures behind them",
    EXPOSURE: "one firm on every path: its outcomes under each option, and statistics of its weeks",
    GROUP: "what the paths go on from: parameters of the parent run until the day, and its paths",
}


def _by_group(table: Iterable[Variable]) -> dict[str, list[Variable]]:
    groups: dict[str, list[Variable]] = {}
    for v in table:
        groups.setdefault(v.group, []).append(v)
    return groups


class _Axes:
    """Sizes of all axes, and their coordinates."""

    def __init__(self, plan: Plan, scenarios: Sequence[Scenario]) -> None:
        first = scenarios[0]
        self.start, self.names = first.start, first.labels.names
        self.values: dict[str, Any] = {
            "scenario": plan.scenarios,
            "pair": tuple(f"{name} - {plan.scenarios[0]}" for name in plan.scenarios[1:]),
            "quantile": np.array(QUANTILES),
            "time": 7 * np.arange(plan.weeks, dtype=np.int64),
            "source": first.labels.of("source"),
            "quantity": tuple(w.name for w in WEEKLY),
            **AXIS_LABELS,
        }
        for axis in sizes(first.params):
            if axis != "time":
                self.values[axis] = first.labels.of(axis)
        self.size = {axis: len(v) for axis, v in self.values.items()}

    def of_book(self, book: Book) -> _Axes:
        """With options, inputs and lines of a firm."""
        own = copy(self)
        own.values = self.values | book.axes
        own.size = {axis: len(v) for axis, v in own.values.items()}
        return own

    def write(self, node: zarr.Group, dims: Iterable[str]) -> None:
        for axis in sorted(set(dims) & self.values.keys()):
            attributes: dict[str, Any] = {"units": "1", "long_name": AXIS_NAMES.get(axis, axis.replace("_", " "))}
            if axis == "time":
                attributes |= {"units": f"days since {self.start.isoformat()}", "calendar": "proleptic_gregorian"}
            attributes |= names_attribute(self.names, axis, map(str, self.values[axis]))
            _filled(node, axis, (axis,), self.values[axis], attributes)


def _create(node: zarr.Group, v: Variable, axes: _Axes, plan: Plan) -> None:
    chunk, shard = chunks(v, axes.size)
    paths = plan.save_series if v.group == "paths" else plan.paths
    node.create_array(
        v.name,
        shape=shape(v, axes.size, paths),
        chunks=chunk,
        shards=shard,
        dtype=v.dtype,
        compressors=COMPRESSOR,
        fill_value=float("nan"),
        dimension_names=v.dims,
        attributes={"units": v.units, "long_name": v.long_name, **v.attrs},
        config=FULL,
    )


def _filled(node: zarr.Group, name: str, dims: Sequence[str], values: Any, attrs: dict[str, Any]) -> None:
    """An array with its values, in one chunk; text becomes strings of any length."""
    data: Array = np.asarray(values)
    text = data.dtype.kind in "UO"
    array = node.create_array(
        name,
        shape=data.shape,
        chunks=tuple(max(1, n) for n in data.shape),
        dtype="string" if text else data.dtype,
        compressors=None if text or not data.shape else COMPRESSOR,
        fill_value=float("nan") if data.dtype.kind == "f" else None,
        dimension_names=tuple(dims),
        attributes=attrs,
        config=FULL,
    )
    if data.size:
        array[...] = data.astype(object) if text else data


def _write_branch(root: zarr.Group, plan: Plan, branch: Branch) -> None:
    node = root.create_group(GROUP, attributes={"long_name": _GROUPS[GROUP]})
    parent = branch.parent
    cut = replace(plan, scenarios=(parent.name,), weeks=parent.weeks)
    _write_inputs(node, [parent], _Axes(cut, [parent]))
    paths = range(plan.first, plan.first + plan.paths)
    for name, dim, values, text in (
        ("number", "match", branch.numbers, "paths of the parent run that meet the conditions"),
        ("parent", "path", branch.parents_of(paths), "path of the parent run that the path goes on from"),
    ):
        array = node.create_array(
            name,
            shape=values.shape,
            chunks=(min(len(values), NUMBERS_CHUNK),),
            dtype="int64",
            compressors=COMPRESSOR,
            dimension_names=(dim,),
            attributes={"units": "1", "long_name": text},
            config=FULL,
        )
        array[...] = values.astype(np.int64)


def write_book(node: zarr.Group, book: Book) -> None:
    """The options of a firm, and its book."""
    node.update_attributes(book.about)
    for name, long_name in (("sweep", "what is swept; empty for an option of its own"), ("value", "its value")):
        texts = [getattr(choice, name) for choice in book.loaded.choices]
        _filled(node, name, ("option",), texts, {"units": "1", "long_name": long_name})


def _write_inputs(node: zarr.Group, scenarios: Sequence[Scenario], axes: _Axes) -> None:
    dims: set[str] = {"scenario"}
    for item in array_inputs(scenarios):
        dims.update(item.dims)
        _write_input(node, item)
    names, units, values = scalar_inputs(scenarios)
    attributes = {"units": "1", "long_name": "name of a parameter that is one number"}
    _filled(node, "scalar", ("scalar",), names, attributes)
    _filled(node, "scalar_units", ("scalar",), units, {"units": "1", "long_name": "units of that parameter"})
    values_of = Input("value", ("scenario", "scalar"), values, "see scalar_units", "value of that parameter")
    _write_input(node, values_of)
    for text in ("title", "description", "digest"):
        attributes = {"units": "1", "long_name": f"{text} of the scenario"}
        _filled(node, f"scenario_{text}", ("scenario",), [str(getattr(s, text)) for s in scenarios], attributes)
    for column, texts in figures(scenarios).items():
        attributes = {"units": "1", "long_name": f"figures behind the parameters: {column}"}
        _filled(node, f"figure_{column}", ("figure",), texts, attributes)
    axes.write(node, dims)


def _write_input(node: zarr.Group, item: Input) -> None:
    _filled(node, item.name, item.dims, item.values, {"units": item.units, "long_name": item.long_name})
