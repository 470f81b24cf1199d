"""Measures and bounds in text: the width of lines, and prices that reach what the model allows."""

from __future__ import annotations

from datetime import date
from math import nan
from pathlib import Path

import numpy as np
import pytest

from supplyshock.analysis.price_bound import NEAR_BOUND, PRICE_BOUND
from supplyshock.analysis.summary_tables.rows import Row
from supplyshock.cli.measure_table import measure_lines
from supplyshock.cli.render import _also_in_usd, _text
from supplyshock.common.number_format import digits, number
from supplyshock.reporting.answer.table import _cell
from supplyshock_kernels.model.materials import PRICE_HIGH
from support.command import invoke, small_run, tree

__all__ = ["small_run", "tree"]
ASKED = ("loss:US", "quote:leading_logic", "quote:Dy > 5", "paid:Dy at week 26", "loss:US,ev_auto")


def quote(value: float, unit: str = "x baseline") -> Row:
    return Row("prices", "status_quo", "quote outside China: Y", "P95", value, nan, unit, "yttrium")


def test_the_bound_is_that_of_the_kernels() -> None:
    """To the precision of float32, in which prices are stored, and of the width of a bin."""
    assert pytest.approx(float(np.exp(np.float64(PRICE_HIGH))), rel=1e-6) == PRICE_BOUND
    assert 0.95 * PRICE_BOUND < NEAR_BOUND < PRICE_BOUND


def test_a_price_at_the_bound_is_marked() -> None:
    """And neither one below it nor another figure of that size."""
    assert _cell(quote(PRICE_BOUND)) == "493 (bound)"
    assert _cell(quote(PRICE_BOUND * (1 - 1e-6))) == "493 (bound)", "float32"
    assert _cell(quote(0.9 * PRICE_BOUND)) == "443"
    assert _cell(quote(PRICE_BOUND, "bn USD")) == "493"


def test_the_same_price_in_dollars_is_marked_too() -> None:
    rows = [quote(x)._replace(usd_per_kg_at_1=239.0) for x in (PRICE_BOUND, 0.9 * PRICE_BOUND)]
    said = [_text(row, date(2026, 10, 7)) for one in rows for row in _also_in_usd([one])]
    assert said == ["493 (bound)", "118,000 (bound)", "443", "106,000"]


def test_measures_fit_eighty_columns(small_run: Path) -> None:
    shown = invoke("show", small_run, *(word for text in ASKED for word in ("--measure", text))).stdout
    lines = shown.split("\n\n", 1)[1].splitlines()
    assert max(map(len, lines)) <= 80
    heading = next(i for i, line in enumerate(lines) if line.startswith("quote:Dy > 5 (Dysprosium), %"))
    assert lines[heading + 1].split() == ["probability"]
    assert [line.split()[0] for line in lines[heading + 2 : heading + 5]] == ["status_quo", "swap_deal", "breakdown"]
    assert len(lines[heading + 2].split()) == 3, "a probability and its error"


def test_a_price_is_shown_in_dollars_too(small_run: Path) -> None:
    """Each figure times the base price; a chip has none, and a probability stays one."""
    measures = ("quote:Dy at week 26", "quote:leading_logic", "quote:Dy > 5")
    shown = invoke("show", small_run, *(word for text in measures for word in ("--measure", text))).stdout
    lines = shown.split("\n\n", 1)[1].splitlines()
    assert [line for line in lines if "USD/kg" in line] == [
        "quote:Dy at week 26 (Dysprosium), x baseline (1 = 239 USD/kg)",
        "quote:Dy at week 26 (Dysprosium), USD/kg",
    ]
    ratios, dollars = (lines[i + 2].split() for i, line in enumerate(lines) if "USD/kg" in line)
    assert ratios[0] == dollars[0] == "status_quo"
    for ratio, usd in zip(ratios[1:], dollars[1:], strict=True):
        value, digits_shown = float(usd.strip("±").replace(",", "")), 0.3 if "±" in usd else 0.06
        assert value == pytest.approx(239 * float(ratio.strip("±")), rel=digits_shown), "both are rounded"


def test_measures_stand_below_each_other_where_columns_have_no_room() -> None:
    rows = [Row("measures", "a" * 30, "loss:US", s, 1.0, nan, "bn USD", "loss:US") for s in ("mean", "P5", "CVaR95")]
    labels = {"loss:US, bn USD": "loss:US, bn USD"}
    wide = list(measure_lines(rows, labels, lambda row: "1.234567 ±0.1234", 120))
    assert [line.split()[0] for line in wide] == ["loss:US,", "mean", "a" * 30]
    narrow = list(measure_lines(rows, labels, lambda row: "1.234567 ±0.1234", 60))
    assert max(map(len, narrow)) <= 60
    assert " ".join(narrow).count("1.234567 ±0.1234") == 3


@pytest.mark.parametrize(
    ("x", "count", "text"),
    [(10000.0, 4, "10,000"), (15724.6, 4, "15,720"), (600.0, 4, "600"), (0.123456, 3, "0.123"), (1e6, 3, "1,000,000")],
)
def test_no_exponents(x: float, count: int, text: str) -> None:
    assert digits(x, count) == text


def test_noise_around_zero_has_no_row_of_zeros() -> None:
    assert number(1e-8, 3e-7) == "0 ±3e-07"
    assert number(1e-5, 3e-5) == "0.00001 ±0.00003"
