"""A config and the bases it builds on, merged into one mapping that still knows the line of every key.

Rules: mappings merge key by key; lists and plain values replace; the lists `levers.*` and
`policy.events` append, those of the base first; a null takes a key back to its default. Name, title
and description are a config's own and never inherited.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...common.errors import ConfigError, UsageError, shown
from ...common.places import local_path
from ..shipped import find_config
from ..yaml_files.yaml_reader import OVERRIDES, Document, KeyPath, Mark, read_document

MAX_BASES = 30
MAX_NAME = 1000
"""Characters of the path of a file."""


def load_layers(path: Path, overrides: Mapping[str, Any] | None = None) -> Document:
    """The file at `path` over its chain of bases, under `overrides`.

    Raises `ConfigError` for what cannot be read and for a chain of bases that closes on itself.
    """
    merged = Document({}, {(): Mark(str(path), 1)})
    for layer in reversed(_chain(path)):
        merged = merge(merged, layer)
    merged.marks[()] = Mark(str(path), 1)
    return merge(merged, _override_layer(overrides)) if overrides else merged


def _chain(path: Path) -> list[Document]:
    """Documents from `path` to the last base."""
    chain: list[Document] = []
    visited: list[Path] = []
    next_path: Path | None = path
    while next_path is not None:
        if len(chain) > MAX_BASES:
            raise ConfigError("too many bases", where=str(path), expected=f"at most {MAX_BASES}", got="more")
        if next_path.resolve() in visited:
            route = " -> ".join(p.name for p in [*visited, next_path])
            raise ConfigError("bases form a circle", where=str(chain[-1].marks[("base",)]), got=route)
        visited.append(next_path.resolve())
        layer = read_document(next_path)
        next_path = _base_of(layer, next_path)
        _resolve_data_folder(layer, visited[-1].parent)
        if chain:
            _drop_own_keys(layer)
        chain.append(layer)
    return chain


def _drop_own_keys(layer: Document) -> None:
    """A config does not pass its name and prose on to those built on it."""
    for key in ("name", "title", "description"):
        layer.value.pop(key, None)


def _base_of(layer: Document, path: Path) -> Path | None:
    base = layer.value.pop("base", None)
    if base is None:
        return None
    mark = layer.marks[("base",)]
    if not isinstance(base, str) or len(base) > MAX_NAME:
        expected = "a path or the name of a shipped config"
        raise ConfigError("base", where=str(mark), expected=expected, got=shown(base))
    try:
        return find_config(base, relative_to=path.parent)
    except (ConfigError, UsageError) as error:
        raise ConfigError("base", where=str(mark), expected=error.expected, got=shown(base), fix=error.fix) from None


def _resolve_data_folder(layer: Document, folder: Path) -> None:
    """A relative data folder is relative to the file that names it."""
    data = layer.value.get("data")
    if isinstance(data, str):
        try:
            layer.value["data"] = str(folder / local_path(data, "a data set").expanduser())
        except UsageError as error:
            where = str(layer.marks[("data",)])
            raise ConfigError("data", where=where, expected="a folder on this machine", got=shown(data)) from error


def _override_layer(overrides: Mapping[str, Any]) -> Document:
    return Document(dict(overrides), {})


def merge(base: Document, child: Document) -> Document:
    """`child` over `base`, with the marks of the keys that remain."""
    marks = dict(base.marks)
    value = _merge_mapping(base.value, child.value, (), marks, child.marks)
    return Document(value, marks)


def _merge_mapping(
    base: Mapping[str, Any],
    child: Mapping[str, Any],
    path: KeyPath,
    marks: dict[KeyPath, Mark],
    child_marks: dict[KeyPath, Mark],
) -> dict[str, Any]:
    merged = dict(base)
    for key, value in child.items():
        here = (*path, key)
        old = merged.pop(key, None)
        if value is None:
            continue
        if isinstance(value, Mapping):
            marks[here] = child_marks.get(here, OVERRIDES)
            merged[key] = _merge_mapping(old if isinstance(old, Mapping) else {}, value, here, marks, child_marks)
        elif isinstance(value, list) and isinstance(old, list) and _appends(here):
            _move_marks(marks, child_marks, here, len(old))
            merged[key] = [*old, *value]
        else:
            _move_marks(marks, child_marks, here, 0)
            merged[key] = value
    return merged


def _appends(path: KeyPath) -> bool:
    return path == ("policy", "events") or (len(path) == 2 and path[0] == "levers")


def _move_marks(marks: dict[KeyPath, Mark], child_marks: dict[KeyPath, Mark], path: KeyPath, shift: int) -> None:
    """Copy the child's marks below `path`, list items moved on by `shift`."""
    depth = len(path)
    if not shift:
        for old in [k for k in marks if k[:depth] == path]:
            del marks[old]
        marks[path] = child_marks.get(path, OVERRIDES)
    for key, mark in child_marks.items():
        if len(key) > depth and key[:depth] == path:
            index = key[depth]
            moved = index + shift if isinstance(index, int) else index
            marks[(*path, moved, *key[depth + 1 :])] = mark
