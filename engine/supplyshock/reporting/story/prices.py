"""Prices of the markets that matter on a path, chip lead times, and physical shortages."""

from __future__ import annotations

from collections.abc import Iterator
from math import log, log2

import numpy as np

from .events import Array, Event, listing, market_word, percent, place, runs, span, times
from .replay import ReplayedPath

LEVELS = (2.0, 5.0, 20.0, 100.0)
MOST = 4
"""Markets whose prices a story lists and its chart draws."""
NEAR = 3
"""Weeks: a crossing this close before the peak is not an event of its own."""


def movers(replayed: ReplayedPath, most: int = MOST) -> list[tuple[str, str]]:
    """(market, bloc) with the largest rise of the quote, weighted up where use goes unmet for long.

    A market counts once, in the bloc where its quote rises higher.
    """
    peaks = np.log(np.maximum(replayed.series["price_ratio"].max("time").transpose("market", "bloc").to_numpy(), 1))
    short = (
        (replayed.series["shortage_ratio"] > _threshold(replayed)).sum("time").transpose("market", "bloc").to_numpy()
    )
    scores = peaks * (1 + np.minimum(short / 10, 1))
    markets, blocs = ([str(v) for v in replayed.series[axis].values] for axis in ("market", "bloc"))
    order = np.argsort(-scores.max(1), kind="stable")[:most]
    return [(markets[m], blocs[int(scores[m].argmax())]) for m in order if scores[m].max() > log(1.2)]


def price_events(replayed: ReplayedPath) -> Iterator[Event]:
    """Crossings of 2, 5, 20 and 100 times the baseline, and the peak, with what is paid at that time."""
    for order, (market, bloc) in enumerate(movers(replayed)):
        quote = replayed.series["price_ratio"].sel(market=market, bloc=bloc).to_numpy().astype(float)
        paid = replayed.series["paid_price_ratio"].sel(market=market).to_numpy().astype(float)
        name = market_word(replayed.names, market)
        chip = market in replayed.series["chip"].values
        peak = int(quote.argmax())
        for level in LEVELS:
            above = np.flatnonzero(quote >= level)
            if above.size and (above[0] == 0 or quote[above[0] - 1] < level) and peak - above[0] > NEAR:
                week = int(above[0])
                text = f"{name} quote {times(quote[week])}{_where(bloc, paid[week], chip)}"
                yield Event(week, "price", text, 1.5 + 0.8 * log2(level) - 0.5 * order)
        if quote[peak] >= LEVELS[0]:
            verb = "peak" if chip else "peaks"
            text = f"{name} {verb} at {times(quote[peak])}{_where(bloc, paid[peak], chip)}"
            yield Event(peak, "price", text, 3 + log2(quote[peak]) - 0.7 * order)


def _where(bloc: str, paid: float, chip: bool) -> str:
    if bloc == "CN":
        return " in China"
    return f" outside China ({'contracts' if chip else 'paid'} {times(paid)})"


def _threshold(replayed: ReplayedPath) -> float:
    return float(replayed.params.industry.shortage_threshold)


def shortage_events(replayed: ReplayedPath) -> Iterator[Event]:
    """Stretches of unmet use; markets of one bloc that run short within a month are one event."""
    ratio = replayed.series["shortage_ratio"].transpose("bloc", "market", "time").to_numpy()
    for b, bloc in enumerate(str(v) for v in replayed.series["bloc"].values):
        stretches = [
            (first, last, m)
            for m in range(ratio.shape[1])
            for first, last in runs(ratio[b, m] > _threshold(replayed), gap=4)
            if last - first >= 2
        ]
        for group in _together(sorted(stretches)):
            yield _shortage(replayed, ratio[b], bloc, group)


def _together(stretches: list[tuple[int, int, int]]) -> Iterator[list[tuple[int, int, int]]]:
    while stretches:
        begin = stretches[0][0]
        group = [s for s in stretches if s[0] <= begin + 4]
        yield group
        stretches = stretches[len(group) :]


def _shortage(replayed: ReplayedPath, ratio: Array, bloc: str, group: list[tuple[int, int, int]]) -> Event:
    markets = [str(v) for v in replayed.series["market"].values]
    by_depth = sorted(group, key=lambda s: -float(ratio[s[2], s[0] : s[1] + 1].max()))
    names = [market_word(replayed.names, markets[m]) for _, _, m in by_depth]
    first, last = min(s[0] for s in group), max(s[1] for s in group)
    worst = float(max(ratio[m, a : b + 1].max() for a, b, m in group))
    verb = "run" if len(names) > 1 or "chips" in names[0] else "runs"
    on = ", to the end" if last == ratio.shape[1] - 1 else ""
    duration = f"for {span(last - first + 1)}{on} (up to {percent(worst)} unmet)"
    text = f"{listing(names)} {verb} short {place(bloc)} {duration}"
    return Event(first, "shortage", text, 2.5 + log2(last - first + 1) * (0.5 + worst), last)


def chip_events(replayed: ReplayedPath) -> Iterator[Event]:
    """The longest lead time of a chip that comes to one and a half times the normal one or more."""
    lead = replayed.series["lead_time_weeks"]
    normal = replayed.params.markets.lead[replayed.params.n_materials :]
    for c, chip in enumerate(str(v) for v in replayed.series["chip"].values):
        weeks = lead.isel(chip=c).to_numpy().astype(float)
        peak = int(weeks.argmax())
        if weeks[peak] >= 1.5 * float(normal[c]):
            name = market_word(replayed.names, chip)
            text = f"{name} take {weeks[peak]:.0f} weeks to come (normally {float(normal[c]):.0f})"
            yield Event(peak, "chips", text, 3 + log2(weeks[peak] / float(normal[c])))
