"""Figures of a data set under the changes a config makes to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from supplyshock_kernels.params import Array

from ..dataset.csv_table import Table
from ..dataset.dataset import Dataset


@dataclass(frozen=True)
class Values:
    """Parameters by dotted name: the config's value, else the data set's."""

    dataset: Dataset
    changed: Mapping[str, float]

    def get(self, name: str, default: float | None = None) -> float:
        """Raises `KeyError` if neither has the name and there is no default."""
        if name in self.changed:
            return self.changed[name]
        figure = self.dataset.parameter.get((name,))
        if figure is not None:
            return figure.value
        if default is None:
            raise KeyError(name)
        return default

    def row(self, names: list[str], default: float | None = None) -> Array:
        """Several parameters as an array."""
        return np.array([self.get(n, default) for n in names], dtype=np.float64)


def column(table: Table, ids: tuple[str, ...], field: str, missing: float | None = None) -> Array:
    """One field of a table of figures as an array over `ids`."""
    if missing is None:
        return np.array([table[i, field].value for i in ids], dtype=np.float64)
    figures = [table.get((i, field)) for i in ids]
    return np.array([f.value if f else missing for f in figures], dtype=np.float64)


def matrix(table: Table, rows: tuple[str, ...], columns: tuple[str, ...]) -> Array:
    """A table keyed by (row, column); absent: 0."""
    cells = [[f.value if (f := table.get((r, c))) else 0.0 for c in columns] for r in rows]
    return np.array(cells, dtype=np.float64)
