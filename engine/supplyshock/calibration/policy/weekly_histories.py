"""From dated events to weekly histories: one for each day on which weeks may begin.

The process knows weeks, the record knows days. Which acts fall into one week depends on the day on which weeks begin,
so all seven are taken, each counting a seventh. Days that the record knows only roughly are drawn again in each.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from supplyshock_kernels.estimation.action_likelihood import Weeks
from supplyshock_kernels.estimation.maximum_likelihood import Data
from supplyshock_kernels.params import PARTIES

from .events import Event
from .regimes import Spell, regime_before

Array = npt.NDArray[np.float64]
START_DAYS = 7
WEEK = timedelta(days=7)
APPROXIMATE_DAYS = 7
"""Days by which an approximate date may be off."""


def histories(events: Sequence[Event], spells: Sequence[Spell], seed: int) -> Data:
    """Seven histories over the weeks from the first event to the last."""
    rng = np.random.default_rng(seed)
    first, last = events[0].day, events[-1].day
    weeks = ((last - first).days + START_DAYS - 1) // 7 + 1
    histories_by_start, weight = [], np.zeros((START_DAYS, weeks))
    for k in range(START_DAYS):
        begin = first - timedelta(days=k)
        days = [min(max(_draw_day(e, rng), first), last) for e in events]
        histories_by_start.append(_history(events, days, spells, begin, weeks))
        weight[k, : (last - begin).days // 7 + 1] = 1 / START_DAYS
    return Data(Weeks(*(np.stack(parts) for parts in zip(*histories_by_start, strict=True))), weight)


def week_days(events: Sequence[Event], weeks: int) -> list[list[date]]:
    """(7, T) first day of every week of `histories`."""
    return [[events[0].day - timedelta(days=k) + t * WEEK for t in range(weeks)] for k in range(START_DAYS)]


def select_weeks(data: Data, days: Sequence[Sequence[date]], first: date, last: date) -> Data:
    """The same histories, counting only weeks that begin in [first, last)."""
    inside = np.array([[first <= d < last for d in row] for row in days])
    return data._replace(weight=data.weight * inside)


def _draw_day(event: Event, rng: np.random.Generator) -> date:
    """A day on which it may have happened."""
    if event.precision == "approx":
        return event.day + timedelta(days=int(rng.integers(-APPROXIMATE_DAYS, APPROXIMATE_DAYS + 1)))
    if event.precision == "month":
        return event.day.replace(day=int(rng.integers(1, 29)))
    return event.day


def _history(events: Sequence[Event], days: Sequence[date], spells: Sequence[Spell], begin: date, weeks: int) -> Weeks:
    """A week's act of a party is its severest; the regime is the one in force when the week begins."""
    regime = np.array([regime_before(spells, begin + t * WEEK) for t in range(weeks)], float)
    out = Weeks(regime, *(np.zeros((weeks, 2)) for _ in range(3)))
    for event, day in zip(events, days, strict=True):
        t = (day - begin).days // 7
        for a in [PARTIES.index(p) for p in event.parties if event.is_act]:
            if not out.acted[t, a] or event.severity > out.severity[t, a]:
                out.severity[t, a], out.tariff[t, a] = event.severity, float(event.is_tariff)
            out.acted[t, a] = 1.0
    return out
