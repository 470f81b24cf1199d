"""Types of the values in the file of a firm that configs do not have."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema

from ...common.dates import DAY, parse_day
from .. import units
from ..config.field_types import MarketName, described, keep_text, quantity
from ..currency import CODE, DOLLARS, LEAST_RATE, MOST_RATE, Currency, code_in
from ..yaml_files.number_types import Number
from ..yaml_files.validation_errors import refuse


def _own(info: ValidationInfo) -> Currency:
    """The currency of the book, from the validation context; dollars without one."""
    own: Currency = (info.context or {}).get("currency", DOLLARS)
    return own


def _in_currency(kind: Callable[..., Callable[[object], Any]], *dimensions: units.Dimension, **options: Any) -> Any:
    """`quantity` or `keep_text` in the currency of the book."""

    def check(value: object, info: ValidationInfo) -> Any:
        return kind(*dimensions, currency=_own(info), **options)(value)

    return BeforeValidator(check)


UseText = Annotated[
    str | float,
    described(
        "A use: '3 t/year'; of a chip '3 M USD/year' at base prices.", "rate", "income", bare=False, currencies=True
    ),
    _in_currency(keep_text, "rate", "income", bare="rate", positive=True),
]
StockText = Annotated[
    str | float,
    described(
        "A stock: '8 weeks' of use, '460 kg', of a chip '2 M USD' at base prices; a bare number is weeks.",
        "duration",
        "mass",
        "money",
        least=0,
        currencies=True,
    ),
    BeforeValidator(lambda value, info: _stock(value, info)),
]
Money = Annotated[
    float,
    described("A sum: '2 M USD'.", "money", least=0, currencies=True),
    Field(ge=0),
    BeforeValidator(lambda value, info: _sum(value, info)),
]
Income = Annotated[
    float,
    described("A sum over time: '120 M USD/year'; USD a week inside.", "income", bare=False, currencies=True),
    Field(ge=0),
    _in_currency(quantity, "income"),
]
Interest = Annotated[
    float,
    described("A share over time: '12 %/year'; a share a week inside.", "interest", bare=False),
    Field(ge=0, le=0.1),
    BeforeValidator(quantity("interest")),
]
MOST_STOCK = 1040.0
"""Weeks: twenty years."""


def _stock(value: object, info: ValidationInfo) -> str | float:
    if units.is_bare(value) and not isinstance(value, bool):
        value = f"{value} {'week' if value == 1 else 'weeks'}"
    kept = keep_text("duration", "mass", "money", bare="duration", currency=_own(info))(value)
    return kept


def _sum(value: object, info: ValidationInfo) -> float:
    own = _own(info)
    amount = quantity("money", bare="money", currency=own)(value)
    if amount and units.is_bare(value) and own != DOLLARS:
        raise refuse(f"a sum such as '2 M {own.name}'", f"add {own.name} or USD: a bare number is ambiguous")
    return amount


class FixedPrice(NamedTuple):
    """A price that holds until a day."""

    price: str
    until: date


_FIXED = re.compile(r"(.+?)\s+until\s+(\S+)$")


def _fixed(value: object, info: ValidationInfo) -> FixedPrice:
    match = _FIXED.match(value) if isinstance(value, str) else None
    day = parse_day(match[2]) if match else None
    if match is None or day is None:
        raise refuse(f"a price and a day, such as '310 {_own(info).name}/kg until 2027-01-01' ({DAY})")
    keep_text("price", "share", bare="price", positive=True, currency=_own(info))(match[1])
    return FixedPrice(match[1], day)


FixedText = Annotated[
    FixedPrice,
    BeforeValidator(_fixed),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^.+\s+until\s+\d{4}-\d{2}-\d{2}$",
            "description": "'310 USD/kg until 2027-01-01', or '110 % until ...'.",
        }
    ),
]
_SPOT = re.compile(r"spot(?:\s+over\s+(.+))?$")


def _bought(value: object) -> float:
    match = _SPOT.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise refuse("'spot', or 'spot over 26 weeks'")
    weeks: float = quantity("duration", bare="duration")(match[1]) if match[1] else 0.0
    if not 0 <= weeks <= MOST_STOCK:
        raise refuse("a duration of at least 0")
    return weeks


Bought = Annotated[
    float,
    BeforeValidator(_bought),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*spot(\s+over\s+.+)?\s*$",
            "description": "How a larger stock is bought: 'spot over 26 weeks'.",
        }
    ),
]


NO_CURRENCY = "leave `currency` out: a book without it is in USD"


def _code(value: object) -> object:
    if value == DOLLARS.name:
        raise refuse("a currency other than USD", NO_CURRENCY)
    if not isinstance(value, str) or not CODE.fullmatch(value):
        code = code_in(value[: units.MAX_LENGTH]) if isinstance(value, str) else ""
        raise refuse("three capital letters, such as EUR", f"write {code}" if code else "")
    return value


Code = Annotated[
    str, BeforeValidator(_code), WithJsonSchema({"type": "string", "pattern": f"^(?!{DOLLARS.name}$){CODE.pattern}$"})
]
Rate = Annotated[
    Number,
    Field(ge=LEAST_RATE, le=MOST_RATE),
    WithJsonSchema({"type": "number", "minimum": LEAST_RATE, "maximum": MOST_RATE}),
]


def _factor(value: object) -> Any:
    if isinstance(value, str):
        return quantity("share", bare="share")(value)
    return value


Priority = Annotated[
    float,
    described("1: rationed like the market.", "share", least=0.1, most=10),
    Field(ge=0.1, le=10),
    BeforeValidator(_factor),
]


def _unique(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise refuse("each market once")
    return names


Names = Annotated[tuple[MarketName, ...], Field(min_length=1), AfterValidator(_unique)]
