"""How bad it gets, and how likely: exceedance probabilities and tail means, with standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..common.errors import UsageError
from . import risk_measures
from .estimators import Weights
from .measures import find_measure
from .path_values import Array
from .run_groups import Run, dataset, require_known, scenarios_of, weights_in

if TYPE_CHECKING:
    import pandas as pd

LEVELS = (0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
"""Quantiles of the first scenario at which `exceedance` looks by default."""


def exceedance(
    run: Run, by: str = "loss:US", thresholds: Sequence[float] | None = None, *, scenario: str | None = None
) -> pd.DataFrame:
    """Share of paths on which a measure is above each threshold, in its units, with its standard error.

    Indexed by (scenario, threshold) with the columns probability and se. Default thresholds are quantiles of the
    first scenario shown. What never happened on a path (NaN) is not above anything.

    >>> table = exceedance(run, "loss:US", [0, 10, 100], scenario="status_quo")
    >>> list(table.columns), list(table.index.names)
    (['probability', 'se'], ['scenario', 'threshold'])
    >>> bool(table["probability"].is_monotonic_decreasing)
    True

    Raises `UsageError` as `measure` does.
    """
    import pandas as pd

    values = values_of(run, by, scenario)
    if thresholds is None:
        first, w = next(iter(values.values()))
        thresholds = sorted({e.value for e in risk_measures.quantiles(refuse_never(first, by), LEVELS, w)})
    rows = [
        (name, float(t), *risk_measures.event_share(x > t, w)) for name, (x, w) in values.items() for t in thresholds
    ]
    table = pd.DataFrame(rows, columns=["scenario", "threshold", "probability", "se"])
    return table.set_index(["scenario", "threshold"])


def cvar(run: Run, by: str = "loss:US", level: float = 0.95, *, scenario: str | None = None) -> pd.DataFrame:
    """Mean of the worst (largest) ``1 - level`` of paths, with its standard error, in the units of the measure.

    Indexed by scenario with the columns cvar and se.

    >>> cvar(run, "loss:US", 0.9).columns.to_list()
    ['cvar', 'se']
    >>> tail, everything = cvar(run, "quote:Dy"), measure(run, "quote:Dy").mean("path")
    >>> bool((tail["cvar"] > everything.to_pandas()).all())
    True

    Raises `UsageError` as `measure` does, and for a measure that is undefined on some paths.
    """
    import pandas as pd

    if not 0 < level < 1:
        raise UsageError("no such level", where="level", expected="a number between 0 and 1", got=repr(level))
    values = values_of(run, by, scenario)
    rows = [(name, *risk_measures.cvar(refuse_never(x, by), level, w)) for name, (x, w) in values.items()]
    return pd.DataFrame(rows, columns=["scenario", "cvar", "se"]).set_index("scenario")


def values_of(run: Run, by: str, scenario: str | None = None) -> dict[str, tuple[Array, Weights]]:
    """The measure and the weights of the paths by scenario, (path,) each; of all scenarios by default."""
    data = dataset(run, "outcomes")
    found, there = find_measure(data, by), scenarios_of(data)
    if not there:
        return {scenario or "": (found.read(data), weights_in(data))}
    names = there if scenario is None else [require_known(scenario, there, "scenario")]
    return {name: (found.read(data, name), weights_in(data, name)) for name in names}


def refuse_never(x: Array, by: str) -> Array:
    """`x`; raises `UsageError` where it holds NaN: what never happened has no mean and no rank."""
    if (never := int(np.count_nonzero(np.isnan(x)))) > 0:
        fix = "use exceedance for its odds" if never < len(x) else "it happened on no path"
        raise UsageError(f"this measure never happens on {never:,} of {len(x):,} paths", where=by, fix=fix)
    return x
