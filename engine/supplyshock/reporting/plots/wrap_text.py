"""Lines of text that fit a figure, measured in its own font."""

from __future__ import annotations

import re
from functools import cache
from textwrap import wrap
from typing import Any

ROOM = 0.98
"""Share of a figure's width that a line may take."""
TOGETHER = re.compile(r" (?=±|%|bn\b|M\b|USD\b|points\b)|(?<=±) |(?<=bn) (?=USD)|(?<=\d) (?=of \d)")
"""Spaces at which no line breaks: between a number, its error and its unit."""


def literal(text: str) -> str:
    """Text between whose dollar signs matplotlib looks for no formula."""
    return text.replace("$", r"\$")


def unbroken(text: str) -> str:
    """The text with spaces that do not break between a number, its error and its unit."""
    return TOGETHER.sub("\u00a0", text)


def wrapped(figure: Any, text: str, size: float, *, bold: bool = False) -> str:
    """The text in as few lines as fit the width of the figure; those of a bold text are about equally long."""
    from matplotlib.font_manager import FontProperties

    text = unbroken(text)
    if not text:
        return text
    renderer = figure.canvas.get_renderer()
    font = FontProperties(size=size, weight="bold" if bold else "normal")

    @cache  # one character less leaves most lines as they were
    def width(line: str) -> float:
        shown = line.replace(r"\$", "$")
        return float(renderer.get_text_width_height_descent(shown, font, False)[0])

    room = ROOM * figure.bbox.width
    characters = max(10, int(1.2 * len(text) * room / width(text)))
    while characters > 10 and any(width(line) > room for line in wrap(text, characters)):
        characters -= 1
    count = len(wrap(text, characters))
    while bold and characters > 10 and len(wrap(text, characters - 1)) == count:
        characters -= 1
    return "\n".join(wrap(text, characters))
