"""The schema of the file of a firm (`supplyshock exposure --init` writes an example)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, model_validator

from ..config.field_types import DayInside, MarketName, Share, Weeks, described
from ..currency import DOLLARS, Currency
from ..yaml_files.section import ByName, Section
from ..yaml_files.validation_errors import refuse
from .field_types import (
    NO_CURRENCY,
    Bought,
    Code,
    FixedText,
    Income,
    Interest,
    Money,
    Names,
    Priority,
    Rate,
    StockText,
    UseText,
)

MOST_SAVED = 0.95
Period = Annotated[
    Weeks, Field(ge=1, le=520), described("A duration of 1 to 520 weeks.", "duration", least=1, most=520)
]
Saved = Annotated[Share, Field(le=MOST_SAVED), described("A share: 0.3 or '30 %'.", "share", least=0, most=MOST_SAVED)]
SWEPT = ("stock", "priority", "contract.share", "second_source.share")


Swept = Annotated[
    str,
    WithJsonSchema({"type": "string", "pattern": rf"^\w+\.({'|'.join(SWEPT).replace('.', chr(92) + '.')})$"}),
]


class Reorder(Section):
    """How the stock is kept: a gap to the target is ordered over the review period."""

    target: StockText | None = Field(default=None, description="Stock that orders aim at; default: the first day's.")
    review: Period = Field(default=4.0, description="Time over which a gap is closed.")


class Contract(Section):
    """Deliveries for use that are not paid at the quote."""

    share: Share = Field(description="Share of deliveries for use.")
    price: Literal["paid"] = Field(default="paid", description="The paid price of the market, as of the last reset.")
    reset: Period = Field(default=13.0, description="Time between resets.")
    fixed: FixedText | None = Field(default=None, description="Price until the first reset.")


class Substitute(Section):
    """Another way to make the product, decided on the first day."""

    after: Weeks = Field(description="Time until it works.")
    saves: Saved = Field(description="Share of the use that it saves.")
    costs: Money = Field(default=0.0, description="Its cost, once.")


class SecondSource(Section):
    """A source that rationing does not reach."""

    share: Share = Field(description="Share of orders for use.")
    premium: Share = Field(default=0.0, description="Price above the quote.")
    start: DayInside | None = Field(default=None, alias="from", description="First day; default: the start.")


class Terms(Section):
    """How an input is held and bought."""

    stock: StockText = Field(default="0 weeks", description="On the first day: weeks of use, or an amount.")
    reorder: Reorder = Field(default=Reorder(), description="How the stock is kept.")
    contract: Contract | None = Field(default=None, description="What is not bought at the quote.")
    priority: Priority = Field(default=1.0, description="1: rationed like the market; below 1 worse, above 1 better.")
    substitute: Substitute | None = Field(default=None, description="A way to use less.")
    second_source: SecondSource | None = Field(default=None, description="A source beside the market.")


class Input(Terms):
    """A good that the firm buys."""

    market: MarketName = Field(description="Market it is bought in.")
    use: UseText = Field(description="Use at full rate: '3 t/year'; of a chip '3 M USD/year' at base prices.")


class Change(Terms):
    """The changes of an option to an input; the rest is as in the book."""

    bought: Bought | None = Field(default=None, description="How a larger stock is bought; default: on the first day.")


class Line(Section):
    """What stops when an input is missing."""

    title: str = Field(min_length=1, max_length=40, description="Name, for people.")
    needs: Names = Field(description="Markets of its inputs.")
    value_added: Income = Field(
        default=0.0, description="Sales less bought inputs and services, at full rate: '120 M USD/year'."
    )
    minimum_rate: Share = Field(default=0.2, description="Rate below which it stops.")
    restart: Weeks = Field(default=0.0, description="Time that it stands after its inputs are back.")


class LineChange(Section):
    """The changes of an option to a line; the rest is as in the book."""

    value_added: Income | None = Field(default=None, description="At full rate: '120 M USD/year'.")
    minimum_rate: Share | None = Field(default=None, description="Rate below which it stops.")
    restart: Weeks | None = Field(default=None, description="Time that it stands after its inputs are back.")


class Option(Section):
    """Something to try on the same paths: changes of inputs and lines, or the values of a sweep."""

    title: str = Field(default="", max_length=40, description="Name, for people.")
    inputs: ByName[MarketName, Change] = Field(default={}, description="Changes by market.")
    lines: ByName[str, LineChange] = Field(default={}, description="Changes of lines, by their title.")
    sweep: Swept | None = Field(default=None, description="In place of inputs: what is swept, such as Dy.stock.")
    values: tuple[str | float, ...] = Field(default=(), max_length=100, description="Values of the sweep.")
    bought: Bought | None = Field(default=None, description="Of a sweep of stocks: how a larger one is bought.")
    target: StockText | None = Field(
        default=None, description="Of a sweep of stocks: what orders aim at; default: each stock itself."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Option:
        if (self.sweep is None) == (not self.inputs and not self.lines):
            raise refuse("`inputs`, `lines` or both; or else `sweep`")
        if self.sweep is not None:
            _, _, what = self.sweep.partition(".")
            if what not in SWEPT:
                raise refuse(f"`sweep: MARKET.{' or MARKET.'.join(SWEPT)}`", got=f"sweep: {self.sweep}")
            if not self.values:
                raise refuse("`values` for the sweep, such as [0, 4, 8, 13]")
            if what != "stock" and (self.bought, self.target) != (None, None):
                raise refuse("`bought` and `target` beside a sweep of stocks only", got=f"sweep: {self.sweep}")
        elif self.values or (self.bought, self.target) != (None, None):
            raise refuse("`values`, `bought` and `target` beside a `sweep` only")
        if self.sweep is None and not self.title:
            raise refuse("a `title` for the option")
        return self


class OwnCurrency(Section):
    """Another currency than USD, at a rate that the firm chooses."""

    name: Code = Field(description="Three capital letters: EUR.")
    usd: Rate = Field(description="Dollars for one unit: 1.16.")

    @model_validator(mode="before")
    @classmethod
    def _name_and_rate(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            fix = NO_CURRENCY if value == DOLLARS.name else "give its rate, too: the dollars for one unit"
            raise refuse("a name and a rate, `{name: EUR, usd: RATE}`", fix)
        return value


class Head(Section):
    """What decides how the rest of a book is read."""

    currency: OwnCurrency | None = Field(
        default=None, description="Money may be in it, as in '120 M EUR/year'; default: in USD alone."
    )

    @property
    def money(self) -> Currency:
        """The currency of the book."""
        return Currency(self.currency.name, self.currency.usd) if self.currency else DOLLARS


class Exposure(Head):
    """The book of one firm or agency."""

    title: str = Field(default="", max_length=100, description="One line for people.")
    bloc: Literal["CN", "XC"] = Field(default="XC", description="Where the plant stands: in China, or outside.")
    inputs: tuple[Input, ...] = Field(min_length=1, max_length=20, description="What the firm buys.")
    lines: tuple[Line, ...] = Field(default=(), max_length=20, description="Default: one that needs every input.")
    holding_cost: Interest = Field(default=0.0, description="Cost of holding stocks: '12 %/year' of their worth.")
    tail_weight: Share = Field(default=0.5, description="Weight of CVaR95 beside the mean, for the best stock.")
    options: tuple[Option, ...] = Field(default=(), max_length=50, description="What is compared on the same paths.")

    @property
    def own_lines(self) -> tuple[Line, ...]:
        """The lines of the book, or one that needs every input."""
        return self.lines or (Line(title="all inputs", needs=tuple(i.market for i in self.inputs)),)

    @model_validator(mode="after")
    def _fits_together(self) -> Exposure:
        markets = [i.market for i in self.inputs]
        for i, m in enumerate(markets):
            if m in markets[:i]:
                raise refuse("each market once in `inputs`", got=f"{m} twice", at=("inputs", i, "market"))
        titles = [line.title for line in self.lines]
        for n, title in enumerate(titles):
            if title in titles[:n]:
                fix = "options change lines by their titles: give it another one"
                raise refuse("each title once in `lines`", fix, got=f"{title} twice", at=("lines", n, "title"))
        _check_lines(self.lines, markets)
        for n, option in enumerate(self.options):
            titles = [line.title for line in self.own_lines]
            for title in option.lines:
                if title not in titles:
                    expected = f"options of the lines {', '.join(titles)}"
                    raise refuse(expected, got=title, near=(title, tuple(titles)), at=("options", n, "lines", title))
            swept = option.sweep is not None
            named: Any = [str(option.sweep).partition(".")[0]] if swept else option.inputs
            for m in named:
                if m not in markets:
                    at = ("sweep",) if swept else ("inputs", m)
                    raise refuse(f"options of the inputs {', '.join(markets)}", got=m, at=("options", n, *at))
        return self


def _check_lines(lines: tuple[Line, ...], markets: list[str]) -> None:
    unused = [m for m in markets if lines and not any(m in line.needs for line in lines)]
    idle = f"no line needs {', '.join(unused)}"
    for n, line in enumerate(lines):
        if unknown := [m for m in line.needs if m not in markets]:
            fix = f"{idle}: is that meant in place of {', '.join(unknown)}?" if unused else "add it to `inputs`"
            raise refuse(
                f"inputs of this book, {', '.join(markets)}", fix, got=", ".join(unknown), at=("lines", n, "needs")
            )
    if unused:
        fix = f"add {', '.join(unused)} to the `needs` of a line, or remove the input"
        raise refuse("a line that needs each input", fix, got=idle, at=("inputs", markets.index(unused[0]), "market"))


def json_schema() -> dict[str, Any]:
    """JSON schema of the file of a firm, for editors."""
    schema = Exposure.model_json_schema(by_alias=True, mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema
