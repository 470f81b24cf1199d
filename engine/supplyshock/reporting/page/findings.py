"""The main results of a run, in sentences and in a few figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from math import nan
from typing import Any, NamedTuple

from ...analysis.summary_tables.rows import COUNTRIES, PLACES
from ...common.number_format import digits, number
from ...common.sentence_lines import HELD
from ..answer.sentences import PEOPLE, SURE

SELDOM = 0.1
"""% of paths below which a stop is not a main figure."""
MOST = 4
"""Scenarios compared with the first one above the charts: those with the largest changes."""


class Answer(NamedTuple):
    """A number, and a sentence about it."""

    figure: str
    text: str


def answers(page: dict[str, Any]) -> list[Answer]:
    """The main figures: losses, politics, stops, differences between scenarios."""
    return [*_losses(page), *_politics(page), *_stops(page), *_differences(page)]


def title_of(page: dict[str, Any], name: str) -> str:
    """The title of a scenario."""
    return next(str(s["title"]) for s in page["scenarios"] if s["name"] == name)


def _base(page: dict[str, Any]) -> str:
    return str(page["about"]["base"])


def _row(page: dict[str, Any], table: str, scenario: str, item: str, statistic: str) -> tuple[float, float]:
    for row in page["rows"]:
        if (row["table"], row["scenario"], row["item"], row["statistic"]) == (table, scenario, item, statistic):
            return _float(row["value"]), _float(row["error"])
    return nan, nan


def _float(x: Any) -> float:
    return nan if x is None else float(x)


def _shown(value: float, error: float) -> str:
    """As `number`, with the minus sign of a page, and on one line."""
    return number(value, error).replace("-", "−").replace(" ±", f"{HELD}±")


def _strongest(page: dict[str, Any]) -> list[tuple[str, dict[str, tuple[float, float]]]]:
    """The other scenarios and their changes of lost output by party; those that change most, in their order."""
    base, changes = _base(page), {}
    for s in page["scenarios"][1:]:
        pair = f"{s['name']} - {base}"
        changes[s["name"]] = {
            p: _row(page, "differences", pair, f"{COUNTRIES[p]}: lost output", "difference") for p in PEOPLE
        }
    size = {name: sum(abs(value) for value, _ in by_party.values()) for name, by_party in changes.items()}
    strongest = sorted(size, key=lambda name: -size[name])[:MOST]
    return [(name, by_party) for name, by_party in changes.items() if name in strongest]


def _losses(page: dict[str, Any]) -> Iterator[Answer]:
    base = _base(page)
    for party in PEOPLE:
        item = f"{COUNTRIES[party]}: lost output"
        value, middle, tail = (_shown(*_row(page, "losses", base, item, s)) for s in ("mean", "P50", "CVaR95"))
        yield Answer(
            f"{value} bn USD",
            f"{COUNTRIES[party]}: lost output on average. Median path {middle}; worst 5 % of paths {tail} on average.",
        )


def _politics(page: dict[str, Any]) -> Iterator[Answer]:
    """Two digits: the negotiation is known no better, however many paths there are."""
    base = _base(page)
    regimes = ("deal", "escalation", "rift")
    deal, escalation, rift = (digits(_row(page, "regimes", base, r, "ever")[0], 2) for r in regimes)
    yield Answer(f"{deal} %", f"of paths have a deal at some time. Escalation: {escalation} %. Rift: {rift} %.")


def _stops(page: dict[str, Any]) -> Iterator[Answer]:
    base = _base(page)
    stops = [r for r in page["rows"] if (r["table"], r["scenario"], r["statistic"]) == ("stops", base, "stops")]
    for bloc in ("XC", "CN"):
        in_bloc = [r for r in stops if r["item"].endswith(f" {PLACES[bloc]}")]
        if in_bloc and max(r["value"] for r in in_bloc) >= SELDOM:
            top = max(in_bloc, key=lambda r: _float(r["value"]))
            sector = top["item"].removesuffix(f" {PLACES[bloc]}")
            first = page["calendar"][base]["median"].get(bloc, {}).get(sector)
            when = f" Where it does, half of the first stops come before {_day(first)}." if first else ""
            yield Answer(
                f"{_shown(_float(top['value']), _float(top['error']))} %",
                f"of paths stop {top['label']}, the industry likeliest to stop there.{when}",
            )


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%b %Y}"


def _differences(page: dict[str, Any]) -> Iterator[Answer]:
    base = title_of(page, _base(page))
    for name, changes in _strongest(page):
        unsure = [COUNTRIES[p] for p, (value, se) in changes.items() if not abs(value) > SURE * se]
        doubt = f" Within two standard errors of zero: {' and '.join(unsure)}." if unsure else ""
        yield Answer(
            f"{_signed(*changes['US'])} bn USD",
            f"United States: what “{title_of(page, name)}” changes in lost output against “{base}”. "
            f"China: {_signed(*changes['CN'])} bn USD.{doubt}",
        )


def _signed(value: float, se: float) -> str:
    text = _shown(value, se)
    return f"+{text}" if value > 0 else text
