"""The figures behind the answer, a line each, a column for every scenario."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...analysis.base_prices import price_words
from ...analysis.summary_tables.rows import COUNTRIES, Row
from ...common.number_format import MISSING
from .figures import Figures
from .sentences import amount

LONG = 16
"""Characters of a title that leave a scenario room."""


class Line(NamedTuple):
    """A line of the table; a heading has no cells."""

    label: str
    cells: tuple[str, ...] = ()


def lines(figures: Figures, scenarios: list[str]) -> list[Line]:
    """The table for some scenarios."""
    return [line for block in (_losses, _prices, _regimes, _stops) for line in _block(list(block(figures, scenarios)))]


def _block(block: list[Line]) -> list[Line]:
    """Nothing if a block is a heading alone."""
    return block if len(block) > 1 else []


def _line(figures: Figures, scenarios: list[str], label: str, where: tuple[str, str, str]) -> Iterator[Line]:
    """One figure in every scenario; nothing if none has it."""
    table, item, statistic = where
    rows = [figures.get(table, name, item, statistic) for name in scenarios]
    if any(rows):
        yield Line(f"  {label}", tuple(_cell(row) if row else MISSING for row in rows))


def _cell(row: Row) -> str:
    return f"{amount(row)} (bound)" if row.at_bound else amount(row)


def _losses(figures: Figures, scenarios: list[str]) -> Iterator[Line]:
    for party in ("US", "CN"):
        item = f"{COUNTRIES[party]}: lost output"
        yield Line(f"{item}, bn USD")
        for label, statistic in (("mean", "mean"), ("worst 5 % of futures", "CVaR95")):
            yield from _line(figures, scenarios, label, ("losses", item, statistic))
        if len(figures.scenarios) > 1:
            rows = [figures.get("differences", f"{name} - {figures.base}", item, "difference") for name in scenarios]
            cells = (_signed(amount(row), row.value) if row else "" for row in rows)
            base = figures.titles[figures.base]
            yield Line(f"  against {base if len(base) <= LONG else 'the first'}", tuple(cells))


def _signed(text: str, value: float) -> str:
    return f"+{text}" if value > 0 else text


def _prices(figures: Figures, scenarios: list[str]) -> Iterator[Line]:
    yield Line("Highest quote, multiple of the base price")
    for market in figures.markets:
        row = figures.get("prices", figures.base, market.item, "P50")
        usd = row.usd_per_kg_at_1 if row else float("nan")
        base = f" (1 = {price_words(usd)} USD/kg)" if usd == usd else ""
        yield Line(f"  {market.name} {market.place}{base}")
        for label, statistic in (("  median", "P50"), ("  one in twenty above", "P95")):
            yield from _line(figures, scenarios, label, ("prices", market.item, statistic))


def _regimes(figures: Figures, scenarios: list[str]) -> Iterator[Line]:
    yield Line("Futures with, %")
    for regime, words in {"escalation": "an escalation", "deal": "a deal", "rift": "a rift"}.items():
        yield from _line(figures, scenarios, words, ("regimes", regime, "ever"))


def _stops(figures: Figures, scenarios: list[str]) -> Iterator[Line]:
    first = figures.first_to_stop
    if first is None:
        return
    yield Line(f"Likeliest to stop (lose over a tenth): {first.label}")
    yield from _line(figures, scenarios, "% of futures", ("stops", first.item, "stops"))
    weeks = [figures.get("stops", name, first.item, "median first week") for name in scenarios]
    days = (f"{figures.day(w.value):%b %Y}" if w else MISSING for w in weeks)
    yield Line("  median first stop", tuple(days))
