"""How high prices go, in the markets that move most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from ..base_prices import base_prices
from ..estimators import Weights
from ..nonfinite import require_explained
from ..path_values import Array, path_column, path_weights
from ..run_groups import names_of, require_known
from .rows import PLACES, Item, Row, item_of, row
from .weighted_tails import supported_quantiles

if TYPE_CHECKING:
    import xarray as xr

MOST = 6
ALWAYS = ("Dy", "Nd", "Ga", "leading_logic")
"""Markets shown wherever they rank, if the run has them."""


def movers(run: xr.DataTree, most: int = MOST) -> list[tuple[str, str]]:
    """(market, bloc) of the markets whose weekly 95 % quote rises highest in any scenario, highest first.

    The bloc is the one where the quote rises higher. `ALWAYS` follow.
    """
    top = run["summary"]["price_ratio_quantile"].sel(quantile=0.95, method="nearest")
    highest = top.max(("scenario", "time"), skipna=False).transpose("market", "bloc")
    markets = [str(m) for m in highest["market"].values]
    blocs = [str(b) for b in highest["bloc"].values]
    values = highest.to_numpy()
    require_explained(run, values, "summary/price_ratio_quantile")
    values = np.where(np.isnan(values), -np.inf, values)  # what has no quantile comes last
    order = [markets[i] for i in np.argsort(-values.max(1), kind="stable")]
    chosen = order[:most] + [m for m in order[most:] if m in ALWAYS]
    return [(m, blocs[int(values[markets.index(m)].argmax())]) for m in chosen]


def prices_rows(run: xr.DataTree, markets: Sequence[str] = ()) -> Iterator[Row]:
    """Median and 95 % quantile over paths of the highest quote, and of the highest paid outside China.

    `markets` are shown in both blocs, beside those that move most. Raises `UsageError` for an unknown one.
    """
    outcomes, names, base = run["outcomes"].to_dataset(), names_of(run), base_prices(run)
    blocs = [str(b) for b in outcomes["bloc"].values]
    for market in markets:
        require_known(market, [str(m) for m in outcomes["market"].values], "market")
    shown = list(dict.fromkeys([*movers(run), *((m, b) for m in markets for b in reversed(blocs))]))
    for name in (str(s) for s in outcomes["scenario"].values):
        one = outcomes.sel(scenario=name)
        w = path_weights(one)
        quoted = require_explained(run, _quotes(one["peak_price_ratio"], shown), "peak_price_ratio")

        def item(what: str, market: str, bloc: str, name: str = name) -> Item:
            one = item_of(names, "market", market, f"{what} {PLACES.get(bloc, bloc)}: {{}}")
            return one._replace(usd_per_kg_at_1=base.get(name, {}).get(market, nan))

        for i, (market, bloc) in enumerate(shown):
            yield from _spread(name, item("quote", market, bloc), quoted[:, i], w)
        outside = [(m, bloc) for m, bloc in shown if bloc != "CN"]
        paid = require_explained(run, _paid(one["peak_paid_price_ratio"], outside), "peak_paid_price_ratio")
        for i, (market, bloc) in enumerate(outside):
            yield from _spread(name, item("paid", market, bloc), paid[:, i], w)


def _quotes(peaks: xr.DataArray, shown: list[tuple[str, str]]) -> Array:
    """(paths, shown) highest quotes."""
    at = ([_index(peaks, "market", m) for m, _ in shown], [_index(peaks, "bloc", b) for _, b in shown])
    return path_column(peaks.transpose("path", "market", "bloc"), lambda x: x[:, at[0], at[1]])


def _paid(peaks: xr.DataArray, shown: list[tuple[str, str]]) -> Array:
    """(paths, shown) highest prices paid outside China."""
    at = [_index(peaks, "market", m) for m, _ in shown]
    return path_column(peaks.transpose("path", "market"), lambda x: x[:, at])


def _spread(scenario: str, item: Item, x: Array, w: Weights) -> Iterator[Row]:
    for statistic, estimate in zip(("P50", "P95"), supported_quantiles(x, (0.5, 0.95), w), strict=True):
        yield row("prices", scenario, item, statistic, estimate, "x baseline")


def _index(array: xr.DataArray, axis: str, name: str) -> int:
    return [str(v) for v in array[axis].values].index(name)
