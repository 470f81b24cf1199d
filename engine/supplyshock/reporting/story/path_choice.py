"""Chooses paths: by number, the worst, a typical one, the one at a quantile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import xarray as xr

from ...analysis.ranking import nearest, typical, worst
from ...common.errors import UsageError


class PathChoice(NamedTuple):
    """Which paths: exactly one field is set."""

    paths: Sequence[int] = ()
    worst_of: int | None = None
    """This many paths with the highest measure."""
    middle: bool = False
    """A typical path."""
    quantile: float | None = None
    """The path at this quantile of the measure."""


def choose_paths(
    run: xr.DataTree, choice: PathChoice, *, scenario: str | None = None, measure: str = "loss:US"
) -> list[int]:
    """The numbers of the chosen paths.

    Raises `UsageError` unless the choice has exactly one field, and as `worst`, `typical` and `nearest` do.
    """
    paths, worst_of, middle, quantile = choice
    choices = (bool(paths), worst_of is not None, middle, quantile is not None)
    if sum(choices) != 1:
        expected = "exactly one of --path, --worst, --typical and --at-percentile"
        raise UsageError(
            "the choice of paths is unclear", expected=expected, got="several" if any(choices) else "none of them"
        )
    if worst_of is not None:
        return [int(path) for path in worst(run, worst_of, measure, scenario=scenario).index]
    if quantile is not None:
        return [nearest(run, quantile, measure, scenario=scenario)]
    return [typical(run, measure, scenario=scenario)] if middle else list(paths)
