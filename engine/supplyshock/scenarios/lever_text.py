"""The levers of a scenario in words: stocks and flows in tonnes, in weeks of use and in USD, whatever the file says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from supplyshock_kernels.params import WEEKS_PER_YEAR

from ..common.number_format import digits
from . import units
from .currency import DOLLARS, Currency
from .model_inputs.outlook import lever_of
from .scenario import Scenario

KG_PER_T = 1000.0
PROJECT = "project"
"""How lines of projects begin."""
SMALL, LARGE = 1e6, 1e9
FEW = 1e4
"""Below this a sum is not written in millions."""


def lever_lines(scenario: Scenario) -> list[str]:
    """A line for each lever, in the order of the config, and for each project of the data set."""
    figures = figures_of(scenario)
    lines = []
    for kind, entries in scenario.config["levers"].items():
        for entry in entries if isinstance(entries, list) else ():
            lines.append(f"{kind}: " + "; ".join(_parts(kind, entry, scenario, figures)))
    for project in scenario.projects:
        entry = lever_of(project).model_dump(mode="json", exclude_unset=True)
        lines.append(f"{PROJECT}: {project.name}; " + "; ".join(_parts("capacity", entry, scenario, figures)))
    scale = scenario.config["levers"].get("substitution", {}).get("scale", 1.0)
    return lines + ([f"substitution: {scale:g} x the elasticity of use"] if scale != 1.0 else [])


def figures_of(scenario: Scenario) -> dict[tuple[str, str], float]:
    """Every figure by its table and its key."""
    return {(row["table"], row["key"]): float(row["value"]) for row in scenario.provenance}


def _parts(
    kind: str, entry: Mapping[str, Any], scenario: Scenario, figures: Mapping[tuple[str, str], float]
) -> Iterator[str]:
    for key, value in entry.items():
        if kind == "stockpile" and key in ("initial", "buy"):
            yield f"{key} {_stock(key, value, entry['market'], scenario, figures)}"
        elif kind == "capacity" and key == "add":
            yield f"add {_capacity(value, entry, figures)}"
        elif key in ("ramp", "delay"):
            yield from [f"{key} {value:g} weeks"] if value or key == "ramp" else []
        elif key == "never":
            yield from [f"never {100 * value:g} %"] if value else []
        else:
            listed = ", ".join(map(str, value)) if isinstance(value, list) else value
            yield f"{key} {listed}"


def _stock(
    key: str, value: str | float, market: str, scenario: Scenario, figures: Mapping[tuple[str, str], float]
) -> str:
    """``100 t = 21.5 weeks of use outside China = 23.9 M USD``, or the same a week."""
    tonnes, week = stockpile_tonnes(key, value, market, scenario, figures)
    usd = tonnes * KG_PER_T * figures["market_figures", f"{market}.price"]
    ending = "" if key == "initial" else " a week"
    weeks = digits(tonnes / week, 3)
    return f"{digits(tonnes, 4)} t = {weeks} weeks of use outside China = {money_text(usd)}{ending}"


def stockpile_tonnes(
    key: str, value: str | float, market: str, scenario: Scenario, figures: Mapping[tuple[str, str], float]
) -> tuple[float, float]:
    """What `initial` or, a week, `buy` of a stockpile means in tonnes; and a week's use outside China in tonnes."""
    i = scenario.labels.market.index(market)
    use = float(scenario.params.markets.use[i, 1])
    week = figures["market_figures", f"{market}.world_volume"] / WEEKS_PER_YEAR
    if key == "initial":
        number, dimension = units.parse(value, "mass", "duration", bare="duration")
        tonnes = number if dimension == "mass" else number * week * use
    else:
        number, dimension = units.parse(value, "rate", "share", bare="share")
        tonnes = number if dimension == "rate" else number * week
    return tonnes, week * use


def _capacity(value: str | float, entry: Mapping[str, Any], figures: Mapping[tuple[str, str], float]) -> str:
    """``20 % of its output = 1,200 t of all its materials, 300 t of Nd = 90 M USD a year``; chips have no tonnes."""
    source, market = entry["source"], entry["market"]
    shares = {key[1].partition(".")[2]: x for key, x in figures.items()
              if key[0] == "baskets" and key[1].startswith(f"{source}.") and x > 0}  # fmt: skip
    number, dimension = units.parse(value, "rate", "share", bare="share")
    if dimension == "rate":
        yearly = figures["market_figures", f"{market}.world_volume"] * shares[market]
        number = number * WEEKS_PER_YEAR / yearly
    usd = sum(x * figures["market_figures", f"{m}.world_value"] for m, x in shares.items()) * number * LARGE
    volume = {m: x * figures.get(("market_figures", f"{m}.world_volume"), 0.0) for m, x in shares.items()}
    own = f" of all its materials, {digits(volume[market] * number, 4)} t of {market}" if len(volume) > 1 else ""
    tonnes = f" = {digits(sum(volume.values()) * number, 4)} t{own}" if any(volume.values()) else ""
    return f"{digits(100 * number, 4)} % of its output{tonnes} = {money_text(usd)} a year"


def money_text(usd: float, currency: Currency = DOLLARS) -> str:
    """``717 USD``, ``0.717 M USD`` or ``1.5 bn USD``; or the same in another currency."""
    amount, name = usd / currency.usd, currency.name
    if 0 < amount < FEW:
        return f"{digits(amount, 3)} {name}"
    return f"{digits(amount / LARGE, 3)} bn {name}" if amount >= LARGE else f"{digits(amount / SMALL, 3)} M {name}"
