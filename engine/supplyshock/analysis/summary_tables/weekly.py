"""The worst week of the mean path, from /summary: exact over all paths, and tiny."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..base_prices import base_prices
from ..run_groups import names_of
from .rows import COUNTRIES, Row, item_of

if TYPE_CHECKING:
    import xarray as xr


class _Fact(NamedTuple):
    text: str
    """With a place for the market, where it names one."""
    variable: str
    """Without the ending _mean, which the regimes do not have."""
    at: dict[str, str]
    unit: str
    scale: float = 1.0


_FACTS = (
    _Fact("probability of escalation", "regime_probability", {"regime": "escalation"}, "%", 100),
    *(
        _Fact(f"{COUNTRIES[p]}: lost output in the week", "loss_usd_bn", {"party": p}, "bn USD a week")
        for p in ("US", "CN")
    ),
    _Fact("paid price of {} outside China", "paid_price_ratio", {"market": "Dy"}, "x baseline"),
)


def weekly_rows(run: xr.DataTree) -> Iterator[Row]:
    """The highest weekly mean of a few quantities, its error, and the week it falls in."""
    summary, names, base = run["summary"].to_dataset(), names_of(run), base_prices(run)
    for name in (str(s) for s in summary["scenario"].values):
        for fact in _FACTS:
            ending = "" if fact.variable == "regime_probability" else "_mean"
            mean = summary[fact.variable + ending].sel(scenario=name)
            if any(v not in mean[axis].values for axis, v in fact.at.items()):
                continue
            item = item_of(names, "market", fact.at.get("market", ""), fact.text)
            values = mean.sel(fact.at).to_numpy()
            se = summary[f"{fact.variable}_se"].sel({"scenario": name, **fact.at}).to_numpy()
            i = int(np.argmax(values))
            value, error = values[i] * fact.scale, se[i] * fact.scale
            if value < 0:  # losses: if a party gains in every week, the worst loss is zero
                value, error = 0.0, 0.0
            price = base.get(name, {}).get(fact.at.get("market", ""), float("nan"))
            yield Row("weekly", name, item.ids, "highest", float(value), float(error), fact.unit, item.label, price)
            happens = np.isfinite(value) and values[i] >= 0
            week = float(i) if happens else float("nan")
            yield Row("weekly", name, item.ids, "in week", week, float("nan"), "weeks from the start", item.label)
