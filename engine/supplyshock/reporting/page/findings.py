"""The answer first: what the numbers say, in sentences and in a few figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from math import nan
from typing import Any, NamedTuple

from ...analysis.summary_tables.rows import COUNTRIES, PLACES
from ...common.number_format import number
from ...scenarios.display_names import PARAMETERS, sector_name

SURE = 2.0
"""Standard errors beyond which a difference is called one."""
MOST = 4
"""Scenarios that are set against the first one above the charts: those that change most."""
PEOPLE = {"US": "the United States", "CN": "China"}


class Answer(NamedTuple):
    """A number, large, and what it is about."""

    figure: str
    text: str


def lead(found: dict[str, Any]) -> list[str]:
    """The answer in a few sentences, for a reader who reads nothing else."""
    return [*_risks(found), *_odds(found), *_effects(found)]


def answers(found: dict[str, Any]) -> list[Answer]:
    """The figures behind it, in order: losses, politics, stops, what scenarios change, what drives the loss."""
    return [*_losses(found), *_politics(found), *_stops(found), *_differences(found), *_drivers(found)]


def title_of(found: dict[str, Any], name: str) -> str:
    """The title of a scenario."""
    return next(str(s["title"]) for s in found["scenarios"] if s["name"] == name)


def _base(found: dict[str, Any]) -> str:
    return str(found["about"]["base"])


def _row(found: dict[str, Any], table: str, scenario: str, item: str, statistic: str) -> tuple[float, float]:
    for row in found["rows"]:
        if (row["table"], row["scenario"], row["item"], row["statistic"]) == (table, scenario, item, statistic):
            return _float(row["value"]), _float(row["se"])
    return nan, nan


def _float(x: Any) -> float:
    return nan if x is None else float(x)


def _said(pair: Any, scale: float = 1.0) -> str:
    return number(scale * _float(pair[0]), scale * _float(pair[1]))


def _risks(found: dict[str, Any]) -> Iterator[str]:
    base = _base(found)
    parts = []
    for party, who in PEOPLE.items():
        told = found["distributions"][base][party]
        none = _float(told["none"][0])
        often = (
            f"{who} loses no output on {_percent(none)} of paths, but"
            if none >= 0.5
            else f"{who} loses output on {_percent(1 - none)} of paths, and"
        )
        if none >= 0.95:
            parts.append(f"{who} loses no output on {_percent(none)} of paths")
        else:
            parts.append(f"{often} more than {_said(told['p95'])} bn USD on one path in twenty")
    yield f"Under “{title_of(found, base)}” {'; '.join(parts)}."


def _percent(share: float) -> str:
    """In whole percent; only what always or never happens reads as 100 or 0 %."""
    if 0.0 < share < 0.01:
        return "less than 1 %"
    return "more than 99 %" if 0.99 < share < 1.0 else f"{100 * share:.0f} %"


def _odds(found: dict[str, Any]) -> Iterator[str]:
    rows = {r: _row(found, "regimes", _base(found), r, "ever")[0] for r in ("deal", "escalation", "rift")}
    names = {"deal": "a deal", "escalation": "an escalation", "rift": "a rift"}
    said = [f"{names[r]} on {value:.{0 if value >= 9.95 else 1}f} %" for r, value in rows.items() if value == value]
    if said:
        yield f"There is {', '.join(said[:-1])}{' and ' if said[1:] else ''}{said[-1]} of paths."


def _effects(found: dict[str, Any]) -> Iterator[str]:
    for name, changes in _strongest(found):
        said: dict[str, list[str]] = {}
        for party, (value, se) in changes.items():
            verb = "may change nothing for" if not abs(value) > SURE * se else "spares" if value < 0 else "costs"
            amount = "" if verb.startswith("may") else f" {number(abs(value), se)} bn USD"
            said.setdefault(verb, []).append(f"{PEOPLE[party]}{amount}")
        parts = [f"{verb} {' and '.join(whom)}" for verb, whom in said.items()]
        yield f"“{title_of(found, name)}” {' and '.join(parts)} on average, on the same luck."


def _strongest(found: dict[str, Any]) -> list[tuple[str, dict[str, tuple[float, float]]]]:
    """The other scenarios and their changes of lost output by party; those that change most, in their order."""
    base, changes = _base(found), {}
    for s in found["scenarios"][1:]:
        pair = f"{s['name']} - {base}"
        changes[s["name"]] = {
            p: _row(found, "differences", pair, f"{COUNTRIES[p]}: lost output", "difference") for p in PEOPLE
        }
    size = {name: sum(abs(value) for value, _ in by_party.values()) for name, by_party in changes.items()}
    kept = sorted(size, key=lambda name: -size[name])[:MOST]
    return [(name, by_party) for name, by_party in changes.items() if name in kept]


def _losses(found: dict[str, Any]) -> Iterator[Answer]:
    base = _base(found)
    for party in PEOPLE:
        item = f"{COUNTRIES[party]}: lost output"
        value, middle, tail = (number(*_row(found, "losses", base, item, s)) for s in ("mean", "P50", "CVaR95"))
        yield Answer(
            f"{value} bn USD",
            f"{COUNTRIES[party]}: lost output on average. Median path {middle}; worst 5 % of paths {tail} on average.",
        )


def _politics(found: dict[str, Any]) -> Iterator[Answer]:
    base = _base(found)
    deal, escalation, rift = (number(*_row(found, "regimes", base, r, "ever")) for r in ("deal", "escalation", "rift"))
    yield Answer(f"{deal} %", f"of paths see a deal at some time. Escalation: {escalation} %. Rift: {rift} %.")


def _stops(found: dict[str, Any]) -> Iterator[Answer]:
    base = _base(found)
    stops = [r for r in found["rows"] if (r["table"], r["scenario"], r["statistic"]) == ("stops", base, "stops")]
    for bloc in ("XC", "CN"):
        mine = [r for r in stops if r["item"].endswith(f" {PLACES[bloc]}")]
        if mine and max(r["value"] for r in mine) > 0:
            top = max(mine, key=lambda r: _float(r["value"]))
            sector = top["item"].removesuffix(f" {PLACES[bloc]}")
            first = found["calendar"][base]["median"].get(bloc, {}).get(sector)
            when = f" Where it does, half of the first stops come before {_day(first)}." if first else ""
            yield Answer(
                f"{_said((top['value'], top['se']))} %",
                f"of paths stop {sector_name(sector)} {PLACES[bloc]}, the industry likeliest to stop there.{when}",
            )


def _day(text: str) -> str:
    found = date.fromisoformat(text)
    return f"{found.day} {found:%b %Y}"


def _differences(found: dict[str, Any]) -> Iterator[Answer]:
    base = title_of(found, _base(found))
    for name, changes in _strongest(found):
        figures = [_signed(*changes[p]) for p in PEOPLE]
        unsure = [COUNTRIES[p] for p, (value, se) in changes.items() if not abs(value) > SURE * se]
        doubt = f" May be nothing: {' and '.join(unsure)}." if unsure else ""
        yield Answer(
            f"{figures[0]}, {figures[1]} bn USD",
            f"United States, China: what “{title_of(found, name)}” changes in lost output against “{base}”.{doubt}",
        )


def _signed(value: float, se: float) -> str:
    text = number(value, se).replace("-", "−")
    return f"+{text}" if value > 0 else text


def _drivers(found: dict[str, Any]) -> Iterator[Answer]:
    rows = found["drivers"][_base(found)].get("US", [])
    if rows:
        name, value, se = rows[0]
        yield Answer(
            _said((value, se)).replace("-", "−"),
            "rank correlation of the loss of the United States with the uncertain parameter that drives it most: "
            f"{PARAMETERS.get(name, name)}.",
        )
