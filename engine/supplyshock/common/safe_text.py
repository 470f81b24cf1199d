"""Text and JSON from a file that anybody may have written."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, which a terminal obeys, and those that change the direction of text."""


def is_harmless(text: str) -> bool:
    """Whether text can be printed as it is: no control characters but tabs and ends of lines."""
    return HARMFUL.search(text) is None


def harmless(text: str) -> str:
    """The same text with each control character written out, such as ``\\x1b``."""
    return HARMFUL.sub(lambda m: m.group().encode("unicode_escape").decode(), text)


def command_line(*words: object) -> str:
    """A command as a shell takes it: words with spaces or other special characters are quoted."""
    return shlex.join(str(word) for word in words)


def load_json(data: bytes | str) -> Any:
    """The value in JSON text. Raises `ValueError`, also for text nested too deep or with control characters."""
    try:
        value = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deep") from None
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            if not is_harmless(item):
                raise ValueError(f"control characters in {harmless(item)[:40]!r}")
        elif isinstance(item, dict):
            pending += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            pending += item
    return value


def plain_cell(value: Any) -> Any:
    """A cell for a spreadsheet: text that it would compute as a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
