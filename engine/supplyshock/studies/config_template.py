"""A config that is read once and built many times with different values of some keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..common.errors import UsageError, did_you_mean
from ..scenarios.config.inheritance import load_layers
from ..scenarios.config.levers import Levers
from ..scenarios.config.load import Loaded, check_document, load_config
from ..scenarios.dataset.dataset import Dataset
from ..scenarios.scenario import Scenario, build_scenario
from ..scenarios.shipped import find_config
from ..scenarios.yaml_files.yaml_reader import Document

FLAT = ("parameters",)
"""Mappings whose keys have dots of their own."""


class Template:
    """A config, its bases merged in, whose keys can be set by their path."""

    def __init__(self, name: str | Path, overrides: Mapping[str, Any] | None = None) -> None:
        """Reads a path or a shipped name. Raises `ConfigError` as `load_scenario` does."""
        loaded = load_config(name, overrides)
        self.path: Path = find_config(name)
        self.dataset: Dataset = loaded.dataset
        self._merged = load_layers(self.path, overrides)
        self._own = load_layers(self.path)
        self.loaded: Loaded = loaded
        self.base: Scenario = build_scenario(loaded)

    def scenario(self, changes: Mapping[str, Any], name: str = "") -> Scenario:
        """The scenario with keys such as ``levers.stockpile.0.initial`` set to values as in a config file.

        Raises `ConfigError` for an invalid key or value, and `UsageError` for an entry of a list that the config
        lacks.
        """
        document = Document(deepcopy(self._merged.value), self._merged.marks)
        for key, value in changes.items():
            _set(document.value, key, value)
        scenario = build_scenario(check_document(document, self._own, self.path, self.dataset))
        return replace(scenario, name=name or scenario.name)

    def value(self, key: str) -> Any:
        """What the config says of a key, its bases merged in; None where it says nothing."""
        tree: Any = self._merged.value
        for part in parts_of(key):
            inside = isinstance(tree, list) and isinstance(part, int) and part < len(tree)
            if not inside and not (isinstance(tree, dict) and part in tree):
                return None
            tree = tree[part]
        return tree


def parts_of(key: str) -> list[str | int]:
    """``levers.stockpile[0].initial`` or ``levers.stockpile.0.initial`` as a list; a parameter's name is one part."""
    first, _, rest = key.partition(".")
    if first in FLAT and rest:
        return [first, rest]
    pieces = re.sub(r"\[(\d+)\]", r".\1", key).split(".")
    return [int(p) if p.isdigit() else p for p in pieces]


def _set(tree: Any, key: str, value: Any) -> None:
    parts = parts_of(key)
    for depth, (part, following) in enumerate(zip(parts, [*parts[1:], None], strict=True)):
        if isinstance(part, int):
            if not isinstance(tree, list) or part >= len(tree):
                raise _no_entry(key, parts[:depth], part, tree)
        elif not isinstance(tree, dict):
            raise _refuse(key, f"a key; {_text(parts[:depth])} is a {'list' if isinstance(tree, list) else 'value'}")
        if following is None:
            tree[part] = value
        else:
            empty: Any = [] if isinstance(following, int) else {}
            tree = tree.setdefault(part, empty) if isinstance(tree, dict) else tree[part]


def _no_entry(key: str, above: list[str | int], part: int, tree: Any) -> UsageError:
    number = len(tree) if isinstance(tree, list) else 0
    if above and str(above[-1]) not in Levers.model_fields:
        return _refuse(key, "a known key", did_you_mean(above[-1], Levers.model_fields))
    fix = f"use a config that has the entry; entries count from 0, and this list has {number}"
    return _refuse(key, f"an entry {part} in the list {_text(above)}", fix)


def _text(parts: list[str | int]) -> str:
    return ".".join(map(str, parts))


def _refuse(key: str, expected: str, fix: str = "") -> UsageError:
    return UsageError("cannot set this key", where=key, expected=expected, fix=fix)
