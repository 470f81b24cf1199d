"""Numbers written with a comma, which no file and no option of the project reads: what to write in their place."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\s*([-+]?\d+(?:,\d+)+(?:\.\d+)?)(?![\d,])")


def comma_fix(text: object) -> str:
    """How to write the number with a comma that `text` begins with; empty where it begins with none."""
    match = _NUMBER.match(text) if isinstance(text, str) and len(text) <= 100 else None
    if match is None:
        return ""
    number = match[1]
    whole, _, rest = number.partition(",")
    as_thousands, as_decimal = number.replace(",", ""), f"{whole}.{rest}"
    is_grouped = all(len(group) == 3 for group in rest.split(".")[0].split(","))
    if "," in rest or "." in rest:
        return f"write {as_thousands}, without commas"
    choices = f"{as_thousands}, or {as_decimal} for a decimal fraction" if is_grouped else as_decimal
    return f"a comma inside a number is the likely cause: write {choices}"
