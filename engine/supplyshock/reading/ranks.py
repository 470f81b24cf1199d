"""Where a path stands among all paths, and which paths stand where."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..columns import Array
from ..errors import UsageError
from .groups import Run, dataset, one_scenario
from .measures import find_measure
from .tails import refuse_never

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
"""What a typical path is typical in besides, as far as the results have it."""


@dataclass(frozen=True)
class Rank:
    """The place of one path by one measure."""

    by: str
    value: float
    unit: str
    below: int
    """Paths with less."""
    equal: int
    """Paths with as much, itself included."""
    paths: int

    @property
    def percentile(self) -> float:
        """100 (paths with less + half of those with as much) / paths."""
        return 100 * (self.below + self.equal / 2) / self.paths

    def as_dict(self) -> dict[str, Any]:
        """The fields and the percentile, for JSON."""
        return asdict(self) | {"percentile": self.percentile}


def rank(run: Run, path: int, by: str = "loss:US", *, scenario: str | None = None) -> Rank:
    """The place of a path among all paths of a scenario (by default of the first), by a measure.

    >>> place = rank(run, 3, "loss:US")
    >>> 0 <= place.percentile <= 100, place.paths
    (True, 300)

    Raises `UsageError` as `measure` does, for a path that is not there, and for a measure that is undefined on it.
    """
    values, unit = _values(run, by, scenario)
    check_path(path, len(values))
    mine = values[path]
    if np.isnan(mine):
        raise UsageError("this measure never happens on this path", where=by, got=f"path {path}")
    below, equal = int(np.count_nonzero(values < mine)), int(np.count_nonzero(values == mine))
    return Rank(by, float(mine), unit, below, equal, len(values))


def worst(run: Run, n: int = 5, by: str = "loss:US", *, scenario: str | None = None) -> pd.DataFrame:
    """The n paths with the most of a measure, the highest first; of equals the one that comes first.

    Indexed by path with the columns value (units of the measure) and percentile.

    >>> worst(run, 3, by="loss:US")["value"].is_monotonic_decreasing
    True

    Raises `UsageError` as `measure` does; paths on which the measure never happens are left out.
    """
    import pandas as pd

    values, _ = _values(run, by, scenario)
    if n < 1:
        raise UsageError("out of range", where="n", expected="1 or more", got=repr(n))
    there = np.flatnonzero(~np.isnan(values))
    paths = there[np.argsort(-values[there], kind="stable")][:n]
    places = 100 * mid_ranks(values[there])[np.searchsorted(there, paths)]
    return pd.DataFrame({"value": values[paths], "percentile": places}, index=pd.Index(paths, name="path"))


def nearest(run: Run, quantile: float, by: str = "loss:US", *, scenario: str | None = None) -> int:
    """The path whose value is nearest to a quantile of a measure; of equals the most typical one otherwise.

    >>> path = nearest(run, 0.95, "loss:CN")
    >>> abs(rank(run, path, "loss:CN").percentile - 95) < 1
    True

    Raises `UsageError` as `measure` does, for a measure that is undefined on some paths, and unless
    0 <= quantile <= 1.
    """
    if not 0 <= quantile <= 1:
        raise UsageError("no such quantile", expected="a number from 0 to 1", got=repr(quantile))
    values = refuse_never(_values(run, by, scenario)[0], by)
    goal = np.quantile(values, quantile, method="inverted_cdf")
    return _middle_of(run, np.flatnonzero(values == goal), scenario)


def typical(run: Run, by: str = "loss:US", *, scenario: str | None = None) -> int:
    """A path in the middle: by the measure (ties with the median, or 2.5 % of paths to each side of it), and among
    those nearest to the middle in losses, bills, compute and the main quotes all together.

    >>> 25 < rank(run, typical(run, "quote:Dy"), "quote:Dy").percentile < 75
    True

    Raises as `nearest` does.
    """
    values = refuse_never(_values(run, by, scenario)[0], by)
    low, high = np.quantile(values, [0.5 - WINDOW, 0.5 + WINDOW], method="inverted_cdf")
    return _middle_of(run, np.flatnonzero((values >= low) & (values <= high)), scenario)


def check_path(path: int, paths: int) -> None:
    """Raises `UsageError` unless there is such a path."""
    if not 0 <= path < paths:
        raise UsageError("no such path in this run", expected=f"a number from 0 to {paths - 1:,}", got=str(path))


def mid_ranks(x: Array) -> Array:
    """(n,) share of values below each, plus half of those equal to it; on (0, 1)."""
    ordered = np.sort(x)
    below, upto = np.searchsorted(ordered, x, "left"), np.searchsorted(ordered, x, "right")
    ranks: Array = (below + upto) / (2 * len(x))
    return ranks


def _values(run: Run, by: str, scenario: str | None) -> tuple[Array, str]:
    data = dataset(run, "outcomes")
    found = find_measure(data, by)
    one_scenario(data[found.variable], scenario)
    return found.read(data, scenario), found.unit


def _middle_of(run: Run, candidates: Array, scenario: str | None) -> int:
    """The candidate with the smallest sum of squared distances of its ranks from the middle."""
    if len(candidates) == 1:
        return int(candidates[0])
    far = np.zeros(len(candidates))
    for by in BESIDE:
        try:
            values, _ = _values(run, by, scenario)
        except UsageError:  # these results have no such market or outcome
            continue
        far += (mid_ranks(values)[candidates] - 0.5) ** 2
    return int(candidates[int(np.argmin(far))])
