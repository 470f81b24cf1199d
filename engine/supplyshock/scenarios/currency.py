"""Currencies: the dollar, in which the model counts, and the one that a book names with its rate."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..common.errors import StoreError, shown

CODE = re.compile("[A-Z]{3}")
LEAST_RATE, MOST_RATE = 1e-6, 1e4
"""Dollars for one unit of a currency."""
NAME, RATE = "book_currency", "book_currency_usd"
"""Attributes of results."""
_CODES = (
    "EUR|GBP|JPY|CNY|CNH|CHF|KRW|TWD|INR|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|ISK|TRY|ILS|SAR|AED|KWD|BRL|MXN|CLP|"
    "ZAR|SGD|HKD|THB|MYR|IDR|VND|PHP|KZT|RUB"
)
_NAMES = {"€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "¥": "JPY or CNY", "yen": "JPY", "yuan": "CNY",
          "renminbi": "CNY", "rmb": "CNY", "₩": "KRW"}  # fmt: skip
"""Codes of what people write in their place."""
_OTHER = re.compile(rf"[€£¥₩]|\b(?:k|M|bn)?({_CODES}|RMB|euros?|yen|yuan|renminbi)\b", re.I)
"""Money that is not USD, as far as it is known here."""


@dataclass(frozen=True)
class Currency:
    """A currency in which a file gives money."""

    name: str
    """Three capital letters."""
    usd: float
    """Dollars for one unit."""

    def dollars(self, number: str) -> float:
        """A number of this currency in dollars: the decimal product, as somebody who converts by hand writes it."""
        amount = float(number)
        if not amount or not math.isfinite(amount):
            return amount
        return float(Decimal(number) * Decimal(repr(self.usd)))

    def in_usd(self, unit: str) -> str:
        """A unit with USD in place of this currency: ``M USD/year`` for ``M EUR/year``; others stay as they are."""
        return re.sub(rf"(?<![A-Za-z])((?:k|M|bn) ?)?{self.name}(?![A-Za-z])", r"\1USD", unit)

    def in_place_of_usd(self, text: str) -> str:
        """A text about money with this currency where it says USD."""
        return text.replace("USD", self.name)

    @property
    def rate(self) -> str:
        """``1 EUR is 1.16 USD``"""
        return f"1 {self.name} is {Decimal(repr(self.usd)).normalize():f} USD"

    @property
    def record(self) -> dict[str, str | float]:
        """Attributes of results, from which `recorded_currency` makes it again; none for dollars."""
        return {} if self == DOLLARS else {NAME: self.name, RATE: self.usd}


DOLLARS = Currency("USD", 1.0)


def recorded_currency(attributes: Mapping[str, Any]) -> Currency:
    """The currency of the book of a run. Raises `StoreError` for attributes that nobody wrote here."""
    if NAME not in attributes:
        return DOLLARS
    name, usd = attributes[NAME], attributes.get(RATE)
    if isinstance(usd, float) and LEAST_RATE <= usd <= MOST_RATE and isinstance(name, str) and CODE.fullmatch(name):
        return Currency(name, usd)
    got, fix = f"{shown(name)} at {shown(usd)}", "supplyshock verify says what is damaged"
    raise StoreError("the currency of the book cannot be read", expected="a name and a rate", got=got, fix=fix)


def code_in(text: str) -> str:
    """The letters of the first currency in a text that is known here and not USD: ``EUR`` for 3 €; else empty."""
    match = _OTHER.search(text)
    word = (match[1] or match[0]) if match else ""
    return _NAMES.get(word.casefold(), word.upper())


def other_money(text: str, currency: Currency | None) -> str:
    """What to do about money in a text that is in another currency than the one of its file or USD; else empty.

    `currency` is that of a book, dollars for a book without one, and None for what has no key for it.
    """
    code = code_in(currency.in_usd(text) if currency else text)
    if not code:
        return ""
    if currency is None:
        return "USD is the only currency; convert first, and say at which rate in a comment"
    if code == currency.name:
        return f"write {code}"
    if currency == DOLLARS:
        letters = "" if code in text else f"write {code}, and "
        return f"{letters}give the book its rate in dollars: `currency: {{name: {code}, usd: RATE}}`"
    return f"write {currency.name}, which the book names in `currency`, or USD"
