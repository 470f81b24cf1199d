"""The Sphinx extension of the site: writes the pages that are made from the code, and mends links out of docs/."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from .config_page import config_page
from .gallery_page import gallery_page
from .measures_page import measures_page, outcomes_page

FOLDER = "reference/generated"
LINK = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[^)#\s]*)(#[^)\s]*)?\)")
TOP_LINK = re.compile(r"\]\((?!#|[a-z]+:)([^)\s]+)\)")
COPIED = {"CONTRIBUTING.md": "contributing", "CHANGELOG.md": "changelog"}
"""Pages at the top of the project that the site has too."""
PAGES = {top: f"{FOLDER}/{name}.md" for top, name in COPIED.items()} | {"README.md": "index.md"}


def setup(app: Sphinx) -> dict[str, Any]:
    """Registers the hooks."""
    app.connect("builder-inited", write_pages)
    app.connect("source-read", mend_links)
    app.connect("source-read", list_decisions)
    return {"parallel_read_safe": True}


def write_pages(app: Sphinx) -> None:
    """Writes the made pages, each only where its text is new, so that Sphinx reads it again only then."""
    docs = Path(app.srcdir)
    folder = docs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made_pages(docs.parent).items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


@cache
def made_pages(root: Path) -> dict[str, str]:
    """The text of every made page, by its name."""
    return {
        "configs": config_page(),
        "measures": measures_page(),
        "variables": outcomes_page(),
        "gallery": gallery_page(root),
        **{name: _copy(root / top) for top, name in COPIED.items()},
    }


def _copy(page: Path) -> str:
    """A page at the top of the project; its links are made relative to the folder of made pages."""
    return TOP_LINK.sub(r"](../../../\1)", page.read_text(encoding="utf-8"))


def mend_links(app: Sphinx, page: str, source: list[str]) -> None:
    """Turns links to files outside docs/ into links to pages of the site, or into their text."""
    docs = Path(app.srcdir)
    here = (docs / page).parent

    def mended(match: re.Match[str]) -> str:
        text, target, anchor = match[1], match[2], match[3] or ""
        path = (here / target).resolve()
        if path.is_relative_to(docs.resolve()):
            return match[0]
        top = path.relative_to(docs.resolve().parent).as_posix()
        if top in PAGES:
            return f"[{text}]({'../' * page.count('/')}{PAGES[top]}{anchor})"
        return text

    source[0] = LINK.sub(mended, source[0])


def list_decisions(app: Sphinx, page: str, source: list[str]) -> None:
    """Gives the index of decisions, whose table GitHub shows too, its entries in the navigation."""
    if page == "decisions/README":
        source[0] += "\n```{toctree}\n:hidden:\n:glob:\n\n0*\n```\n"
