"""From the book of a firm to the arrays that its simulation reads. Units stop here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any

import numpy as np

from supplyshock_kernels.outputs import series_rows
from supplyshock_kernels.params import BLOCS, Array
from supplyshock_kernels.params.firm import Firm, Lines, Options, Supplies

from .. import units
from ..currency import Currency
from ..scenario import Scenario
from .load import Choice, Loaded
from .schema import Input

MOST_SHARE = 0.05
"""Share of a market's world use: a firm above it moves the market."""
USD = 1e9


@dataclass(frozen=True)
class Good:
    """An input in a scenario. An amount is in kg; of a chip, which has no tonnage, in USD at base prices."""

    market: str
    use: float
    """Amount a week."""
    price: float
    """USD for each."""
    world: float
    """World use, amount a week."""
    near: float
    """Use in the firm's bloc, amount a week."""
    is_chip: bool
    currency: Currency
    """In which the book may give money."""

    def stock(self, text: str | float) -> float:
        """A stock in weeks of use. Raises `QuantityError`, as the next does, for the unit of another kind of good."""
        amount: units.Dimension = "money" if self.is_chip else "mass"
        number, kind = units.parse(text, "duration", amount, bare="duration", currency=self.currency)
        return number if kind == "duration" else number * (1.0 if self.is_chip else 1e3) / self.use

    def ratio(self, text: str) -> float:
        """A price as a ratio to the base price."""
        kinds: tuple[Any, ...] = ("share",) if self.is_chip else ("price", "share")
        number, kind = units.parse(text, *kinds, bare="price", currency=self.currency)
        return number / self.price if kind == "price" else number


def firm_of(loaded: Loaded, scenario: Scenario) -> Firm:
    """The arrays. Raises `ConfigError` for units that do not fit a market and for a firm that is too large."""
    book = loaded.exposure
    goods = goods_of(loaded, scenario)
    supplies, index = _supplies(loaded, goods, scenario)
    return Firm(
        supplies=supplies,
        options=_options(loaded, goods, index, scenario.weeks),
        lines=_lines(loaded),
        bill=np.array([g.use * g.price for g in goods]),
        book=np.array([g.stock(i.stock) for g, i in zip(goods, book.inputs, strict=True)]),
        holding=np.array([book.holding_cost]),
    )


def series_of(loaded: Loaded, scenario: Scenario) -> tuple[int, ...]:
    """Rows of the weekly series that the firm reads: quote, paid price and unmet use of each input.

    In China the paid price is the quote: the model has a paid price outside China alone.
    """
    rows = {r.name: r for r in series_rows(scenario.params)}
    bloc, outside = BLOCS.index(loaded.exposure.bloc), loaded.exposure.bloc == "XC"
    chosen: list[int] = []
    for i in loaded.exposure.inputs:
        m = scenario.labels.market.index(i.market)
        quote, short = (rows[name].start + m * len(BLOCS) + bloc for name in ("price_ratio", "shortage_ratio"))
        chosen += [quote, rows["paid_price_ratio"].start + m if outside else quote, short]
    return tuple(chosen)


def goods_of(loaded: Loaded, scenario: Scenario) -> list[Good]:
    """The inputs in a scenario, in the order of the book. Raises `ConfigError` as `firm_of` does."""
    return [_good(loaded, i, scenario) for i in range(len(loaded.exposure.inputs))]


def _good(loaded: Loaded, n: int, scenario: Scenario) -> Good:
    own, markets, currency = loaded.exposure.inputs[n], scenario.params.markets, loaded.exposure.money
    m = scenario.labels.market.index(own.market)
    value, tonnage = float(markets.value[m]) * USD, float(markets.tonnage[m])
    is_chip = tonnage <= 0
    world = value if is_chip else tonnage * 1e6
    try:
        number, _ = units.parse(own.use, "income" if is_chip else "rate", currency=currency)
    except units.QuantityError as error:
        raise loaded.problem(("inputs", n, "use"), error.expected, str(own.use), error.fix) from None
    use = number if is_chip else number * 1e3
    if use > MOST_SHARE * world:
        fix = "the firm is a price taker here: move the market with `levers.stockpile` or `levers.demand` of a scenario"
        amount = _amount(MOST_SHARE * world, is_chip, currency)
        most = f"at most {MOST_SHARE:.0%} of the world's use of {own.market}, {amount}"
        raise loaded.problem(("inputs", n, "use"), most, f"{own.use} ({use / world:.0%})", fix)
    near = world * float(markets.use[m, BLOCS.index(loaded.exposure.bloc)])
    price = 1.0 if is_chip else units.PER_KG * float(markets.value[m]) / tonnage
    return Good(own.market, use, price, world, near, is_chip, currency)


def _amount(a_week: float, is_chip: bool, currency: Currency) -> str:
    if is_chip:
        return f"{52 * a_week / currency.usd / 1e6:.3g} M {currency.name}/year"
    return f"{52 * a_week / 1e3:.3g} t/year"


def _supplies(loaded: Loaded, goods: list[Good], scenario: Scenario) -> tuple[Supplies, Array]:
    """Every way in which an input is bought once, and (O, I) which one an option has."""
    known: dict[tuple[Any, ...], int] = {}
    index = [
        [known.setdefault(_supply(loaded, good, own, n, scenario), len(known))
         for n, (good, own) in enumerate(zip(goods, choice.inputs, strict=True))]
        for choice in loaded.choices
    ]  # fmt: skip
    columns = zip(*known, strict=True)
    return Supplies(*(np.array(c) for c in columns)), np.array(index)


def _supply(loaded: Loaded, good: Good, own: Input, n: int, scenario: Scenario) -> tuple[Any, ...]:
    """One row, in the order of the fields of `Supplies`."""
    contract, second = own.contract, own.second_source
    fixed, until = 1.0, 0
    if contract is not None and contract.fixed is not None:
        try:
            fixed = good.ratio(contract.fixed.price)
        except units.QuantityError as error:
            path = ("inputs", n, "contract", "fixed")
            raise loaded.problem(path, error.expected, contract.fixed.price, error.fix) from None
        until = _week(contract.fixed.until, scenario)
    return (
        n,
        1.0 / own.priority,
        good.near / good.use,
        contract.share if contract else 0.0,
        max(1, round(contract.reset)) if contract else 1,
        fixed,
        until,
        second.share if second else 0.0,
        second.premium if second else 0.0,
        _week(second.start, scenario) if second and second.start else 0,
    )


def _week(day: date, scenario: Scenario) -> int:
    """The first week that begins on a day or after it; the start for days before it."""
    return max(0, ceil((day - scenario.start).days / 7))


def _options(loaded: Loaded, goods: list[Good], index: Array, weeks: int) -> Options:
    each = [[_terms(loaded, n, good, choice, weeks) for n, good in enumerate(goods)] for choice in loaded.choices]
    stack = {name: np.array([[terms[name] for terms in row] for row in each]) for name in each[0][0]}
    once = [_once(c) + weeks * (_value(loaded.choices[0]) - _value(c)) for c in loaded.choices]
    return Options(supply=index, once=np.array(once, float), **stack)


def _terms(loaded: Loaded, n: int, good: Good, choice: Choice, weeks: int) -> dict[str, Any]:
    """Start, purchases, need and target of an input under an option."""
    own, book, over = choice.inputs[n], loaded.exposure.inputs[n], choice.bought[n]
    try:
        before, after = (good.stock(i.stock) for i in (book, own))
        target0, target = (good.stock(i.stock if i.reorder.target is None else i.reorder.target) for i in (book, own))
    except units.QuantityError as error:
        raise loaded.problem(("inputs", n, "stock"), error.expected, f"{own.stock}", error.fix) from None
    week = np.arange(weeks)
    need, buy = np.ones(weeks), np.zeros(weeks)
    aim = np.full(weeks, target)
    start = after
    if over:
        start, aim = before, target0 + (target - target0) * np.minimum(week / over, 1.0)
        buy = max(after - before, 0.0) / over * np.clip(over - week, 0.0, 1.0)
    if own.substitute is not None:
        need[week >= own.substitute.after] = 1.0 - own.substitute.saves
    return {
        "start": start,
        "at_once": start - before,
        "need": need,
        "target": aim,
        "buy": buy,
        "close": 1.0 / own.reorder.review,
    }


def _once(choice: Choice) -> float:
    """USD that an option costs, once."""
    return sum(i.substitute.costs for i in choice.inputs if i.substitute)


def _value(choice: Choice) -> float:
    """USD of value added in a week at full rate: what an option changes of it counts over all weeks."""
    return sum(line.value_added for line in choice.lines)


def _lines(loaded: Loaded) -> Lines:
    """The lines of every option. Lines share an input by value added."""
    each = [c.lines for c in loaded.choices]
    markets = [i.market for i in loaded.exposure.inputs]
    needs = np.array([[m in line.needs for m in markets] for line in each[0]], float)
    value, minimum, restart = (
        np.array([[getattr(line, name) for line in lines] for lines in each])
        for name in ("value_added", "minimum_rate", "restart")
    )
    worth = needs * np.maximum(value, 1e-9)[:, :, None]
    return Lines(share=worth / worth.sum(1, keepdims=True), value=value, minimum=minimum, restart=restart)
