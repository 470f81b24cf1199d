"""One number a path: ``loss:US``, ``quote:Dy``, ``stop:ev_auto``, or any outcome with its labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ..common.errors import StoreError, UsageError
from ..scenarios.display_names import market_name, sector_name
from .path_values import Array, path_column
from .run_groups import Run, dataset, labels, one_scenario, require_known, scenarios_of
from .summary_tables.rows import COUNTRIES, PLACES

SHORT = {
    "loss": "loss_usd_bn",
    "bill": "price_bill_usd_bn",
    "quote": "peak_price_ratio",
    "paid": "peak_paid_price_ratio",
    "shortage": "shortage_weeks",
    "unmet": "unmet_weeks_of_use",
    "stop": "stop_weeks",
    "compute": "compute_delivered_ratio",
}
"""Short names of outcomes; every outcome also has its full name."""

TITLES = {
    "loss_usd_bn": "lost output",
    "price_bill_usd_bn": "price bill",
    "peak_price_ratio": "highest quote",
    "peak_paid_price_ratio": "highest price paid",
    "shortage_weeks": "weeks of shortage",
    "unmet_weeks_of_use": "unmet use",
    "stop_weeks": "weeks of standstill",
    "compute_delivered_ratio": "advanced chips delivered to China",
}
"""Names of these outcomes for a reader; others have the `long_name` of the store."""

FOLDS: Mapping[str, Mapping[str, str]] = {
    "loss_usd_bn": {"party": "sum", "sector": "sum"},
    "price_bill_usd_bn": {"party": "sum"},
    "actions": {"party": "sum", "kind": "sum"},
    "peak_price_ratio": {"market": "max", "bloc": "XC"},
    "peak_paid_price_ratio": {"market": "max"},
    "shortage_weeks": {"market": "max", "bloc": "XC"},
    "unmet_weeks_of_use": {"market": "max", "bloc": "XC"},
    "stop_weeks": {"sector": "max", "bloc": "XC"},
}
"""What becomes of an axis without a label: summed, the highest, or one label. Other outcomes need them all."""

NEVER = ("first_stop_week", "deal_week", "rift_week")
"""Outcomes that are NaN on a path on which they never happen; in all others NaN is a value that is missing."""


@dataclass(frozen=True)
class Measure:
    """A measure as it was asked for, fitted to the outcomes that are there."""

    name: str
    """As asked for: ``loss:US``."""
    variable: str
    at: dict[str, str]
    """Label by axis."""
    folds: dict[str, str]
    """sum or max by axis."""
    units: str
    long_name: str

    def read(self, data: xr.Dataset, scenario: str | None = None) -> Array:
        """(path,) float32, read block by block, so that all axes never stand in memory at once.

        Raises `StoreError` where values are missing.
        """
        array = one_scenario(data[self.variable], scenario)
        at = {axis: labels(array, axis).index(label) for axis, label in self.at.items()}
        axes = [axis for axis in array.dims if axis != "path"]

        def pick(block: Array) -> Array:
            x = block[(slice(None), *(at.get(str(axis), slice(None)) for axis in axes))]
            left = [self.folds[str(axis)] for axis in axes if axis not in at]
            for position in reversed(range(len(left))):
                x = x.sum(1 + position) if left[position] == "sum" else x.max(1 + position)
            return np.asarray(x)

        values = path_column(array.transpose("path", *axes), pick)
        if self.variable not in NEVER and (gone := int(np.count_nonzero(np.isnan(values)))):
            fix = "the run is not complete, or a file is damaged: see `supplyshock status` and `verify`"
            raise StoreError(f"values are missing on {gone:,} of {len(values):,} paths", where=self.name, fix=fix)
        return values

    @property
    def unit(self) -> str:
        """The units, as people read them: ``bn USD``, ``x baseline``, ``weeks``."""
        if self.units == "1":
            return "x baseline" if "ratio" in self.variable else "number" if self.variable == "actions" else "1"
        return self.units.replace("1e9 USD", "bn USD")

    def title(self) -> str:
        """What it is, for a reader: ``lost output, United States``."""
        told = [_word(axis, label) for axis, label in self.at.items()]
        told += [f"highest {axis}" for axis, how in self.folds.items() if how == "max"]
        return ", ".join([TITLES.get(self.variable, self.long_name), *told])

    def words(self) -> str:
        """What it is, in words: ``output lost ...: party US``."""
        told = [f"{axis} {label}" for axis, label in self.at.items()]
        told += [f"{'all' if how == 'sum' else 'highest'} of {axis}" for axis, how in self.folds.items()]
        return f"{self.long_name}{': ' + ', '.join(told) if told else ''}"


def _word(axis: str, label: str) -> str:
    if axis == "market":
        return market_name(label)
    if axis == "sector":
        return sector_name(label)
    return {"party": COUNTRIES, "bloc": PLACES}.get(axis, {}).get(label, label)


def find_measure(data: xr.Dataset, by: str) -> Measure:
    """Parses ``NAME[:LABEL[,LABEL]]`` against the outcomes `data`.

    NAME is a short name (`SHORT`) or an outcome; a label is any of its axes' but scenario and path. An axis
    without a label is folded as `FOLDS` says. Raises `UsageError` for unknown names, with the nearest one.
    """
    head, _, tail = by.partition(":")
    names = [str(v) for v in data.data_vars]
    short = [s for s, full in SHORT.items() if full in names]
    name = SHORT.get(head) or require_known(head, [*short, *names], "measure")
    array = data[require_known(name, names, "measure")]
    axes = [str(axis) for axis in array.dims if axis not in ("scenario", "path")]
    at = _labelled(array, axes, [part.strip() for part in tail.split(",") if part.strip()], by)
    folds: dict[str, str] = {}
    for axis in axes:
        if axis in at:
            continue
        how = FOLDS.get(name, {}).get(axis)
        if how in ("sum", "max"):
            folds[axis] = how
        elif how in labels(array, axis):
            at[axis] = str(how)
        else:
            raise _missing(array, by, axis)
    at = {axis: at[axis] for axis in axes if axis in at}
    return Measure(by, name, at, folds, array.attrs.get("units", "1"), array.attrs.get("long_name", name))


def _labelled(array: xr.DataArray, axes: list[str], wanted: list[str], by: str) -> dict[str, str]:
    at: dict[str, str] = {}
    everything = [label for axis in axes for label in labels(array, axis)]
    for label in wanted:
        require_known(label, everything, "label", where=by)
        axis = next((a for a in axes if a not in at and label in labels(array, a)), None)
        if axis is None:
            raise UsageError("two labels of one axis", where=by, got=repr(label), expected="one")
        at[axis] = label
    return at


def _missing(array: xr.DataArray, by: str, axis: str) -> UsageError:
    some = labels(array, axis)
    colon = "," if ":" in by else ":"
    return UsageError(
        f"this measure needs a {axis}",
        where=by,
        expected=f"such as {by}{colon}{some[0] if some else axis.upper()}",
        fix=f"one of {', '.join(some[:30])}",
    )


def measure(run: Run, by: str, scenario: str | None = None) -> xr.DataArray:
    """One number a path: dimensions (scenario, path), or (path,) for one scenario; float32.

    `by` is a short name (loss, bill, quote, paid, shortage, unmet, stop, compute) or the name of an outcome,
    then labels: ``loss:US``, ``loss:US,ev_auto``, ``quote:Dy``, ``quote:Dy,CN``. Losses without a label are
    summed, prices and stops without one are those of the highest market or sector, outside China.

    >>> loss = measure(run, "loss:US", scenario="status_quo")
    >>> loss.dims, loss.units
    (('path',), '1e9 USD')
    >>> measure(run, "quote:Dy,CN").dims
    ('scenario', 'path')

    Raises `UsageError` for a measure, a label or a scenario that is not there, with the nearest one.
    """
    data = dataset(run, "outcomes")
    found = find_measure(data, by)
    attrs = {"units": found.units, "long_name": found.words()}
    names = scenarios_of(data)
    if scenario is not None or not names:
        return xr.DataArray(found.read(data, scenario), dims="path", name=by, attrs=attrs)
    values = np.stack([found.read(data, name) for name in names])
    return xr.DataArray(values, {"scenario": names}, ("scenario", "path"), name=by, attrs=attrs)
