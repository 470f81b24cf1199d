"""The form of pages that are written by hand: short lines; decisions with one head, in order, in the index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DECISIONS = sorted((ROOT / "docs/decisions").glob("0*.md"))
BY_HAND = ("architecture", "data", "extending", "first_day", "glossary", "gpu", "security")
PAGES = [ROOT / "CONTRIBUTING.md", *DECISIONS, *(ROOT / "docs" / f"{name}.md" for name in BY_HAND)]
MOST = 100
HEAD = re.compile(
    r"# (?P<number>\d{4})\. (?P<title>\S.*)\n\n"
    r"\| date \| status \|\n\|---\|---\|\n"
    r"\| (?P<date>\d{4}-\d\d-\d\d) \| (?P<status>accepted|withdrawn|superseded by (?P<by>\d{4})) \|\n\n"
)


def long_lines(text: str) -> list[int]:
    """Numbers of lines over 100 characters; rows of tables, pictures and single links may be longer."""
    lines = enumerate(text.splitlines(), 1)
    return [i for i, line in lines if len(line) > MOST and not line.startswith(("|", "!")) and " " in line.strip("* ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_lines_are_short(page: Path) -> None:
    assert long_lines(page.read_text()) == []


def test_a_long_line_is_seen() -> None:
    assert long_lines("word " * 30 + "\n| " + "x" * 120 + " |\n") == [1]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda p: p.name)
def test_a_decision_has_its_head_and_its_line_in_the_index(page: Path) -> None:
    head = HEAD.match(page.read_text())
    assert head is not None, "a head such as that of the newest page"
    assert head["number"] == page.name[:4]
    line = f"| [{head['number']}]({page.name}) | {head['title']} | {head['date']} | {head['status']} |"
    assert line in (page.parent / "README.md").read_text().splitlines()
    assert head["by"] is None or any(p.name.startswith(head["by"]) for p in DECISIONS)


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(p.name[:4]) for p in DECISIONS] == list(range(1, len(DECISIONS) + 1))
