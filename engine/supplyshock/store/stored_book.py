"""The book of a firm as the run stores it, so that resuming needs no file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..common.errors import StoreError
from .variables import EXPOSURE

if TYPE_CHECKING:
    from ..scenarios.exposure.book import Book
    from ..scenarios.scenario import Scenario


def stored_book(out: Path, scenario: Scenario) -> Book:
    """The book of the run in a folder, for its first scenario. Raises `StoreError` and `ConfigError`."""
    from ..scenarios.exposure.book import Book
    from .untrusted.results import open_results

    with open_results(out, partial=True, chunks=None) as tree:
        text = tree[EXPOSURE].attrs.get("book") if EXPOSURE in tree.children else None
    if not isinstance(text, str):
        fix = "supplyshock verify says what is damaged"
        raise StoreError("the book of the firm cannot be read", where=str(out), expected="a text", fix=fix)
    return Book.of_text(text, f"the book of {out}", scenario)
