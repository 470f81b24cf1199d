"""Scalars of YAML 1.2, core schema."""

from __future__ import annotations

import re
from typing import Any

MAX_DIGITS = 200
"""Digits of a whole number; one with more than 308 does not fit a float, one with 4300 cannot be printed."""
_INT = re.compile(r"[-+]?[0-9]+$")
_BASED = re.compile(r"0o[0-7]+$|0x[0-9a-fA-F]+$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


def plain_scalar(text: str) -> Any:
    """A scalar without quotes, by the core schema of YAML 1.2: `NO` is text, `1e6` a number."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text):
        return int(text) if len(text) <= MAX_DIGITS else text
    if _BASED.match(text):
        return int(text, 0) if len(text) <= MAX_DIGITS else text
    return float(text) if _FLOAT.match(text) else text
