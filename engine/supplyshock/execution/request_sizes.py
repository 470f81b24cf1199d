"""Sizes of a request that are out of all reason."""

from __future__ import annotations

from ..scenarios.exposure.sizes import book_warnings
from ..scenarios.sizes import size_warnings
from .run_request import RunRequest, book_of


def request_warnings(request: RunRequest) -> list[str]:
    """A sentence for each, once: of its scenarios, and of its book."""
    book = book_of(request)
    of_book = book_warnings(book.loaded, request.scenarios[0]) if book else []
    return [*size_warnings(request.scenarios), *of_book]
