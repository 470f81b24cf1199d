"""The answer in sentences: how high, how long, who stops first, what each side loses, what a scenario changes."""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis.base_prices import price_words
from ...analysis.price_bound import PRICE_BOUND
from ...analysis.summary_tables.rows import COUNTRIES, Row
from ...common.number_format import number
from ...store.branch import GROUP
from .figures import Figures

PEOPLE = {"US": "the United States", "CN": "China"}
SURE = 2.0
"""Errors beyond which a difference counts as one."""
LOSE_A_TENTH = "stop (to lose over a tenth of its output)"
MOST = 2
"""Scenarios that the sentences compare with the first one; the table has all."""


def sentences(figures: Figures) -> list[str]:
    """At most five: each says one thing, and is left out if the run does not have it."""
    parts = (_prices, _politics, _stops, _losses, _changes)
    texts = [text for part in parts for text in part(figures)]
    if not texts:
        return []
    under = f"Under “{figures.titles[figures.base]}”, " if len(figures.scenarios) > 1 else ""
    return [_capital(f"{under}{texts[0]}"), *map(_capital, texts[1:])]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def covered_losses(figures: Figures) -> dict[str, Row]:
    """By scenario, the mean loss of the United States where its ± holds what the calibration leaves open."""
    losses = {name: figures.get("losses", name, "United States: lost output", "mean") for name in figures.scenarios}
    return {name: loss for name, loss in losses.items() if loss and loss.parameter_sd == loss.parameter_sd}


def how_sure(figures: Figures, command: str) -> str:
    """The errors that ± covers; `command`, if any, adds the parameters where they are not in it."""
    covered = covered_losses(figures)
    added = f" `{command}` adds it." if command else ""
    paths_alone = "one standard error from the number of paths alone"
    if not covered and GROUP in figures.run.children:
        return f"±: {paths_alone}, given the states that the branch goes on from."
    if not covered:
        return f"±: {paths_alone}. What the calibration leaves open is not in it.{added}"
    loss = next(iter(covered.values()))
    first = f"the loss of the United States under “{figures.titles[next(iter(covered))]}”"
    text = (
        "±: one standard error of paths and of what the calibration of the markets leaves open, together. For "
        f"{first}, {loss.se:.2g} is from the number of paths and {loss.parameter_sd:.2g} from parameters. Uncertain "
        "parameters of the negotiation are drawn anew on every path: they widen the bands, not ±. A wrong form of the "
        "equations is in neither: the back-test shows what they miss."
    )
    if others := [f"“{figures.titles[name]}”" for name in figures.scenarios if name not in covered]:
        text += f" Under {' and '.join(others)}, ± is {paths_alone}.{added}"
    return text


def amount(row: Row) -> str:
    """The figure with its whole error."""
    return number(row.value, row.error)


def _plain(value: float) -> str:
    """Two digits, and all of a whole number: the table has the rest."""
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2g}"


def _prices(figures: Figures) -> Iterator[str]:
    for market in figures.markets[:1]:
        middle, top = (figures.get("prices", figures.base, market.item, s) for s in ("P50", "P95"))
        if middle is None or top is None:
            return
        usd = middle.usd_per_kg_at_1
        one = f"its base price of {price_words(usd)} USD/kg" if usd == usd else "its price at rest"
        factor = _plain(market.start)
        now = f"{'' if factor == '1' else f'{factor} times '}{one} at the start"
        high = f"above {_plain(top.value)} times"
        if top.at_bound:
            high = f"at {_plain(PRICE_BOUND)} times or more, the highest price that the model allows,"
        yield (
            f"{_small(market.name)} {market.place}, at {now}, peaks at {_plain(middle.value)} times in half of the "
            f"futures and {high} in one of twenty."
        )


def _small(name: str) -> str:
    """``dysprosium``, but ``NdFeB magnets`` and ``DRAM``."""
    return name[0].lower() + name[1:] if name[1:2].islower() and name[1:].islower() else name


def _politics(figures: Figures) -> Iterator[str]:
    names = {"escalation": "escalation comes", "deal": "a deal", "rift": "a rift"}
    parts: list[str] = []
    for regime, words in names.items():
        ever = figures.get("regimes", figures.base, regime, "ever")
        if ever is None:
            continue
        weeks = figures.get("regimes", figures.base, regime, "weeks")
        long = (
            f" ({weeks.value / (ever.value / 100):.0f} of {figures.weeks} weeks where it comes)"
            if weeks and regime == "escalation" and ever.value > 0
            else ""
        )
        parts.append(f"{words} in {_percent(ever.value)}{'' if parts else ' of futures'}{long}")
    if parts:
        yield f"{', '.join(parts)}."


def _percent(value: float) -> str:
    if 0 < value < 0.1:
        return "less than 0.1 %"
    return f"{value:.0f} %" if value >= 9.5 or value == 0 else f"{value:.1f} %"


def _stops(figures: Figures) -> Iterator[str]:
    first = figures.first_to_stop
    if first is None:
        yield "no industry stops (loses over a tenth of its output)."
        return
    week = figures.get("stops", figures.base, first.item, "median first week")
    day = f", half of the times by {figures.day(week.value):%B %Y}" if week else ""
    yield f"the industry likeliest to {LOSE_A_TENTH} is {first.label}: in {_percent(first.value)} of futures{day}."


def _losses(figures: Figures) -> Iterator[str]:
    parts = []
    for party, who in PEOPLE.items():
        item = f"{COUNTRIES[party]}: lost output"
        mean, worst = (figures.get("losses", figures.base, item, s) for s in ("mean", "CVaR95"))
        if mean is None:
            continue
        text = f"{who} {_verb(mean)} {amount(mean._replace(value=abs(mean.value)))} bn USD of output on average"
        if worst is not None:
            again = "" if _verb(worst) == _verb(mean) else f" and {_verb(worst)}"
            text += f"{again or ','} {amount(worst._replace(value=abs(worst.value)))} in the worst 5 %"
        parts.append(text)
    if parts:
        yield f"{'; '.join(parts)}."


def _verb(loss: Row) -> str:
    return "loses" if loss.value >= 0 else "gains"


def _strongest(figures: Figures) -> list[str]:
    """The other scenarios that change lost output most, in their order."""

    def size(name: str) -> float:
        changes = (
            figures.get("differences", f"{name} - {figures.base}", f"{COUNTRIES[p]}: lost output", "difference")
            for p in PEOPLE
        )
        return sum(abs(row.value) for row in changes if row)

    strongest = sorted(figures.scenarios[1:], key=size, reverse=True)[:MOST]
    return [name for name in figures.scenarios[1:] if name in strongest]


def _changes(figures: Figures) -> Iterator[str]:
    parts = []
    for name in _strongest(figures):
        effects: dict[str, list[str]] = {}
        for party, who in PEOPLE.items():
            pair, item = f"{name} - {figures.base}", f"{COUNTRIES[party]}: lost output"
            row = figures.get("differences", pair, item, "difference")
            if row is not None:
                surely = abs(row.value) > SURE * row.error
                verb = "may change nothing for" if not surely else "spares" if row.value < 0 else "costs"
                size = f" {amount(row._replace(value=abs(row.value)))}" if surely else ""
                effects.setdefault(verb, []).append(f"{who}{size}")
        if effects:
            effect_text = " and ".join(f"{verb} {' and '.join(whom)}" for verb, whom in effects.items())
            parts.append(f"“{figures.titles[name]}” {effect_text}")
    if parts:
        yield f"against “{figures.titles[figures.base]}”, {'; '.join(parts)} (bn USD)."
