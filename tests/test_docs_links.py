"""Links of the documentation lead somewhere: files that are there, headings that are there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from site_pages.extension import FOLDER, made_pages

ROOT = Path(__file__).resolve().parents[1]
MADE = ROOT / "docs" / FOLDER
"""Pages that `make docs` makes from the code. Fragments of the changelog have links from the root."""
FRAGMENTS = {*ROOT.glob("docs/changes/*.*.md")}
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("configs/**/*.md"),
                *ROOT.glob("benchmarks/**/*.md")} - {*MADE.glob("*.md")} - FRAGMENTS)  # fmt: skip
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(([^()\s]+)\)|<img[^>]* src=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


def links(text: str) -> list[str]:
    """Targets of links and pictures, code left out."""
    return [a or b for a, b in LINK.findall(CODE.sub("", FENCE.sub("", text)))]


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading: letters, digits, hyphens; blanks become hyphens."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "").lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


@cache
def anchors(page: Path) -> frozenset[str]:
    """Anchors of a page; a heading that comes again is numbered."""
    seen: dict[str, int] = {}
    every: set[str] = set()
    for heading in HEADING.findall(FENCE.sub("", page.read_text())):
        name = anchor(heading)
        every.add(f"{name}-{seen[name]}" if name in seen else name)
        seen[name] = seen.get(name, 0) + 1
    return frozenset(every)


def broken(page: Path, target: str) -> str:
    """Why a link leads nowhere; empty where it leads somewhere, or out of the project."""
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return ""
    path, _, part = unquote(target).partition("#")
    file = (page.parent / path).resolve() if path else page
    if file.parent == MADE:
        return "" if file.stem in made_pages(ROOT) else f"no made page {file.name}"
    if not file.exists():
        return f"no file {path}"
    if not file.is_relative_to(ROOT):
        return f"{path} lies outside the project"
    if part and file.suffix == ".md" and part not in anchors(file):
        return f"no heading #{part} in {file.relative_to(ROOT)}"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert [why for target in links(page.read_text()) if (why := broken(page, target))] == []


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs/decisions"
    assert set(links((folder / "README.md").read_text())) >= {p.name for p in folder.glob("0*.md")}


def test_a_broken_link_is_seen() -> None:
    page = ROOT / "docs/model.md"
    assert links("see [a](gone.md) and `[b](code.md)`") == ["gone.md"]
    assert broken(page, "gone.md") == "no file gone.md"
    assert broken(page, "data.md#no-such-heading") == "no heading #no-such-heading in docs/data.md"
    assert broken(page, "how-to/sweeps.md") == ""
    assert broken(page, "https://example.org/") == ""
