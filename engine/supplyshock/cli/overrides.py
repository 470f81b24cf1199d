"""``--set key=value``: a change to a config, with the value read as a config file would read it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..common.errors import ConfigError, Problem, SupplyshockError, UsageError
from ..scenarios.yaml_files.yaml_reader import OVERRIDES, parse_value

FLAT = ("parameters",)
"""Mappings whose keys have dots of their own."""


def blamed_on_options(error: SupplyshockError, given: Mapping[str, str]) -> SupplyshockError:
    """The error of a config with the option in place of ``overrides``: `given` has it by the first part of a key."""
    called = str(OVERRIDES)
    if not isinstance(error, ConfigError) or not any(problem.where == called for problem in error.problems):
        return error
    problems = [replace(p, where=_option(p, given)) if p.where == called else p for p in error.problems]
    where = error.where.replace(f"{called} of ", f"{problems[0].where} over ", 1)
    return type(error)(error.what, where=where, problems=problems)


def _option(problem: Problem, given: Mapping[str, str]) -> str:
    return given.get(re.split(r"[.\[]", problem.key)[0], problem.where)


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
        return parse_value(value, "--set")
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
