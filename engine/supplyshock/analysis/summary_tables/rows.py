"""One figure of a table, with its error: the tidy form behind text, JSON and CSV."""

from __future__ import annotations

from math import hypot, nan
from typing import Literal, NamedTuple

from ...scenarios.display_names import DisplayNames
from ..price_bound import NEAR_BOUND
from ..risk_measures import Estimate

Table = Literal["measures", "regimes", "losses", "differences", "prices", "stops", "leverage", "weekly", "sampled"]

TITLES: dict[Table, str] = {
    "measures": "Measures of all paths, or of as many as a line says",
    "regimes": "Regimes: % of paths at the end of the horizon · % ever · mean weeks in it",
    "losses": "Losses over the whole horizon, bn USD",
    "differences": "What a scenario changes on the same paths (and how much smaller the SE is for pairing)",
    "prices": "Highest price on a path, multiple of baseline: median · 95 % of paths stay below",
    "stops": "Industries that stop: % of paths · median first day where they do",
    "leverage": "What each side holds",
    "weekly": "Through time: the worst week of the mean path, and when it is",
    "sampled": "How many paths count: they have weights",
}
"""Titles of the tables, in reading order."""

QUANTILES = {"P5": 0.05, "P50": 0.5, "P95": 0.95}
"""Of measures, by statistic."""
PRICE_RATIO = "x baseline"
"""Unit of prices, and of other figures that are set beside the baseline."""
FEWER = " (paths "
"""Begins what the item of a measure says of its paths where they are not all."""
PER_KG = "USD/kg"
"""Unit of the price of a material in money."""
PLACES = {"CN": "in China", "XC": "outside China"}
COUNTRIES = {"CN": "China", "US": "United States"}
ABROAD = {"EU": "European Union", "JP": "Japan", "KR": "South Korea", "other": "Other economies"}


class Row(NamedTuple):
    """A figure: ``statistic`` of ``item`` in ``scenario``."""

    table: Table
    scenario: str
    """For differences: ``other - base``."""
    item: str
    statistic: str
    value: float
    se: float
    """Standard error; NaN if there is none to give."""
    unit: str
    label: str
    """The item with display names in place of ids, for people."""
    usd_per_kg_at_1: float = nan
    """The base price (a price ratio of 1) in USD/kg; NaN if the row is not the price of a material."""
    parameter_sd: float = nan
    """Standard deviation over draws of the calibrated parameters; NaN if it is not known."""

    @property
    def error(self) -> float:
        """The error from paths and parameters together, as far as they are known; NaN if neither is."""
        known = [x for x in (self.se, self.parameter_sd) if x == x]
        return hypot(*known) if known else nan

    @property
    def at_bound(self) -> bool:
        """Whether it is a price that reaches the highest one that the model allows: no estimate, a bound."""
        ratio = self.value / self.usd_per_kg_at_1 if self.unit == PER_KG else self.value
        return self.unit in (PRICE_RATIO, PER_KG) and ratio >= NEAR_BOUND


class Item(NamedTuple):
    """What a row is about."""

    ids: str
    label: str
    usd_per_kg_at_1: float = nan
    """As of a row."""

    def plus(self, text: str) -> Item:
        """With more text behind it."""
        return Item(self.ids + text, self.label + text, self.usd_per_kg_at_1)


def row(table: Table, scenario: str, item: str | Item, statistic: str, estimate: Estimate, unit: str) -> Row:
    """The row of an estimate; an item that is text names no id."""
    ids, label, usd_per_kg_at_1 = item if isinstance(item, Item) else Item(item, item)
    price = usd_per_kg_at_1 if unit == PRICE_RATIO else nan
    return Row(table, scenario, ids, statistic, estimate.value, estimate.se, unit, label, price)


def item_of(names: DisplayNames, axis: str, label: str, text: str = "{}") -> Item:
    """The item whose text has a label in it, by its id and by its display name."""
    return Item(text.format(label), text.format(names.of(axis, label)))


def percent(share: Estimate) -> Estimate:
    """A share of 1 in %."""
    return Estimate(share.value * 100, share.se * 100)
