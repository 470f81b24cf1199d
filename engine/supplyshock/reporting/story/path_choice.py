"""Chooses paths: by number, the worst, a typical one, the one at a quantile."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from ...analysis import nearest, typical, worst
from ...common.errors import UsageError


def choose_paths(
    run: xr.DataTree,
    *,
    scenario: str | None = None,
    measure: str = "loss:US",
    paths: Sequence[int] = (),
    worst_of: int | None = None,
    middle: bool = False,
    quantile: float | None = None,
) -> list[int]:
    """The paths that one of the last four arguments names.

    Raises `UsageError` unless exactly one of them is given, and as `worst`, `typical` and `nearest` do.
    """
    ways = (bool(paths), worst_of is not None, middle, quantile is not None)
    if sum(ways) != 1:
        expected = "exactly one of --path, --worst, --typical and --at-percentile"
        raise UsageError("no clear choice of paths", expected=expected, got="several" if any(ways) else "none of them")
    if worst_of is not None:
        return [int(path) for path in worst(run, worst_of, measure, scenario=scenario).index]
    if quantile is not None:
        return [nearest(run, quantile, measure, scenario=scenario)]
    return [typical(run, measure, scenario=scenario)] if middle else list(paths)
