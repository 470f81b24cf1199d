"""Means of weekly curves over the windows of observations, summed up as the weeks pass: no weekly series is kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from supplyshock_kernels.outputs import Observed
from supplyshock_kernels.params import Array

from ...scenarios.scenario import Scenario
from ..backtest.observation_operators import OPERATORS, SimulatedView, curve
from ..backtest.observed_point import ObservedPoint
from ..backtest.simulated_view import read_series

MEASURES = ("quote", "paid", "exports", "lead_time")
"""Measures that can weight paths: means of a weekly curve over a window, whose errors are ratios."""


def window_of(scenario: Scenario, point: ObservedPoint) -> range:
    """Weeks from the start of the record that the window of a point touches, at least one."""
    low = (point.first - scenario.start).days // 7
    return range(low, max(math.ceil((point.end - scenario.start).days / 7), low + 1))


def add_weeks(
    scenario: Scenario, simulated: Observed, weeks: range, points: Sequence[ObservedPoint]
) -> dict[ObservedPoint, Array]:
    """(n,) what some simulated weeks add to the mean of each point whose window they touch."""
    windows = {p: window_of(scenario, p) for p in points}
    touched = [p for p, w in windows.items() if w.start < weeks.stop and weeks.start < w.stop]
    if not touched:
        return {}
    quantities = {OPERATORS[p.measure].quantity for p in touched}
    series = read_series(scenario, simulated, quantities, touched)
    view = SimulatedView(scenario.start + timedelta(weeks=weeks.start), series, {}, {}, scenario.labels.names)
    shares = {}
    for p in touched:
        w = windows[p]
        inside = curve(view, p, OPERATORS[p.measure].quantity)[
            max(w.start - weeks.start, 0) : min(w.stop, weeks.stop) - weeks.start
        ]
        shares[p] = np.asarray(inside.sum(0) / len(w), np.float32)
    return shares
