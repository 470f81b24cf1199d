"""The outlook for the years of a run, as dated inputs: trends of use, and capacity that may come late or never."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from supplyshock_kernels.params import Array, Schedule

from ..config.levers import Capacity
from ..dataset.dataset import Dataset
from ..dataset.outlook import Project
from .tonnage import added_capacity

DAYS = 365.25


def departures(data: Dataset, start: date, weeks: int) -> Array:
    """(T, M) use by sectors over what supply is built for, both relative to the first day.

    Supply that grows with use changes no ratio of the model, whose volumes are shares of it.
    """
    rates: dict[tuple[str, int], float] = defaultdict(float)
    for (market, field, year), figure in data.trend.items():
        rates[market, int(year)] += math.log(figure.value) * (1 if field == "use_ratio" else -1)
    ids = data.labels.market_ids
    logs = np.zeros((weeks, len(ids)))
    for (name, number), rate in rates.items():
        logs[:, ids.index(name)] += rate * _part_of_year(start, weeks, number)
    return np.exp(logs)


def _part_of_year(start: date, weeks: int, year: int) -> Array:
    """(T,) share of a calendar year between the first day and the middle of each week."""
    first = max(date(year, 1, 1), start)
    middles = [start + timedelta(days=7 * t + 3) for t in range(weeks)]
    passed = np.array([(day - first).days for day in middles]) / DAYS
    return np.clip(passed, 0.0, max((date(year + 1, 1, 1) - first).days / DAYS, 0.0))


def coming(data: Dataset, start: date) -> Iterator[Project]:
    """Projects of the data set that start after the first day; what ran before is in the baseline. Sources that a
    baseline leaves without output cannot be added to."""
    for project in data.projects:
        if project.online > start and data.basket[project.source, project.market].value > 0.0:
            yield project


def lever_of(project: Project) -> Capacity:
    """A project as a lever of a config states it."""
    return Capacity.model_construct(
        source=project.source,
        add=f"{project.tonnage.value:g} t/year",
        market=project.market,
        online=project.online,
        ramp=project.ramp,
        delay=project.delay,
        never=project.never,
    )


def add_capacity(new: Capacity, s: Schedule, start: date, data: Dataset) -> None:
    """Each week of the ramp adds its part, spread over the delays that are to be expected."""
    first = (new.online - start).days // 7
    left = len(s.capacity) - first
    if left <= 0:
        return
    added = added_capacity(new.add, data, new.source, new.market) * (1.0 - new.never)
    ramp = max(1, round(new.ramp))
    steps = np.full(ramp, added / ramp)[:left]
    late = np.convolve(steps, _delays(new.delay, left))[:left] if new.delay > 0 else steps
    s.capacity[first : first + len(late), data.labels.source_ids.index(new.source)] += late


def _delays(mean: float, weeks: int) -> Array:
    """(weeks,) probability of a delay of each number of whole weeks: exponential with that mean."""
    still = np.exp(-np.arange(weeks + 1) / mean)
    odds: Array = still[:-1] - still[1:]
    return odds
