"""Tables of Markdown, and lines that a reader of the source takes in."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

WIDTH = 100
"""Characters of a line of prose."""


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The rows under a header."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def break_lines(text: str) -> str:
    """The page with its long lines broken between words, except tables, pictures, headings and comments."""
    return "\n".join(line if line.startswith(("|", "!", "#", "<")) else _broken(line) for line in text.split("\n"))


def _broken(line: str) -> str:
    if len(line) <= WIDTH:
        return line
    indent = "  " if line.startswith("* ") else ""
    return textwrap.fill(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
