"""What commands print and write, as blocks, tables and numbers of a page."""

from __future__ import annotations

import pytest
from figures import text
from figures.registry import Block, Cell, Table

from supplyshock.common.errors import ConfigError

PRINTED = "head\n\na 1\nb 2\na 3\n\nc 4\ntail 5.1 s\n"


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        ({}, ["head", "", "a 1", "b 2", "a 3", "", "c 4", "tail 5.1 s"]),
        ({"start": "a", "until": "c"}, ["head", "", "a 1", "b 2", "a 3", "..."]),
        ({"start": "^a", "until": "^tail"}, ["a 1", "b 2", "a 3", "", "c 4", "..."]),
        ({"keep": ["^a", "^c"]}, ["a 1", "...", "a 3", "", "c 4", "..."]),
        ({"start": "^a", "most": 2}, ["a 1", "b 2", "..."]),
        ({"start": "^tail", "replace": {r"[\d.]+ s": "5 s"}}, ["tail 5 s"]),
    ],
)
def test_the_rules_of_a_block(rules, lines):
    assert text.cut(PRINTED, Block(**rules)) == lines


def test_rules_that_keep_nothing_are_an_error():
    with pytest.raises(ConfigError, match="keep no line"):
        text.cut(PRINTED, Block(keep=["^z"]))


def test_a_command_of_two_lines_is_shown_as_a_reader_types_it():
    block = text.console_block("run a \\\n  --paths 3\nshow a\n", "done\n", Block())
    assert block == "```\n$ run a \\\n    --paths 3\n$ show a\ndone\n```\n"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ({"where": {"k": 1}, "value": "gain"}, "2.0 ± 0.5"),
        ({"where": {"k": 1}, "value": "gain", "sign": True}, "+2.0 ± 0.5"),
        ({"where": {"k": 2}, "value": "gain", "sign": True}, "-2.0 ± 0.5"),
        ({"where": {"k": 1}, "value": "gain", "error": False}, "2.0"),
        ({"where": {"k": 1}, "value": "gain", "times": -100}, "-200 ± 50"),
        ({"where": {"k": 1}, "value": "loss:US mean"}, "7.00 ± 0.10"),
        ({"where": {"k": 1}, "value": "gain", "se": "loss:US se"}, "2.00 ± 0.10"),
        ({"where": {"k": 1}, "value": "plain"}, "1,230"),
    ],
)
def test_a_number_of_a_table(tmp_path, cell, said):
    (tmp_path / "t.csv").write_text(
        "k,gain,gain_se,loss:US mean,loss:US se,plain\n1,2,0.5,7,0.1,1234\n2,-2,0.5,7,0.1,1\n"
    )
    assert text.cell_text(tmp_path, Cell(csv="t.csv", **cell)) == said


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ({"where": {}, "value": "gain"}, "2 rows"),
        ({"where": {"k": 3}, "value": "gain"}, "0 rows"),
        ({"where": {"j": 1}, "value": "gain"}, "no such column"),
        ({"where": {"k": 1}, "value": "pain"}, "no such column"),
        ({"where": {"k": 1}, "value": "gain", "se": "pain"}, "no such column"),
    ],
)
def test_a_number_that_is_not_there_is_an_error(tmp_path, cell, why):
    (tmp_path / "t.csv").write_text("k,gain\n1,2\n2,3\n")
    with pytest.raises(ConfigError, match=why):
        text.cell_text(tmp_path, Cell(csv="t.csv", **cell))


def test_a_row_overrides_a_column_and_a_column_the_table():
    table = Table(
        corner="",
        cell={"csv": "a.csv", "where": {"x": "{column}", "y": 1}, "sign": True},
        columns={"shown": {"name": "held", "csv": "b.csv"}},
        rows={"r": {"where": {"y": "{column}-2"}, "sign": False}},
    )
    assert table.at("shown", "r") == Cell(csv="b.csv", where={"x": "held", "y": "held-2"})
