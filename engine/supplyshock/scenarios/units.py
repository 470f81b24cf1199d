"""Quantities with units, in and out of text: durations, shares, masses, rates, prices and money.

The registry is the project's own and small: a year is 52 weeks and a month a twelfth of it, as in
the kernels, and nothing outside the table below is a unit.
"""

from __future__ import annotations

import math
import re
from functools import cache
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

from ..common.errors import ConfigError, did_you_mean, shown
from ..common.number_marks import number_fix

if TYPE_CHECKING:
    from pint import UnitRegistry

Dimension = Literal["duration", "share", "mass", "rate", "price", "money", "income", "interest"]

DEFINITIONS = (
    "week = [time] = week = weeks = wk",
    "day = week / 7 = day = days",
    "year = 52 * week = year = years = yr = a",
    "month = year / 12 = month = months",
    "tonne = [mass] = t = tonnes",
    "kilogram = tonne / 1000 = kg = kilograms",
    "gram = kilogram / 1000 = g = grams",
    "kilotonne = 1000 * tonne = kt = kilotonnes",
    "dollar = [money] = USD = dollars",
    "kUSD = 1000 * dollar = kUSD",
    "MUSD = 1000000 * dollar = MUSD",
    "bnUSD = 1000000000 * dollar = bnUSD",
    "percent = 0.01 = percent",
)
UNITS: dict[Dimension, str] = {
    "duration": "week",
    "share": "dimensionless",
    "mass": "tonne",
    "rate": "tonne / week",
    "price": "dollar / kilogram",
    "money": "dollar",
    "income": "dollar / week",
    "interest": "1 / week",
}
PER_KG = 1e3
"""USD/kg of a billion USD a kilotonne."""
EXAMPLES: dict[Dimension, str] = {
    "duration": "a duration such as '26 weeks' or '18 months'",
    "share": "a share such as 0.2 or '20 %'",
    "mass": "a mass such as '300 t'",
    "rate": "a rate such as '20 t/week' or '1000 t/year'",
    "price": "a price such as '70 USD/kg'",
    "money": "a sum such as '2 M USD'",
    "income": "a sum a year such as '120 M USD/year'",
    "interest": "a share a year such as '12 %/year'",
}
MAX_LENGTH = 100
"""Characters of a quantity at most: the patterns may take hours on longer text."""
_TEXT = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$")
_MONEY = re.compile(r"\b(k|M|bn) USD\b")
_CURRENCY = re.compile(r"[€£¥₩]|\b(?:EUR|GBP|JPY|CNY|RMB|CHF|KRW|TWD|INR|AUD|CAD|SEK|euros?|yen|yuan|renminbi)\b", re.I)
"""Money that is not USD."""
_UNIT = re.compile(r"[A-Za-z]+(\s*/\s*[A-Za-z]+)?$")


class QuantityError(ConfigError):
    """Text that is not a quantity of the expected dimension; `expected`, `got` and `fix` say why."""


@cache
def registry() -> UnitRegistry[Any]:
    """The project's units, built on first use."""
    from pint import UnitRegistry

    units: UnitRegistry[Any] = UnitRegistry(None)
    for line in DEFINITIONS:
        units.define(line)
    return units


def unit_names() -> tuple[str, ...]:
    """Every name and symbol of a unit."""
    names = (part.strip() for line in DEFINITIONS for part in line.split("="))
    return tuple(dict.fromkeys(n for n in names if n.isalpha()))


SHORT: dict[str, tuple[str, ...]] = {
    "duration": ("day", "week", "month", "year"),
    "mass": ("g", "kg", "t", "kt"),
    "money": ("USD", "k USD", "M USD", "bn USD"),
    "share": ("%",),
}
"""The usual units of what is no ratio."""
RATIOS = {
    "rate": ("mass", "duration"), "price": ("money", "mass"), "income": ("money", "duration"),
    "interest": ("share", "duration"),
}  # fmt: skip
"""Dimensions that are one per another."""


def usual_units(dimension: Dimension) -> str:
    """The units that fit, for people: ``g, kg, t or kt per day, week, month or year``."""
    return " per ".join(_listed(SHORT[part]) for part in RATIOS.get(dimension, (dimension,)))


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def text_pattern(*dimensions: Dimension, bare: bool = False) -> str:
    """A regular expression of the texts with a unit that `parse` takes, for JSON schemas; `bare`: without one, too."""
    units = ["(?:" + r"(?:\s*/\s*| per )".join(_any_unit(p) for p in RATIOS.get(d, (d,))) + ")" for d in dimensions]
    return rf"^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*(?:{'|'.join(units)}){'?' if bare else ''}\s*$"


def _any_unit(dimension: str) -> str:
    if dimension == "share":
        return "(?:%|percent)"
    target = UNITS[dimension]  # type: ignore[index]  # a part of a ratio is a dimension
    names = [n for n in unit_names() if registry().Quantity(1, n).is_compatible_with(target)]
    names += [n for n in SHORT[dimension] if " " in n]
    return f"(?:{'|'.join(sorted(names, key=len, reverse=True))})"


def parse(value: object, *dimensions: Dimension, bare: Dimension | None = None) -> tuple[float, Dimension]:
    """A number in the project's unit of the first dimension that fits, and that dimension.

    `value` is text with a unit, or a number, which then means `bare` in the unit of `UNITS`
    (weeks, a share of 1, t, t/week, USD/kg). Raises `QuantityError`.
    """
    expected = " or ".join(EXAMPLES[d] for d in dimensions)
    number, unit = _split(value, expected)
    if not unit:
        if bare is None:
            raise _bad(expected, value, "add a unit")
        return number, bare
    for dimension in dimensions:
        converted = _convert(number, unit, (dimension, *dimensions), expected, value)
        if converted is not None:
            return converted, dimension
    raise _bad(expected, value, f"{unit!r} has another dimension")


def is_bare(value: object) -> bool:
    """Whether a quantity is a number without a unit, as a number or as text."""
    return not isinstance(value, str) or not (match := _TEXT.match(value)) or not match[2]


def _bad(expected: str, value: object, fix: str = "") -> QuantityError:
    return QuantityError("not this kind of quantity", expected=expected, got=shown(value), fix=fix)


def _split(value: object, expected: str) -> tuple[float, str]:
    if isinstance(value, Real) and not isinstance(value, bool):
        number, unit = float(value), ""
    elif isinstance(value, str) and _CURRENCY.search(value[:MAX_LENGTH]):
        raise _bad(expected, value, "USD is the only currency; convert first, and say at which rate in a comment")
    elif fix := number_fix(value):
        raise _bad(expected, value, fix)
    elif isinstance(value, str) and len(value) <= MAX_LENGTH and (match := _TEXT.match(value)):
        number, unit = float(match[1]), _MONEY.sub(r"\1USD", match[2].replace("%", "percent").replace(" per ", "/"))
    else:
        raise _bad(expected, value)
    if not math.isfinite(number):
        raise _bad(expected, value, "give a finite number")
    return number, unit


def _convert(number: float, unit: str, kinds: tuple[Dimension, ...], expected: str, value: object) -> float | None:
    """`number` in the first of the dimensions, or None if it has another; errors name units of them all."""
    units = registry()
    if not _UNIT.match(unit):
        raise _bad(expected, value, "give one unit, or one unit per another")
    for name in re.findall("[A-Za-z]+", unit):
        if name not in unit_names():
            hint = did_you_mean(name, unit_names())
            fitting = "; or ".join(dict.fromkeys(map(usual_units, kinds)))
            raise _bad(expected, value, f"unknown unit {name!r}; {hint or f'known here: {fitting}'}")
    quantity = units.Quantity(number, unit)
    target = UNITS[kinds[0]]
    if not quantity.is_compatible_with(target):
        return None
    return float(quantity.to(target).magnitude)


def in_written_unit(limit: float, converted: object, written: object) -> str:
    """A limit in the unit in which a text gave what was converted: ``100 %`` for 1 where 150 % is 1.5; else empty."""
    match = _TEXT.match(written) if isinstance(written, str) and len(written) <= MAX_LENGTH else None
    if match is None or not match[2]:
        return ""
    if converted == written:
        converted = parse(written, *UNITS)[0]
    if not isinstance(converted, Real) or not float(converted):
        return ""
    return f"{limit * float(match[1]) / float(converted):.6g} {match[2]}"


def weeks(value: object) -> float:
    """A duration in weeks; a bare number counts as weeks."""
    return parse(value, "duration", bare="duration")[0]


def share(value: object) -> float:
    """A share of 1; a bare number is one already."""
    return parse(value, "share", bare="share")[0]


def format_quantity(value: float, dimension: Dimension) -> str:
    """Text that `parse` reads back to the same number."""
    symbols = {
        "duration": "weeks", "share": "%", "mass": "t", "rate": "t/week", "price": "USD/kg", "money": "USD",
        "income": "USD/week", "interest": "%/week",
    }  # fmt: skip
    number = value * 100 if symbols[dimension].startswith("%") else value
    return f"{number!r} {symbols[dimension]}"
