"""Warnings as a command shows them: one line of text, without the place in the code."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TextIO

from .safe_text import harmless


def print_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """The function with which a process of this project replaces `warnings.showwarning`."""
    with suppress(OSError, ValueError, AttributeError):  # nobody reads it any more
        print(f"Warning: {harmless(str(message))}", file=file or sys.stderr, flush=True)
