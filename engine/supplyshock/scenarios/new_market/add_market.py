"""Adds a market to a data set: one description in, a complete data folder out."""

from __future__ import annotations

import csv
import io
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...common.errors import DataError, UsageError
from ..dataset import table_schemas
from ..dataset.csv_table import COMMON, Figure, weakest
from ..dataset.dataset import Dataset, parameter_names, read_dataset
from ..dataset.dataset_labels import DataLabels, Market, Source
from ..dataset.outlook import OUTLOOK
from .market_file import MarketFile, Supplier, Value, read_market_file

HEADER = "# Labels of a data set, no figures.\n"


@dataclass(frozen=True)
class AddedMarket:
    """What a new data folder has more than the one it was made from."""

    folder: Path
    market: str
    sources: tuple[str, ...]
    figures: tuple[Figure, ...]
    borrowed: int
    """How many of the figures are those of a similar market or source."""


def add_market(description: Path, data: Path, out: Path) -> AddedMarket:
    """Writes the data set in `data` with the market of a YAML file added to the new folder `out`.

    Figures that the file leaves out are those of the market or source it names under ``like``, marked
    ``expert judgement``. Nothing is written unless the whole data set can be used.

    Raises `DataError` (exit code 65) for a description or a data set that cannot be used, `UsageError` for
    an `out` that exists, `OSError` where writing fails.
    """
    if out.exists():
        raise UsageError("the folder exists", where=str(out), expected="a new folder", fix="name another, or remove it")
    before = read_dataset(data)
    market = read_market_file(description, before)
    figures = tuple(new_figures(market, before))
    labels = _new_labels(market, before)
    part = out.with_name(f"{out.name}.{secrets.token_hex(4)}.partial")  # a name of its own: it is removed at the end
    try:
        _write(before, labels, figures, part)
        _check(part, out)
        os.replace(part, out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    sources = tuple(s.id for s in labels.sources[len(before.labels.sources) :])
    return AddedMarket(out, market.id, sources, figures, sum(bool(f.note) for f in figures))


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


def _borrowed(figure: Figure, key: tuple[str, ...]) -> Figure:
    """The figure of a similar market or source; whatever its mark, that it holds here is a judgement."""
    lender = figure.key[0]
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


def _new_labels(market: MarketFile, data: Dataset) -> DataLabels:
    """The labels with the market behind the others of its kind, and with its new sources at the end."""
    labels = data.labels
    kind = next(m.kind for m in labels.markets if m.id == market.like)
    entry = Market(id=market.id, name=market.name, kind=kind, group=market.group)
    at = len(labels.material_ids) if kind == "material" else len(labels.markets)
    sources = tuple(
        Source(id=s.id, name=s.name, bloc=s.bloc, kind=s.kind, place=s.place)
        for s in market.sources
        if s.id not in labels.source_ids and s.bloc
    )
    return labels.model_copy(
        update={
            "markets": (*labels.markets[:at], entry, *labels.markets[at:]),
            "sources": (*labels.sources, *sources),
        }
    )


def _write(data: Dataset, labels: DataLabels, figures: Sequence[Figure], folder: Path) -> None:
    """The tables of `data` with the new rows at their ends, and the labels."""
    folder.mkdir(parents=True)
    (folder / "dataset.yaml").write_text(_yaml(labels), encoding="utf-8")
    readers = table_schemas.readers(labels.known(), parameter_names(labels))
    expected = [name for name in OUTLOOK if (data.folder / f"{name}.csv").exists()]
    for name in (*readers, "priors", *expected):
        text = (data.folder / f"{name}.csv").read_text(encoding="utf-8-sig")
        rows = [f for f in figures if f.table == name]
        if rows:
            text = text.rstrip("\n") + "\n" + _csv_rows(text, readers[name].key, rows)
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")


def _csv_rows(table: str, key: Sequence[str], figures: Sequence[Figure]) -> str:
    """Rows in the order of the table's own columns."""
    out = io.StringIO()
    columns = next(csv.reader(io.StringIO(table)))
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    for f in figures:
        cells = (f"{f.value:.10g}", f.unit, f.mark, f.source)
        writer.writerow({**dict(zip(key, f.key, strict=True)), **dict(zip(COMMON, cells, strict=True))})
    return out.getvalue()


def _yaml(labels: DataLabels) -> str:
    from ruamel.yaml import YAML

    out, yaml = io.StringIO(), YAML()
    yaml.width = 1000
    yaml.dump(labels.model_dump(mode="json", exclude_unset=True), out)
    return HEADER + out.getvalue()


def _check(part: Path, out: Path) -> None:
    """Reads the folder back; errors name the folder that it becomes."""
    try:
        read_dataset(part)
    except DataError as error:
        problems = [replace(p, where=p.where.replace(str(part), str(out))) for p in error.problems]
        raise DataError("the data set with the new market cannot be used", where=str(out), problems=problems) from None
