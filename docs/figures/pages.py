"""Markers of the pages: blocks that commands make, numbers that prose quotes, configs that readers save.

<!-- made by: bargain -->              the console block or the table below
5.11 ± 0.10<!-- first.us_loss -->      the number before it
<!-- saved as: my_stock.yaml -->       the block below is a file
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from supplyshock.common.errors import ConfigError

MADE = re.compile(r"^<!-- made by: (?P<id>[\w-]+) -->\n", re.MULTILINE)
SAVED = re.compile(r"^<!-- saved as: (?P<id>[\w.-]+) -->\n", re.MULTILINE)
BODY = re.compile(r"```[^\n]*\n.*?^```\n|(?:^\|[^\n]*\n)+", re.DOTALL | re.MULTILINE)
"""A fenced block or a table."""
NUMBER = r"[-+]?\d[\d,]*(?:\.\d+)?(?: ± <?\d[\d,]*(?:\.\d+)?)?"
QUOTED = re.compile(rf"(?P<number>{NUMBER})?<!-- (?P<id>[\w-]+)\.(?P<name>\w+) -->")


def pages(root: Path) -> list[Path]:
    """Pages that may have markers."""
    docs = root / "docs"
    folders = (docs, docs / "how-to", docs / "reference")
    return [root / "README.md", *(page for folder in folders for page in sorted(folder.glob("*.md")))]


def blocks(text: str, marker: re.Pattern[str] = MADE, where: str = "") -> dict[str, tuple[int, int]]:
    """Where the block below each marker begins and ends. Raises `ConfigError`."""
    found: dict[str, tuple[int, int]] = {}
    for match in marker.finditer(text):
        body = BODY.match(text, match.end())
        if body is None or match["id"] in found:
            raise ConfigError(
                "a marker stands alone" if body is None else "a marker comes twice",
                where=where or "page",
                expected="a fenced block or a table on the next line",
                got=match[0].strip(),
                fix="put the marker right above its block",
            )
        found[match["id"]] = body.span()
    return found


def saved_files(text: str) -> dict[str, str]:
    """Files that a page shows, by name."""
    spans = blocks(text, SAVED)
    return {name: "\n".join(text[a:b].splitlines()[1:-1]) + "\n" for name, (a, b) in spans.items()}


def block(text: str, name: str, where: str) -> str:
    """The block of an artefact on a page. Raises `ConfigError`."""
    begin, end = _span(text, name, where)
    return text[begin:end]


def with_block(text: str, name: str, body: str, where: str) -> str:
    """The page with another block below the marker. Raises `ConfigError`."""
    begin, end = _span(text, name, where)
    return text[:begin] + body + text[end:]


def _span(text: str, name: str, where: str) -> tuple[int, int]:
    spans = blocks(text, where=where)
    if name not in spans:
        raise ConfigError(
            "a marker is missing", where=where, expected=f"<!-- made by: {name} -->", fix="put it above the block"
        )
    return spans[name]


def quoted(text: str, where: str = "page") -> list[tuple[str, str, str]]:
    """Artefact, name and text of every number that a page quotes. Raises `ConfigError` for one without a number."""
    return [(m["id"], m["name"], _number(m, where)) for m in QUOTED.finditer(text)]


def quoting(root: Path) -> dict[str, list[str]]:
    """Artefacts of which each page quotes numbers, by the name of the page. Raises `ConfigError`."""
    texts = ((page.stem, page.read_text(encoding="utf-8")) for page in pages(root))
    found = {name: list(dict.fromkeys(artefact for artefact, _, _ in quoted(text, name))) for name, text in texts}
    return {name: artefacts for name, artefacts in found.items() if artefacts}


def _number(match: re.Match[str], where: str) -> str:
    if match["number"] is None:
        raise ConfigError(
            "a marker stands behind no number", where=where, expected="5.11 ± 0.10<!-- id.name -->", got=match[0]
        )
    return match["number"]


def with_numbers(text: str, value: Callable[[str, str], str | None]) -> str:
    """The page with today's numbers before their markers; None leaves a number as it is."""

    def renewed(match: re.Match[str]) -> str:
        now = value(match["id"], match["name"])
        return match[0] if now is None else f"{now}<!-- {match['id']}.{match['name']} -->"

    return QUOTED.sub(renewed, text)


def all_saved_files(root: Path) -> Mapping[str, str]:
    """Files that the pages show, by name. Raises `ConfigError` where two pages show one differently."""
    found: dict[str, str] = {}
    for page in pages(root):
        for name, text in saved_files(page.read_text(encoding="utf-8")).items():
            if found.setdefault(name, text) != text:
                raise ConfigError("two pages show a file differently", where=name)
    return found
