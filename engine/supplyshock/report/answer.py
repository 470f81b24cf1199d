"""The answer first: what the numbers say, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import Any, NamedTuple

from ..digits import number
from ..display import sector_name
from ..tables.rows import COUNTRIES, PLACES
from .words import PARAMETERS

SURE = 2.0
"""Standard errors beyond which a difference is called one."""


class Answer(NamedTuple):
    """A sentence, and the number it is about, large."""

    figure: str
    text: str


def answers(found: dict[str, Any]) -> list[Answer]:
    """What a reader must know, in order: losses, politics, stops, what each scenario changes, what drives it."""
    return [*_losses(found), *_odds(found), *_stops(found), *_differences(found), *_drivers(found)]


def _title(found: dict[str, Any], name: str) -> str:
    return next(str(s["title"]) for s in found["scenarios"] if s["name"] == name)


def _row(found: dict[str, Any], table: str, scenario: str, item: str, statistic: str) -> tuple[float, float]:
    for row in found["rows"]:
        if (row["table"], row["scenario"], row["item"], row["statistic"]) == (table, scenario, item, statistic):
            return _float(row["value"]), _float(row["se"])
    return nan, nan


def _float(x: Any) -> float:
    return nan if x is None else float(x)


def _losses(found: dict[str, Any]) -> Iterator[Answer]:
    base = found["about"]["base"]
    for party in ("US", "CN"):
        item = f"{COUNTRIES[party]}: lost output"
        value, middle, tail = (number(*_row(found, "losses", base, item, s)) for s in ("mean", "P50", "CVaR95"))
        yield Answer(
            f"{value} bn USD",
            f"of output is what the {COUNTRIES[party]} loses on average under “{_title(found, base)}”: {middle} on the "
            f"median path, {tail} on average over the worst 5 % of paths.".replace("the China", "China"),
        )


def _odds(found: dict[str, Any]) -> Iterator[Answer]:
    base = found["about"]["base"]
    said = []
    for regime, words in (("deal", "a deal"), ("escalation", "an escalation"), ("rift", "a rift")):
        value, se = _row(found, "odds", base, regime, "ever")
        if value == value:
            said.append(f"{words} on {number(value, se)} %")
    if said:
        yield Answer(said[0].rpartition(" on ")[2], f"of paths see a deal; {', '.join(said[1:])} of them.")


def _stops(found: dict[str, Any]) -> Iterator[Answer]:
    base = found["about"]["base"]
    stops = [r for r in found["rows"] if (r["table"], r["scenario"], r["statistic"]) == ("stops", base, "stops")]
    for bloc in ("XC", "CN"):
        mine = [r for r in stops if r["item"].endswith(f" {PLACES[bloc]}")]
        if mine and max(r["value"] for r in mine) > 0:
            top = max(mine, key=lambda r: _float(r["value"]))
            sector = top["item"].removesuffix(f" {PLACES[bloc]}")
            words = f"{sector_name(sector)} {PLACES[bloc]}"
            yield Answer(
                f"{number(_float(top['value']), _float(top['se']))} %",
                f"of paths: an industry stops at some time, {words}, the likeliest to do so there.",
            )


def _differences(found: dict[str, Any]) -> Iterator[Answer]:
    base = found["about"]["base"]
    for other in found["scenarios"][1:]:
        pair = f"{other['name']} - {base}"
        (us, us_se), (cn, cn_se) = (
            _row(found, "differences", pair, f"{COUNTRIES[p]}: lost output", "difference") for p in ("US", "CN")
        )
        yield Answer(
            f"{_signed(us, us_se)} and {_signed(cn, cn_se)} bn USD",
            f"is what “{other['title']}” changes in the losses of the United States and China"
            f"{_unsure(us, us_se, cn, cn_se)}, against “{_title(found, base)}” on the same luck.",
        )


def _signed(value: float, se: float) -> str:
    text = number(value, se)
    return f"+{text}" if value > 0 else text


def _unsure(us: float, us_se: float, cn: float, cn_se: float) -> str:
    open_ones = [
        name for name, x, se in (("the first", us, us_se), ("the second", cn, cn_se)) if not abs(x) > SURE * se
    ]
    return f" ({' and '.join(open_ones)} may be nothing)" if open_ones else ""


def _drivers(found: dict[str, Any]) -> Iterator[Answer]:
    base = found["about"]["base"]
    rows = found["drivers"][base].get("US", [])
    if rows:
        name, value, se = rows[0]
        yield Answer(
            number(_float(value), _float(se)),
            "is the rank correlation of the loss of the United States with the uncertain parameter that drives it "
            f"most: {PARAMETERS.get(name, name)}.",
        )
