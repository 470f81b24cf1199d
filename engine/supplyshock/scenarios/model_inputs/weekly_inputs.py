"""Dated inputs: levers and events, one row per week."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from supplyshock_kernels.params import BLOCS, REGIMES, Array, Markets, Schedule, neutral_schedule

from ..config.levers import Demand, Levers
from ..config.policy import Event
from ..config.schema import Config
from ..dataset.dataset import Dataset
from ..dataset.dataset_labels import DataLabels
from .outlook import add_capacity, coming, departures, lever_of
from .tonnage import rate_share


@dataclass(frozen=True)
class Calendar:
    """Weeks of the horizon; week ``t`` holds the days ``start + 7 t`` to ``start + 7 t + 6``."""

    start: date
    weeks: int

    def week(self, day: date) -> int:
        """Index of the week of a day, which may lie beyond the horizon."""
        return (day - self.start).days // 7

    def span(self, first: date | None, end: date | None) -> slice:
        """Weeks touched by the days from `first` up to, not including, `end`."""
        low = 0 if first is None else self.week(first)
        high = self.weeks if end is None else math.ceil((end - self.start).days / 7)
        return slice(min(low, self.weeks), min(high, self.weeks))

    def half_year(self, week: int) -> tuple[int, bool]:
        """(year, whether in its second half) of the middle of a week."""
        day = self.start + timedelta(days=7 * week + 3)
        return day.year, day.month > 6

    def lasting(self, first: date, weeks: float) -> slice:
        """The week of `first` and as many after it as `weeks`, rounded, says; at least one."""
        low = self.week(first)
        return slice(min(low, self.weeks), min(low + max(1, round(weeks)), self.weeks))


def build_schedule(config: Config, data: Dataset, markets: Markets) -> Schedule:
    """Later entries win where forced values overlap; factors multiply and additions add."""
    calendar, labels = Calendar(config.start, config.weeks), data.labels
    schedule = neutral_schedule(
        {
            "time": config.weeks,
            "market": len(labels.markets),
            "source": len(labels.sources),
            "list": len(labels.control_lists),
            "bloc": len(BLOCS),
        }
    )
    for event in config.policy.events:
        _event(event, schedule, calendar, labels)
    _buy_and_recycle(config.levers, schedule, calendar, data, markets)
    _use(config.levers, schedule, calendar, labels.market_ids, markets)
    _demand(config.levers, schedule, calendar, data)
    _sources(config.levers, schedule, calendar, data)
    if config.outlook.trends:
        schedule.demand[:] *= departures(data, config.start, config.weeks)[:, :, None]
    if config.outlook.projects:
        for project in coming(data, config.start):
            add_capacity(lever_of(project), schedule, config.start, data)
    return schedule


def _event(event: Event, s: Schedule, calendar: Calendar, labels: DataLabels) -> None:
    lists = labels.list_ids
    at = calendar.lasting(event.date, 1)
    held = calendar.span(event.date, event.until) if event.until else calendar.lasting(event.date, event.hold or 1)
    if event.regime is not None:
        s.regime[held] = REGIMES.index(event.regime)
    if event.approval is not None:
        s.approval[held] = event.approval
    for market, share in event.approval_of.items():
        s.approval_of[held, labels.market_ids.index(market)] = share
    for name, level in event.control.items():
        s.control[held, lists.index(name)] = level
    if event.clock_weeks is not None:
        s.clock[at] = event.clock_weeks
    if event.clock_expires is not None:
        s.clock[at] = (event.clock_expires - event.date).days / 7
    for name, severity in event.announce.items():
        column = s.announcement[at, lists.index(name)]
        np.maximum(column, severity, out=column)


def _buy_and_recycle(levers: Levers, s: Schedule, calendar: Calendar, data: Dataset, markets: Markets) -> None:
    ids = data.labels.market_ids
    for stock in levers.stockpile:
        weeks = calendar.span(stock.start, stock.end)
        s.purchase[weeks, ids.index(stock.market)] += rate_share(stock.buy, data, stock.market)
    for loop in levers.recycling:
        m = ids.index(loop.market)
        s.recycled[calendar.span(loop.start, loop.end), m] += loop.share * markets.use[m, 1]


def _use(levers: Levers, s: Schedule, calendar: Calendar, ids: Sequence[str], markets: Markets) -> None:
    for saved in levers.thrift:
        _scale(s, (calendar.span(saved.start, saved.end), ids.index(saved.market), _blocs(saved.bloc)), 1.0 - saved.cut)
    for quota in levers.quota:
        weeks = calendar.span(quota.start, quota.end)
        for market in quota.markets:
            free: Array = s.quota[weeks, ids.index(market)]
            free[:] = 1.0 - (1.0 - free) * (1.0 - quota.cut)
    _grant(s, calendar, markets)


def _grant(s: Schedule, calendar: Calendar, markets: Markets) -> None:
    """Tonnages of the half-years under quota: what the cuts leave of baseline exports, for all markets under it."""
    exports = np.maximum(markets.use[:, 1] - markets.supply[:, 1], 0.0) * markets.tonnage
    under = np.greater(s.quota, 0.0)
    allowed = (np.where(under, 1.0 - s.quota, 0.0) * exports).sum(1)
    in_force = np.asarray(under.any(axis=1))
    halves = [calendar.half_year(t) for t in range(calendar.weeks)]
    first = 0
    for t in range(1, calendar.weeks + 1):
        if t < calendar.weeks and halves[t] == halves[first] and in_force[t] == in_force[first]:
            continue
        if in_force[first]:
            s.quota_grant[first] = allowed[first:t].sum()
            s.quota_weeks[first:t] = np.arange(t - first, 0, -1)
        first = t


def _demand(levers: Levers, s: Schedule, calendar: Calendar, data: Dataset) -> None:
    """Factors on a market multiply; those on sectors are weighted with the sectors' shares of its use, and change no
    recipe: makers of products follow the use of their products."""
    labels = data.labels
    sectors = np.ones((calendar.weeks, len(labels.sectors), len(BLOCS)))
    for change in levers.demand:
        weeks = calendar.span(change.start, change.end)
        factor = _factors(change, calendar)[weeks, None]
        if change.market is not None:
            _scale(s, (weeks, labels.market_ids.index(change.market), _blocs(change.bloc)), factor)
        else:
            sectors[weeks, labels.sector_ids.index(str(change.sector)), _blocs(change.bloc)] *= factor
    share = np.array([[data.inputs[m, k, "use_share"].value for k in labels.sector_ids] for m in labels.market_ids])
    s.demand[:] *= 1.0 + np.einsum("mk,tkb->tmb", share, sectors - 1.0)


def _scale(s: Schedule, at: tuple[slice, int, slice], factor: float | Array) -> None:
    """All use of a market: what sectors use, and what recipes take of it."""
    s.demand[at] *= factor
    s.recipe[at] *= factor


def _factors(change: Demand, calendar: Calendar) -> Array:
    """(T,) factor of every week."""
    if change.path is None:
        return np.full(calendar.weeks, change.factor, dtype=np.float64)
    days = sorted(change.path)
    at = [(day - calendar.start).days / 7 for day in days]
    factors: Array = np.interp(np.arange(calendar.weeks), at, [change.path[day] for day in days])
    return factors


def _blocs(bloc: str) -> slice:
    return slice(None) if bloc == "both" else slice(BLOCS.index(bloc), BLOCS.index(bloc) + 1)


def _sources(levers: Levers, s: Schedule, calendar: Calendar, data: Dataset) -> None:
    ids = data.labels.source_ids
    for outage in levers.outages:
        s.availability[calendar.span(outage.start, outage.end), ids.index(outage.source)] *= outage.availability
    for new in levers.capacity:
        add_capacity(new, s, calendar.start, data)
