"""Licences and export quotas that a scenario sets on dates of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .events import Array, Event, listing, market_word, percent, span
from .replay import ReplayedPath

SET = "(set by the scenario)"


def licence_events(replayed: ReplayedPath) -> Iterator[Event]:
    """Shares of licence applications that the scenario has approved, for all materials or for some."""
    schedule = replayed.params.schedule
    yield from _events(replayed, schedule.approval[:, None], lambda share, _: _approval(share, ""), free=-1)
    yield from _events(replayed, schedule.approval_of, lambda share, names: _approval(share, f" for {names}"), free=-1)


def quota_events(replayed: ReplayedPath) -> Iterator[Event]:
    """Export quotas of China."""

    def text(cut: float, names: str) -> str:
        return f"an export quota of China cuts shipments of {names} by {percent(cut)}"

    yield from _events(replayed, replayed.params.schedule.quota, text, free=0)


def _approval(share: float, what: str) -> str:
    return f"China refuses all licences{what}" if share == 0 else f"China approves {percent(share)} of licences{what}"


def _events(replayed: ReplayedPath, forced: Array, text: Callable[[float, str], str], free: float) -> Iterator[Event]:
    """One event for the markets (columns) that have one value over the same weeks; `free`: nothing is forced."""
    found: dict[tuple[int, int, float], list[str]] = {}
    for column in range(forced.shape[1]):
        for first, last in _stretches(forced[:, column], free):
            name = market_word(replayed.names, str(replayed.series["market"].values[column]))
            found.setdefault((first, last, float(forced[first, column])), []).append(name)
    for (first, last, value), names in found.items():
        words = f"{text(value, listing(names))} for {span(last - first + 1)} {SET}"
        yield Event(first, "licence", words, 13.0, last)


def _stretches(values: Array, free: float) -> Iterator[tuple[int, int]]:
    """First and last week of every stretch of one value that is not `free`."""
    ends = np.flatnonzero(np.diff(values) != 0)
    for first, last in zip([0, *(ends + 1)], [*ends, len(values) - 1], strict=True):
        if values[first] != free:
            yield int(first), int(last)
