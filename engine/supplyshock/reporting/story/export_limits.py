"""Licences and export quotas that a scenario sets on dates of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from .events import SET, Array, Event, listing, market_word, percent, span
from .replay import ReplayedPath

WEIGHT = 13.0
"""Importance, between a deal and a rift."""


def licence_events(replayed: ReplayedPath) -> Iterator[Event]:
    """Shares of licence applications that the scenario has approved, for all materials or for some."""
    schedule = replayed.params.schedule
    every = _stretches(replayed, schedule.approval[:, None], free=-1)
    some = _stretches(replayed, schedule.approval_of, free=-1)
    yield from (_event(one, "licence", _approval(one.value, "")) for one in every)
    yield from (_event(one, "licence", _approval(one.value, f" for {listing(one.names)}")) for one in some)


def quota_events(replayed: ReplayedPath) -> Iterator[Event]:
    """Export quotas of China."""
    for one in _stretches(replayed, replayed.params.schedule.quota, free=0):
        text = f"an export quota of China cuts shipments of {listing(one.names)} by {percent(one.value)}"
        yield _event(one, "quota", text)


def _approval(share: float, what: str) -> str:
    return f"China refuses all licences{what}" if share == 0 else f"China approves {percent(share)} of licences{what}"


class _Stretch(NamedTuple):
    """Weeks over which some markets have one value."""

    first: int
    last: int
    value: float
    names: list[str]


def _stretches(replayed: ReplayedPath, forced: Array, free: float) -> Iterator[_Stretch]:
    """Those of values (T, markets) that are not `free`; markets with the same weeks and value go together."""
    markets: dict[tuple[int, int, float], list[str]] = {}
    for column, market in zip(forced.T, replayed.series["market"].values, strict=False):  # one column may stand for all
        ends = np.flatnonzero(np.diff(column) != 0)
        for first, last in zip([0, *(ends + 1)], [*ends, len(column) - 1], strict=True):
            if column[first] != free:
                stretch = int(first), int(last), float(column[first])
                markets.setdefault(stretch, []).append(market_word(replayed.names, str(market)))
    yield from (_Stretch(*stretch, names) for stretch, names in markets.items())


def _event(stretch: _Stretch, kind: str, text: str) -> Event:
    words = f"{text} for {span(stretch.last - stretch.first + 1)} {SET}"
    return Event(stretch.first, kind, words, WEIGHT, stretch.last)
