"""`supplyshock compare`, and `show` for some scenarios: forms, files, refusals."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from supplyshock import compare
from supplyshock.common.number_format import number
from support.command import invoke, is_one_clear_line, said, script, small_run, tree

__all__ = ["small_run", "tree"]


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_text_json_and_csv_say_the_same(small_run: Path, tree: Any) -> None:
    args = ("compare", small_run, "breakdown", "swap_deal", "--measure", "loss:US", "--measure", "quote:Dy")
    text, told = invoke(*args).stdout, json.loads(invoke(*args, "--json").stdout)
    table = rows_of(invoke(*args, "--csv", "-").stdout)
    assert told["scenarios"] == ["breakdown", "swap_deal"]
    assert [float(r["value"]) for r in table] == [r["value"] for r in told["rows"]]
    frame = compare(tree, "breakdown", "swap_deal", measure=["loss:US", "quote:Dy"])
    for (pair, item), line in frame.iterrows():
        row = next(r for r in told["rows"] if (r["item"], r["statistic"]) == (item, "difference"))
        assert (row["scenario"], row["value"], row["se"]) == (pair, line["difference"], line["se"])
        assert number(line["difference"], line["se"]) in text
    assert "status_quo" not in text


def test_by_default_all_are_compared_with_the_first(small_run: Path) -> None:
    pairs = {r["scenario"] for r in rows_of(invoke("compare", small_run, "--csv").stdout)}
    assert pairs == {"swap_deal - status_quo", "breakdown - status_quo"}
    alone = {r["scenario"] for r in rows_of(invoke("compare", small_run, "breakdown", "--csv").stdout)}
    assert alone == {"breakdown - status_quo"}


def test_show_of_some_scenarios(small_run: Path) -> None:
    part = rows_of(invoke("show", small_run, "breakdown", "swap_deal", "--csv").stdout)
    assert {r["scenario"] for r in part} == {"breakdown", "swap_deal", "swap_deal - breakdown"}
    whole = {
        (r["table"], r["scenario"], r["item"], r["statistic"]): r["value"]
        for r in rows_of(invoke("show", small_run, "--csv").stdout)
    }
    same = [r for r in part if r["table"] in ("regimes", "losses", "leverage")]
    assert same
    for r in same:
        assert whole[r["table"], r["scenario"], r["item"], r["statistic"]] == r["value"]


@pytest.mark.parametrize("command", ["show", "compare"])
def test_a_csv_file_comes_on_top(command: str, small_run: Path, tmp_path: Path) -> None:
    plain = invoke(command, small_run)
    answer = invoke(command, small_run, "--csv", tmp_path / "table.csv")
    assert answer.stdout == plain.stdout
    assert "table.csv" in answer.stderr
    assert (tmp_path / "table.csv").read_text() == invoke(command, small_run, "--csv", "-").stdout


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["breakdwn"], 2, "did you mean 'breakdown'"),
        (["status_quo"], 2, "nothing to compare"),
        (["--measure", "loss:USA"], 2, "did you mean 'US'"),
        (["--measure", "deal_week"], 2, "never happens on"),
        (["--json", "--csv", "-"], 2, "one of --json and --csv -"),
        (["--csv", "/dev/null/table.csv"], 74, "a file has the name of a needed folder"),
    ],
)
def test_refusals_are_one_line(args: list[str], code: int, words: str, small_run: Path) -> None:
    answer = invoke("compare", small_run, *args)
    assert answer.exit_code == code
    assert is_one_clear_line(answer)
    assert words in said(answer)


def test_an_unfinished_run_is_refused(small_run: Path, tmp_path: Path) -> None:
    import shutil

    half = tmp_path / "half"
    shutil.copytree(small_run, half)
    next(p for p in sorted((half / "journal").rglob("*")) if p.is_file()).unlink()  # a block that is not done
    answer = invoke("compare", half)
    assert answer.exit_code == 74
    assert is_one_clear_line(answer)
    assert "not complete" in said(answer)


def test_the_command_itself(small_run: Path) -> None:
    done = script("compare", small_run, "swap_deal", "--measure", "stop:ev_auto")
    assert done.returncode == 0
    assert "swap_deal - status_quo" in done.stdout
