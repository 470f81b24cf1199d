"""The rank of a path among all paths, and the paths at a given rank."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..common.arguments import NUMBER, RESULTS, TEXT, TEXT_OR_NONE, WHOLE, checked
from ..common.errors import UsageError
from .estimators import Weights
from .measures import find_measure
from .path_values import Array
from .run_groups import Run
from .tail_risk import refuse_never

if TYPE_CHECKING:
    import pandas as pd

WINDOW = 0.025
"""A typical path lies this near the middle by the measure itself; among those, the others decide."""
BESIDE = (
    "loss:US",
    "loss:CN",
    "bill:US",
    "bill:CN",
    "compute",
    "quote:Dy",
    "quote:Nd",
    "quote:Ga",
    "quote:leading_logic",
)
"""Further measures in which a typical path is near the middle, as far as the results have them."""


@dataclass(frozen=True)
class Rank:
    """The place of one path by one measure."""

    measure: str
    value: float
    unit: str
    below: int
    """Paths with less."""
    equal: int
    """Paths with as much, itself included."""
    paths: int
    percentile: float
    """100 (paths with less + half of those with as much) / paths, each path by its weight."""

    def as_dict(self) -> dict[str, Any]:
        """The fields, for JSON."""
        return asdict(self)


@checked(run=RESULTS, path=WHOLE, measure=TEXT, scenario=TEXT_OR_NONE)
def rank(run: Run, path: int, measure: str = "loss:US", *, scenario: str | None = None) -> Rank:
    """The place of a path among all paths of a scenario, by a measure.

    Parameters
    ----------
    run : xr.DataTree or xr.Dataset
        A run as `open_run` returns it, or its outcomes as a Dataset.
    path : int
        Number of the path, from 0.
    measure : str, default "loss:US"
        A measure, with the syntax of `supplyshock.measure`.
    scenario : str, optional
        Name of a scenario. By default the first scenario of the run.

    Returns
    -------
    Rank
        ``value`` in ``unit``, ``below`` and ``equal`` (numbers of paths), ``paths`` (their total) and ``percentile``
        (0 to 100).

    Raises
    ------
    UsageError
        The run lacks the measure, its label, the scenario or the path, or the measure is undefined on the path.

    Examples
    --------
    >>> place = rank(run, 3, "loss:US")
    >>> 0 <= place.percentile <= 100, place.paths
    (True, 300)
    """
    values, w, unit = _values(run, measure, scenario)
    check_path(path, len(values))
    mine = values[path]
    if np.isnan(mine):
        raise UsageError("this measure never happens on this path", where=measure, got=f"path {path}")
    less, equal = values < mine, values == mine
    place = 100 * float(np.average(less + equal / 2, weights=w))
    return Rank(measure, float(mine), unit, int(less.sum()), int(equal.sum()), len(values), place)


@checked(run=RESULTS, n=WHOLE, measure=TEXT, scenario=TEXT_OR_NONE)
def worst(run: Run, n: int = 5, measure: str = "loss:US", *, scenario: str | None = None) -> pd.DataFrame:
    """The n paths with the highest values of a measure, the highest first; ties in the order of path numbers.

    Parameters
    ----------
    run : xr.DataTree or xr.Dataset
        A run as `open_run` returns it, or its outcomes as a Dataset.
    n : int, default 5
        Number of paths, 1 or more.
    measure : str, default "loss:US"
        A measure, with the syntax of `supplyshock.measure`.
    scenario : str, optional
        Name of a scenario. By default the first scenario of the run.

    Returns
    -------
    pd.DataFrame
        At most n rows: the index is path (number from 0). The columns are value (in the unit of the measure) and
        percentile (0 to 100). Paths on which the measure is undefined are left out.

    Raises
    ------
    UsageError
        The run lacks the measure, its label or the scenario, or n is below 1.

    Examples
    --------
    >>> worst(run, 3, measure="loss:US")["value"].is_monotonic_decreasing
    True
    """
    import pandas as pd

    values, w, _ = _values(run, measure, scenario)
    if n < 1:
        raise UsageError("out of range", where="n", expected="1 or more", got=repr(n))
    there = np.flatnonzero(~np.isnan(values))
    paths = there[np.argsort(-values[there], kind="stable")][:n]
    ranks = mid_ranks(values[there], None if w is None else w[there])
    places = 100 * ranks[np.searchsorted(there, paths)]
    return pd.DataFrame({"value": values[paths], "percentile": places}, index=pd.Index(paths, name="path"))


@checked(run=RESULTS, quantile=NUMBER, measure=TEXT, scenario=TEXT_OR_NONE)
def nearest(run: Run, quantile: float, measure: str = "loss:US", *, scenario: str | None = None) -> int:
    """The path whose value is nearest to a quantile of a measure; of equal paths the one that is typical otherwise.

    Parameters
    ----------
    run : xr.DataTree or xr.Dataset
        A run as `open_run` returns it, or its outcomes as a Dataset.
    quantile : float
        Probability of the quantile, from 0 to 1.
    measure : str, default "loss:US"
        A measure, with the syntax of `supplyshock.measure`.
    scenario : str, optional
        Name of a scenario. By default the first scenario of the run.

    Returns
    -------
    int
        Number of the path, from 0.

    Raises
    ------
    UsageError
        The run lacks the measure, its label or the scenario; the measure is undefined on some paths; or quantile is
        outside [0, 1].

    Examples
    --------
    >>> path = nearest(run, 0.95, "loss:CN")
    >>> abs(rank(run, path, "loss:CN").percentile - 95) < 1
    True
    """
    if not 0 <= quantile <= 1:
        raise UsageError("no such quantile", expected="a number from 0 to 1", got=repr(quantile))
    values, w, _ = _values(run, measure, scenario)
    goal = np.quantile(refuse_never(values, measure), quantile, method="inverted_cdf", weights=w)
    return _middle_of(run, np.flatnonzero(values == goal), scenario)


@checked(run=RESULTS, measure=TEXT, scenario=TEXT_OR_NONE)
def typical(run: Run, measure: str = "loss:US", *, scenario: str | None = None) -> int:
    """A path near the median of a measure, and near the medians of losses, bills, compute and quotes, too.

    Candidates are the paths that tie with the median of the measure, or lie at most 2.5 % of paths from it.

    Parameters
    ----------
    run : xr.DataTree or xr.Dataset
        A run as `open_run` returns it, or its outcomes as a Dataset.
    measure : str, default "loss:US"
        A measure, with the syntax of `supplyshock.measure`.
    scenario : str, optional
        Name of a scenario. By default the first scenario of the run.

    Returns
    -------
    int
        Number of the path, from 0.

    Raises
    ------
    UsageError
        The run lacks the measure, its label or the scenario, or the measure is undefined on some paths.

    Examples
    --------
    >>> 25 < rank(run, typical(run, "quote:Dy"), "quote:Dy").percentile < 75
    True
    """
    values, w, _ = _values(run, measure, scenario)
    ends = [0.5 - WINDOW, 0.5 + WINDOW]
    low, high = np.quantile(refuse_never(values, measure), ends, method="inverted_cdf", weights=w)
    return _middle_of(run, np.flatnonzero((values >= low) & (values <= high)), scenario)


def check_path(path: int, paths: int) -> None:
    """Raises `UsageError` unless there is such a path."""
    if not 0 <= path < paths:
        raise UsageError("no such path in this run", expected=f"a number from 0 to {paths - 1:,}", got=str(path))


def mid_ranks(x: Array, w: Weights = None) -> Array:
    """(n,) share of paths with less than each, plus half of those with as much; on (0, 1)."""
    order = np.argsort(x)
    ordered = x[order]
    weight = np.ones(len(x)) if w is None else w[order]
    upto = np.concatenate([[0.0], np.cumsum(weight)])
    below, beyond = (upto[np.searchsorted(ordered, x, side)] for side in ("left", "right"))
    ranks: Array = (below + beyond) / (2 * upto[-1])
    return ranks


def _values(run: Run, measure: str, scenario: str | None) -> tuple[Array, Weights, str]:
    stored = find_measure(run, measure)
    return stored.read(scenario), stored.weights(scenario), stored.unit


def _middle_of(run: Run, candidates: Array, scenario: str | None) -> int:
    """The candidate with the smallest sum of squared distances of its ranks from the middle."""
    if len(candidates) == 1:
        return int(candidates[0])
    far = np.zeros(len(candidates))
    for measure in BESIDE:
        try:
            values, w, _ = _values(run, measure, scenario)
        except UsageError:  # these results have no such market or outcome
            continue
        far += (mid_ranks(values, w)[candidates] - 0.5) ** 2
    return int(candidates[int(np.argmin(far))])
