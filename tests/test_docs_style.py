"""The style of pages that people write: sentences a reader takes in at once, and the words of docs/vocabulary.yaml.

Code, tables, headings, quotations and links are no sentences and are left out. The test reads a sentence as words
between full stops, so a list item or a sentence with a colon counts as one.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
VOCABULARY = ROOT / "docs/vocabulary.yaml"
FENCE = re.compile(r"^( *)```.*?^\1```", re.DOTALL | re.MULTILINE)
NO_SENTENCE = re.compile(r"\s*([|#!>]|<(?!!--)|$)")
ITEM = re.compile(r"^\s*(?:[*-]|\d+\.|[a-z]\.) ")
STOP = re.compile(r"(?<![ (][A-Za-z])([.!?][)]*)\s+(?=[(]*(?:[A-Z0-9]|supplyshock|numba|zarr))")
RUN_IN = re.compile(r"\*\*[^*]+[.:]\*\*\s*")


class Rule(NamedTuple):
    """A pattern, why it is refused, and what to write instead."""

    find: re.Pattern[str]
    why: str
    write: str


class Vocabulary(NamedTuple):
    """What docs/vocabulary.yaml says."""

    longest: int
    """Words of a sentence."""
    widest: int
    """Characters of a line."""
    wide: tuple[str, ...]
    """Pages whose lines may be wider."""
    not_yet: tuple[str, ...]
    rules: tuple[Rule, ...]
    examples: tuple[tuple[str, str], ...]
    """A sentence with its fault, and the same without it."""


@cache
def vocabulary() -> Vocabulary:
    text = YAML(typ="safe").load(VOCABULARY.read_text(encoding="utf-8"))
    rules = [Rule(re.compile(r["find"]), r["why"], r["write"]) for r in text["rules"]]
    examples = [(r["bad"], r["good"]) for r in text["rules"]]
    return Vocabulary(
        longest=text["longest_sentence"],
        widest=text["widest_line"],
        wide=tuple(text["wide"]),
        not_yet=tuple(text["not_yet"]),
        rules=tuple(rules),
        examples=tuple(examples),
    )


def pages() -> list[Path]:
    """Pages that a person writes. The changelog keeps the words of its day."""
    every = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("configs/**/*.md")]
    left = {ROOT / name for name in ("CHANGELOG.md", *vocabulary().not_yet)}
    return sorted(p for p in every if p not in left and not {"_build", "generated"} & set(p.parts))


def paragraphs(text: str) -> list[tuple[int, str]]:
    """(line, text) of every paragraph and list item."""
    collected: list[tuple[int, list[str]]] = []
    ended = True
    for number, line in enumerate(without_code(text).splitlines(), 1):
        if NO_SENTENCE.match(line):
            ended = True
            continue
        if ended or ITEM.match(line):
            collected.append((number, []))
        collected[-1][1].append(ITEM.sub("", line).strip())
        ended = False
    return [(number, plain(" ".join(lines))) for number, lines in collected]


def plain(text: str) -> str:
    """Words alone: code becomes CODE, quotations WORDS, links their text."""
    text = re.sub(r"<!--.*?-->", "", text)
    text = re.sub(r"`[^`]*`", "CODE", text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub(r"\"[^\"]*\"", "WORDS", text)
    return RUN_IN.sub("", text).replace("[", "").replace("]", "").replace("*", "")


def sentences(text: str) -> list[tuple[int, str]]:
    """(line of its paragraph, sentence)."""
    return [(number, s) for number, paragraph in paragraphs(text) for s in STOP.sub(r"\1\n", paragraph).split("\n")]


def without_code(text: str) -> str:
    """The page with empty lines in place of code blocks."""
    return FENCE.sub(lambda m: "\n" * m[0].count("\n"), text)


def wide_lines(text: str) -> list[int]:
    """Numbers of lines that are too wide, other than tables, pictures, comments, code and addresses of links."""
    lines = enumerate(re.sub(r"\]\([^)]*\)", "]", without_code(text)).splitlines(), 1)
    return [i for i, line in lines if len(line) > vocabulary().widest and not line.startswith(("|", "!", "<!--"))]


def faults(text: str) -> list[str]:
    """What is wrong with a page, a line each."""
    known = vocabulary()
    problems = []
    for number, sentence in sentences(text):
        words = len(re.findall(r"[A-Za-z][\w'-]*", sentence))
        if words > known.longest:
            problems.append(f"line {number}: {words} words, at most {known.longest}: {sentence[:60]}...")
        for rule in known.rules:
            if match := rule.find.search(sentence):
                problems.append(f"line {number}: '{match[0].strip()}': {rule.why}; write {rule.write}")
    return problems


@pytest.mark.parametrize("page", pages(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_page_is_in_plain_english(page: Path) -> None:
    assert faults(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", pages(), ids=lambda p: str(p.relative_to(ROOT)))
def test_lines_are_short(page: Path) -> None:
    may_be_wide = page.relative_to(ROOT).as_posix() in vocabulary().wide
    assert may_be_wide or wide_lines(page.read_text(encoding="utf-8")) == []


def test_the_glossary_defines_each_term_once() -> None:
    terms = re.findall(r"^\* \*\*([^*]+)\*\*", (ROOT / "docs/glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(terms) > 100
    assert sorted(terms) == sorted(set(terms))


@pytest.mark.parametrize(("bad", "good"), vocabulary().examples)
def test_each_rule_sees_its_example(bad: str, good: str) -> None:
    """The fault is one fault alone, and its cure none."""
    assert len(faults(f"{bad}\n")) == 1
    assert faults(f"{good}\n") == []


def test_a_long_sentence_is_seen() -> None:
    most = vocabulary().longest
    assert faults("One" + " word" * (most - 1) + ".\n") == []
    assert len(faults("One" + " word" * most + ".\n")) == 1


def test_a_wide_line_is_seen() -> None:
    line = "word " * 30
    assert wide_lines(f"{line}\n| {line} |\n```\n{line}\n```\n") == [1]


def test_what_is_no_sentence_is_left_out() -> None:
    text = '# What is rare is not\n\n```\nthe same luck\n```\n\n| the same luck |\n\nThe test says `odds` or "odds".\n'
    assert faults(text) == []


def test_pages_that_are_named_are_there() -> None:
    named = (*vocabulary().not_yet, *vocabulary().wide)
    assert [name for name in named if not (ROOT / name).is_file()] == []
