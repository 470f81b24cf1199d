"""The registry of `make figures` and the pages say the same."""

from __future__ import annotations

import re
from pathlib import Path

from figures import lock, pages
from figures.registry import load, places

ROOT = Path(__file__).resolve().parents[1]

REGISTRY = load(ROOT)


def test_blocks_have_a_marker_and_markers_an_artefact():
    expected = {(a.page, name) for name, a in REGISTRY.artefacts.items() if a.page}
    marked = {(p.relative_to(ROOT).as_posix(), n) for p in pages.pages(ROOT) for n in pages.blocks(p.read_text())}
    assert marked == expected


def test_quoted_numbers_have_a_name():
    named = {(name, value) for name, a in REGISTRY.artefacts.items() for value in a.values}
    quoted = {(name, value) for p in pages.pages(ROOT) for name, value, _ in pages.quoted(p.read_text())}
    assert quoted == named


def test_every_picture_of_the_documentation_is_made_by_one_artefact():
    patterns = [place for a in REGISTRY.artefacts.values() for place in places(a)]
    for picture in (ROOT / "docs").glob("*.png"):
        made_by = [p for p in patterns if picture.relative_to(ROOT).match(p)]
        assert len(made_by) == 1, f"{picture.name}: expected one artefact in docs/figures/registry.yaml, got {made_by}"


def test_every_console_block_is_made_or_left_out_for_a_reason():
    for page in pages.pages(ROOT):
        where, content = page.relative_to(ROOT).as_posix(), page.read_text()
        made = {begin for begin, _ in pages.blocks(content).values()}
        for match in re.finditer(r"^```\n(\$ supplyshock .*)\n", content, re.MULTILINE):
            left_out = {where, f"{where}, {match[1]}"} & REGISTRY.left_out.keys()
            assert match.start() in made or left_out, f"{where}: {match[1]}"


def test_what_is_left_out_is_there():
    for entry in REGISTRY.left_out:
        page, _, words = entry.partition(", ")
        assert words in (ROOT / page).read_text()


def test_the_lock_is_as_small_as_the_registry():
    locked = {*REGISTRY.by_hand, *(n for n in REGISTRY.artefacts if lock.is_locked(REGISTRY, n))}
    assert lock.read(ROOT).keys() <= locked
