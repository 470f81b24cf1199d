"""Writes results.zarr once, empty but for inputs and coordinates; blocks fill it afterwards."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from supplyshock_kernels.observe import sizes

from ..plan import Plan
from .document import Tree
from .files import write_whole
from .inputs import EXTRA_AXES, array_inputs, figures, scalar_inputs
from .layout import QUANTILES, Variable, chunks, shape, variables
from .names import AXIS_NAMES

if TYPE_CHECKING:
    from ..scenario import Scenario

RESULTS = "results.zarr"
NEW = "results.zarr.new"


def create(out: Path, plan: Plan, scenarios: Sequence[Scenario], attrs: dict[str, Any]) -> None:
    """Creates results.zarr in `out` at once or not at all. Raises `OSError`."""
    tree, axes = Tree(attrs), _Axes(plan, scenarios)
    for group, table in _by_group(variables(plan)).items():
        tree.group(group, _GROUPS[group])
        for v in table:
            _add(tree, v, axes, plan)
        axes.add(tree, group, {d for v in table for d in v.dims})
    _add_inputs(tree, scenarios, axes)
    new = out / NEW
    shutil.rmtree(new, ignore_errors=True)
    _save(tree, new)
    new.rename(out / RESULTS)


def _save(tree: Tree, folder: Path) -> None:
    """Writes the tree into a new folder; through `os`, since `pathlib` takes half as long again."""
    files = {os.path.join(folder, name): content for name, content in tree.files()}
    for parent in {os.path.dirname(path) for path in files}:
        os.makedirs(parent, exist_ok=True)
    for path, content in files.items():
        with open(path, "wb") as f:
            f.write(content)
    write_whole(folder / "zarr.json", tree.head())


_GROUPS = {
    "summary": "statistics of every week over all paths",
    "outcomes": "totals of every path; path i is the same luck in every scenario",
    "paths": "weekly series of the first paths",
    "pairs": "differences between scenarios on the same path, and their means",
    "inputs": "parameters as used, and the figures behind them",
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
        self.start = first.start
        self.values: dict[str, Any] = {
            "scenario": plan.scenarios,
            "pair": tuple(f"{name} - {plan.scenarios[0]}" for name in plan.scenarios[1:]),
            "quantile": np.array(QUANTILES),
            "time": 7 * np.arange(plan.weeks, dtype=np.int64),
            "source": first.labels.of("source"),
            **EXTRA_AXES,
        }
        for axis in sizes(first.params):
            if axis != "time":
                self.values[axis] = first.labels.of(axis)
        self.size = {axis: len(v) for axis, v in self.values.items()}

    def add(self, tree: Tree, group: str, dims: Iterable[str]) -> None:
        """Adds the coordinates of a group."""
        for axis in sorted(set(dims) & self.values.keys()):
            said: dict[str, Any] = {"units": "1", "long_name": AXIS_NAMES.get(axis, axis.replace("_", " "))}
            if axis == "time":
                said |= {"units": f"days since {self.start.isoformat()}", "calendar": "proleptic_gregorian"}
            tree.filled(f"{group}/{axis}", (axis,), self.values[axis], said)


def _add(tree: Tree, v: Variable, axes: _Axes, plan: Plan) -> None:
    paths = plan.keep_paths if v.group == "paths" else plan.paths
    size, cut = shape(v, axes.size, paths), chunks(v, axes.size)
    said = {"units": v.units, "long_name": v.long_name, **v.attrs}
    tree.array(f"{v.group}/{v.name}", v.dims, size, v.dtype, cut, said)


def _add_inputs(tree: Tree, scenarios: Sequence[Scenario], axes: _Axes) -> None:
    tree.group("inputs", _GROUPS["inputs"])

    def add(name: str, dims: Sequence[str], values: Any, said: str, units: str = "1") -> None:
        tree.filled(f"inputs/{name}", dims, values, {"units": units, "long_name": said})

    dims: set[str] = {"scenario"}
    for item in array_inputs(scenarios):
        dims.update(item.dims)
        add(item.name, item.dims, item.values, item.long_name, item.units)
    names, units, values = scalar_inputs(scenarios)
    add("scalar", ("scalar",), names, "name of a parameter that is one number")
    add("scalar_units", ("scalar",), units, "units of that parameter")
    add("value", ("scenario", "scalar"), values, "value of that parameter", "see scalar_units")
    for text in ("title", "description", "digest"):
        add(f"scenario_{text}", ("scenario",), [str(getattr(s, text)) for s in scenarios], f"{text} of the scenario")
    for column, texts in figures(scenarios).items():
        add(f"figure_{column}", ("figure",), texts, f"figures behind the parameters: {column}")
    axes.add(tree, "inputs", dims)
