"""Sizes of a firm in words, and a warning where one is out of all reason: most often a unit is mistaken."""

from __future__ import annotations

from collections.abc import Iterator

from supplyshock_kernels.params import WEEKS_PER_YEAR

from ...common.number_format import digits
from ..currency import DOLLARS, Currency
from ..lever_text import money_text
from ..scenario import Scenario
from ..sizes import LEAST_START, MOST_START, MOST_STOCK
from .firm_params import MOST_SHARE, Good, goods_of
from .load import Loaded

MUCH = 0.01
"""Share of a market's world use above which the firm may move prices, which it does not here; above `MOST_SHARE` its
book is refused."""
LEAST_BILL = 10_000.0
"""USD a year for an input, at base prices, or of a line's value added: less than a week's work of the analyst costs, so
not worth a book."""
LEAST_VALUE = 0.01
"""Value added of a line over the bill for the inputs that it needs. Makers of magnets, motors and servers lie between
0.2 and 100: chips cost more than the work on them, but no inputs cost a hundred times that."""
MOST_VALUE = 1e12
"""USD a year of a line: no firm has a value added of a trillion."""
DEAREST = 5.0
"""Dollars for one unit of a currency: the dearest one, the dinar of Kuwait, is worth about three. More is most often a
rate the other way round."""


def book_lines(loaded: Loaded, scenario: Scenario) -> list[str]:
    """A line for the currency, if it is another one than USD, and for each input and each line.

    ``Dy: use 3 t/year = 0.145 % of the world's use = 0.717 M USD a year at base prices; stock 8 weeks = 0.11 M USD``
    """
    money = loaded.exposure.money
    lines = [] if money == DOLLARS else [f"currency: {money.rate}"]
    for n, good in enumerate(goods_of(loaded, scenario)):
        own = loaded.exposure.inputs[n]
        weeks, bill = good.stock(own.stock), good.use * good.price
        lines.append(
            f"{good.market}: use {own.use} = {digits(100 * good.use / good.world, 3)} % of the world's use = "
            f"{money_text(WEEKS_PER_YEAR * bill, money)} a year at base prices; stock {digits(weeks, 3)} weeks = "
            f"{money_text(weeks * bill, money)}"
        )
    for line, value, bill in _lines(loaded, scenario):
        needs = f"the inputs it needs cost {money_text(bill, money)}"
        lines.append(f"{line}: value added {money_text(value, money)} a year; {needs}")
    return lines


def book_warnings(loaded: Loaded, scenario: Scenario) -> list[str]:
    """One sentence for each size that is out of all reason, or large enough to move a market."""
    goods = goods_of(loaded, scenario)
    warnings = (*_rate_warnings(loaded.exposure.money), *_use_warnings(loaded, goods), *_stock_warnings(loaded, goods),
             *_price_warnings(loaded, goods), *_value_warnings(loaded, scenario))  # fmt: skip
    return list(dict.fromkeys(warnings))


def _rate_warnings(money: Currency) -> Iterator[str]:
    if money.usd > DEAREST:
        yield (
            f"{money.rate} by the book's `currency`, expected {DEAREST:g} at most: no currency is worth more; the "
            f"other way round the rate is {1 / money.usd:.3g}"
        )


def _use_warnings(loaded: Loaded, goods: list[Good]) -> Iterator[str]:
    money = loaded.exposure.money
    for own, good in zip(loaded.exposure.inputs, goods, strict=True):
        share, bill = good.use / good.world, WEEKS_PER_YEAR * good.use * good.price
        if share > MUCH:
            yield (
                f"the firm uses {share:.1%} of the world's {good.market}, expected {MUCH:.0%} at most: prices may "
                f"follow (above {MOST_SHARE:.0%} a book is refused); `levers.stockpile` moves a market"
            )
        if bill < LEAST_BILL:
            yield (
                f"a use of {own.use} of {good.market} costs {bill / money.usd:,.0f} {money.name} a year at base "
                f"prices, expected {LEAST_BILL / money.usd:,.0f} or more; check the unit "
                f"({_units(money) if good.is_chip else 'kg, t, kt'})"
            )


def _stock_warnings(loaded: Loaded, goods: list[Good]) -> Iterator[str]:
    for choice in loaded.choices:
        for own, good in zip(choice.inputs, goods, strict=True):
            weeks = good.stock(own.stock)
            if weeks > MOST_STOCK:
                yield (
                    f"a stock of {own.stock} of {good.market} is {weeks:,.0f} weeks of use, expected {MOST_STOCK:.0f} "
                    "(ten years) at most; check the unit"
                )


def _price_warnings(loaded: Loaded, goods: list[Good]) -> Iterator[str]:
    for choice in loaded.choices:
        for own, good in zip(choice.inputs, goods, strict=True):
            fixed = own.contract.fixed if own.contract else None
            if fixed is not None and not LEAST_START <= (ratio := good.ratio(fixed.price)) <= MOST_START:
                yield (
                    f"a fixed price of {fixed.price} of {good.market} is {ratio:,.3g} times the base price, expected "
                    f"{LEAST_START:g} to {MOST_START:g} times; check the unit ({good.currency.name}/kg)"
                )


def _value_warnings(loaded: Loaded, scenario: Scenario) -> Iterator[str]:
    money = loaded.exposure.money
    for line, value, bill in _lines(loaded, scenario):
        least = max(LEAST_VALUE * bill, LEAST_BILL)
        if 0 < value < least or value > MOST_VALUE:
            yield (
                f"{line} has a value added of {money_text(value, money)} a year and needs inputs for "
                f"{money_text(bill, money)}, expected {money_text(least, money)} to {money_text(MOST_VALUE, money)}; "
                f"check the unit ({_units(money)})"
            )


def _units(money: Currency) -> str:
    return f"{money.name}, k {money.name}, M {money.name}"


def _lines(loaded: Loaded, scenario: Scenario) -> Iterator[tuple[str, float, float]]:
    """(title, value added, bill for the inputs that it needs), USD a year at base prices."""
    bills = {good.market: WEEKS_PER_YEAR * good.use * good.price for good in goods_of(loaded, scenario)}
    for line in loaded.choices[0].lines:
        yield line.title, WEEKS_PER_YEAR * line.value_added, sum(bills[market] for market in line.needs)
