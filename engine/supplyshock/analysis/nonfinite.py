"""Weekly values of a run that are not finite, as its summary counts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .path_values import Array, require_no_missing

if TYPE_CHECKING:
    import xarray as xr

COUNTS = "nonfinite_values"


def nonfinite_counts(run: xr.DataTree) -> dict[str, dict[str, int]]:
    """Number of values by scenario and weekly quantity; those with none are left out."""
    summary = run["summary"].to_dataset()
    if COUNTS not in summary:  # a run of an earlier version
        return {}
    counts: dict[str, dict[str, int]] = {}
    for scenario in map(str, summary["scenario"].values):
        one = summary[COUNTS].sel(scenario=scenario)
        some = {str(q): int(n) for q, n in zip(one["quantity"].values, one.values, strict=True) if n > 0}
        if some:
            counts[scenario] = some
    return counts


def require_explained(run: xr.DataTree, values: Array, name: str) -> Array:
    """`values`; raises `StoreError` if one is missing in a run that counts none which is not finite."""
    return values if not np.isnan(values).any() or nonfinite_counts(run) else require_no_missing(values, name)
