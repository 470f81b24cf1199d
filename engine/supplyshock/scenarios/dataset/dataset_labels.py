"""``dataset.yaml``: the names of a data set."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from supplyshock_kernels.params import BLOCS, PARTIES, REGIMES

from ...common.errors import DataError, Problem, shown
from ..yaml_files.section import Section
from ..yaml_files.validation_errors import refuse, validate
from ..yaml_files.yaml_reader import Document, mark_of, read_document
from .parameter_names import is_tariff

Id = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
GROUPS = ("light", "heavy", "minor", "chip")
TOOLS = "chip_tools"
"""The list that slows the growth of Chinese fabs."""


def _one_line(name: str) -> str:
    if name != " ".join(name.splitlines()).strip():
        raise refuse("one line, without space at its ends", got=shown(name))
    return name


DisplayName = Annotated[str, Field(max_length=100), AfterValidator(_one_line)]


class _Label(Section):
    model_config = ConfigDict(strict=True)
    id: Id
    name: DisplayName = ""
    """The name that people read in place of the id; without one, the id in words."""
    description: str = ""
    """What the name covers."""


class Market(_Label):
    kind: Literal["material", "chip"]
    group: Literal["light", "heavy", "minor", "chip"]


class Source(_Label):
    bloc: Literal["CN", "XC"]
    """Which bloc gates the output."""
    kind: str
    place: str


class Sector(_Label):
    many_parts: bool


class ControlList(_Label):
    party: Literal["CN", "US"]


class DataLabels(Section):
    """Names and kinds; the order of every list is the order of the arrays."""

    markets: Annotated[tuple[Market, ...], Field(min_length=1)]
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    sectors: Annotated[tuple[Sector, ...], Field(min_length=1)]
    parties: tuple[str, ...] = PARTIES
    blocs: tuple[str, ...] = BLOCS
    control_lists: Annotated[tuple[ControlList, ...], Field(min_length=1)]
    regimes: tuple[str, ...] = REGIMES

    @property
    def market_ids(self) -> tuple[str, ...]:
        return tuple(m.id for m in self.markets)

    @property
    def material_ids(self) -> tuple[str, ...]:
        return tuple(m.id for m in self.markets if m.kind == "material")

    @property
    def source_ids(self) -> tuple[str, ...]:
        return tuple(j.id for j in self.sources)

    @property
    def sector_ids(self) -> tuple[str, ...]:
        return tuple(k.id for k in self.sectors)

    @property
    def list_ids(self) -> tuple[str, ...]:
        return tuple(c.id for c in self.control_lists)

    def given_names(self) -> dict[str, dict[str, str]]:
        """The names that the file gives: by axis, by id."""
        groups = {"market": self.markets, "source": self.sources, "sector": self.sectors, "list": self.control_lists}
        return {axis: {x.id: x.name for x in group if x.name} for axis, group in groups.items()}

    def known(self) -> dict[str, tuple[str, ...]]:
        """Ids by the name of the column that holds them."""
        return {
            "market": self.market_ids,
            "supplier": self.source_ids,
            "sector": self.sector_ids,
            "control_list": self.list_ids,
        }


def read_labels(path: Path) -> DataLabels:
    """The labels of a data set. Raises `DataError` that lists every defect."""
    document = read_document(path)
    labels = validate(DataLabels, document, error=DataError)
    problems = _problems(labels, document)
    if problems:
        raise DataError("the labels cannot be used", where=str(path), problems=problems)
    return labels


def _problems(labels: DataLabels, document: Document) -> list[Problem]:
    problems: list[Problem] = []

    def add(key: str, expected: str, got: str) -> None:
        problems.append(Problem(str(mark_of(document.marks, (key,))), key, expected, got))

    for key, names in (("parties", PARTIES), ("blocs", BLOCS), ("regimes", REGIMES)):
        names_in_file = getattr(labels, key)
        if names_in_file != names:
            add(key, ", ".join(names), ", ".join(names_in_file))
    for key, ids in zip(("markets", "sources", "sectors", "control_lists"), labels.known().values(), strict=True):
        twice = [name for name, n in Counter(ids).items() if n > 1]
        if twice:
            add(key, "each id once", f"{', '.join(twice)} twice")
    kinds = [m.kind for m in labels.markets]
    if kinds != sorted(kinds, reverse=True):  # material before chip
        add("markets", "materials before chips", "a chip before a material")
    for m in labels.markets:
        if (m.kind == "chip") != (m.group == "chip"):
            add("markets", "the group chip for chips only", f"{m.id} of kind {m.kind} in group {m.group}")
    for party in PARTIES:
        tariffs = [c.id for c in labels.control_lists if c.party == party and is_tariff(c.id)]
        if len(tariffs) != 1:
            add("control_lists", f"one list of {party} whose id ends in 'tariffs'", f"{len(tariffs)}")
    if TOOLS not in labels.list_ids:
        add("control_lists", f"a list {TOOLS!r}", "none")
    return problems
