"""The data set in the baseline of a config: another year's output, use, prices and cover.

A baseline changes the figures before anything is built from them, so tonnages, values, baskets and elasticities
all follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from supplyshock_kernels.params import WEEKS_PER_YEAR

from ...common.errors import Problem
from .. import units
from ..dataset import dataset
from ..dataset.csv_table import Figure, Table
from ..dataset.dataset import Dataset, import_shares
from .baseline import Baseline

KG_PER_T = 1000.0
BN = 1e9
_Values = dict[tuple[str, ...], tuple[float, Figure]]
"""New value and old figure by key."""


def rebased(data: Dataset, baseline: Baseline) -> Dataset:
    """The data set in the config's baseline; shares of a market's supply still sum to 1."""
    if baseline == Baseline():
        return data
    factor = {source: _factor(data, source, text) for source, text in baseline.output.items()}
    total = dict.fromkeys(data.labels.market_ids, 0.0)
    scaled = {key: figure.value * factor.get(key[0], 1.0) for key, figure in data.basket.items()}
    for (_, market), value in scaled.items():
        total[market] += value
    basket = {key: (value / total[key[1]], data.basket[key]) for key, value in scaled.items()}
    figures, recipes = _markets(data, baseline, total), _recipes(data, baseline)
    return replace(data, basket=_table(basket), market=_table(figures), made_from=_table(recipes))


def _factor(data: Dataset, source: str, text: str | float) -> float:
    """Ratio of a source's output to that of the data set."""
    number, kind = units.parse(text, "rate", "share", bare="share")
    if kind == "share":
        return number
    tonnes = output(data, source)
    return number * WEEKS_PER_YEAR / tonnes if tonnes else 1.0  # see `output_problems`


def output(data: Dataset, source: str) -> float:
    """A source's total tonnage a year across its materials."""
    figures = [(data.market.get((m, "world_volume")), data.basket.get((source, m))) for m in data.labels.material_ids]
    return sum(volume.value * share.value for volume, share in figures if volume and share)


def _markets(
    data: Dataset, baseline: Baseline, total: Mapping[str, float]
) -> dict[tuple[str, ...], tuple[float, Figure]]:
    price = {m: units.parse(text, "price", bare="price")[0] for m, text in baseline.price.items()}
    changed: dict[tuple[str, ...], float] = {(m, "cn_demand_share"): share for m, share in baseline.cn_use.items()}
    changed |= {(m, "cover_weeks"): weeks for m, weeks in baseline.cover.items()}
    changed |= {(m, "price"): value for m, value in price.items()}
    for m in data.labels.material_ids:
        volume = data.market[m, "world_volume"].value * total[m]
        usd = price.get(m, data.market[m, "price"].value)
        changed[m, "world_volume"] = volume
        changed[m, "world_value"] = volume * KG_PER_T * usd / BN
    return {key: (changed.get(key, figure.value), figure) for key, figure in data.market.items()}


def _recipes(data: Dataset, baseline: Baseline) -> _Values:
    changed: dict[tuple[str, ...], float] = {
        (product, source, "kg_per_kg"): content
        for product, inputs in baseline.made_from.items()
        for source, content in inputs.items()
    }
    return {key: (changed.get(key, figure.value), figure) for key, figure in data.made_from.items()}


def _table(values: Mapping[tuple[str, ...], tuple[float, Figure]]) -> Table:
    return MappingProxyType({key: _changed(figure, value) for key, (value, figure) in values.items()})


def _changed(figure: Figure, value: float) -> Figure:
    if abs(value - figure.value) <= 1e-12 * abs(figure.value):
        return figure
    return replace(figure, value=value, mark="scenario", source="baseline of the config", low=None, high=None)


def output_problems(data: Dataset, baseline: Baseline, where: str) -> list[Problem]:
    """Tonnages given for sources that supply no material, and inputs that a product is not made from."""
    no_recipe = [
        Problem(where, f"baseline.made_from.{product}", "an input that the data set makes it from", source)
        for product, inputs in baseline.made_from.items()
        for source in inputs
        if (product, source, "kg_per_kg") not in data.made_from
    ]
    expected = "a multiple of its output: the source supplies no material, so it has no tonnage"
    return no_recipe + [
        Problem(where, f"baseline.output.{source}", expected, str(text))
        for source, text in baseline.output.items()
        if units.parse(text, "rate", "share", bare="share")[1] == "rate" and not output(data, source)
    ]


def making_problems(data: Dataset, where: str) -> list[Problem]:
    """Makers that take more of an input than a bloc uses of it, or pay more for inputs than their product brings."""
    return [Problem(where, "baseline", p.expected, p.got) for p in dataset.making_problems(data)]


def import_problems(data: Dataset, where: str) -> list[Problem]:
    """Materials that the rest of the world would not import, which the equations do not cover."""
    expected = "baseline.cn_use and baseline.output under which the rest of the world imports it"
    return [
        Problem(where, f"baseline, {m}", expected, f"an import of {x:.3g}") for m, x in import_shares(data) if x <= 0.0
    ]
