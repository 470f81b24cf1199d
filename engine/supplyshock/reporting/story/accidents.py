"""Accidents at sources, closed borders, and crises in the Taiwan Strait."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .events import Array, Event, percent, span
from .prices import movers
from .replay import ReplayedPath

LEAST = 0.1
"""Share of output; a story leaves smaller losses out."""
OVER = 0.05
"""Share of output below which a loss counts as repaired."""
BORDER = "mm_ionic"
"""The source whose accidents are closures of a border."""


def accident_events(replayed: ReplayedPath) -> Iterator[Event]:
    """Accidents that stop a tenth or more of a source's output, and the time until it recovers."""
    if replayed.unstored is None:
        return
    lost = replayed.unstored.outage.transpose("source", "time").to_numpy()
    for j in range(len(lost)):
        for week in _onsets(lost[j]):
            yield _accident(replayed, j, week, lost[j])


def strait_events(replayed: ReplayedPath) -> Iterator[Event]:
    """Crises in the Taiwan Strait."""
    if replayed.unstored is None:
        return
    lost = replayed.unstored.strait.to_numpy()
    for week in _onsets(lost):
        text = f"a crisis in the Taiwan Strait stops {percent(float(lost[week]))} of Taiwan's fabs"
        yield Event(week, "accident", f"{text}, {_lasts(lost, week)}", 15.0)


def _onsets(lost: Array) -> list[int]:
    """Weeks in which a loss of `LEAST` or more begins or grows; without a new accident it only shrinks."""
    before = np.concatenate([[0.0], lost[:-1]])
    return [int(t) for t in np.flatnonzero((lost > before) & (lost >= LEAST))]


def _lasts(lost: Array, week: int) -> str:
    over = np.flatnonzero(lost[week:] < OVER)
    return f"recovery after {span(int(over[0]))}" if over.size else "no recovery by the end"


def _matters(replayed: ReplayedPath, source: int) -> float:
    """The largest share of a market's world supply that the source makes; more where the market's price moves."""
    moving = {market for market, _ in movers(replayed)}
    names = [str(m) for m in replayed.series["market"].values]
    shares = zip(names, replayed.params.sources.basket[source], strict=True)
    return max(float(share) * (1.5 if market in moving else 1.0) for market, share in shares)


def _accident(replayed: ReplayedPath, j: int, week: int, lost: Array) -> Event:
    assert replayed.unstored is not None
    source = str(replayed.unstored.outage["source"].values[j])
    share = percent(float(lost[week]))
    if source == BORDER:
        text = f"Myanmar's border closes: {share} of its ore is cut off"
    else:
        text = f"an accident takes {share} of the output of {replayed.names.of('source', source)}"
    weight = 1.5 + 14 * float(lost[week]) * min(_matters(replayed, j), 1.0)
    return Event(week, "accident", f"{text}, {_lasts(lost, week)}", weight)
