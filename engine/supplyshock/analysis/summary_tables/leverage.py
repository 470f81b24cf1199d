"""The leverage of each side: China's share of supply, and the compute that reaches China."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..estimators import mean
from ..path_values import path_column, path_weights
from ..risk_measures import quantiles
from ..run_groups import names_of
from .prices import ALWAYS
from .rows import Row, item_of, percent, row

if TYPE_CHECKING:
    import xarray as xr


def leverage_rows(run: xr.DataTree, markets: Sequence[str] = ()) -> Iterator[Row]:
    """Compute delivered to China, and shares of supply made outside China at the end; also of `markets`."""
    outcomes, names = run["outcomes"].to_dataset(), names_of(run)
    known = [str(m) for m in outcomes["market"].values]
    shown = list(dict.fromkeys([*([m for m in ALWAYS if m in known] or known[:4]), *markets]))
    at = [known.index(m) for m in shown]
    for name in (str(s) for s in outcomes["scenario"].values):
        one = outcomes.sel(scenario=name)
        w = path_weights(one)
        compute = path_column(one["compute_delivered_ratio"], lambda x: x)
        estimates = [mean(compute, w), *quantiles(compute, (0.05, 0.5, 0.95), w)]
        for statistic, estimate in zip(("mean", "P5", "P50", "P95"), estimates, strict=True):
            item = "advanced chips delivered to China, share of what it would buy"
            yield row("leverage", name, item, statistic, percent(estimate), "%")
        supply = one["ex_china_supply_share"].transpose("path", "market")
        table = path_column(supply, lambda x: x[:, at])
        for i, market in enumerate(shown):
            supplied = item_of(names, "market", market, "supply made outside China at the end: {}")
            yield row("leverage", name, supplied, "mean", percent(mean(table[:, i], w)), "%")
