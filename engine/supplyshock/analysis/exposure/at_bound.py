"""How often the price of an input reaches the highest one that the model allows: costs there are too low."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ..estimators import Weights
from ..path_values import Array, path_column, require_no_missing
from ..price_bound import NEAR_BOUND, PRICE_BOUND
from ..risk_measures import event_share

AT_BOUND = "quote_at_bound_probability"
"""Of a scenario and an input: the share of paths whose highest quote is at the bound."""
PEAK = "peak_price_ratio"
OFTEN = 0.01
"""Share of paths from which on people are told."""


def quotes_at_bound(run: xr.DataTree, firm: xr.Dataset, weights: Sequence[Weights]) -> xr.Dataset:
    """`AT_BOUND` and its standard error over (scenario, input), in the bloc of the firm."""
    inputs = [str(v) for v in firm["input"].values]
    stored = run["outcomes"][PEAK]
    peaks = stored.sel(scenario=firm["scenario"].values, market=inputs, bloc=firm.attrs["bloc"])
    shares = []
    for s, w in enumerate(weights):
        one = peaks.isel(scenario=s)
        one.encoding = stored.encoding
        hit = path_column(one.transpose("path", "market"), _at_bound, "bool")
        shares.append([event_share(hit[:, i], w) for i in range(len(inputs))])
    dims, units = ("scenario", "input"), {"units": "1"}
    return xr.Dataset(
        {
            AT_BOUND: (dims, np.array([[e.value for e in line] for line in shares]), units),
            f"{AT_BOUND}_se": (dims, np.array([[e.se for e in line] for line in shares]), units),
        }
    )


def _at_bound(peaks: Array) -> Array:
    return require_no_missing(peaks, f"outcomes/{PEAK}") >= NEAR_BOUND


def bound_sentences(results: xr.Dataset) -> list[str]:
    """One for each scenario and input whose quote is often at the bound."""
    titles, inputs = ([str(v) for v in results[name].values] for name in ("scenario_title", "input"))
    return [
        f"“{title}”: the quote of {market} reaches the model's bound of {PRICE_BOUND:.0f} times the base price on "
        f"{100 * share:.0f} % of paths, so costs there are a lower estimate."
        for title, line in zip(titles, results[AT_BOUND].values, strict=True)
        for market, share in zip(inputs, line, strict=True)
        if share >= OFTEN
    ]
