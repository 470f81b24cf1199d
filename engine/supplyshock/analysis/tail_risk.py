"""The size and probability of bad outcomes: exceedance probabilities and tail means, with standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..common.arguments import NUMBER, NUMBERS, RESULTS, TEXT, TEXT_OR_NONE, checked
from ..common.errors import UsageError
from . import risk_measures
from .measures import Measure, find_measure, values_of
from .measures.expression import parse_expression
from .path_values import Array
from .run_groups import Run

if TYPE_CHECKING:
    import pandas as pd

LEVELS = (0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
"""Quantiles of the first scenario at which `exceedance` looks by default."""


@checked(run=RESULTS, measure=TEXT, thresholds=NUMBERS, scenario=TEXT_OR_NONE)
def exceedance(
    run: Run,
    measure: str = "loss:US",
    thresholds: float | Sequence[float] | None = None,
    *,
    scenario: str | None = None,
) -> pd.DataFrame:
    """Probability that a measure is above each threshold.

    Parameters
    ----------
    run : xr.DataTree or xr.Dataset
        A run as `open_run` returns it, or its outcomes as a Dataset.
    measure : str, default "loss:US"
        A measure, with the syntax of `supplyshock.measure`.
    thresholds : float or sequence of float, optional
        Thresholds in the unit of the measure. By default quantiles of the first scenario in the result.
    scenario : str, optional
        Name of a scenario. By default all scenarios of the run.

    Returns
    -------
    pd.DataFrame
        One row for each scenario and threshold: the index is (scenario, threshold), thresholds in the unit of the
        measure. The columns are probability (share of paths above the threshold, 0 to 1) and se (standard error of
        that share). A path on which the measure is undefined counts as not above any threshold.

    Raises
    ------
    UsageError
        The run lacks the measure, its label or the scenario; the measure is a probability already; or thresholds is
        left out and the measure is undefined on some paths.

    Examples
    --------
    >>> table = exceedance(run, "loss:US", [0, 10, 100], scenario="status_quo")
    >>> list(table.columns), list(table.index.names)
    (['probability', 'se'], ['scenario', 'threshold'])
    >>> bool(table["probability"].is_monotonic_decreasing)
    True
    """
    import pandas as pd

    _refuse_probability(find_measure(run, measure).measure)
    values = values_of(run, measure, scenario)
    if thresholds is None:
        first, w = next(iter(values.values()))
        looked_at = sorted({e.value for e in risk_measures.quantiles(refuse_never(first, measure), LEVELS, w)})
    else:
        looked_at = [float(t) for t in np.atleast_1d(thresholds)]
    rows = [
        (name, t, *risk_measures.event_share(x.astype(np.float64) > t, w))
        for name, (x, w) in values.items()
        for t in looked_at
    ]
    table = pd.DataFrame(rows, columns=["scenario", "threshold", "probability", "se"])
    return table.set_index(["scenario", "threshold"])


@checked(run=RESULTS, measure=TEXT, level=NUMBER, scenario=TEXT_OR_NONE)
def cvar(run: Run, measure: str = "loss:US", level: float = 0.95, *, scenario: str | None = None) -> pd.DataFrame:
    """Mean of the worst (largest) ``1 - level`` of paths: conditional value at risk, or expected shortfall.

    Parameters
    ----------
    run : xr.DataTree or xr.Dataset
        A run as `open_run` returns it, or its outcomes as a Dataset.
    measure : str, default "loss:US"
        A measure, with the syntax of `supplyshock.measure`.
    level : float, default 0.95
        Probability between 0 and 1: 0.95 gives the mean of the worst 5 % of paths.
    scenario : str, optional
        Name of a scenario. By default all scenarios of the run.

    Returns
    -------
    pd.DataFrame
        One row for each scenario, which is the index. The columns are cvar and se (standard error of cvar), both in
        the unit of the measure.

    Raises
    ------
    UsageError
        The run lacks the measure, its label or the scenario; level is outside (0, 1); or the measure is undefined on
        some paths.

    Examples
    --------
    >>> cvar(run, "loss:US", 0.9).columns.to_list()
    ['cvar', 'se']
    >>> tail, mean = cvar(run, "quote:Dy"), measure(run, "quote:Dy").mean("path")
    >>> bool((tail["cvar"] > mean.to_pandas()).all())
    True
    """
    import pandas as pd

    if not 0 < level < 1:
        raise UsageError("no such level", where="level", expected="a number between 0 and 1", got=repr(level))
    values = values_of(run, measure, scenario)
    rows = [(name, *risk_measures.cvar(refuse_never(x, measure), level, w)) for name, (x, w) in values.items()]
    return pd.DataFrame(rows, columns=["scenario", "cvar", "se"]).set_index("scenario")


def _refuse_probability(measure: Measure) -> None:
    """Raises `UsageError` for a measure of 0 and 100, such as one with a threshold of its own."""
    if not measure.is_event:
        return
    fix = f"measure(run, {measure.name!r}).mean('path') gives it in %"
    if measure.threshold is not None:
        without = parse_expression(measure.name).without_threshold
        fix = f"give {without!r} as the measure and {measure.threshold.level:g} as the threshold"
    expected = "a measure without a threshold"
    raise UsageError("this measure is already a probability", where=measure.name, expected=expected, fix=fix)


def refuse_never(x: Array, measure: str) -> Array:
    """`x`; raises `UsageError` if it holds NaN: what never happened has no mean and no rank."""
    if (never := int(np.count_nonzero(np.isnan(x)))) > 0:
        fix = "a threshold gives its probability: >= 0" if never < len(x) else "it happened on no path"
        raise UsageError(f"this measure never happens on {never:,} of {len(x):,} paths", where=measure, fix=fix)
    return x
