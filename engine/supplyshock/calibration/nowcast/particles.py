"""Particles: paths of the record with their states, and what they have added up of windows that are open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from supplyshock_kernels.params import Array, Params
from supplyshock_kernels.params.path_state import locate_parts

from ...scenarios.scenario import Scenario
from ..backtest.observed_point import ObservedPoint
from .liu_west import jitter

_BY_MARKET = ("material", "market", "chip")


@dataclass
class Particles:
    """N paths after some weeks of the record."""

    state: Array
    """(R, N)."""
    log_weights: Array
    """(N,)."""
    week: int = 0
    """Weeks of the record that they have been through."""
    sums: dict[ObservedPoint, Array] = field(default_factory=dict)
    """(N,) of the mean of each window so far."""

    @property
    def count(self) -> int:
        """Number of paths."""
        return int(self.state.shape[1])

    def add(self, shares: Mapping[ObservedPoint, Array], paths: range) -> None:
        """Adds the weeks of some paths to the means of windows, whose sums exist already."""
        for point, share in shares.items():
            self.sums[point][paths.start : paths.stop] += share

    def take(self, chosen: Array) -> None:
        """Goes on with the (N,) chosen paths, which count alike; row by row, so that memory is that of one ensemble."""
        for row in self.state:
            row[:] = row[chosen]
        self.sums = {point: x[chosen] for point, x in self.sums.items()}
        self.log_weights = np.zeros(self.count)

    def take_markets(self, scenario: Scenario, names: tuple[str, ...], chosen: Array) -> None:
        """The same of some markets alone: their rows of the state, and windows on them."""
        for r in rows_of_markets(scenario, names):
            self.state[r] = self.state[r][chosen]
        for point, x in self.sums.items():
            if {m for m, _ in point.weights} & set(names):
                self.sums[point] = x[chosen]

    def move_theta(self, params: Params, rng: np.random.Generator) -> None:
        """Moves the uncertain parameters, the last rows, without drift."""
        rows = len(params.priors.center)
        self.state[-rows:] = jitter(self.state[-rows:], params.priors, rng)

    def theta(self, params: Params) -> Array:
        """(P, N) the uncertain parameters."""
        return self.state[-len(params.priors.center) :]


def rows_of_markets(scenario: Scenario, names: tuple[str, ...]) -> list[int]:
    """Rows of the state that belong to some markets."""
    labels, materials = scenario.labels, scenario.params.n_materials
    numbers = [labels.market.index(name) for name in names]
    rows: list[int] = []
    for place in locate_parts(scenario.params):
        axes = place.part.axes
        if not axes or axes[0] not in _BY_MARKET:
            continue
        block = np.arange(place.start, place.stop).reshape(place.shape)
        first = materials if axes[0] == "chip" else 0
        known = [n - first for n in numbers if 0 <= n - first < len(block)]
        rows.extend(int(r) for r in block[known].ravel())
    return rows
