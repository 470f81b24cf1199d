"""The effective number of paths, if some have more weight than others."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import TYPE_CHECKING

from ..estimators import effective_paths
from ..path_values import path_weights
from .rows import Row

if TYPE_CHECKING:
    import xarray as xr

ESS = "effective paths (ESS)"


def sampled_rows(run: xr.DataTree) -> Iterator[Row]:
    """Effective paths (ESS) and the weight of the heaviest one; nothing for a run whose paths count alike."""
    outcomes = run["outcomes"].to_dataset()
    for name in (str(s) for s in outcomes["scenario"].values):
        w = path_weights(outcomes.sel(scenario=name))
        if w is not None:
            yield Row("sampled", name, ESS, "number", effective_paths(w), nan, "paths", ESS)
            heaviest = 100 * float(w.max() / w.sum())
            item = "weight of the heaviest path, %"
            yield Row("sampled", name, item, "share", heaviest, nan, "%", item)
