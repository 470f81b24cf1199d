"""The data and the texts of fan charts; no drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...analysis.base_prices import base_prices, base_words
from ...analysis.path_values import Array, require_no_missing
from ...analysis.price_bound import NEAR_BOUND, PRICE_BOUND
from ...analysis.run_groups import names_of
from ...analysis.summary_tables.rows import PLACES
from ...common.errors import UsageError, did_you_mean
from .wrap_text import literal

if TYPE_CHECKING:
    import xarray as xr

MARKETS = ("Dy", "leading_logic")


@dataclass(frozen=True)
class Panel:
    """Data of one panel: weekly quantiles over all paths, in multiples of the baseline price."""

    market: str
    name: str
    """What people read for it."""
    base: str
    """What a multiple of 1 is: ``1 = 239 USD/kg``."""
    bloc: str
    """The bloc of the fan: the one whose quote spreads more."""
    time: Array
    fan: dict[float, Array]
    other: Array
    """Median quote in the other bloc."""
    paid: Array
    """Median price paid outside China."""

    @property
    def top(self) -> float:
        """The highest weekly 95 % quantile."""
        return float(np.nanmax(self.fan[0.95]))

    @property
    def rise(self) -> float:
        """How far the fan rises above where its median starts."""
        return self.top / float(self.fan[0.5][0])

    @property
    def at_bound(self) -> bool:
        """Whether the fan reaches the highest price that the model allows."""
        return self.top >= NEAR_BOUND


def read_panels(run: xr.DataTree, markets: Sequence[str] | None = None) -> list[list[Panel]]:
    """Panels by market and scenario. Raises `UsageError` for a market that the run does not have."""
    summary = run["summary"].to_dataset()
    known = [str(m) for m in summary["market"].values]
    chosen = list(markets or [m for m in MARKETS if m in known] or known[:2])
    for market in chosen:
        if market not in known:
            fix = f"{did_you_mean(market, known)} markets: {', '.join(known)}".strip()
            raise UsageError("no such market in this run", where="--market", got=repr(market), fix=fix)
    names, prices = names_of(run), base_prices(run)

    def base(market: str) -> str:
        return base_words(of[market] for of in prices.values() if market in of)

    return [_panels(summary, market, names.of("market", market), base(market)) for market in chosen]


def _panels(summary: xr.Dataset, market: str, name: str, base: str) -> list[Panel]:
    quotes = summary["price_ratio_quantile"].sel(market=market).load()
    require_no_missing(quotes.to_numpy(), "summary/price_ratio_quantile")
    paid = summary["paid_price_ratio_quantile"].sel(market=market)
    blocs = [str(b) for b in quotes["bloc"].values]
    high = quotes.sel(quantile=0.95, method="nearest").max(("scenario", "time"))
    bloc = blocs[int(np.nanargmax(high.transpose("bloc").to_numpy()))]
    other = next(b for b in blocs if b != bloc)

    def at(array: xr.DataArray, scenario: Any, q: float) -> Array:
        return array.sel(scenario=scenario).sel(quantile=q, method="nearest").to_numpy()

    return [
        Panel(
            market,
            name,
            base,
            bloc,
            summary["time"].to_numpy(),
            {q: np.minimum(at(quotes.sel(bloc=bloc), scenario, q), PRICE_BOUND) for q in (0.05, 0.25, 0.5, 0.75, 0.95)},
            at(quotes.sel(bloc=other), scenario, 0.5),
            at(paid, scenario, 0.5),
        )
        for scenario in summary["scenario"].values
    ]


def headline(panels: list[list[Panel]], titles: Sequence[str]) -> str:
    """A line for each of the two markets whose fans rise most above their start."""
    order = sorted(panels, key=lambda line: -max(panel.rise for panel in line))
    return "\n".join(_sentence(line, titles) for line in order[:2])


def _sentence(line: Sequence[Panel], titles: Sequence[str]) -> str:
    """Names the scenarios with the narrowest and the widest fan."""
    tops = [p.top for p in line]
    where = f"{literal(line[0].name)} {PLACES.get(line[0].bloc, line[0].bloc)}"
    low, high = int(np.argmin(tops)), int(np.argmax(tops))
    if line[low].at_bound:
        return f"{where}: 1 path in 20 is {AT_BOUND}"
    if times(tops[low]) == times(tops[high]):
        everywhere = " in every scenario" if len(line) > 1 else ""
        return f"{where}: in the dearest week 1 path in 20 is above {times(tops[high])}{everywhere}"
    least, most = (f"{times(tops[i])} in “{titles[i]}”" for i in (low, high))
    if line[high].at_bound:
        return f"{where}: 1 path in 20 is {AT_BOUND}, in “{titles[high]}”, and above {least}"
    return f"{where}: in the dearest week 1 path in 20 is above {most}, {least}"


def times(x: float) -> str:
    """``2.1x``, ``14x``: two digits."""
    return f"{x:.1f}×" if x < 9.95 else f"{x:,.0f}×"


AT_BOUND = f"at the model’s bound, {times(PRICE_BOUND)}"
"""Where a quantile reaches the highest price that the model allows."""


def caption(run: xr.DataTree) -> str:
    """Sample, seed, scenarios and definitions."""
    about = run.attrs
    pairing = "common random numbers, " if len(about["scenarios"]) > 1 else ""
    return (
        f"Weekly quantiles over N = {int(about['paths']):,} paths per scenario, {pairing}seed "
        f"{about['seed']}; paths peak in different weeks, so their peaks are higher. Scenarios: "
        f"{', '.join(about['scenarios'])}. Quote: what a new buyer pays today (chips: broker price); paid: "
        f"average over contracts. supplyshock run {about.get('run', '?')}"
    )
