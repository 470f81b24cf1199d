"""The registry: which artefacts there are, which commands make them, and what decides what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from supplyshock.common.errors import ConfigError, UsageError, did_you_mean, reason

FILE = "docs/figures/registry.yaml"
STALE = "stale"
"""As an id: whatever is stale."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cell(_Entry):
    """One number of a CSV table that a command wrote."""

    csv: str
    where: dict[str, str | float]
    """Column and what it holds; one row has to be left."""
    value: str = "value"
    """Column of the number."""
    se: str | None = None
    """Column of its standard error; by default the one that goes with `value`, where there is one."""
    sign: bool = False
    """Whether a plus is written."""
    error: bool = True
    """Whether the standard error is written."""
    times: float = 1.0
    blank: list[str] = []
    """Columns of a table in which the row is empty."""


class Table(_Entry):
    """A Markdown table. A cell is put together from `cell`, its column and its row, the later over the earlier."""

    corner: str
    cell: dict[str, Any] = {}
    columns: dict[str, dict[str, Any]]
    rows: dict[str, dict[str, Any]]

    def at(self, column: str, row: str) -> Cell:
        """The cell; `{column}` in a text of `where` is the column's `name`."""
        parts = (self.cell, {k: v for k, v in self.columns[column].items() if k != "name"}, self.rows[row])
        where: dict[str, Any] = {}
        for part in parts:
            where |= part.get("where", {})
        name = self.columns[column].get("name", column)
        filled = {k: v.format(column=name) if isinstance(v, str) else v for k, v in where.items()}
        return Cell(**{k: v for part in parts for k, v in part.items()} | {"where": filled})


class Block(_Entry):
    """A console block: the command and a part of what it prints."""

    shown: str | None = None
    """Text above the output; by default the command behind a `$`."""
    start: str = ""
    """Expression that the first line contains."""
    until: str = ""
    """Expression of the first line that is left out, with all below it."""
    keep: list[str] = []
    """Expressions: only lines that contain one of them. Dots stand for lines left out between or below."""
    most: int = 10_000
    """Lines at most."""
    replace: dict[str, str] = {}
    """Expression and text in its place, for what depends on the machine."""


class Source(_Entry):
    """What decides the content of an artefact."""

    scenarios: list[str] = []
    """Shipped scenarios on whose results it rests."""
    reads: list[str] = []
    """Files of the project, by pattern, that decide more than these results do."""
    configs: list[str] = []
    """Configs of the pages (`saved as`) that it runs."""
    after: list[str] = []
    """Artefacts that are made before it, and whose runs it reads."""


class Artefact(Source):
    """What one command makes: runs for others, a block, a table or numbers of a page, pictures, files."""

    command: str
    """For the shell, in a scratch copy of the project."""
    page: str = ""
    """Page with its block or table."""
    block: Block | None = None
    table: Table | None = None
    values: dict[str, Cell] = {}
    """Numbers that pages quote, by name."""
    pictures: dict[str, str] = {}
    """Picture in the scratch copy, and its place in the project."""
    writes: list[str] = []
    """Patterns of files of the project that the command writes itself."""
    checked_by: str = ""
    """Another test that says when it is stale; then the lock holds nothing of it."""

    @field_validator("page")
    @classmethod
    def _is_markdown(cls, page: str) -> str:
        if page and not page.endswith(".md"):
            raise ValueError("expected a page of Markdown")
        return page


class Quote(Source):
    """Sentences that quote numbers by hand; a person reads them again when they are stale."""

    page: str
    place: str
    """Where on the page, in words."""


class Registry(_Entry):
    """All of it."""

    left_out: dict[str, str] = {}
    """Page, or page and first line of a block, that no command here makes; and why."""
    artefacts: dict[str, Artefact]
    by_hand: dict[str, Quote] = {}

    def source(self, name: str) -> Artefact | Quote:
        """An artefact or a quote."""
        return self.artefacts[name] if name in self.artefacts else self.by_hand[name]

    def chain(self, name: str) -> list[str]:
        """The artefact with those before it, in the order in which they are made."""
        found: dict[str, None] = {}
        for before in self.source(name).after:
            found |= dict.fromkeys(self.chain(before))
        return [*found, name]

    def with_those_before(self, names: Iterable[str]) -> list[str]:
        """Artefacts and those before them, in the order of the registry."""
        needed = {step for name in names for step in self.chain(name)}
        return [name for name in self.artefacts if name in needed]

    def select(self, only: Sequence[str], quoting: Mapping[str, Sequence[str]] | None = None) -> list[str]:
        """Ids that are meant by ids and names of pages (`sweeps` for docs/how-to/sweeps.md); `quoting` has the
        artefacts of which a page quotes numbers. Raises `UsageError`."""
        pages: dict[str, list[str]] = {}
        for name, artefact in self.artefacts.items():
            for place in places(artefact):
                pages.setdefault(Path(place).stem, []).append(name)
        for page, names in (quoting or {}).items():
            pages.setdefault(page, []).extend(name for name in names if name in self.artefacts)
        chosen: list[str] = []
        for word in only:
            if word not in self.artefacts and word not in pages:
                hint = did_you_mean(word, [*self.artefacts, *pages, STALE])
                raise UsageError(
                    "no such artefact",
                    where="ONLY",
                    expected="an id or the name of a page",
                    got=repr(word),
                    fix=f"{hint} Ids stand in {FILE}".strip(),
                )
            chosen += [word] if word in self.artefacts else pages[word]
        return list(dict.fromkeys(chosen))


def places(artefact: Artefact) -> Iterator[str]:
    """Pages, pictures and patterns of files that an artefact makes."""
    if artefact.page:
        yield artefact.page
    yield from artefact.pictures.values()
    yield from artefact.writes


def load(root: Path, file: str = FILE) -> Registry:
    """The registry of a project. Raises `ConfigError`."""
    path = root / file
    try:
        registry = Registry(**YAML(typ="safe").load(path.read_text(encoding="utf-8")))
    except (OSError, YAMLError, TypeError) as e:
        raise ConfigError("cannot be read", where=file, got=reason(e) if isinstance(e, OSError) else str(e)) from e
    except ValidationError as e:
        first = e.errors()[0]
        at = ".".join(map(str, first["loc"]))
        raise ConfigError(first["msg"], where=f"{file}, {at}", got=repr(first["input"])[:60]) from e
    _check(registry, file)
    return registry


def _check(registry: Registry, file: str) -> None:
    """Raises `ConfigError` for an artefact that is before itself or before an unknown one."""
    earlier: set[str] = set()
    sources: list[tuple[str, Mapping[str, Source]]] = [
        ("artefacts", registry.artefacts),
        ("by_hand", registry.by_hand),
    ]
    for kind, entries in sources:
        for name, source in entries.items():
            unknown = [before for before in source.after if before not in earlier]
            if unknown or name in earlier or name == STALE:
                raise ConfigError(
                    "is not in order",
                    where=f"{file}, {kind}.{name}",
                    expected="an id of its own, and `after` with artefacts above it",
                    got=", ".join(unknown) or name,
                )
            if kind == "artefacts":
                earlier.add(name)
