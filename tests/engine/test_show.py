"""`supplyshock show`: text, JSON, CSV, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pytest

from supplyshock.analysis.base_prices import base_words, usd_per_kg
from supplyshock.analysis.summary_tables import TITLES, headline
from supplyshock.common.number_format import day, number
from support.command import SCENARIOS, invoke, is_one_clear_line, said, small_run, tree

__all__ = ["small_run", "tree"]
PRICE = "usd_per_kg_at_1"


def test_text_has_every_table_scenario_and_item(small_run: Path, tree: Any) -> None:
    shown = invoke("show", small_run, "--full")
    assert shown.exit_code == 0
    assert not shown.stderr
    for table, title in TITLES.items():
        is_shown = table not in ("measures", "sampled")  # no path of this run has a weight
        assert (title in shown.stdout) == is_shown, title
    for row in headline(tree):
        assert row.scenario in shown.stdout
        assert row.label in shown.stdout
    assert "300 paths of 52 weeks from 2026-10-07" in shown.stdout
    assert "nan" not in shown.stdout.lower().split()
    assert "\x1b" not in shown.stdout  # no colours in a pipe


def test_json_is_one_object_without_nan(small_run: Path, tree: Any) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    told = json.loads(invoke("show", small_run, "--json").stdout, parse_constant=refuse)
    assert told["scenarios"] == list(SCENARIOS)
    assert (told["paths"], told["weeks"], told["seed"]) == (300, 52, 5)
    expected = headline(tree)
    assert len(told["rows"]) == len(expected)
    for got, row in zip(told["rows"], expected, strict=True):
        assert got["item"] == row.item
        assert got["value"] == (row.value if row.value == row.value else None)
        assert got["se"] == (row.se if row.se == row.se else None)


def test_csv_is_a_tidy_table(small_run: Path, tree: Any) -> None:
    table = list(csv.DictReader(io.StringIO(invoke("show", small_run, "--csv").stdout)))
    markets = [str(m) for m in tree["outcomes"]["market"].to_numpy()]
    expected = headline(tree, markets)
    for market in markets:
        assert any(row["item"] == f"quote outside China: {market}" for row in table), market
    assert list(table[0]) == [
        "table",
        "scenario",
        "item",
        "statistic",
        "value",
        "se",
        "unit",
        "label",
        PRICE,
        "parameter_sd",
    ]
    assert len(table) == len(expected)
    for got, row in zip(table, expected, strict=True):
        assert [got["scenario"], got["item"], got["unit"]] == [row.scenario, row.item, row.unit]
        assert (float(got["value"]) == row.value) if got["value"] else (row.value != row.value)
    at_one = {row["item"]: row[PRICE] for row in table}
    assert at_one["quote outside China: Dy"] == at_one["paid outside China: Dy"] == "239.0"
    assert at_one["quote outside China: nand"] == at_one["United States: lost output"] == ""
    counted = [row["item"] for row in table if row[PRICE]]
    assert all(item.startswith(("quote", "paid")) for item in counted)


def test_a_ratio_says_what_one_is(small_run: Path) -> None:
    """USD/kg of a material, from the data set; of a chip, and of a ratio that is no price, there is none."""
    shown = invoke("show", small_run, "--full", "--market", "nand").stdout
    assert "quote outside China: Dysprosium (1 = 239 USD/kg)" in shown
    assert "quote in China: Flash memory chips (1 = price at rest)" in shown
    assert "paid price of Dysprosium outside China, x baseline (1 = 239 USD/kg)" in shown
    asked = ("quote:Tb", "quote:Tb > 5", "exports:Tb", "quote:nand", "compute")
    measures = invoke("show", small_run, *(word for text in asked for word in ("--measure", text))).stdout
    assert measures.count("USD/kg") == 2 and "quote:Tb (Terbium), x baseline (1 = 1,010 USD/kg)" in measures
    changes = invoke("compare", small_run, "--measure", "paid:Sm", "--csv", "-").stdout.splitlines()
    assert all(line.endswith(",2.82," if ",difference," in line else ",,") for line in changes[1:])


def test_what_one_is_may_differ_between_scenarios() -> None:
    assert base_words([239.0, 257.4, 239.0]) == "1 = 239 or 257 USD/kg"
    assert base_words([0.9714]) == "1 = 0.971 USD/kg" and base_words([1991.2]) == "1 = 1,991 USD/kg"
    assert base_words([math.nan]) == base_words([]) == "1 = price at rest"
    given = usd_per_kg(["Dy", "nand"], np.array([0.0095, 1.4]), np.array([0.04, 0.0]))
    assert given == {"Dy": 237.5}  # 9.5 m USD a week over 40 t; a chip has no tonnage


def test_every_market_is_shown_on_request(small_run: Path) -> None:
    assert "quote outside China: Lanthanum" not in invoke("show", small_run, "--full").stdout
    shown = invoke("show", small_run, "--full", "--market", "La", "--market", "nand").stdout
    names = ("quote outside China: Lanthanum", "quote in China: Flash memory", "outside China at the end: Lanthanum")
    for line in names:
        assert line in shown
    answer = invoke("show", small_run, "--market", "Tbb")
    assert answer.exit_code == 2
    assert "did you mean 'Tb'?" in said(answer)


def on_terminal(width: int, *args: object) -> list[str]:
    """Lines as a terminal of that width shows them, without colours."""
    main, side = pty.openpty()
    env = os.environ | {"COLUMNS": str(width), "TERM": "xterm"}
    command = [str(Path(sys.executable).parent / "supplyshock"), *map(str, args)]
    with subprocess.Popen(command, stdout=side, stderr=side, stdin=subprocess.DEVNULL, env=env) as running:
        os.close(side)
        parts = []
        while part := _read(main):
            parts.append(part)
        assert running.wait(60) == 0
    os.close(main)
    text = b"".join(parts).decode()
    return re.sub(r"\x1b\[[0-9;]*m", "", text).replace("\r\n", "\n").split("\n")


def _read(main: int) -> bytes:
    try:
        return os.read(main, 65536)
    except OSError:  # Linux says EIO when the other side is closed
        return b""


@pytest.mark.parametrize("width", [80, 100, 160])
def test_tables_fit_a_terminal_and_lose_nothing(width: int, small_run: Path, tree: Any) -> None:
    lines = on_terminal(width, "show", small_run, "--full")
    grid = [line for line in lines if line.startswith(" ")]
    assert max(map(len, grid)) <= width
    text = " ".join(" ".join(lines).split())
    assert "…" not in text
    for row in headline(tree):
        if row.unit in ("%", "bn USD", "x baseline"):
            assert number(row.value, row.se) in text.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("value", "se", "text"),
    [
        (21.6123, 0.3137, "21.6 ±0.3"),
        (0.0, 0.0, "0"),
        (1234.5, 21.0, "1,230 ±20"),
        (1234.5, 1.4, "1,234 ±1"),
        (float("nan"), 1.0, "–"),
        (-0.001, 0.04, "0.00 ±0.04"),
        (-16.3, 0.32, "-16.3 ±0.3"),
        (1.234e-17, float("nan"), "1.2e-17"),
    ],
)
def test_the_error_decides_the_digits(value: float, se: float, text: str) -> None:
    assert number(value, se) == text


def test_days() -> None:
    from datetime import date

    assert day(date(2026, 7, 1), 64, 0.4) == "22 Sep 2027 ±1w"
    assert day(date(2026, 7, 1), float("nan"), float("nan")) == "–"


@pytest.mark.parametrize("given", ["folder", "results.zarr"])
def test_the_results_themselves_may_be_named(given: str, small_run: Path) -> None:
    path = small_run if given == "folder" else small_run / "results.zarr"
    assert invoke("show", path).exit_code == 0


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "file", tmp_path / "nowhere"):
        answer = invoke("show", path)
        assert answer.exit_code == 74
        assert is_one_clear_line(answer)
        assert str(path) in said(answer)


@pytest.mark.parametrize("form", [["--json"], ["--csv"], []])
def test_a_figure_leaves_stdout_to_the_numbers(form: list[str], small_run: Path, tmp_path: Path) -> None:
    plain = invoke("show", small_run, *form)
    drawn = invoke("show", small_run, *form, "--figure", tmp_path / "fan.png")
    assert drawn.exit_code == 0
    assert drawn.stdout == plain.stdout
    assert "fan.png" in drawn.stderr
    assert (tmp_path / "fan.png").is_file()


def test_an_unknown_market_is_wrong_use(small_run: Path, tmp_path: Path) -> None:
    answer = invoke("show", small_run, "--figure", tmp_path / "fan.png", "--market", "Dyy")
    assert answer.exit_code == 2
    assert is_one_clear_line(answer)
    assert "did you mean 'Dy'" in said(answer)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["/proc/fan.png", "/dev/null/fan.png"])
def test_a_figure_that_cannot_be_written(place: str, small_run: Path, tmp_path: Path) -> None:
    answer = invoke("show", small_run, "--figure", tmp_path / place)
    assert answer.exit_code == 74
    assert is_one_clear_line(answer)
    assert "cannot write the file" in said(answer)


def test_show_of_a_small_run_is_quick(tree: Any) -> None:
    """0.2 s on one core of 2026; the bound is for machines ten times slower. 100,000 paths take about 1 s."""
    began = perf_counter()
    headline(tree)
    assert perf_counter() - began < 3
