"""Labels in quotes: ``"eight weeks, two sources"`` is one label, whatever commas and words of a time it has."""

from __future__ import annotations

import re

_QUOTED = re.compile(
    r"""(?<=[:\[,])\s*(?P<mark>["'])(?P<label>(?:(?!(?P=mark)).|(?P=mark){2})*)(?P=mark)(?=[\s,\]<>=]|$)"""
)
"""Where a label may stand. A quotation mark within quotes is doubled, as in CSV."""
_PLACE = re.compile(r"\0(\d+)\0")
"""Of a label that was taken out, by its number; no text has this character."""


def take_out(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with a number in place of each label in quotes, which no grammar splits, and these labels."""
    labels: list[str] = []

    def place(match: re.Match[str]) -> str:
        mark = match["mark"]
        labels.append(match["label"].replace(2 * mark, mark))
        return f"\0{len(labels) - 1}\0"

    return _QUOTED.sub(place, text.replace("\0", " ")), tuple(labels)


def put_back(text: str, labels: tuple[str, ...]) -> str:
    """The text with its labels, in quotes."""
    return _PLACE.sub(lambda match: quoted(labels[int(match[1])]), text)


def label_at(part: str, labels: tuple[str, ...]) -> str | None:
    """The label that was taken out of this part of a text; None if it has another text, or more."""
    match = _PLACE.fullmatch(part)
    return labels[int(match[1])] if match else None


def quoted(label: str) -> str:
    """A label in double quotes, with its own quotes doubled."""
    return '"' + label.replace('"', '""') + '"'
