"""Measures of the paths that a store holds: outcomes of all paths, weekly series of the first ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import xarray as xr

from ...common.arguments import RESULTS, TEXT, TEXT_OR_NONE, checked
from ...common.errors import StoreError, UsageError
from ..estimators import Weights
from ..path_values import AT_LEAST, WHY_MISSING, Array, value_blocks
from ..run_groups import Run, dataset, one_scenario, require_known, scenarios_of, weights_in
from .fitted_measure import AxisStep, Measure, Part
from .resolve import resolve
from .vocabulary import run_vocabulary

WIDE = AT_LEAST * 64
"""Numbers of weekly series that are read at once, about."""


class StoredMeasure:
    """A measure and the run that it is read from."""

    def __init__(self, run: Run, measure: Measure) -> None:
        """Reads nothing."""
        self.run, self.measure = run, measure
        self.name, self.unit = measure.name, measure.unit
        self._group = dataset(run, "outcomes") if measure.window is None else _series(run, measure)

    def variable(self, part: Part) -> xr.DataArray:
        """The array that a part reads: of the group that its name has, or of that of all others."""
        group, _, name = part.variable.rpartition("/")
        return (dataset(self.run, group) if group else self._group)[name]

    @property
    def paths(self) -> int:
        """Paths that it is read on: all, or those with weekly series."""
        return int(self._group.sizes["path"])

    def read(self, scenario: str | None = None) -> Array:
        """(path,) the measure, read block by block, so that all axes never stand in memory at once.

        float32 as stored, float64 where something is added up. `scenario` is the first one by default. Raises
        `StoreError` if values are missing.
        """
        blocks = [self._finished(part) for part in self._blocks(scenario)]
        return np.concatenate(blocks)

    def weights(self, scenario: str | None = None) -> Weights:
        """Weights of these paths; None if all count alike."""
        w = weights_in(dataset(self.run, "outcomes"), scenario)
        return None if w is None else w[: self.paths]

    def _finished(self, raw: Array) -> Array:
        measure = self.measure
        if not measure.row.never and (gone := int((~np.isfinite(raw)).reshape(len(raw), -1).any(1).sum())):
            what = f"values are missing on {gone:,} of {len(raw):,} paths"
            raise StoreError(what, where=measure.name, fix=WHY_MISSING)
        return measure.finish(raw)

    def _blocks(self, scenario: str | None) -> list[Array]:
        """What `Measure.raw` gives for each block of paths."""
        arrays, measure = [], self.measure
        for part in measure.parts:
            array = one_scenario(self.variable(part), scenario)
            dims = ["path", *(["time"] if measure.window else []), *(s.axis for s in part.steps)]
            arrays.append((array.transpose(*dims), part))
        if measure.window is None:
            reads = [_outcome_blocks(array, part) for array, part in arrays]
            whole = replace(measure, parts=tuple(Part(str(i), ()) for i in range(len(reads))))
            return [whole.raw({str(i): block for i, block in enumerate(blocks)}) for blocks in zip(*reads, strict=True)]
        ((array, part),) = arrays
        return _weekly_blocks(array, part, measure)


def _outcome_blocks(array: xr.DataArray, part: Part) -> list[Array]:
    return [np.array(part.reduce(block, 1)) for block in value_blocks(array)]


def _weekly_blocks(array: xr.DataArray, part: Part, measure: Measure) -> list[Array]:
    """Only the labels and weeks that count are kept, a few megabytes at a time."""
    assert measure.window is not None
    at = {s.axis: [s.labels[0]] for s in part.steps if s.how == "take"}
    mine = Part(part.variable, tuple(_first(s) for s in part.steps))
    array = array.isel(at | {"time": slice(measure.window.first, measure.window.end)})
    per_path = max(int(np.prod(array.shape[1:])), 1)
    step = max(WIDE // per_path, 1)
    paths = array.sizes["path"]
    spans = [slice(a, min(a + step, paths)) for a in range(0, paths, step)]
    return [np.array(mine.reduce(array.isel(path=span).to_numpy(), 2)) for span in spans]


def _first(step: AxisStep) -> AxisStep:
    return step._replace(labels=(0,)) if step.how == "take" else step


def _series(run: Run, measure: Measure) -> xr.Dataset:
    """The group with weekly series. Raises `UsageError` if none are kept."""
    if isinstance(run, xr.DataTree) and "paths" in run.children:
        data = run["paths"].to_dataset()
        if data.sizes.get("path", 0) and measure.parts[0].variable in data:
            return data
    raise UsageError(
        "this measure reads weekly series, and the run kept none",
        where=measure.name,
        expected="a run with weekly series",
        got="only outcomes",
        fix="run it with --save-series 1000; `show` gives the mean and quantiles of one week (at) without series",
    )


def find_measure(run: Run, measure: str) -> StoredMeasure:
    """Parses a measure against a run, or against its outcomes alone. Reads labels only.

    Raises `UsageError` for unknown names, with the nearest one, and for a time where the run kept no weekly series.
    """
    return StoredMeasure(run, resolve(measure, run_vocabulary(run)))


def values_of(run: Run, measure: str, scenario: str | None = None) -> dict[str, tuple[Array, Weights]]:
    """The measure and the weights of the paths by scenario, (path,) each; of all scenarios by default."""
    stored, names = find_measure(run, measure), scenarios_of(run)
    if not names:
        return {scenario or "": (stored.read(), stored.weights())}
    chosen = names if scenario is None else [require_known(scenario, names, "scenario")]
    return {name: (stored.read(name), stored.weights(name)) for name in chosen}


@checked(run=RESULTS, measure=TEXT, scenario=TEXT_OR_NONE)
def measure(run: Run, measure: str, scenario: str | None = None) -> xr.DataArray:
    """The values of a measure, one number per path.

    Parameters
    ----------
    run : xr.DataTree or xr.Dataset
        A run as `open_run` returns it, or its outcomes as a Dataset.
    measure : str
        ``NAME[:LABEL,...] [TIME] [THRESHOLD]``: ``loss:US``, ``loss:US,ev_auto``, ``quote:Dy,CN``, ``paid:Dy at week
        26``, ``quote:Tb peak before 2027-04-07``, ``loss:US > 50 bn USD``, or any outcome by its own name.
        `supplyshock measures` lists all with units and meaning. Losses without a label are sums. Prices and stops
        without a label are those of the highest market or sector outside China. A threshold gives 100 on the paths
        where it holds and 0 elsewhere, so the mean is a probability in %. A time reads the weekly series, which a run
        stores for its first `save_series` paths.
    scenario : str, optional
        Name of a scenario. By default all scenarios of the run.

    Returns
    -------
    xr.DataArray
        Values with the dimensions (scenario, path), or (path,) for one scenario. The attributes are units, long_name
        and paths, the number of paths with a value.

    Raises
    ------
    UsageError
        The run lacks the measure, the label, the time or the scenario; the message gives the nearest name.
    StoreError
        Values are missing in the run.

    Examples
    --------
    >>> loss = measure(run, "loss:US", scenario="status_quo")
    >>> loss.dims, loss.units
    (('path',), '1e9 USD')
    >>> measure(run, "quote:Dy,CN").dims
    ('scenario', 'path')
    >>> measure(run, "quote:Dy at week 26", "status_quo").sizes["path"] == run.sizes.get("path", 10)
    True
    >>> probability = measure(run, "quote:Dy > 2", "breakdown").mean()
    >>> 0 <= float(probability) <= 100
    True
    """
    stored, names = find_measure(run, measure), scenarios_of(run)
    read: Callable[[str | None], Array] = stored.read
    about = stored.measure
    long_name = stored.variable(about.parts[0]).attrs.get("long_name", "") if len(about.parts) == 1 else ""
    attrs = {"units": about.units, "long_name": about.words(long_name), "paths": stored.paths}
    if scenario is not None or not names:
        return xr.DataArray(read(scenario), dims="path", name=measure, attrs=attrs)
    values = np.stack([read(name) for name in names])
    return xr.DataArray(values, {"scenario": names}, ("scenario", "path"), name=measure, attrs=attrs)
