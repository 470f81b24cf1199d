"""Printed sentences end their lines between words, and a number keeps its percent sign."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import fill

import pytest

from supplyshock import cli
from supplyshock.common.sentence_lines import HELD, WIDTH, sentence_lines

BEST = "Best on average: 0 weeks. It stays best for weights of the tail from 0 % to 60 %."
PARTED = re.compile(r"\d\s*\n\s*%")


def test_the_sign_goes_with_its_number() -> None:
    assert sentence_lines(BEST) == BEST.replace(" to 60 %.", " to\n60 %.")
    assert PARTED.search(fill(BEST, WIDTH)), "negative control: plain wrapping parts the two"


@pytest.mark.parametrize("width", range(8, 100))
def test_no_width_parts_them_and_no_word_is_lost(width: int) -> None:
    lines = sentence_lines(BEST, width)
    assert not PARTED.search(lines)
    assert " ".join(lines.split("\n")) == BEST
    assert max(map(len, lines.split("\n"))) <= width
    assert ("\n" in lines) == (len(BEST) > width)


def test_words_commands_and_held_spaces_are_whole() -> None:
    said = sentence_lines(f"run/of/one-long-name and two-part a{HELD}b", 8)
    assert said == "run/of/one-long-name\nand\ntwo-part\na b", "a long word leaves the width rather than break"
    assert sentence_lines("one two three", 8, indent="  ") == "one two\n  three"


def test_every_command_prints_its_sentences_so() -> None:
    files = list(Path(cli.__file__).parent.glob("*.py"))
    assert len(files) > 40
    assert [f.name for f in files if re.search(r"textwrap import .*\bfill\b", f.read_text(encoding="utf-8"))] == []
