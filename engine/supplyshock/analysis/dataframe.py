"""Measures as a table, a row per path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..common.arguments import RESULTS, TEXT, TEXT_OR_NONE, checked
from .measures import values_of
from .run_groups import Run

if TYPE_CHECKING:
    import pandas as pd


@checked(run=RESULTS, measures=TEXT, scenario=TEXT_OR_NONE)
def to_dataframe(run: Run, *measures: str, scenario: str | None = None) -> pd.DataFrame:
    """Measures as a table: one column per measure and one row per path.

    Parameters
    ----------
    run : xr.DataTree or xr.Dataset
        A run as `open_run` returns it, or its outcomes as a Dataset.
    *measures : str
        Measures, with the syntax of `supplyshock.measure`. By default the lost output of both parties.
    scenario : str, optional
        Name of a scenario. By default all scenarios of the run.

    Returns
    -------
    pd.DataFrame
        One row per path: the index is path, or (scenario, path) for all scenarios. The columns are the measures, in
        their units. In a weighted run the last column is weight (dimensionless, with a mean of 1 in each scenario). A
        measure with a time is NaN on paths without weekly series.

    Raises
    ------
    UsageError
        The run lacks a measure, its label or the scenario.

    Examples
    --------
    >>> table = to_dataframe(run, "loss:US", "loss:CN", "quote:Dy", scenario="status_quo")
    >>> table.shape, table.index.name
    ((300, 3), 'path')
    >>> to_dataframe(run, "loss:US").index.names
    FrozenList(['scenario', 'path'])
    """
    import pandas as pd

    columns = {name: values_of(run, name, scenario) for name in measures or ("loss:US", "loss:CN")}
    longest = max(columns.values(), key=lambda values: max(len(x) for x, _ in values.values()))
    parts = []
    for name, (_, w) in longest.items():
        part = pd.DataFrame({text: pd.Series(values[name][0]) for text, values in columns.items()})
        part.index.name = "path"
        if w is not None:
            part["weight"] = w
        parts.append(part)
    return parts[0] if len(parts) == 1 else pd.concat(parts, keys=list(longest), names=["scenario", "path"])
