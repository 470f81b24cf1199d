"""Log evidence of rivals on the same observations: forecasts that know no market, and the model without a part of it.

A naive forecast knows what the record has seen of the same series (measure, market, bloc) by then, and before that the
start of the record.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np

from supplyshock_kernels.params import WEEKS_PER_YEAR, Array

from ...common.progress import Progress
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.scenario import Scenario, load_scenario
from ..backtest.observed_point import ObservedPoint
from ..backtest.scores import WALK_VOLATILITY
from ..backtest.simulated_view import start_values
from ..student import FREEDOM
from .nowcast import Nowcast, NowcastRequest, find_states
from .particle_filter import error_of, log_likelihood_of

WITHOUT: Mapping[str, Mapping[str, Any]] = {
    "the model without hoarding": {"parameters": {"material.hoard_gain": 0.0, "material.news_gain": 0.0}},
    "the model with parties that also act by themselves": {"policy": {"endogenous": True}},
}
OPEN = "the model with all trade open"
_DRAWS = 4096


@dataclass(frozen=True)
class Rival:
    """How likely a forecast finds the observations."""

    name: str
    log_evidence: float
    inside: int
    """Observations in its 90 % band."""


def naive_rivals(result: Nowcast) -> list[Rival]:
    """No change from the last observed number of the series, and a random walk from it; both know its error."""
    points = [f.point for f in result.filtered.forecasts]
    return [
        _naive("no change", result.scenario, points, 0.0),
        _naive(f"random walk, {100 * WALK_VOLATILITY:.0f} % a year", result.scenario, points, WALK_VOLATILITY),
    ]


def _naive(name: str, scenario: Scenario, points: Sequence[ObservedPoint], volatility: float) -> Rival:
    evidence, inside = 0.0, 0
    for p in points:
        center, scale, years = last_known(scenario, points, p)
        rng = np.random.default_rng(1)
        forecast = center + scale * rng.standard_t(FREEDOM, _DRAWS)
        forecast += volatility * math.sqrt(years) * rng.standard_normal(_DRAWS)
        evidence += float(np.log(np.exp(log_likelihood_of(p, forecast)).mean()))
        inside += 0.05 <= _position(p, forecast, rng) <= 0.95
    return Rival(name, evidence, inside)


def _position(p: ObservedPoint, forecast: Array, rng: np.random.Generator) -> float:
    assert p.value is not None
    errors = error_of(p) * rng.standard_t(FREEDOM, len(forecast))
    return float((forecast + errors < math.log(p.value)).mean())


def last_known(scenario: Scenario, points: Sequence[ObservedPoint], p: ObservedPoint) -> tuple[float, float, float]:
    """(log value, scale of its error, years to the point between the middles of both windows)."""
    earlier = [q for q in points if series_of(q) == series_of(p) and q.end <= p.end and q is not p and q.value]
    if earlier:
        q = max(earlier, key=lambda q: q.end)
        assert q.value is not None
        return math.log(q.value), error_of(q), _years(_middle(p) - _middle(q))
    quantity = {"quote": "price_ratio", "paid": "paid_price_ratio", "lead_time": "lead_time_weeks"}.get(p.measure, "")
    begin = start_values(scenario, [(quantity, m, p.bloc) for m, _ in p.weights])
    value = sum(w * begin[quantity, m, p.bloc] for m, w in p.weights)
    return math.log(value), 0.0, _years(_middle(p) - scenario.start.toordinal())


def series_of(p: ObservedPoint) -> tuple[str, str, str]:
    """What of the world a point is of."""
    return p.measure, p.market, p.bloc


def _middle(p: ObservedPoint) -> float:
    return (p.first.toordinal() + p.end.toordinal()) / 2


def _years(days: float) -> float:
    return max(days, 0.0) / (7 * WEEKS_PER_YEAR)


def models_without(request: NowcastRequest, settings: SimulationSettings, progress: Progress) -> list[Rival]:
    """The same nowcast with parts of the model changed."""
    changes = {**WITHOUT, OPEN: _all_open(request)}
    return [_changed(name, request, change, settings, progress) for name, change in changes.items()]


def the_model(request: NowcastRequest, settings: SimulationSettings, progress: Progress) -> Rival:
    """The model itself, on as many paths as its rivals."""
    return _changed("the model", request, {}, settings, progress)


def _changed(
    name: str, request: NowcastRequest, change: Mapping[str, Any], settings: SimulationSettings, progress: Progress
) -> Rival:
    own = replace(request, overrides=_merged(request.overrides or {}, change))
    result = find_states(own, settings, progress)
    return Rival(name, sum(f.log_evidence for f in result.filtered.forecasts), result.inside)


def _all_open(request: NowcastRequest) -> dict[str, Any]:
    """No list of China holds any trade, whatever the record says; its news stay."""
    scenario = load_scenario(request.record)
    lists = [
        name for name, party in zip(scenario.labels.list, scenario.params.policy.list_party, strict=True) if party == 0
    ]
    end = scenario.start + timedelta(weeks=scenario.weeks)
    event = {"date": str(scenario.start), "control": dict.fromkeys(lists, 0.0), "until": str(end)}
    return {"policy": {"events": [event]}}


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged
