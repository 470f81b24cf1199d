"""Types of the values in a config: names, dates and quantities, each with its own refusal.

Names are checked against the data set when the validation context holds ``names``, dates against the
horizon when it holds ``start`` and ``end``; without a context only their form is checked.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema

from ...common.dates import DAY, parse_day
from .. import units
from ..currency import Currency
from ..dataset.table_schemas import LEAST_SHARE, MOST_CONTENT, MOST_COVER
from ..yaml_files.validation_errors import refuse

# -- quantities


def quantity(
    *dimensions: units.Dimension, bare: units.Dimension | None = None, currency: Currency | None = None
) -> Callable[[object], float]:
    def convert(value: object) -> float:
        return _parsed(value, *dimensions, bare=bare, currency=currency)[0]

    return convert


def _parsed(
    value: object, *dimensions: units.Dimension, bare: units.Dimension | None, currency: Currency | None
) -> tuple[float, units.Dimension]:
    try:
        return units.parse(value, *dimensions, bare=bare, currency=currency)
    except units.QuantityError as error:
        raise refuse(error.expected, error.fix) from None


def keep_text(
    *dimensions: units.Dimension,
    bare: units.Dimension,
    positive: bool = False,
    most: float = math.inf,
    currency: Currency | None = None,
) -> Callable[[object], str | float]:
    """Check a quantity whose conversion needs the data set; the value stays as written.

    A bare number is refused where it could mean two things; zero means the same in every unit.
    """

    def check(value: object) -> str | float:
        number, _ = _parsed(value, *dimensions, bare=bare, currency=currency)
        if number != 0 and len(dimensions) > 1 and units.is_bare(value):
            raise refuse(units.examples(*dimensions, currency=currency), "add a unit: a bare number is ambiguous")
        if number < 0:
            raise refuse("a quantity of at least 0")
        if positive and number == 0:
            raise refuse("a quantity above 0")
        if number > most:
            raise refuse(f"a quantity of at most {most:g}")
        return value if isinstance(value, str) else number

    return check


def described(
    description: str,
    *dimensions: units.Dimension,
    bare: bool = True,
    least: float | None = None,
    most: float | None = None,
    currencies: bool = False,
) -> WithJsonSchema:
    """The JSON schema of a quantity: a number within limits, unless it needs a unit, or text with a unit that fits."""
    limits = {"minimum": least, "maximum": most}
    number = {"type": "number", **{key: x for key, x in limits.items() if x is not None}}
    pattern = {"pattern": units.text_pattern(*dimensions, bare=bare, currencies=currencies)} if dimensions else {}
    text = {"type": "string", **pattern}
    return WithJsonSchema({"anyOf": [number, text] if bare else [text], "description": description})


def _share(value: object) -> float:
    """A bare number above 1 is a percentage without its sign, more likely than not."""
    number = quantity("share", bare="share")(value)
    if 1 < number <= 100 and units.is_bare(value):
        raise refuse("a share of at most 1", f"if {number:g} % is meant, write '{number:g} %' or {number / 100:g}")
    return number


Share = Annotated[
    float,
    described("A share: 0.2 or '20 %'.", "share", least=0, most=1),
    Field(ge=0, le=1),
    BeforeValidator(_share),
]
ROUNDING = 1e-12
"""How far 99.9 % lies above 0.999."""
Mix = Annotated[Share, Field(ge=LEAST_SHARE, le=1 - LEAST_SHARE + ROUNDING)]
Weeks = Annotated[
    float,
    described("A duration: '26 weeks', '18 months', or a number of weeks.", "duration", least=0),
    Field(ge=0),
    BeforeValidator(quantity("duration", bare="duration")),
]
Cover = Annotated[Weeks, Field(gt=0, le=MOST_COVER)]
Content = Annotated[float, Field(gt=0, le=MOST_CONTENT)]
StockText = Annotated[
    str | float,
    described("A stock: '300 t', or '8 weeks' of use outside China."),
    BeforeValidator(keep_text("mass", "duration", bare="duration")),
]
RateText = Annotated[
    str | float,
    described("A rate: '20 t/week', or '2 %' of the world's baseline use a week."),
    BeforeValidator(keep_text("rate", "share", bare="share")),
]
OutputText = Annotated[
    str | float,
    described("A yearly output: '62 kt/year', or '80 %' of the data set's."),
    BeforeValidator(keep_text("rate", "share", bare="share", positive=True)),
]
PriceText = Annotated[
    str | float,
    described("A price: '70 USD/kg'."),
    BeforeValidator(keep_text("price", bare="price", positive=True)),
]
CoverText = Annotated[
    str | float,
    described("An inventory: '50 %' of the normal one, or weeks of use such as '8 weeks'."),
    BeforeValidator(keep_text("duration", "share", bare="share", most=MOST_COVER)),
]


# -- dates


def _iso_date(value: object) -> date:
    day = parse_day(value)
    if day is None:
        raise refuse(DAY)
    return day


def _inside(value: date, info: ValidationInfo) -> date:
    context = info.context or {}
    if "start" in context and not context["start"] <= value < context["end"]:
        first, end = context["start"], context["end"]
        raise refuse(f"a date from {first} up to, not including, {end} (`start` and `weeks`)")
    return value


def _not_before_start(value: date, info: ValidationInfo) -> date:
    start = (info.context or {}).get("start")
    if start and value < start:
        raise refuse(f"a date from {start} (`start`)")
    return value


Day = Annotated[date, BeforeValidator(_iso_date)]
DayInside = Annotated[Day, AfterValidator(_inside)]
DayFromStart = Annotated[Day, AfterValidator(_not_before_start)]


# -- names


_WITH_NAMES = {"market": "market", "material": "market", "source": "source", "sector": "sector", "control list": "list"}
"""Kinds of names that may be written as people read them, and their axes."""


def _named(kind: str) -> Any:
    def check(value: str, info: ValidationInfo) -> str:
        context = info.context or {}
        known = context.get("names", {}).get(kind)
        if known is None or value in known:
            return value
        few = f"one of {', '.join(known)}" if len(known) <= 30 else f"a known {kind}"
        got, names = f"the unknown {kind} {value[:60]!r}", context.get("display")
        if kind not in _WITH_NAMES or names is None:
            raise refuse(few, got=got, near=(value, known))
        axis = _WITH_NAMES[kind]
        if found := names.find(axis, value, known):
            return str(found)
        raise refuse(few, _optional_market(axis, value) or names.nearest(axis, value, known), got=got)

    return AfterValidator(check)


def _optional_market(axis: str, value: str) -> str:
    """Where an optional data set that ships has a market of that id or name; empty elsewhere."""
    from ..new_market.optional_markets import optional_market

    found = optional_market(value) if axis == "market" else None
    return f"{found.name} ({found.id}) ships in an optional data set: use the scenario {found.config}" if found else ""


MarketName = Annotated[str, _named("market")]
MaterialName = Annotated[str, _named("material")]
SourceName = Annotated[str, _named("source")]
SectorName = Annotated[str, _named("sector")]
ListName = Annotated[str, _named("control list")]
RegimeName = Annotated[str, _named("regime")]
ParameterName = Annotated[str, _named("parameter")]
PriorName = Annotated[str, _named("prior")]
