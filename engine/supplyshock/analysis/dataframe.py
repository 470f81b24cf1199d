"""Measures as a table, a row per path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .run_groups import Run
from .tail_risk import values_of

if TYPE_CHECKING:
    import pandas as pd


def to_dataframe(run: Run, *by: str, scenario: str | None = None) -> pd.DataFrame:
    """A column per measure and a row per path, indexed by path, or by (scenario, path) for all scenarios.

    Where paths do not count alike a last column, weight, has a mean of 1 in each scenario.

    >>> table = to_dataframe(run, "loss:US", "loss:CN", "quote:Dy", scenario="status_quo")
    >>> table.shape, table.index.name
    ((300, 3), 'path')
    >>> to_dataframe(run, "loss:US").index.names
    FrozenList(['scenario', 'path'])

    Without a measure: the lost output of both parties. Raises `UsageError` as `measure` does.
    """
    import pandas as pd

    columns = {name: values_of(run, name, scenario) for name in by or ("loss:US", "loss:CN")}
    names = list(next(iter(columns.values())))
    parts = [pd.DataFrame({by: values[name][0] for by, values in columns.items()}) for name in names]
    for part, (_, w) in zip(parts, next(iter(columns.values())).values(), strict=True):
        part.index.name = "path"
        if w is not None:
            part["weight"] = w
    return parts[0] if len(parts) == 1 else pd.concat(parts, keys=names, names=["scenario", "path"])
