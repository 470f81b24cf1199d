"""Printed sentences, in lines that a terminal shows whole."""

from __future__ import annotations

import re
from textwrap import fill

WIDTH = 80
"""Columns of a line, where nothing else is asked."""
HELD = "\N{NO-BREAK SPACE}"
"""A space at which no line breaks; it is printed as a plain one."""
PERCENT = re.compile(r"(?<=\d) (?=%)")


def sentence_lines(text: str, width: int = WIDTH, *, indent: str = "") -> str:
    """The text in lines that end between words.

    A number and its percent sign stay on one line, and so does what `HELD` joins.

    Parameters
    ----------
    text
        One paragraph.
    width
        Most columns of a line. A longer word has a line of its own.
    indent
        Before every line but the first.
    """
    held = PERCENT.sub(HELD, text)
    lines = fill(held, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return lines.replace(HELD, " ")
