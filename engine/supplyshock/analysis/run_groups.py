"""Finds groups, scenarios and labels in results, and says what is there when something is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import xarray as xr

from ..common.errors import StoreError, UsageError, did_you_mean
from ..scenarios.display_names import DisplayNames
from ..store.branch import GROUP as BRANCH
from ..store.stored_names import read_names
from ..store.variables import LOG_WEIGHT
from .estimators import Weights
from .path_values import path_weights

Run = xr.DataTree | xr.Dataset
"""The results of a run, as `open_run` or plain xarray gives them, or one group of them."""


def dataset(run: Run, group: str) -> xr.Dataset:
    """The group as a Dataset; a Dataset is taken for the group itself. Reads no values.

    Raises `UsageError` for a tree without that group.
    """
    if isinstance(run, xr.Dataset):
        return run
    if group not in run.children:
        raise UsageError("no such group in these results", got=repr(group), fix=_known(group, run.children))
    return run[group].to_dataset()


def variable(data: xr.Dataset, name: str) -> xr.DataArray:
    """A variable. Raises `UsageError` with the nearest name for one that is not there."""
    return data[require_known(name, map(str, data.data_vars), "variable")]


def require_known(name: str, names: Iterable[str], what: str, where: str = "") -> str:
    """`name`, if it is one of `names`; else raises `UsageError` with the nearest one."""
    names = list(names)
    if name not in names:
        raise UsageError(f"no such {what} in these results", where=where, got=repr(name), fix=_known(name, names))
    return name


def find_label(run: Run, data: xr.DataArray | xr.Dataset, axis: str, text: str, where: str = "") -> str:
    """The label of an axis that a text means, by id or display name in any case; else raises `UsageError`."""
    ids, names = labels(data, axis), names_of(run)
    if found := names.find(axis, text, ids):
        return found
    hint = names.nearest(axis, text, ids)
    fix = f"{hint} known: {', '.join(ids[:30])}{', ...' if len(ids) > 30 else ''}".strip()
    raise UsageError(f"no such {axis} in these results", where=where, got=repr(text), fix=fix)


def _known(name: str, names: Iterable[str]) -> str:
    names = sorted(names)
    listed = f"known: {', '.join(names[:30])}{', ...' if len(names) > 30 else ''}" if names else ""
    return f"{did_you_mean(name, names)} {listed}".strip()


def labels(array: xr.DataArray | xr.Dataset, axis: str) -> list[str]:
    """The labels of an axis, as text."""
    return [str(v) for v in array[axis].to_numpy()] if axis in array.coords else []


def scenarios_of(run: Run) -> list[str]:
    """Names of the scenarios, the baseline first; empty for results of one scenario without its name."""
    data = run if isinstance(run, xr.Dataset) else dataset(run, "outcomes")
    return labels(data, "scenario") if "scenario" in data.dims else []


def names_of(run: Run) -> DisplayNames:
    """The names that people read in place of ids. Reads only attributes; raises `StoreError` for damaged ones."""
    groups = [node.to_dataset() for node in run.children.values()] if isinstance(run, xr.DataTree) else [run]
    try:
        return read_names(groups)
    except ValueError as error:
        fix = "supplyshock verify says what is damaged"
        raise StoreError("the names in these results cannot be read", got=str(error), fix=fix) from None


def one_scenario(array: xr.DataArray, scenario: str | None) -> xr.DataArray:
    """The part of one scenario, by default of the first. Raises `UsageError` for an unknown one."""
    if "scenario" not in array.dims:
        return array
    names = labels(array, "scenario")
    return array.sel(scenario=names[0] if scenario is None else require_known(scenario, names, "scenario"))


def weights_in(data: xr.Dataset, scenario: str | None = None) -> Weights:
    """Weights of the paths of a scenario, by default of the first; None if all count alike."""
    if LOG_WEIGHT not in data:
        return None
    return path_weights(xr.Dataset({LOG_WEIGHT: one_scenario(data[LOG_WEIGHT], scenario)}))


def select_scenarios(run: xr.DataTree, names: Sequence[str]) -> xr.DataTree:
    """The results of some scenarios, in that order: the first becomes the one that others are compared with.

    Without the group `pairs`, whose differences are to the first scenario of the run. Reads no values. Raises
    `UsageError` for an unknown scenario and for one that is named twice.
    """
    there = scenarios_of(run)
    for name in names:
        require_known(name, there, "scenario")
        if list(names).count(name) > 1:
            raise UsageError("a scenario is named twice", got=repr(name), fix="name each once")
    kept = {key: node for key, node in run.children.items() if key != "pairs"}
    parts = {key: node.to_dataset() for key, node in kept.items()}
    part = xr.DataTree.from_dict(
        {key: data if key == BRANCH else data.sel(scenario=list(names)) for key, data in parts.items()}
    )
    part.attrs = {**run.attrs, "scenarios": list(names)}
    return part
