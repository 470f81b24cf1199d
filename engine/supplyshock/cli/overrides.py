"""``--set key=value``: a change to a config, with the value read as a config file would read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ..common.errors import ConfigError, UsageError
from ..scenarios.yaml_files.yaml_reader import OVERRIDES, _Builder

FLAT = ("parameters",)
"""Mappings whose keys have dots of their own."""


@contextmanager
def blamed_on_options(weeks: int | None = None) -> Iterator[None]:
    """Errors of overrides name the option that gave them: ``--set``, or ``--weeks`` if it has a value."""
    try:
        yield
    except ConfigError as error:
        called = str(OVERRIDES)
        if not any(problem.where == called for problem in error.problems):
            raise
        names = ["--weeks" if p.key == "weeks" and weeks is not None else "--set" for p in error.problems]
        problems = [
            replace(p, where=name) if p.where == called else p for p, name in zip(error.problems, names, strict=True)
        ]
        where = error.where.replace(f"{called} of ", f"{names[0]} over ", 1)
        raise type(error)(error.what, where=where, problems=problems) from None


def parse_overrides(changes: Sequence[str]) -> dict[str, Any]:
    """Nested mappings for ``levels.of.a.key=value`` texts.

    Raises `UsageError` for a text of another form, and for a key that appears twice or both as a value and as a
    mapping. The config checks whether a key exists.
    """
    tree: dict[str, Any] = {}
    for text in changes:
        key, equals, value = text.partition("=")
        parts = _parts(key.strip())
        if not equals or not all(parts):
            raise _refuse(text, "key=value, such as weeks=52 or policy.initial_regime=deal")
        _plant(tree, parts, _value(value, text), text)
    return tree


def _parts(key: str) -> list[str]:
    first, _, rest = key.partition(".")
    return [first, rest] if first in FLAT and rest else key.split(".")


def _value(value: str, text: str) -> Any:
    try:
        return _Builder("--set").document(value)[0]
    except ConfigError as error:
        raise _refuse(text, f"a value as in a config file ({error.expected}, got {error.got})") from None


def _plant(tree: dict[str, Any], parts: list[str], value: Any, text: str) -> None:
    for part in parts[:-1]:
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise _refuse(text, f"{part} once, as a value or as a mapping")
    if parts[-1] in tree:
        raise _refuse(text, f"{'.'.join(parts)} once")
    tree[parts[-1]] = value


def _refuse(text: str, expected: str) -> UsageError:
    return UsageError("invalid change of a config", where="--set", expected=expected, got=repr(text))
