"""Tables of an exposure say over how many weeks and from which prices they count, and money is USD."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

from supplyshock.analysis.exposure.captions import (
    BASE,
    FIRST,
    first_day_prices,
    money_caption,
    option_caption,
    sweep_caption,
    tail_column,
)
from supplyshock.scenarios import units
from supplyshock.scenarios.exposure.example import EXAMPLE
from supplyshock.scenarios.exposure.schema import json_schema


def results(**attrs: Any) -> xr.Dataset:
    prices = {BASE: [[239.0, np.nan]], FIRST: [[4.92, 1.04]]}
    return xr.Dataset(
        {name: (("scenario", "input"), values) for name, values in prices.items()},
        {"input": ["Dy", "dram_hbm"]},
        {"weeks": 104, "tail_weight": 0.5, **attrs},
    )


def test_money_says_its_weeks_and_both_prices() -> None:
    """239 x 4.92 = 1,176; a chip has no price by the kilogram."""
    caption = money_caption(results())
    assert "over 104 weeks and from base prices" in caption
    assert "Dy 1,176 USD/kg, 4.9 x the base price of 239; dram_hbm 1 x the base price." in caption
    assert "over 52 weeks" in money_caption(results(weeks=52))


def test_options_and_sweeps_say_their_weeks_and_what_the_last_column_is() -> None:
    caption = option_caption(results(tail_weight=0.8), "Status quo")
    assert caption.startswith("Status quo: options") and "over 104 weeks" in caption
    assert "80 % tail: all costs on average, with 80 % weight on the worst 5 %" in caption
    assert tail_column(results(tail_weight=0.125)) == "12.5 % tail"
    assert sweep_caption(results(), "Status quo", "Dy.priority") == "Status quo: Dy.priority, over 104 weeks"


def test_sweeps_of_stocks_say_what_orders_aim_at() -> None:
    kept, used_up = (sweep_caption(results(), "Rift", f"Dy.stock{more}") for more in ("", ", target 8 weeks"))
    assert kept == "Rift: Dy.stock, over 104 weeks. Orders keep each stock up, at any price"
    assert used_up == "Rift: Dy.stock, target 8 weeks, over 104 weeks. A stock above 8 weeks is used up first"


@pytest.mark.parametrize(("bloc", "ratio"), [("XC", 5.0), ("CN", 2.0)])
def test_prices_of_the_first_week_are_the_medians_of_the_bloc(bloc: str, ratio: float) -> None:
    """Of a run by hand: two markets, two weeks, three quantiles; Dy weighs 2 kt and brings 1 bn USD."""
    quotes = np.zeros((1, 2, 2, 2, 3))
    quotes[0, 0, 0] = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    axes = ("scenario", "time", "market", "bloc", "quantile")
    labels = {"scenario": ["one"], "market": ["Dy", "nand"], "bloc": ["CN", "XC"], "quantile": [0.05, 0.5, 0.95]}
    of_market = {"scenario": ["one"], "market": ["Dy", "nand"]}
    worth = {"markets_value": [[1.0, 1.0]], "markets_tonnage": [[2.0, 0.0]]}
    run = xr.DataTree.from_dict(
        {
            "summary": xr.Dataset({"price_ratio_quantile": (axes, quotes)}, labels),
            "inputs": xr.Dataset({k: (("scenario", "market"), v) for k, v in worth.items()}, of_market),
        }
    )
    firm = xr.Dataset(coords={"scenario": ["one"], "input": ["Dy"]}, attrs={"bloc": bloc})
    found = first_day_prices(run, firm)
    assert found[FIRST].item() == ratio and found[BASE].item() == pytest.approx(500.0)


@pytest.mark.parametrize("text", ["80 M EUR/year", "80 M euros/year", "5 GBP/kg", "3 CNY/kg", "80 €/year", "€ 3"])
def test_other_money_is_told_to_be_converted(text: str) -> None:
    with pytest.raises(units.QuantityError, match="USD is the only currency; convert first, and say at which rate"):
        units.parse(text, "income", "price")


@pytest.mark.parametrize("text", ["80 M USD/year", "80 k USD/year", "3 bn USD per year"])
def test_dollars_are_money(text: str) -> None:
    assert units.parse(text, "income")[0] > 0


def test_value_added_is_defined_where_a_book_is_written() -> None:
    words = "less bought inputs and services"
    assert words in EXAMPLE
    assert words in json_schema()["$defs"]["Line"]["properties"]["value_added"]["description"]
