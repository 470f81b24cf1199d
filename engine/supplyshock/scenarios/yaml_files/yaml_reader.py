"""YAML 1.2 text to plain values, with the line of every key.

Safe by construction: the values are built here from the parser's events, so a tag can make nothing
but a plain value, and the size of the file, its depth and the expansion of aliases are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...common.errors import ConfigError, reason, shown
from ...common.safe_text import harmless, is_harmless
from .yaml_scalars import plain_scalar

KeyPath = tuple[str | int, ...]

MAX_BYTES = 1_000_000
MAX_NODES = 20_000
MAX_DEPTH = 50
_CORE = "tag:yaml.org,2002:"


@dataclass(frozen=True)
class Mark:
    """Position of a value in a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


OVERRIDES = Mark("overrides", 0)
"""Position of a value that comes from a call, not from a file."""


@dataclass(frozen=True)
class Document:
    """A mapping with the position of each of its keys."""

    value: dict[str, Any]
    marks: dict[KeyPath, Mark]


def mark_of(marks: Mapping[KeyPath, Mark], path: KeyPath) -> Mark:
    """Position of `path`, or of the nearest mapping or list around it."""
    while path not in marks and path:
        path = path[:-1]
    return marks.get(path, OVERRIDES)


def read_document(path: Path) -> Document:
    """The mapping in a YAML file.

    Raises `ConfigError` (exit code 65) if the file is missing, a folder, too large, binary, empty,
    not YAML, not a mapping, has a key twice, a tag, or aliases that expand without bound.
    """
    return parse_document(read_text(path), str(path))


def parse_document(text: str, name: str) -> Document:
    """The mapping in the text of a YAML file of that name. Raises `ConfigError` as `read_document` does."""
    value, marks = _Builder(name).document(text)
    if value is None:
        raise _refuse(name, 1, "a mapping of keys", "an empty file")
    if not isinstance(value, dict):
        raise _refuse(name, 1, "a mapping of keys", f"a {_kind(value)}")
    return Document(value, marks)


def parse_value(text: str, name: str) -> Any:
    """Any value that YAML has: a number, text, a list or a mapping. `ConfigError` names the place `name`."""
    return _Builder(name).document(text)[0]


def read_text(path: Path) -> str:
    """The text of a YAML file. Raises `ConfigError` for what is none."""
    name = str(path)
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise _refuse(name, 0, "a YAML file", "a folder") from None
    except OSError as error:
        raise _refuse(name, 0, "a readable YAML file", reason(error)) from None
    if len(raw) > MAX_BYTES:
        raise _refuse(name, 0, f"at most {MAX_BYTES:,} bytes", "a larger file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refuse(name, 0, "UTF-8 text", f"other bytes at offset {error.start}") from None
    bad = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    if bad:
        line = text.count("\n", 0, bad.start()) + 1
        raise _refuse(name, line, "printable text", f"the control character {bad.group()!r}")
    return text


def _fix_of(problem: str) -> str:
    """How to mend what the parser says of a line; empty where it says enough."""
    if r"'\t'" in problem:
        return "indent with spaces, not with tabs"
    if "block end" in problem or "mapping values" in problem:
        return "check the indentation of this line and of those above; a text with a colon needs quotes"
    return ""


def _refuse(file: str, line: int, expected: str, got: str, fix: str = "") -> ConfigError:
    return ConfigError("cannot read the config", where=str(Mark(file, line)), expected=expected, got=got, fix=fix)


def _kind(value: object) -> str:
    names = {list: "list", dict: "mapping", str: "text", bool: "truth value", int: "number", float: "number"}
    return names.get(type(value), type(value).__name__)


@dataclass
class _Builder:
    """Builds values from the parser's events."""

    file: str
    marks: dict[KeyPath, Mark] = field(default_factory=dict)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    nodes: int = 0

    def document(self, text: str) -> tuple[Any, dict[KeyPath, Mark]]:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        try:
            events = iter(YAML(typ="safe", pure=True).parse(text))
            next(events)  # stream start
            if type(next(events)).__name__ == "StreamEndEvent":
                return None, self.marks
            value = self.node(next(events), events, ())
            next(events)  # document end
            extra = next(events)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 0
            problem = str(error.problem or error.context)
            raise _refuse(self.file, line, "YAML", problem, _fix_of(problem)) from None
        except (YAMLError, RecursionError) as error:
            raise _refuse(self.file, 0, "YAML", type(error).__name__) from None
        if type(extra).__name__ != "StreamEndEvent":
            raise self.refuse(extra, "one document", "a second one")
        return value, self.marks

    def refuse(self, event: Any, expected: str, got: str, fix: str = "") -> ConfigError:
        return _refuse(self.file, event.start_mark.line + 1, expected, got, fix)

    def node(self, event: Any, events: Iterator[Any], path: KeyPath) -> Any:
        kind = type(event).__name__
        self.marks.setdefault(path, Mark(self.file, event.start_mark.line + 1))
        if kind == "AliasEvent":
            return self.alias(event)
        before, tag = self.nodes, event.tag
        self.count(event, 1)
        if len(path) > MAX_DEPTH:
            raise self.refuse(event, f"at most {MAX_DEPTH} levels", "deeper nesting")
        if tag not in (None, "!", _CORE + "str", _CORE + "map", _CORE + "seq"):
            raise self.refuse(event, "a plain value", f"the tag {tag!r}", "remove the tag")
        if kind == "ScalarEvent":
            self.check_text(event)
            plain = event.style is None and tag is None
            value = plain_scalar(event.value) if plain else event.value
        else:
            value = (self.mapping if kind == "MappingStartEvent" else self.sequence)(events, path)
        if event.anchor:
            self.anchors[event.anchor] = (value, self.nodes - before)
        return value

    def alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            raise self.refuse(event, "an anchor defined above", f"*{event.anchor}")
        value, size = self.anchors[event.anchor]
        self.count(event, size)
        return value

    def check_text(self, event: Any) -> None:
        """Refuses control characters, which an escape in quotes can make and a terminal obeys."""
        if not is_harmless(event.value):
            raise self.refuse(event, "printable text", f"control characters in {shown(harmless(event.value))}")

    def count(self, event: Any, size: int) -> None:
        self.nodes += size
        if self.nodes > MAX_NODES:
            raise self.refuse(event, f"at most {MAX_NODES:,} values", "more, counting aliases")

    def sequence(self, events: Iterator[Any], path: KeyPath) -> list[Any]:
        items: list[Any] = []
        while type(event := next(events)).__name__ != "SequenceEndEvent":
            items.append(self.node(event, events, (*path, len(items))))
        return items

    def mapping(self, events: Iterator[Any], path: KeyPath) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while type(event := next(events)).__name__ != "MappingEndEvent":
            if type(event).__name__ != "ScalarEvent":
                raise self.refuse(event, "a key that is text", "a list, mapping or alias")
            self.check_text(event)
            key = event.value
            if key in items:
                first = self.marks[(*path, key)].line
                raise self.refuse(event, "each key once", f"{shown(key)} again, first on line {first}")
            self.marks[(*path, key)] = Mark(self.file, event.start_mark.line + 1)
            items[key] = self.node(next(events), events, (*path, key))
        return items
