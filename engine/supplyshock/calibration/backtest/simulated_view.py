"""Simulates a scenario and keeps what the observed points are compared with: weekly series and totals of every path."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from supplyshock_kernels.outputs import Observed, series_rows
from supplyshock_kernels.params import Array, Grid, Params

from ...analysis.measures import KernelMeasure, kernel_measures
from ...common.progress import Progress
from ...common.thread_pool import run_all
from ...execution.backend_selection import find_backend
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.scenario import Scenario
from .observation_operators import OPERATORS, SimulatedView
from .observed_point import ObservedPoint

PIECE = 256
"""Paths of one call: their weekly series are in memory."""
_PER_WEEK = ("market", "bloc", "chip")


def simulate_view(
    scenario: Scenario,
    points: Sequence[ObservedPoint],
    settings: SimulationSettings,
    progress: Progress,
    stop: threading.Event,
) -> SimulatedView:
    """Weekly series and totals that the points need, of every path. Raises `Stopped`."""
    params, backend = scenario.params, find_backend(settings.backend, settings.device)
    quantities = {OPERATORS[p.measure].quantity for p in points if not OPERATORS[p.measure].is_total}
    measures = _total_measures(scenario)
    grid = Grid(precision=settings.precision, keep=settings.paths, device=backend.kind)
    parts: dict[int, tuple[dict[tuple[str, str, str], Array], dict[tuple[str, str], Array]]] = {}

    def simulate_piece(paths: range) -> None:
        simulated = backend.simulate(params, grid, settings.seed, paths)
        totals = {key: measure.of(simulated) for key, measure in measures.items()}
        parts[paths.start] = read_series(scenario, simulated, quantities, points), totals
        progress.advance(len(paths))

    starts = range(0, settings.paths, PIECE)
    pieces = [range(s, min(s + PIECE, settings.paths)) for s in starts]
    run_all(simulate_piece, pieces, threads=settings.threads or backend.threads, stop=stop)
    done = [parts[s] for s in starts]
    series = {key: np.concatenate([d[0][key] for d in done], axis=1) for key in done[0][0]}
    totals = {key: np.concatenate([d[1][key] for d in done]) for key in measures}
    return SimulatedView(scenario.start, series, start_values(scenario, series), totals, scenario.labels.names)


def pooled_view(
    scenario: Scenario,
    points: Sequence[ObservedPoint],
    settings: SimulationSettings,
    sets: Sequence[Params],
    progress: Progress,
    stop: threading.Event,
) -> SimulatedView:
    """All paths of a scenario, divided among sets of parameters, each with random numbers of its own.

    Without any set, the parameters are those of the scenario.
    """
    if not sets:
        return simulate_view(scenario, points, settings, progress, stop)
    count = min(len(sets), settings.paths)
    shares = [settings.paths // count + (k < settings.paths % count) for k in range(count)]
    views = [
        simulate_view(
            replace(scenario, params=p),
            points,
            replace(settings, paths=n, seed=settings.seed + 1000 * k),
            progress,
            stop,
        )
        for k, (p, n) in enumerate(zip(sets, shares, strict=False))
    ]
    first = views[0]
    series = {key: np.concatenate([v.series[key] for v in views], axis=1) for key in first.series}
    totals = {key: np.concatenate([v.totals[key] for v in views]) for key in first.totals}
    return SimulatedView(first.start, series, first.begin, totals, first.names)


def read_series(
    scenario: Scenario, simulated: Observed, quantities: set[str], points: Sequence[ObservedPoint]
) -> dict[tuple[str, str, str], Array]:
    """(T, n) weekly series by (quantity, market, bloc) of the markets that the points name."""
    markets = {m for p in points for m, _ in p.weights}
    series: dict[tuple[str, str, str], Array] = {}
    for row in series_rows(scenario.params):
        if row.name not in quantities or not set(row.axes) <= set(_PER_WEEK):
            continue
        x = simulated.series[row.start : row.stop].reshape(*row.shape, *simulated.series.shape[1:])
        for i, market in enumerate(scenario.labels.of(row.axes[0])):
            if market not in markets:
                continue
            blocs = scenario.labels.bloc if "bloc" in row.axes else ("",)
            for b, bloc in enumerate(blocs):
                series[row.name, market, bloc] = np.array(x[i, b] if bloc else x[i], np.float64)
    return series


def _total_measures(scenario: Scenario) -> dict[tuple[str, str], KernelMeasure]:
    """Every total of the run that a point can have, by (measure, party or regime)."""
    totals = {operator.measure: operator.row.labels[0] for operator in OPERATORS.values() if operator.is_total}
    keys = [(name, label) for name, axis in totals.items() for label in scenario.labels.of(axis)]
    measures = kernel_measures([f"{name}:{label}" for name, label in keys], scenario)
    return dict(zip(keys, measures, strict=True))


def start_values(scenario: Scenario, series: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], float]:
    """Where each weekly series starts."""
    params, labels = scenario.params, scenario.labels
    return {key: _start_value(params, labels.market.index(key[1]), key) for key in series}


def _start_value(params: Params, m: int, key: tuple[str, str, str]) -> float:
    quantity, _, bloc = key
    b = 0 if bloc == "CN" else 1
    if quantity in ("price_ratio", "paid_price_ratio"):
        return float(np.exp(params.initial.log_price[m, b]))
    if quantity == "inventory_weeks":
        return float(params.markets.cover[m, b] * params.initial.inventory[m, b])
    return float(params.markets.lead[m]) if quantity == "lead_time_weeks" else 1.0
