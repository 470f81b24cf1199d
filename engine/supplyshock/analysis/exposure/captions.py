"""What the tables of an exposure count: over how many weeks, and against which prices."""

from __future__ import annotations

from math import isfinite

import numpy as np
import xarray as xr

from ...common.number_format import digits
from ...scenarios.currency import DOLLARS, Currency, recorded_currency
from ..base_prices import base_prices, price_words
from .best_stock import is_of_stocks, target_of

SMALL = 0.03
"""Dollars: a million of a smaller currency is further from a million dollars than a billion of it."""
BASE, FIRST = "base_price_usd_per_kg", "first_quote_ratio"


def first_day_prices(run: xr.DataTree, firm: xr.Dataset) -> xr.Dataset:
    """Base price (NaN for a chip) and median quote of the first week over it, both (scenario, input)."""
    scenarios, inputs = ([str(v) for v in firm[axis].values] for axis in ("scenario", "input"))
    base = base_prices(run)
    usd = np.array([[base.get(s, {}).get(m, np.nan) for m in inputs] for s in scenarios])
    quotes = run["summary"]["price_ratio_quantile"].isel(time=0).sel(quantile=0.5, method="nearest")
    first = quotes.sel(scenario=scenarios, market=inputs, bloc=firm.attrs["bloc"]).transpose("scenario", "market")
    dims = ("scenario", "input")
    return xr.Dataset(
        {BASE: (dims, usd, {"units": "USD/kg"}), FIRST: (dims, first.to_numpy(), {"units": "x baseline"})}
    )


def money_caption(results: xr.Dataset) -> str:
    """Over which weeks and from which prices costs count, with the quotes of the first week of the first scenario."""
    currency = recorded_currency(results.attrs)
    inputs = [str(v) for v in results["input"].values]
    each = zip(inputs, results[BASE].values[0], results[FIRST].values[0], strict=True)
    prices = "; ".join(_quote(market, float(base), float(first), currency) for market, base, first in each)
    return (
        f"Costs count over {results.attrs['weeks']} weeks and from base prices, so a premium that is paid already is "
        f"part of them. Quotes of the first week: {prices}.{rate_sentence(results)}"
    )


def rate_sentence(results: xr.Dataset) -> str:
    """`` 1 EUR is 1.16 USD, as the book says.``; empty for a book in dollars."""
    currency = recorded_currency(results.attrs)
    return "" if currency == DOLLARS else f" {currency.rate}, as the book says."


def money_unit(results: xr.Dataset) -> tuple[str, float]:
    """The unit of money that people read, ``M USD``, ``M EUR`` or ``bn JPY``, and how many dollars it is."""
    currency = recorded_currency(results.attrs)
    prefix, size = ("bn", 1e9) if currency.usd < SMALL else ("M", 1e6)
    return f"{prefix} {currency.name}", size * currency.usd


def _quote(market: str, base: float, first: float, currency: Currency) -> str:
    """``Dy 1,176 USD/kg, 4.9 x the base price of 239``; a chip has the ratio alone."""
    if not isfinite(base):
        return f"{market} {digits(first, 2)} x the base price"
    base /= currency.usd
    quote = f"{market} {price_words(base * first)} {currency.name}/kg"
    return f"{quote}, {digits(first, 2)} x the base price of {price_words(base)}"


def option_caption(results: xr.Dataset, title: str) -> str:
    """Above the table of options of a scenario."""
    weight = tail_column(results)
    return (
        f"{title}: options, paired path by path, over {results.attrs['weeks']} weeks. {weight}: all costs on average, "
        f"with {weight.partition(' tail')[0]} weight on the worst 5 %"
    )


def tail_column(results: xr.Dataset) -> str:
    """Name of the column of the mean with a weight on the worst 5 %: ``50 % tail``."""
    return f"{100 * float(results.attrs['tail_weight']):.3g} % tail"


def sweep_caption(results: xr.Dataset, title: str, sweep: str) -> str:
    """Above the table of a sweep in a scenario."""
    return f"{title}: {sweep}, over {results.attrs['weeks']} weeks{_reordered(sweep)}"


def _reordered(sweep: str) -> str:
    """How orders keep the stocks of a sweep; empty for a sweep of something else."""
    if not is_of_stocks(sweep):
        return ""
    target = target_of(sweep)
    return f". A stock above {target} is used up first" if target else ". Orders keep each stock up, at any price"
