"""Numbers with a comma or with marks between thousands, which are refused: the text to write in their place."""

from __future__ import annotations

import re

_GROUPED = re.compile(r"\s*([-+]?\d{1,3}(?:[ _'.\u00a0\u2009\u202f\u2019]\d{3})+)(,\d+|\.\d+)?(?![\d,])")
_NUMBER = re.compile(r"\s*([-+]?\d+(?:,\d+)+(?:\.\d+)?)(?![\d,])")


def number_fix(text: object) -> str:
    """How to write the number with such marks that `text` begins with; empty if it begins with none."""
    grouped = _GROUPED.match(text) if isinstance(text, str) and len(text) <= 100 else None
    if grouped and (grouped[2] or "." not in grouped[1]):
        whole, part = re.sub(r"[^\d+-]", "", grouped[1]), (grouped[2] or "").replace(",", ".")
        return f"write {whole}{part}, without marks between thousands"
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
