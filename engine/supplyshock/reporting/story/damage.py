"""Industries that stop, and the losses of the parties."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2

import numpy as np

from supplyshock_kernels.params import REGIMES

from ...analysis.summary_tables.rows import COUNTRIES
from .events import Event, listing, market_word, place, runs, span, times
from .negotiation import ACTORS
from .replay import ReplayedPath


def stop_events(replayed: ReplayedPath) -> Iterator[Event]:
    """Sectors of one bloc that stop within two weeks of each other, with the length of each stop."""
    if replayed.stops is None:
        yield from _first_stops(replayed)
        return
    table = replayed.stops.transpose("bloc", "sector", "time").to_numpy()
    sectors = [replayed.names.of("sector", str(v)) for v in replayed.stops["sector"].values]
    for b, bloc in enumerate(str(v) for v in replayed.stops["bloc"].values):
        stretches = sorted(
            (first, last, int(table[b, k, first : last + 1].sum()), k)
            for k in range(len(sectors))
            for first, last in runs(table[b, k], gap=3)
        )
        while stretches:
            group = [s for s in stretches if s[0] <= stretches[0][0] + 2]
            stretches = stretches[len(group) :]
            yield _stop(bloc, sectors, group, replayed.series.sizes["time"])


def _stop(bloc: str, sectors: list[str], group: list[tuple[int, int, int, int]], horizon: int) -> Event:
    by_length: dict[int, list[str]] = {}
    for _, _, weeks, k in sorted(group, key=lambda s: (-s[2], s[0])):
        by_length.setdefault(weeks, []).append(sectors[k])
    parts = [f"{listing(names)} for {span(weeks)}" for weeks, names in by_length.items()]
    first, last = group[0][0], max(s[1] for s in group)
    on = ", to the end" if last == horizon - 1 else ""
    verb = "stops" if len(group) == 1 and not next(iter(by_length.values()))[0].endswith("s") else "stop"
    head, *rest = parts
    text = f"{head.replace(' for ', f' {verb} {place(bloc)} for ', 1)}"
    text += "".join(f", {part}" for part in rest) + on
    return Event(first, "stop", text, 6 + log2(max(s[2] for s in group)) + 0.3 * len(group), last)


def _first_stops(replayed: ReplayedPath) -> Iterator[Event]:
    first, total = replayed.outcomes["first_stop_week"], replayed.outcomes["stop_weeks"]
    for bloc in first["bloc"].values:
        for sector in first["sector"].values:
            at = {"bloc": bloc, "sector": sector}
            week, weeks = float(first.sel(at)), int(total.sel(at))
            if np.isfinite(week):
                name = replayed.names.of("sector", str(sector))
                text = f"{name} {place(str(bloc))} stop for the first time, {span(weeks)} in all"
                yield Event(int(week), "stop", text, 6 + log2(max(1, weeks)))


def loss_events(replayed: ReplayedPath) -> Iterator[Event]:
    """The week in which a party loses most, where that is 0.1 bn USD or more."""
    loss = replayed.series["loss_usd_bn"]
    for party in (str(v) for v in loss["party"].values):
        weekly = loss.sel(party=party).to_numpy().astype(float)
        week = int(weekly.argmax())
        if weekly[week] >= 0.1:
            text = f"{ACTORS.get(party, party)} loses {money(weekly[week])} of output in this week, its worst"
            yield Event(week, "loss", text, 3.5 + 0.5 * log2(1 + weekly[week]))


def end_event(replayed: ReplayedPath) -> Event:
    """The last week: the regime, quotes that are still high, and total losses."""
    last = replayed.series.isel(time=-1)
    quotes = last["price_ratio"].max("bloc").to_series().sort_values(ascending=False)
    high = [f"{market_word(replayed.names, str(m))} {times(float(q))}" for m, q in quotes.items() if q >= 2]
    still = f"; still high: {listing(high, 4)}" if high else ""
    text = f"the end, in {REGIMES[int(last['regime'])].replace('truce', 'a truce').replace('deal', 'a deal')}{still}"
    return Event(replayed.series.sizes["time"] - 1, "end", f"{text}; {losses(replayed)}", 99.0)


def losses(replayed: ReplayedPath) -> str:
    """``lost: United States 231 bn USD (cars 120, computing 60), China 12 bn USD``."""
    loss = replayed.outcomes["loss_usd_bn"]
    parts = []
    for party in reversed([str(v) for v in loss["party"].values]):
        by_sector = loss.sel(party=party).to_series().astype(float).sort_values(ascending=False)
        total = float(by_sector.sum())
        worst = [
            f"{replayed.names.of('sector', str(k))} {v:,.{0 if v >= 9.95 else 1}f}"
            for k, v in by_sector.items()
            if v > 0.1 * total
        ]
        detail = f" ({', '.join(worst[:3])})" if total >= 0.1 else ""
        parts.append(f"{COUNTRIES.get(party, party)} {money(total)}{detail}")
    return f"lost in all: {', '.join(parts)}"


def money(x: float) -> str:
    """``231 bn USD``, ``3.1 bn USD``, ``nothing``."""
    if x < 0.005:
        return "nothing"
    return f"{x:,.0f} bn USD" if x >= 9.95 else f"{x:.1f} bn USD" if x >= 0.095 else f"{x:.2f} bn USD"
