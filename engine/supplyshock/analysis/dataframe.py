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
    """Measures as a table: a column per measure and a row per path.

    Parameters
    ----------
    run
        A run as `open_run` gives it, or its outcomes.
    measures
        Texts as `supplyshock.measure` takes them; without any the lost output of both parties.
    scenario
        By default all scenarios.

    Returns
    -------
    pandas.DataFrame
        Indexed by path, or by (scenario, path) for all scenarios. Where paths do not count alike, a last column,
        weight, has a mean of 1 in each scenario. A measure with a time is NaN on paths without weekly series.

    Raises
    ------
    UsageError
        As `supplyshock.measure` does.

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
