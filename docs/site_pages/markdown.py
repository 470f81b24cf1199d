"""Markdown tables and code spans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; bars and line ends within a cell are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(_cell(text) for text in line)} |\n" for line in lines)


def code(text: object) -> str:
    """The text as code, or nothing."""
    return f"`{text}`" if f"{text}" else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
