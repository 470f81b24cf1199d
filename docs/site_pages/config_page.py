"""The page of config keys, from the JSON schema that checks configs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from supplyshock.scenarios.config import json_schema

from .markdown import code, table

HEAD = """# Config keys

A config is YAML; [Scenarios and configs](../../how-to/scenarios.md) shows how to write one. These are all keys, their
types and defaults, from the schema that checks a config. `supplyshock schema` prints the schema for editors.
"""


def config_page() -> str:
    """One section for the config, and one for each of the records in it."""
    schema = json_schema()
    sections = [_section("A config", schema), *(_section(name, part) for name, part in schema["$defs"].items())]
    return "\n".join([HEAD, *sections])


def _section(name: str, part: Mapping[str, Any]) -> str:
    rows = [
        [code(key), _kind(value), _default(value), value.get("description", "")]
        for key, value in part.get("properties", {}).items()
    ]
    about = part.get("description", "").split("\n\n")[0]
    return f"## {name}\n\n{about}\n\n{table(['key', 'type', 'default', 'meaning'], rows)}"


def _kind(value: Mapping[str, Any]) -> str:
    return " or ".join(dict.fromkeys(_kinds(value)))


def _kinds(value: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        yield f"[{name}](#{name.lower()})"
    elif "enum" in value:
        yield ", ".join(code(one) for one in value["enum"])
    elif "anyOf" in value:
        for part in value["anyOf"]:
            yield from _kinds(part)
    elif value.get("type") == "array":
        yield f"list of {_kind(value.get('items', {})) or 'values'}"
    elif value.get("type") == "object" and isinstance(value.get("additionalProperties"), Mapping):
        yield f"map to {_kind(value['additionalProperties'])}"
    elif value.get("type") != "null":
        yield _scalar(value)


def _scalar(value: Mapping[str, Any]) -> str:
    kind = {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(value.get("type", ""), "")
    if value.get("format") == "date":
        kind = "date"
    low, high = value.get("minimum"), value.get("maximum")
    limits = (
        f", {low} to {high}" if low is not None and high is not None else f", from {low}" if low is not None else ""
    )
    return (kind or value.get("type", "value")) + limits


def _default(value: Mapping[str, Any]) -> str:
    default = value.get("default")
    return "" if default is None or isinstance(default, (dict, list)) else code(json.dumps(default).strip('"'))
