"""The negotiation: regimes, the clock of the first truce, control lists."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np

from supplyshock_kernels.params import DEAL, NO_CLOCK, PARTIES, REGIMES, RIFT, TRUCE

from .events import SET, Array, Event, day, listing, percent
from .prices import movers
from .replay import ReplayedPath

LEAST = 0.01
"""A story leaves out smaller changes of a level within a week ..."""
LEAST_TOTAL = 0.08
"""... and moves that add up to less than this."""
DUE = 2.0
"""Weeks: a truce that ends with at most this time on its clock has run out."""
ACTORS = {"CN": "China", "US": "the US"}
WEIGHTS = {"deal": 12.0, "rift": 14.0, "escalation": 10.0, "truce": 9.0, "talks": 6.0, "calm": 6.0}
NAMES = {"truce": "the truce", "deal": "the deal", "rift": "the rift"}
"""Regimes that take an article."""
BREAKS = {
    "truce": "the truce breaks",
    "deal": "the deal breaks",
    "talks": "talks fail",
    "rift": "the rift ends",
    "calm": "the calm ends",
    "escalation": "escalation goes on",
}


def regime_events(replayed: ReplayedPath) -> Iterator[Event]:
    """Changes of the regime, and extensions of a truce with its new end."""
    path = replayed.series["regime"].to_numpy().astype(int)
    left = _clocks(replayed)
    for week, (old, new) in enumerate(zip([int(replayed.params.initial.regime), *path[:-1]], path, strict=True)):
        runs_to = _runs_to(replayed, week, left[week + 1]) if new == TRUCE else ""
        if old != new:
            text = _change(REGIMES[old], REGIMES[new], old == TRUCE and left[week] <= DUE)
            text = text if replayed.unstored else text.replace("the truce breaks", "the truce ends")
            forced = replayed.params.schedule.regime[week] == new
            yield Event(week, "regime", f"{text}{runs_to}{_by_scenario(forced)}", WEIGHTS[REGIMES[new]])
        elif new == TRUCE and left[week] < left[week + 1] < NO_CLOCK:
            yield Event(week, "regime", f"the truce is extended{runs_to}", 7.0)


def _clocks(replayed: ReplayedPath) -> Array:
    """(T + 1,) weeks left on the clock of the truce before each week, and after the last; `NO_CLOCK` if unknown."""
    if replayed.unstored is None:
        return np.full(replayed.series.sizes["time"] + 1, NO_CLOCK)
    return np.array([float(replayed.params.initial.clock), *replayed.unstored.clock.to_numpy().astype(float)])


def _runs_to(replayed: ReplayedPath, week: int, left: float) -> str:
    """``, to run to 9 Jan 2027``: the clock counts from the end of the week."""
    return f", to run to {day(_end(replayed.series['time'].values[week], 1 + left))}" if left < NO_CLOCK else ""


def _end(time: Any, weeks: float) -> Any:
    return time + np.timedelta64(round(7 * weeks), "D")


def _change(old: str, new: str, expired: bool) -> str:
    ended = NAMES.get(old, old)
    if new == "escalation":
        return f"{'the truce runs out' if expired else BREAKS[old]}; escalation begins"
    if new == "rift":
        return f"rift: {ended} ends and both sides shut their gates"
    if new in ("truce", "deal"):
        return f"a {new} {'follows as the truce runs out' if expired else f'ends {ended}'}"
    return f"{'the truce runs out; ' if expired else ''}{new} {'follow' if new == 'talks' else 'follows'}" + (
        "" if expired else f" {ended}"
    )


def _by_scenario(forced: bool) -> str:
    return f" {SET}" if forced else ""


def control_events(replayed: ReplayedPath) -> Iterator[Event]:
    """Moves of control lists; those of one party and direction in one week are one event."""
    moves = sorted(m for c in range(replayed.series.sizes["list"]) for m in _moves(replayed, c))
    for (week, party, tighter), group in groupby(moves, key=lambda m: m[:3]):
        yield _control_event(replayed, week, party, tighter, list(group))


Move = tuple[int, str, bool, int, float, float, int]
"""Week, party, tighter, list, level before, level after, last week."""


def _moves(replayed: ReplayedPath, c: int) -> Iterator[Move]:
    level = replayed.series["control_level"].to_numpy()[:, c].astype(float)
    before = np.array([float(replayed.params.initial.control[c]), *level[:-1]])
    step = np.where(np.abs(level - before) >= LEAST, np.sign(level - before), 0)
    party = PARTIES[int(replayed.params.policy.list_party[c])]
    week = 0
    for sign, same in groupby(step):
        weeks = len(list(same))
        last = week + weeks - 1
        if sign and abs(level[last] - before[week]) >= LEAST_TOTAL:
            yield (week, party, bool(sign > 0), c, before[week], level[last], last)
        week += weeks


def _control_event(replayed: ReplayedPath, week: int, party: str, tighter: bool, moves: list[Move]) -> Event:
    tariffs = replayed.params.policy.list_is_tariff
    by_size = sorted(moves, key=lambda m: (bool(tariffs[m[3]]), -abs(m[5] - m[4])))
    parts = [
        f"{names_of_list(replayed, m[3])} ({percent(m[4])} to {percent(m[5])}{'' if tariffs[m[3]] else ' closed'})"
        for m in by_size
    ]
    last = max(m[6] for m in moves)
    listed = all(m[4] < 0.1 for m in moves) and tighter and not any(tariffs[m[3]] for m in moves)
    verb = "lists" if listed else "tightens" if tighter else "eases"
    regime = int(replayed.series["regime"].to_numpy()[week])
    slowly = f" over {last - week + 1} weeks" if last - week > 1 and regime in (DEAL, RIFT) else ""
    forced = any(replayed.params.schedule.control[week, m[3]] >= 0 for m in moves)
    matter = {c for market, _ in movers(replayed) for c in lists_of(replayed, market)}
    weight = max(_weight(m, bool(tariffs[m[3]]), m[3] in matter) for m in moves)
    text = f"{ACTORS.get(party, party)} {verb} {listing(parts, 3)}{slowly}{_by_scenario(forced)}"
    return Event(week, "control", text, weight, last)


def _weight(move: Move, tariff: bool, matters: bool) -> float:
    """By the size of a move; most where the list gates a market whose price moves, least for tariffs."""
    size = abs(move[5] - move[4])
    return 0.5 + 3 * size if tariff else (2 + 8 * size) * (1.5 if matters else 1.0)


def lists_of(replayed: ReplayedPath, market: str) -> set[int]:
    """The lists that gate a market."""
    at = [str(m) for m in replayed.series["market"].values].index(market)
    return {int(replayed.params.markets.cn_list[at]), int(replayed.params.markets.us_list[at])}


def names_of_list(replayed: ReplayedPath, c: int) -> str:
    """``Ho, Er, Tm, Eu, Yb``, ``chip tools``."""
    markets = [str(m) for m in replayed.series["market"].values]
    owner = int(replayed.params.policy.list_party[c])
    of_market = replayed.params.markets.cn_list if owner == 0 else replayed.params.markets.us_list
    members = [m for m, mine in zip(markets, of_market, strict=True) if int(mine) == c]
    return replayed.names.of("list", str(replayed.series["list"].values[c]), ", ".join(members))


def start_event(replayed: ReplayedPath) -> Event:
    """The first week: regime, clock and the control lists in force."""
    first = replayed.params.initial
    regime = REGIMES[int(first.regime)]
    opening = {"truce": "a truce", "deal": "a deal"}.get(regime, regime)
    if regime == "truce" and float(first.clock) < NO_CLOCK and replayed.params.schedule.clock[0] < 0:
        opening += f" with a clock to {day(_end(replayed.series['time'].values[0], float(first.clock)))}"
    levels = {c: float(k) for c, k in enumerate(first.control) if k >= 0.2}
    parts = [
        f"{names_of_list(replayed, c)} {percent(k)}"
        for c, k in sorted(levels.items(), key=lambda item: -item[1])
        if not replayed.params.policy.list_is_tariff[c]
    ]
    closed = f"; closed: {', '.join(parts[:4])}" if parts else ""
    return Event(0, "start", f"{opening}{closed}", 99.0)
