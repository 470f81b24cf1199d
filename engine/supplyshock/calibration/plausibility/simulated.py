"""The same statistics of a forward scenario, path by path and piece by piece."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from supplyshock_kernels.outputs import Observed, series_rows
from supplyshock_kernels.params import REGIMES, WEEKS_PER_YEAR, Array, Grid

from ...analysis.measures import KernelMeasure, kernel_measures
from ...common.interruption import interruptible
from ...common.progress import Progress
from ...common.thread_pool import run_all
from ...execution.backend_selection import find_backend
from ...execution.simulation_settings import SimulationSettings
from ...scenarios.scenario import Scenario
from .durations import spells, survival
from .statistic import CLOSED, MOVE_DOWN, MOVE_UP, STOPPED, STOPPED_TOGETHER, STOPPED_WEEKS

PIECE = 512
"""Paths of one call: their weekly series are in memory."""
LIGHT, QUIET = ("La", "Ce", "Pr", "Nd"), ("Dy", "La", "Nd", "Pr", "Tb")
MONTH, QUARTER = 4, 13
"""Weeks."""
CHINA, OUTSIDE = 0, 1
MEASURES = ("tightenings:CN", "tightenings:US", "first_plant:ev_auto", "loss:US", "substitution:US")


class Simulated(NamedTuple):
    """Statistics of one scenario."""

    scenario: str
    paths: int
    values: dict[str, float]
    """By name of the statistic."""
    loss: float
    """Mean lost output of the United States, bn USD."""
    substitution: float
    """Mean cost of substitutes there."""

    @property
    def physical(self) -> float:
        """Share of lost output in the sum of both, in %; NaN if nothing is lost."""
        total = self.loss + self.substitution
        return 100 * self.loss / total if self.loss > 0 else float("nan")


def simulate(scenario: Scenario, settings: SimulationSettings, progress: Progress | None = None) -> Simulated:
    """Simulates a scenario and takes its statistics. Raises `DeviceError`, and `Interrupted` after a signal."""
    progress, backend = progress or Progress(), find_backend(settings.backend, settings.device)
    measures = dict(zip(MEASURES, kernel_measures(MEASURES, scenario), strict=True))
    grid = Grid(precision=settings.precision, keep=settings.paths, device=backend.kind)
    parts: dict[int, dict[str, Array]] = {}

    def simulate_piece(paths: range) -> None:
        parts[paths.start] = _per_path(
            scenario, backend.simulate(scenario.params, grid, settings.seed, paths), measures
        )
        progress.advance(len(paths))

    starts = range(0, settings.paths, PIECE)
    with interruptible(progress) as stop:
        progress.start(settings.paths, 0, f"paths of {scenario.name}")
        _run(simulate_piece, starts, settings, backend.threads, stop)
    per_path = {key: np.concatenate([parts[s][key] for s in starts]) for key in parts[0]}
    return _reduce(scenario, settings.paths, per_path)


def _run(
    piece: object, starts: Sequence[int], settings: SimulationSettings, threads: int, stop: threading.Event
) -> None:
    assert callable(piece)
    pieces = [range(s, min(s + PIECE, settings.paths)) for s in starts]
    run_all(piece, pieces, threads=settings.threads or threads, stop=stop)


def _per_path(scenario: Scenario, simulated: Observed, measures: dict[str, KernelMeasure]) -> dict[str, Array]:
    """(n, ...) by name; spells of truces one after the other."""
    labels, materials = scenario.labels, scenario.params.n_materials
    series = {r.name: simulated.series[r.start : r.stop].reshape(*r.shape, *simulated.series.shape[1:])
              for r in series_rows(scenario.params)}  # fmt: skip
    price, level = series["price_ratio"], series["control_level"]
    light, quiet = ([labels.market.index(m) for m in names if m in labels.market] for names in (LIGHT, QUIET))
    outside = price[:materials, OUTSIDE]
    rises = (outside / outside[:, :1]).max(1)
    exports = np.lib.stride_tricks.sliding_window_view(series["export_ratio"][:materials], STOPPED_WEEKS, axis=1)
    lists = _chinese_lists(scenario)
    closed = (level[lists, 1:] >= CLOSED) & (level[lists, :-1] < CLOSED)
    lengths, running = spells(series["regime"] == REGIMES.index("truce"))
    return {
        "light": _moves(price[light, CHINA]).T,
        "quiet": _moves(price[quiet, OUTSIDE]).T,
        "rise": rises.max(0),
        "rise_dy": rises[labels.market.index("Dy")],
        "exports_stop": _exports_stop(exports.mean(-1)),
        "closed": closed.any((0, 1)),
        "truce": lengths,
        "running": running,
        **{name: measure.of(simulated) for name, measure in measures.items()},
    }


def _exports_stop(means: Array) -> Array:
    """(n,) whether exports of `STOPPED_TOGETHER` materials stop in the same weeks, by their (m, T, n) means; those that
    have stopped on the first day do not count."""
    stopped = (means < STOPPED) & (means[:, :1] >= STOPPED)
    together: Array = (stopped.sum(0) >= STOPPED_TOGETHER).any(0)
    return together


def _moves(price: Array) -> Array:
    """(m, n) log moves of monthly means over a quarter, from the first month on."""
    later = price[:, QUARTER : QUARTER + MONTH].mean(1)
    moves: Array = np.log(later / price[:, :MONTH].mean(1))
    return moves


def _chinese_lists(scenario: Scenario) -> list[int]:
    """Lists of China that name goods; tariffs do not."""
    party = scenario.params.policy.list_party
    return [i for i, name in enumerate(scenario.labels.list) if party[i] == 0 and not name.endswith("tariffs")]


def _reduce(scenario: Scenario, paths: int, x: dict[str, Array]) -> Simulated:
    years = scenario.weeks / WEEKS_PER_YEAR
    light = np.exp(x["light"])
    shares = {
        "moves_up_china": light > MOVE_UP,
        "moves_down_china": light < MOVE_DOWN,
        "quote_10x": x["rise"] >= 10,
        "quote_dy_5x": x["rise_dy"] >= 5,
        "exports_stop": x["exports_stop"],
        "list_closed": x["closed"],
    }
    values = {name: 100 * float(hits.mean()) for name, hits in shares.items()}
    values |= {f"truce_{weeks}": 100 * survival(x["truce"], x["running"], weeks) for weeks in (26, 52)}
    values |= {
        "moves_sd_china": float(x["light"].std()),
        "moves_sd_outside": float(x["quiet"].std()),
        "plant_stops_cars": float(x["first_plant:ev_auto"].mean()),
        "acts_china": float(x["tightenings:CN"].mean()) / years,
        "acts_us": float(x["tightenings:US"].mean()) / years,
    }
    return Simulated(scenario.name, paths, values, float(x["loss:US"].mean()), float(x["substitution:US"].mean()))
