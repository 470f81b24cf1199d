"""Quantities with units, in and out of text: durations, shares, masses, rates, prices and money.

The registry is the project's own and small: a year is 52 weeks and a month a twelfth of it, as in
the kernels, and nothing outside the table below is a unit.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

from ..common.errors import ConfigError, did_you_mean, shown
from ..common.hidden_libraries import show_libraries
from ..common.number_marks import number_fix
from .currency import DOLLARS, Currency, other_money

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
_UNIT = re.compile(r"[A-Za-z]+(\s*/\s*[A-Za-z]+)?$")


class QuantityError(ConfigError):
    """Text that is not a quantity of the expected dimension; `expected`, `got` and `fix` say why."""


@cache
def registry() -> UnitRegistry[Any]:
    """The project's units, built on first use."""
    show_libraries("pint")
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


def examples(*dimensions: Dimension, currency: Currency | None = None) -> str:
    """What the dimensions look like, for people, with the currency of a file in place of USD."""
    return (currency or DOLLARS).in_place_of_usd(" or ".join(EXAMPLES[d] for d in dimensions))


def usual_units(dimension: Dimension) -> str:
    """The units that fit, for people: ``g, kg, t or kt per day, week, month or year``."""
    return " per ".join(_listed(SHORT[part]) for part in RATIOS.get(dimension, (dimension,)))


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def text_pattern(*dimensions: Dimension, bare: bool = False, currencies: bool = False) -> str:
    """A regular expression of the texts with a unit that `parse` takes, for JSON schemas.

    `bare`: without a unit, too; `currencies`: with three capital letters in place of USD, too.
    """
    units = [
        "(?:" + r"(?:\s*/\s*| per )".join(_any_unit(p, currencies) for p in RATIOS.get(d, (d,))) + ")"
        for d in dimensions
    ]
    return rf"^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*(?:{'|'.join(units)}){'?' if bare else ''}\s*$"


def _any_unit(dimension: str, currencies: bool) -> str:
    if dimension == "share":
        return "(?:%|percent)"
    target = UNITS[dimension]  # type: ignore[index]  # a part of a ratio is a dimension
    names = [n for n in unit_names() if registry().Quantity(1, n).is_compatible_with(target)]
    names += [n for n in SHORT[dimension] if " " in n]
    names += ["(?:(?:k|M|bn) ?)?[A-Z]{3}"] if currencies and dimension == "money" else []
    return f"(?:{'|'.join(sorted(names, key=len, reverse=True))})"


def parse(
    value: object, *dimensions: Dimension, bare: Dimension | None = None, currency: Currency | None = None
) -> tuple[float, Dimension]:
    """A number in the project's unit of the first dimension that fits, and that dimension.

    `value` is text with a unit, or a number, which then means `bare` in the unit of `UNITS`
    (weeks, a share of 1, t, t/week, USD/kg). `currency` is that of the file, whose money becomes
    dollars; None: the file cannot name one. Raises `QuantityError`.
    """
    asked = _Asked(value, dimensions, currency)
    number, unit = _split(asked)
    if not unit:
        if bare is None:
            raise asked.bad("add a unit")
        return number, bare
    for dimension in dimensions:
        converted = _convert(number, unit, dimension, asked)
        if converted is not None:
            return converted, dimension
    raise asked.bad(f"{asked.unit!r} has another dimension")


@dataclass(frozen=True)
class _Asked:
    """What `parse` is asked."""

    value: object
    dimensions: tuple[Dimension, ...]
    currency: Currency | None

    @property
    def unit(self) -> str:
        """As it is written."""
        match = _TEXT.match(self.value) if isinstance(self.value, str) else None
        return match[2] if match else ""

    def bad(self, fix: str = "") -> QuantityError:
        expected = examples(*self.dimensions, currency=self.currency)
        return QuantityError("not this kind of quantity", expected=expected, got=shown(self.value), fix=fix)


def is_bare(value: object) -> bool:
    """Whether a quantity is a number without a unit, as a number or as text."""
    return not isinstance(value, str) or not (match := _TEXT.match(value)) or not match[2]


def _split(asked: _Asked) -> tuple[float, str]:
    """The number, of money in dollars, and its unit."""
    value = asked.value
    if isinstance(value, Real) and not isinstance(value, bool):
        number, unit = float(value), ""
    elif isinstance(value, str) and (fix := other_money(value[:MAX_LENGTH], asked.currency) or number_fix(value)):
        raise asked.bad(fix)
    elif isinstance(value, str) and len(value) <= MAX_LENGTH and (match := _TEXT.match(value)):
        number, unit = _in_dollars(match[1], match[2], asked.currency or DOLLARS)
        unit = _MONEY.sub(r"\1USD", unit.replace("%", "percent").replace(" per ", "/"))
    else:
        raise asked.bad()
    if not math.isfinite(number):
        raise asked.bad("give a finite number")
    return number, unit


def _in_dollars(number: str, unit: str, currency: Currency) -> tuple[float, str]:
    in_usd = currency.in_usd(unit)
    return (float(number), unit) if in_usd == unit else (currency.dollars(number), in_usd)


def _convert(number: float, unit: str, dimension: Dimension, asked: _Asked) -> float | None:
    """`number` in a dimension, or None if it has another; errors name units of all that are asked."""
    units = registry()
    if not _UNIT.match(unit):
        raise asked.bad("give one unit, or one unit per another")
    own = (asked.currency or DOLLARS).in_place_of_usd
    for name in re.findall("[A-Za-z]+", unit):
        if name not in unit_names():
            hint = did_you_mean(name, (*unit_names(), *map(own, unit_names())))
            fitting = "; or ".join(dict.fromkeys(map(usual_units, (dimension, *asked.dimensions))))
            raise asked.bad(f"unknown unit {name!r}; {hint or f'known here: {own(fitting)}'}")
    quantity = units.Quantity(number, unit)
    target = UNITS[dimension]
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
