"""Quantities with units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplyshock.scenarios.units import UNITS, Dimension, QuantityError, parse, share, weeks

FINITE = st.floats(min_value=1e-9, max_value=1e12)


@pytest.mark.parametrize(
    ("text", "dimension", "expected"),
    [
        ("26 weeks", "duration", 26.0),
        ("18 months", "duration", 78.0),
        ("1 year", "duration", 52.0),
        ("14 days", "duration", 2.0),
        ("20 %", "share", 0.2),
        ("20%", "share", 0.2),
        ("300 t", "mass", 300.0),
        ("2 kt", "mass", 2000.0),
        ("500 kg", "mass", 0.5),
        ("20 t/week", "rate", 20.0),
        ("1040 t per year", "rate", 20.0),
        ("70 USD/kg", "price", 70.0),
        ("0.07 USD/g", "price", 70.0),
    ],
)
def test_units(text: str, dimension: Dimension, expected: float) -> None:
    assert parse(text, dimension) == (pytest.approx(expected, rel=1e-12), dimension)


def test_bare_numbers_only_where_said() -> None:
    assert weeks(26) == 26.0
    assert weeks("26") == 26.0
    assert share(0.2) == 0.2
    with pytest.raises(QuantityError, match="add a unit"):
        parse(300, "mass")


def test_first_dimension_that_fits() -> None:
    assert parse("52 weeks", "mass", "duration") == (52.0, "duration")


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("300 t", ("'26 weeks'", "'300 t'", "another dimension")),
        ("3 wekks", ("unknown unit 'wekks'", "did you mean 'weeks'?")),
        ("3 parsec", ("unknown unit 'parsec'", "known here: day, week, month or year")),
        ("weeks", ("a duration", "'weeks'")),
        ("1e999 weeks", ("finite",)),
        ("9**9**9 weeks", ("one unit",)),
        (float("nan"), ("finite",)),
        (True, ("got true",)),
        ([26], ("got [26]",)),
        (None, ("got null",)),
    ],
)
def test_refusals_name_the_expected_units(value: object, parts: tuple[str, ...]) -> None:
    with pytest.raises(QuantityError) as error:
        weeks(value)
    assert error.value.exit_code == 65
    for part in parts:
        assert part in str(error.value)


SYMBOLS: dict[Dimension, str] = {
    "duration": "weeks", "share": "%", "mass": "t", "rate": "t/week", "price": "USD/kg", "money": "USD",
    "income": "USD/week", "interest": "%/week",
}  # fmt: skip
"""A way to write the unit in which `parse` answers; a percentage is a hundredth of it."""


@given(FINITE, st.sampled_from(sorted(UNITS)))
def test_a_number_is_read_in_the_unit_of_its_dimension(value: float, dimension: Dimension) -> None:
    written = value * 100 if SYMBOLS[dimension].startswith("%") else value
    number, kind = parse(f"{written!r} {SYMBOLS[dimension]}", dimension)
    assert kind == dimension
    assert number == pytest.approx(value, rel=1e-14)


@given(FINITE)
def test_a_year_has_52_weeks(value: float) -> None:
    assert weeks(f"{value!r} years") == pytest.approx(52 * weeks(value), rel=1e-12)
