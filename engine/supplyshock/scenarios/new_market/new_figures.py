"""The rows that a market's description adds to the tables of a data set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from supplyshock_kernels.params import REGIMES

from ..dataset import table_schemas
from ..dataset.csv_table import Figure, weakest
from ..dataset.dataset import Dataset
from .market_file import MarketFile, NewList, Supplier, Value


def new_figures(market: MarketFile, data: Dataset) -> Iterator[Figure]:
    """Every row that the market adds to the tables of `data`."""
    use = [
        market.figure("sector_inputs", (market.id, k, "use_share"), market.use.get(k, Value(value=0)), "1")
        for k in data.labels.sector_ids
    ]
    yield from _market_rows(market, data, use)
    for supplier in market.sources:
        yield market.figure("baskets", (supplier.id, market.id), supplier.share, "1")
        if supplier.id not in data.labels.source_ids:
            yield from _source_rows(market, supplier, data)
    yield from use
    yield from _criticality_rows(market, data)
    for name, share in market.control_lists.items():
        yield market.figure("control_lists", (name, market.id), share, "1")
    for new in market.new_lists:
        yield from _list_rows(market, new, data)


def _list_rows(market: MarketFile, new: NewList, data: Dataset) -> Iterator[Figure]:
    """How often its party acts on it, and where regimes pull it, which a similar list lends."""
    key = (f"policy.list_share.{new.id}",)
    yield market.figure("parameters", key, new.list_share, "1")
    for regime in REGIMES:
        lent = data.parameter.get((f"policy.pull.{regime}.{new.like}",))
        if lent is not None:
            yield _borrowed(lent, (f"policy.pull.{regime}.{new.id}",), new.like)


def _criticality_rows(market: MarketFile, data: Dataset) -> Iterator[Figure]:
    """A sector that uses nothing of the market does not depend on it either."""
    for k in data.labels.sector_ids:
        key = (market.id, k, "criticality")
        own = market.criticality.get(k)
        if own is None and market.use.get(k):
            yield _borrowed(data.inputs[market.like, k, "criticality"], key)
        else:
            yield market.figure("sector_inputs", key, own or Value(value=0), "1")


def _market_rows(market: MarketFile, data: Dataset, use: Sequence[Figure]) -> Iterator[Figure]:
    rows = {}
    for (lender, field), lent in data.market.items():
        if lender == market.like:
            own, key = market.figures.get(field), (market.id, field)
            rows[field] = market.figure("market_figures", key, own, lent.unit) if own else _borrowed(lent, key)
    if "us_share_of_xc_use" not in market.figures:
        rows["us_share_of_xc_use"] = _us_share(market, data, use)
    if "world_value" not in market.figures:
        rows["world_value"] = _world_value(market, rows["world_volume"], rows["price"])
    yield from rows.values()


def _borrowed(figure: Figure, key: tuple[str, ...], lender: str = "") -> Figure:
    """The figure of a similar market, source or list; whatever its mark, that it holds here is a judgement."""
    lender = lender or figure.key[0]
    source = f"As {lender}: {figure.source}"
    return replace(figure, key=key, mark="expert judgement", source=source, note=f"borrowed from {lender}")


def _source_rows(market: MarketFile, supplier: Supplier, data: Dataset) -> Iterator[Figure]:
    for field, rule in table_schemas.SOURCE_FIELDS.items():
        own, key = supplier.figures.get(field), (supplier.id, field)
        if own:
            yield market.figure("source_figures", key, own, str(rule.unit))
        else:
            yield _borrowed(data.source[supplier.like, field], key)


def _us_share(market: MarketFile, data: Dataset, use: Sequence[Figure]) -> Figure:
    """Use shares weighted by the US part of value added outside China."""

    def va(sector: str, field: str) -> Figure:
        return data.sector[sector, field]

    us = {k: va(k, "va_us").value / (va(k, "va_us").value + va(k, "va_rest").value) for k in data.labels.sector_ids}
    value = sum(f.value * us[f.key[1]] for f in use)
    mark = weakest(f.mark for f in [*use, *data.sector.values()])
    source = "Sum over sectors of use_share x va_us / (va_us + va_rest) of this data set"
    return Figure("market_figures", (market.id, "us_share_of_xc_use"), value, "1", mark, source, "")


def _world_value(market: MarketFile, volume: Figure, price: Figure) -> Figure:
    """bn USD/yr from t/yr x USD/kg: 1e3 kg/t over 1e9."""
    mark, source = weakest([volume.mark, price.mark]), "Product of world_volume and price of this data set"
    value = volume.value * price.value * 1e-6
    return Figure("market_figures", (market.id, "world_value"), value, "bn USD/yr", mark, source, "")
