"""The description of a market to add: one YAML file with figures, their marks and sources."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ...common.errors import DataError, Problem, did_you_mean, shown
from ..dataset.csv_table import Figure, Rule
from ..dataset.dataset import SUM_TOLERANCE, USE_TOLERANCE, Dataset
from ..dataset.dataset_labels import DisplayName, Id
from ..dataset.parameter_names import is_tariff
from ..dataset.table_schemas import CHIP_FIELDS, INPUT_FIELDS, MARKET_FIELDS, MATERIAL_FIELDS, SHARE, SOURCE_FIELDS
from ..yaml_files.number_types import Number
from ..yaml_files.section import ByName, Section
from ..yaml_files.validation_errors import key_text, refusal, refuse, validate
from ..yaml_files.yaml_reader import Document, KeyPath, mark_of, read_document

Mark = Literal["sourced", "derived", "unverified", "expert judgement"]
COMPUTED = ("world_value", "us_share_of_xc_use")
"""Fields of a material that follow from other figures."""
REQUIRED = {"material": ("world_volume", "price", "cn_demand_share"), "chip": ("world_value", "cn_demand_share")}
"""Fields that no other market can lend, by kind."""


class Value(Section):
    """A number with its mark and source; a bare number takes those of the file."""

    value: Number
    mark: Mark | None = None
    source: str = ""

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return {"value": value}
        if not isinstance(value, dict):
            raise refuse("a number, or value, mark and source")
        return value


class Supplier(Section):
    """A source of the market: one that the data set has, or a new one with a label and a source it resembles."""

    id: Id
    share: Value
    """of world supply"""
    name: DisplayName = ""
    bloc: Literal["CN", "XC", ""] = ""
    kind: str = ""
    place: str = ""
    like: str = ""
    """the source that lends the figures left out"""
    figures: ByName[str, Value] = Field(default={})


class NewList(Section):
    """A control list that the data set does not have yet; a similar one lends the levels to which regimes pull it."""

    id: Id
    party: Literal["CN", "US"]
    like: str
    """the list that lends the pulls of regimes"""
    list_share: Value
    """share of the party's acts that hit it, beside those of the other lists"""
    name: DisplayName = ""
    description: str = ""


class MarketFile(Section):
    """One market: its label, its figures, its suppliers and its users."""

    id: Id
    name: DisplayName
    group: Literal["light", "heavy", "minor", "chip"]
    like: str
    """The market that lends the figures left out; the new market is of the same kind."""
    mark: Mark = "expert judgement"
    """Mark of bare numbers."""
    source: Annotated[str, Field(min_length=1)]
    """Source of bare numbers."""
    figures: ByName[str, Value]
    sources: Annotated[tuple[Supplier, ...], Field(min_length=1)]
    use: ByName[str, Value]
    """Share of the market's use by sector; sectors left out use nothing."""
    criticality: ByName[str, Value] = Field(default={})
    """Part of a sector's output that depends on the market, by sector."""
    control_lists: ByName[str, Value] = Field(default={})
    """Share of the market's trade that each list gates."""
    new_lists: tuple[NewList, ...] = ()
    """Control lists that come with the market; markets added later may be on them too."""

    def figure(self, table: str, key: tuple[str, ...], value: Value, unit: str) -> Figure:
        """`value` as a row of `table`, with the file's mark and source where it has none."""
        return Figure(table, key, value.value, unit, value.mark or self.mark, value.source or self.source, "")


def read_market_file(path: Path, data: Dataset) -> MarketFile:
    """The market described in `path`, checked against the data set it goes into.

    Raises `DataError` (exit code 65) that lists every defect with file, line and key.
    """
    document = read_document(path)
    market = validate(MarketFile, document, error=DataError)
    problems = [*_names(market, data, document), *_ranges(market, document)] or [*_sums(market, document)]
    problems = problems or [*_imports(market, data, document)]
    if problems:
        raise refusal(problems, document, DataError)
    return market


def _problem(document: Document, path: KeyPath, expected: str, got: str, fix: str = "") -> Problem:
    return Problem(str(mark_of(document.marks, path)), key_text(path), expected, got, fix)


def _names(market: MarketFile, data: Dataset, document: Document) -> Iterator[Problem]:
    """Names that the data set does not know, ids that it has already, figures that nothing can lend."""
    labels = data.labels
    if market.id in labels.market_ids:
        yield _problem(document, ("id",), "a new id", f"{market.id!r}, a market of the data set")
    if market.like not in labels.market_ids:
        yield _unknown(document, ("like",), market.like, labels.market_ids)
        return
    kind = next(m.kind for m in labels.markets if m.id == market.like)
    if (kind == "chip") != (market.group == "chip"):
        yield _problem(document, ("group",), f"a group of a {kind}, as {market.like} is", repr(market.group))
    lists = (*labels.list_ids, *(new.id for new in market.new_lists))
    fields = MARKET_FIELDS | (MATERIAL_FIELDS if kind == "material" else CHIP_FIELDS)
    settable = [f for f in fields if kind == "chip" or f not in COMPUTED]
    for group, known in (("figures", settable), ("use", labels.sector_ids), ("criticality", labels.sector_ids),
                         ("control_lists", lists)):  # fmt: skip
        for name in getattr(market, group):
            if name not in known:
                yield _unknown(document, (group, name), name, known)
    for name in REQUIRED[kind]:
        if name not in market.figures:
            yield _problem(document, ("figures",), f"a value for {name}", "none")
    yield from _suppliers(market, data, document)
    yield from _lists(market, data, document)


def _lists(market: MarketFile, data: Dataset, document: Document) -> Iterator[Problem]:
    known = data.labels.list_ids
    for i, new in enumerate(market.new_lists):
        if new.id in known:
            yield _problem(document, ("new_lists", i, "id"), "a new id", f"{new.id!r}, a list of the data set")
        if is_tariff(new.id):
            expected = "an id that does not end in 'tariffs': a party has one tariff list"
            yield _problem(document, ("new_lists", i, "id"), expected, repr(new.id))
        if new.like not in known:
            yield _unknown(document, ("new_lists", i, "like"), new.like, known)


def _suppliers(market: MarketFile, data: Dataset, document: Document) -> Iterator[Problem]:
    known = data.labels.source_ids
    for i, supplier in enumerate(market.sources):
        for name in supplier.figures:
            if name not in SOURCE_FIELDS:
                yield _unknown(document, ("sources", i, "figures", name), name, tuple(SOURCE_FIELDS))
        if supplier.id in known:
            if supplier.figures or supplier.like:
                got = f"figures for {supplier.id!r}, a source of the data set"
                yield _problem(document, ("sources", i), "id and share alone", got)
            continue
        for key in ("name", "bloc", "kind", "place"):
            if not getattr(supplier, key):
                yield _problem(document, ("sources", i), f"`{key}` of the new source {supplier.id!r}", "none")
        if supplier.like not in known:
            yield _unknown(document, ("sources", i, "like"), supplier.like, known)


def _unknown(document: Document, path: KeyPath, name: str, known: tuple[str, ...] | list[str]) -> Problem:
    return _problem(document, path, f"one of {', '.join(known)}", shown(name), did_you_mean(name, known))


def _ranges(market: MarketFile, document: Document) -> Iterator[Problem]:
    """Values that the table they go into would refuse."""
    fields = {**MARKET_FIELDS, **MATERIAL_FIELDS, **CHIP_FIELDS}
    figures = [(("figures", name), value, fields[name]) for name, value in market.figures.items() if name in fields]
    shares = [
        *((("use", name), value, INPUT_FIELDS["use_share"]) for name, value in market.use.items()),
        *((("criticality", name), value, INPUT_FIELDS["criticality"]) for name, value in market.criticality.items()),
        *((("control_lists", name), value, SHARE) for name, value in market.control_lists.items()),
        *((("new_lists", i, "list_share"), new.list_share, SHARE) for i, new in enumerate(market.new_lists)),
        *((("sources", i, "share"), supplier.share, SHARE) for i, supplier in enumerate(market.sources)),
    ]
    of_sources = [
        (("sources", i, "figures", name), value, SOURCE_FIELDS[name])
        for i, supplier in enumerate(market.sources)
        for name, value in supplier.figures.items()
        if name in SOURCE_FIELDS
    ]
    checks: list[tuple[KeyPath, Value, Rule]] = [*figures, *shares, *of_sources]
    for path, value, rule in checks:
        if not rule.admits(value.value):
            unit = f" ({rule.unit})" if rule.unit not in (None, "1") else ""
            yield _problem(document, path, f"{rule}{unit}", f"{value.value:g}")


def _sums(market: MarketFile, document: Document) -> Iterator[Problem]:
    """Shares of supply and of use sum to 1."""
    supply, use = sum(s.share.value for s in market.sources), sum(v.value for v in market.use.values())
    for key, total, tolerance in (("sources", supply, SUM_TOLERANCE), ("use", use, USE_TOLERANCE)):
        if abs(total - 1.0) > tolerance:
            yield _problem(document, (key,), "shares that sum to 1", f"{total:.8g}")


def _imports(market: MarketFile, data: Dataset, document: Document) -> Iterator[Problem]:
    """The rest of the world imports every material at baseline: the price equations divide by it."""
    blocs = {s.id: s.bloc for s in data.labels.sources} | {s.id: s.bloc for s in market.sources if s.bloc}
    inside = sum(s.share.value for s in market.sources if blocs[s.id] == "CN")
    share = market.figures["cn_demand_share"].value
    if market.group != "chip" and share >= inside:
        expected = f"less than {inside:g}, the share of supply from China, so that the rest of the world imports it"
        yield _problem(document, ("figures", "cn_demand_share"), expected, f"{share:g}")
