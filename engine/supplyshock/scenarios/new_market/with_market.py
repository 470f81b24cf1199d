"""A data set with more markets: in memory, from their descriptions; nothing is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from ...common.errors import DataError
from ..dataset.csv_table import Figure
from ..dataset.dataset import Dataset, problems_of, read_dataset
from ..dataset.dataset_labels import ControlList, DataLabels, Market, Source
from ..shipped import default_data
from .market_file import MarketFile, read_market_file
from .new_figures import new_figures

TABLES = {
    "market_figures": "market", "baskets": "basket", "source_figures": "source", "sector_inputs": "inputs",
    "control_lists": "coverage", "parameters": "parameter",
}  # fmt: skip
"""Tables that a market adds rows to: name of the file, and of the field of `Dataset`."""
LABELS = "dataset.yaml"


@dataclass(frozen=True)
class Added:
    """What a market brought."""

    market: str
    sources: tuple[str, ...]
    lists: tuple[str, ...]
    figures: tuple[Figure, ...]

    @property
    def borrowed(self) -> int:
        """How many of the figures are those of a similar market, source or list."""
        return sum(bool(f.note) for f in self.figures)


def read_data(folder: Path) -> Dataset:
    """The data set in a folder, or the shipped one with the markets that the folder describes.

    A folder without ``dataset.yaml`` that holds YAML files describes markets, one a file; they are added in the order
    of the files' names. Raises `DataError` (exit code 65) that lists every defect.
    """
    files = [] if (folder / LABELS).exists() else sorted(folder.glob("*.yaml"))
    return with_markets(read_dataset(default_data()), files)[0] if files else read_dataset(folder)


def with_markets(data: Dataset, descriptions: Iterable[Path]) -> tuple[Dataset, tuple[Added, ...]]:
    """`data` with the market of each file, and what each brought.

    Raises `DataError` (exit code 65) for a description that cannot be used, or with which the data set cannot.
    """
    brought = []
    for path in descriptions:
        market = read_market_file(path, data)
        figures = tuple(replace(f, where=str(path)) for f in new_figures(market, data))
        before, data = data, _with_rows(data, _labels(market, data.labels), figures, path)
        sources = data.labels.source_ids[len(before.labels.source_ids) :]
        brought.append(Added(market.id, sources, tuple(new.id for new in market.new_lists), figures))
    return data, tuple(brought)


def _with_rows(data: Dataset, labels: DataLabels, figures: Iterable[Figure], path: Path) -> Dataset:
    rows: dict[str, dict[tuple[str, ...], Figure]] = defaultdict(dict)
    for figure in figures:
        rows[TABLES[figure.table]][figure.key] = figure
    tables = {name: MappingProxyType({**getattr(data, name), **new}) for name, new in rows.items()}
    new = replace(data, labels=labels, **tables)  # type: ignore[arg-type]
    problems = problems_of(new)
    if problems:
        raise DataError("the data set with the new market cannot be used", where=str(path), problems=problems)
    return new


def _labels(market: MarketFile, labels: DataLabels) -> DataLabels:
    """The labels with the market behind the others of its kind, and with its new sources and lists at the end."""
    kind = next(m.kind for m in labels.markets if m.id == market.like)
    entry = Market(id=market.id, name=market.name, kind=kind, group=market.group)
    at = len(labels.material_ids) if kind == "material" else len(labels.markets)
    sources = tuple(
        Source(id=s.id, name=s.name, bloc=s.bloc, kind=s.kind, place=s.place)
        for s in market.sources
        if s.id not in labels.source_ids and s.bloc
    )
    lists = tuple(
        ControlList(id=new.id, party=new.party, **{k: v for k in ("name", "description") if (v := getattr(new, k))})
        for new in market.new_lists
    )
    return labels.model_copy(
        update={
            "markets": (*labels.markets[:at], entry, *labels.markets[at:]),
            "sources": (*labels.sources, *sources),
            "control_lists": (*labels.control_lists, *lists),
        }
    )
