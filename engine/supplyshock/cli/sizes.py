"""The sizes that a request has in words, and warnings of those that are out of all reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .command_helpers import say

if TYPE_CHECKING:
    from ..execution.run_request import RunRequest


def request_lines(request: RunRequest) -> list[tuple[str, str]]:
    """(kind, text) of start prices, levers and what the firm uses: what `plan` shows in full."""
    from ..execution.run_request import book_of
    from ..scenarios.exposure.sizes import book_lines
    from ..scenarios.sizes import size_lines

    lines = [("price", f"{s.name}: {text}") for s in request.scenarios for text in size_lines(s)]
    if book := book_of(request):
        lines += [("book", text) for text in book_lines(book.loaded, request.scenarios[0])]
    return lines


def request_warnings(request: RunRequest) -> list[str]:
    """Each once."""
    from ..execution.run_request import book_of
    from ..scenarios.exposure.sizes import book_warnings
    from ..scenarios.sizes import size_warnings

    book = book_of(request)
    of_book = book_warnings(book.loaded, request.scenarios[0]) if book else []
    return [*size_warnings(request.scenarios), *of_book]


def _levers(request: RunRequest) -> list[tuple[str, str]]:
    """What the configs say themselves; the projects of the data set are the same in all."""
    from ..scenarios.lever_text import PROJECT, lever_lines

    return [
        ("lever", f"{s.name}: {text}")
        for s in request.scenarios
        for text in lever_lines(s)
        if not text.startswith(PROJECT)
    ]


def say_sizes(request: RunRequest, *, quiet: bool) -> list[str]:
    """Warnings on stderr, before them the sizes unless `quiet`; returns the warnings."""
    for kind, text in [] if quiet else [*_levers(request), *request_lines(request)]:
        say(f"{kind:10} {text}")
    warnings = request_warnings(request)
    for text in warnings:
        say(f"Warning: {text}")
    return warnings
