"""A config and the bases it builds on, merged into one mapping that still knows the line of every key.

Rules: `base` names one config, or a list of which the last wins where they differ; a base that several
share counts once. Mappings merge key by key; lists and plain values replace; the lists `levers.*` and
`policy.events` append, those of the base first; a null stays, for the schema to take the key back to
its default once it knows the key. Name, title and description are a config's own and never inherited.
A layer with `initial.states` and without `start` begins on the day of the states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...common.errors import ConfigError, UsageError, shown
from ...common.places import local_path
from ..shipped import find_config
from ..state_file import ENDING as STATES_ENDING
from ..yaml_files.yaml_reader import OVERRIDES, Document, KeyPath, Mark, mark_of, read_document

MAX_BASES = 30
MAX_NAME = 1000
"""Characters of the path of a file."""


def load_layers(path: Path, overrides: Mapping[str, Any] | None = None) -> Document:
    """The file at `path` over its bases and theirs, under `overrides`.

    Raises `ConfigError` for what cannot be read and for bases that form a circle.
    """
    merged = _Layers(path).merged(path, ())
    merged.marks[()] = Mark(str(path), 1)
    return _over(merged, _override_layer(overrides)) if overrides else merged


@dataclass
class _Layers:
    """Reads a file and its bases, and counts them."""

    first: Path
    done: set[Path] = field(default_factory=set)

    def merged(self, path: Path, route: tuple[Path, ...], where: str = "") -> Document:
        """The file over its bases; `route` leads to it from the first file, `where` is the key that names it."""
        if len(self.done) + len(route) > MAX_BASES:
            raise ConfigError("too many bases", where=str(self.first), expected=f"at most {MAX_BASES}", got="more")
        if path.resolve() in [p.resolve() for p in route]:
            names = " -> ".join(p.name for p in [*route, path])
            raise ConfigError("bases form a circle", where=where, got=names)
        if path.resolve() in self.done:  # a base that two bases share counts once
            return Document({}, {(): Mark(str(path), 1)})
        layer = read_document(path)
        bases, mark = _bases_of(layer, path)
        _resolve_data_folder(layer, path.resolve().parent)
        _resolve_state_file(layer, path.resolve().parent)
        result = Document({}, {(): Mark(str(path), 1)})
        for base in bases:
            below = self.merged(base, (*route, path), mark)
            _drop_own_keys(below)
            result = merge(result, below)
        self.done.add(path.resolve())
        return _over(result, layer)


def _drop_own_keys(layer: Document) -> None:
    """A config does not pass its name and prose on to those built on it."""
    for key in ("name", "title", "description"):
        layer.value.pop(key, None)


def _bases_of(layer: Document, path: Path) -> tuple[list[Path], str]:
    """The files that `base` names, and its place; the last one wins where they differ."""
    base = layer.value.pop("base", None)
    if base is None:
        return [], ""
    mark = str(layer.marks[("base",)])
    return [_find_base(name, path, mark) for name in (base if isinstance(base, list) else [base])], mark


def _find_base(base: object, path: Path, mark: str) -> Path:
    if not isinstance(base, str) or len(base) > MAX_NAME:
        expected = "a path or the name of a shipped config, or a list of them"
        raise ConfigError("base", where=mark, expected=expected, got=shown(base))
    try:
        return find_config(base, relative_to=path.parent)
    except (ConfigError, UsageError) as error:
        raise ConfigError("base", where=mark, expected=error.expected, got=shown(base), fix=error.fix) from None


def _resolve_data_folder(layer: Document, folder: Path) -> None:
    """A relative data folder is relative to the file that names it."""
    data = layer.value.get("data")
    if isinstance(data, str):
        try:
            layer.value["data"] = str(folder / local_path(data, "a data set").expanduser())
        except UsageError as error:
            where = str(layer.marks[("data",)])
            raise ConfigError("data", where=where, expected="a folder on this machine", got=shown(data)) from error


def _resolve_state_file(layer: Document, folder: Path) -> None:
    """A file of states is relative to the file that names it; a name without an ending is one of the data set."""
    initial = layer.value.get("initial")
    states = initial.get("states") if isinstance(initial, dict) else None
    if isinstance(initial, dict) and isinstance(states, str) and states.endswith(STATES_ENDING):
        try:
            initial["states"] = str(folder / local_path(states, "a file of states").expanduser())
        except UsageError as error:
            where, expected = str(layer.marks[("initial", "states")]), "a file on this machine"
            raise ConfigError("initial.states", where=where, expected=expected, got=shown(states)) from error


def _override_layer(overrides: Mapping[str, Any]) -> Document:
    return Document(dict(overrides), {})


def _over(below: Document, layer: Document) -> Document:
    """`merge`; a layer that brings states and no start takes the start of those below away: the states have a day."""
    merged = merge(below, layer)
    initial = layer.value.get("initial")
    if isinstance(initial, Mapping) and initial.get("states") is not None and "start" not in layer.value:
        merged.value["start"] = None
        merged.marks[("start",)] = mark_of(layer.marks, ("initial", "states"))
    return merged


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
        old = merged.pop(key, None)  # so that keys stay in the order of the last file
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
