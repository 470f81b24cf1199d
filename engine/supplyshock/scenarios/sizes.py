"""Sizes of a scenario in words, and a warning where one is out of all reason: most often a unit is mistaken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..common.number_format import digits
from .lever_text import figures_of, stockpile_tonnes
from .scenario import Scenario

MOST_START, LEAST_START = 100.0, 0.1
"""Price of the first day over its base. The highest quote of the back-test is 35 times its base (samarium, 2011), the
lowest 0.2 times; the model itself bounds quotes at 493 and 0.07 times."""
MOST_STOCK = 520.0
"""Weeks of use: ten years. No strategic stock of a critical material is known to cover more than a few."""
MOST_BUYING = 1.0
"""Purchases of a stockpile over all use outside China: more than that is not for sale."""
MOST_MINED, MOST_CHIPS = 500.0, 1000.0
"""bn USD a year: turnover of a market. No mined material turns over more (gold about 400, iron ore 250, copper 250),
nor did all chips together before 2026 (about 800)."""


def size_lines(scenario: Scenario) -> list[str]:
    """Prices of the first day that the config gives, a line each.

    ``Dy outside China starts at 5 x base = 1,195 USD/kg``
    """
    figures = figures_of(scenario)
    return [
        f"{market} {_WHERE[bloc]} starts at {ratio:,.4g} x base{_priced(figures.get(('market_figures', key)), ratio)}"
        for market, bloc, ratio in _starts(scenario)
        for key in (f"{market}.price",)
    ]


def size_warnings(scenarios: Sequence[Scenario]) -> list[str]:
    """One sentence for each size that is out of all reason, with the names of the scenarios that have it."""
    named: dict[str, dict[str, None]] = {}
    for scenario in scenarios:
        for text in (*_start_warnings(scenario), *_stock_warnings(scenario), *_turnover_warnings(scenario)):
            named.setdefault(text, {})[scenario.name] = None
    return [f"{', '.join(names)}: {text}" for text, names in named.items()]


_WHERE = {"CN": "in China", "XC": "outside China"}


def _priced(base: float | None, ratio: float) -> str:
    return f" = {digits(base * ratio, 4)} USD/kg" if base else ""


def _starts(scenario: Scenario) -> Iterator[tuple[str, str, float]]:
    """(market, bloc, ratio) of the start prices that the config gives."""
    for market, by_bloc in scenario.config["initial"].get("price_ratio", {}).items():
        for bloc, ratio in by_bloc.items():
            yield market, bloc, float(ratio)


def _start_warnings(scenario: Scenario) -> Iterator[str]:
    figures = figures_of(scenario)
    for market, bloc, ratio in _starts(scenario):
        if LEAST_START <= ratio <= MOST_START:
            continue
        text = (
            f"initial.price_ratio.{market}.{bloc} starts at {ratio:,.4g} times the base price, "
            f"expected {LEAST_START:g} to {MOST_START:g} times (no quote of the back-test is above 35)"
        )
        base = figures.get(("market_figures", f"{market}.price"))
        yield f"{text}; if {ratio:,.4g} USD/kg is meant, the ratio is {ratio / base:.4g}" if base else text


def _stock_warnings(scenario: Scenario) -> Iterator[str]:
    figures = figures_of(scenario)
    for i, entry in enumerate(scenario.config["levers"].get("stockpile", ())):
        for key, value in ((k, entry[k]) for k in ("initial", "buy") if entry.get(k)):
            tonnes, week = stockpile_tonnes(key, value, entry["market"], scenario, figures)
            size, written = tonnes / week, f"levers.stockpile[{i}].{key} of {entry['market']} is {value}"
            if key == "initial" and size > MOST_STOCK:
                years = f"{size:,.0f} weeks of use outside China, expected {MOST_STOCK:.0f} (ten years) at most"
                yield f"{written}: {years}; check the unit (kg, t, kt, weeks)"
            elif key == "buy" and size > MOST_BUYING:
                times = f"{digits(size, 3)} times all use outside China, expected {MOST_BUYING:g} at most"
                yield f"{written}: {times}; check the unit (t/week, t/year, %)"


def _turnover_warnings(scenario: Scenario) -> Iterator[str]:
    figures = figures_of(scenario)
    for market in scenario.labels.market:
        turnover = figures["market_figures", f"{market}.world_value"]
        yield from turnover_warnings(market, turnover, is_chip=market in scenario.labels.chip)


def turnover_warnings(market: str, turnover: float, *, is_chip: bool) -> Iterator[str]:
    """A sentence for a market that turns over more bn USD a year than any does."""
    most, than = (MOST_CHIPS, "all chips together do") if is_chip else (MOST_MINED, "any mined material does")
    if turnover > most:
        yield (
            f"the market of {market} turns over {turnover:,.0f} bn USD a year, more than {than}, expected {most:g} "
            "at most; check the units of its price (USD/kg) and its volume (t/yr)"
        )
